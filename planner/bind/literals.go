package bind

import (
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/scalar"
)

// literalAs gives the text of a literal or parameter a type, in PostgreSQL's canonical form: the one that its output
// function shows, so that every engine reads it alike. at is the place of the literal.
func (b *binder) literalAs(at ast.Node, s string, t plan.Type) (*plan.Const, error) {
	if c, ok := b.relativeDate(s, t); ok {
		return c, nil
	}
	if t.Kind == plan.Array {
		return b.arrayLiteral(at, s, t)
	}
	text, err := scalar.Canonical(scalarNames[t.Kind], s)
	if err != nil {
		return nil, invalidText(at, s, t, err)
	}
	if t.Kind == plan.Numeric {
		t = numericTypeOf(text)
	}
	return &plan.Const{Text: text, T: t}, nil
}

// scalarNames are package scalar's names of the types whose texts have a canonical form.
var scalarNames = map[plan.Kind]string{
	plan.Bool: "bool", plan.Int2: "int2", plan.Int4: "int4", plan.Int8: "int8", plan.Numeric: "numeric", plan.Float4: "float4",
	plan.Float8: "float8", plan.Bytea: "bytea", plan.Date: "date", plan.Time: "time", plan.Timestamp: "timestamp",
	plan.TimestampTZ: "timestamptz", plan.Interval: "interval", plan.UUID: "uuid", plan.JSON: "json", plan.JSONB: "jsonb",
}

// portable reports a value that every engine has. Any other stands in the plan as a literal even where it was a parameter's,
// so that each dialect sees what it would have to write.
func portable(c *plan.Const) bool {
	switch c.T.Kind {
	case plan.Numeric:
		return !c.T.Wide()
	case plan.Float4, plan.Float8:
		return !strings.HasSuffix(c.Text, "NaN") && !strings.HasSuffix(c.Text, "Infinity")
	case plan.Date, plan.Timestamp, plan.TimestampTZ:
		return len(c.Text) > 4 && c.Text[4] == '-' && !strings.HasSuffix(c.Text, "BC") // no infinity, no year of five digits
	case plan.Time:
		return !strings.HasPrefix(c.Text, "24")
	}
	return true
}

// retyped gives a number another type of number, its text with it; where the value does not fit the type it stays a
// cast, which fails where it is evaluated.
func retyped(c *plan.Const, t plan.Type) plan.Expr {
	text, err := scalar.Canonical(scalarNames[t.Kind], c.Text)
	if err != nil {
		return castTo(c, t)
	}
	return &plan.Const{Text: text, T: t}
}

// invalidText puts an error of a type's input function into PostgreSQL's words.
func invalidText(at ast.Node, s string, t plan.Type, err error) error {
	e, ok := errors.AsType[*scalar.Error](err)
	if !ok {
		return err
	}
	name, shown := t.Kind.String(), quoted(s)
	switch t.Kind {
	case plan.Time, plan.Timestamp:
		name = strings.TrimSuffix(name, " without time zone")
	}
	switch {
	case e.SQLState == "22007":
		out := ast.Errorf(e.SQLState, at.Position(), "invalid input syntax for type %s: %s", name, shown)
		out.Hint = dateHint
		if t.Kind == plan.Interval {
			out.Hint = ""
		}
		return out
	case e.SQLState == "22P02":
		return errorAt(at, e.SQLState, "invalid input syntax for type %s: %s", name, shown)
	case e.SQLState == "22003" && t.IsInteger():
		return errorAt(at, e.SQLState, "value %s is out of range for type %s", shown, name)
	case e.SQLState == "22003" && t.IsFloat():
		return errorAt(at, e.SQLState, "%s is out of range for type %s", shown, name)
	case e.SQLState == "22008":
		return errorAt(at, e.SQLState, "date/time field value out of range: %s", shown)
	}
	return errorAt(at, e.SQLState, "%s: %s", e.Text, shown)
}

const dateHint = "dates and times are read in ISO 8601 (2024-02-29, 2024-02-29 13:30:00+01), with the month's name, or as 20240229"

// quoted shows the beginning of a text.
func quoted(s string) string {
	const most = 100
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return strconv.Quote(s)
	}
	return `"` + s + `"`
}

// relativeDate gives the date literals that name the present their value, so that all shards mean the same moment.
func (b *binder) relativeDate(s string, t plan.Type) (*plan.Const, bool) {
	if t.Kind != plan.Date && t.Kind != plan.Timestamp && t.Kind != plan.TimestampTZ {
		return nil, false
	}
	word := strings.ToLower(strings.TrimSpace(s))
	days, isDay := relativeDays[word]
	switch {
	case word == "now":
		return moment(b.now(), t), true
	case isDay:
		return moment(b.now().Truncate(24*time.Hour).AddDate(0, 0, days), t), true
	}
	return nil, false
}

// relativeDays are the words for days that are so many days from the present one.
var relativeDays = map[string]int{"today": 0, "tomorrow": 1, "yesterday": -1}

// moment is a literal of a date or timestamp type.
func moment(at time.Time, t plan.Type) *plan.Const {
	switch t.Kind {
	case plan.Date:
		return &plan.Const{Text: at.Format(time.DateOnly), T: t}
	case plan.TimestampTZ:
		return &plan.Const{Text: at.Format(stampLayout) + "+00", T: t}
	}
	return &plan.Const{Text: at.Format(stampLayout), T: t}
}

const stampLayout = "2006-01-02 15:04:05.999999"
