package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// jsonCall writes what is not called by PostgreSQL's own name; ok is false for all the rest.
func (d postgres) jsonCall(g *gen, c *plan.Call) (sql string, atomic, ok bool) {
	if c.Fn == "jsonb.key" { // PostgreSQL has an order of jsonb, but no bytes that have it
		return g.unsupported("the key of a jsonb"), true, true
	}
	switch c.Fn {
	case "precision":
		return g.operand(c.Args[0]) + "::" + precisionType(c), true, true
	case bytesPrefix + "||":
		return g.operand(c.Args[0]) + " || " + g.operand(c.Args[1]), false, true
	}
	if c.Fn == RecordCall {
		return d.jsonRecord(g, c), true, true
	}
	if c.Fn == "json.list" {
		return d.jsonList(g, c), true, true
	}
	op, ok := strings.CutPrefix(c.Fn, jsonPrefix)
	if !ok {
		return "", false, false
	}
	return g.operand(c.Args[0]) + " " + op + " " + g.operand(c.Args[1]), false, true
}

// jsonRecord writes the JSON of a row as that of a row of a subquery, which has names.
func (d postgres) jsonRecord(g *gen, c *plan.Call) string {
	var parts []string
	for i := 0; i+1 < len(c.Args); i += 2 {
		name, ok := c.Args[i].(*plan.Const)
		if !ok {
			return g.unsupported("a row with computed names")
		}
		parts = append(parts, g.expr(c.Args[i+1])+" AS "+quoteIdent(name.Text))
	}
	return "(SELECT to_json(r) FROM (SELECT " + strings.Join(parts, ", ") + ") AS r)"
}

// jsonLists are the lists that a value is taken apart into, as queries of functions whose names begin with the type's.
var jsonLists = map[string][2]string{
	"elements": {"SELECT ", "_array_elements(%)::text"}, "texts": {"SELECT ", "_array_elements_text(%)"}, "keys": {"SELECT ", "_object_keys(%)"},
	"members": {"SELECT value::text FROM ", "_each(%)"}, "member_texts": {"SELECT value FROM ", "_each_text(%)"},
}

func (d postgres) jsonList(g *gen, c *plan.Call) string {
	what, ok := c.Args[1].(*plan.Const)
	if !ok || jsonLists[what.Text][0] == "" {
		return g.unsupported("a computed list of a json")
	}
	form := jsonLists[what.Text]
	return "ARRAY(" + form[0] + c.Args[0].Type().String() + strings.Replace(form[1], "%", g.expr(c.Args[0]), 1) + ")"
}

// precisionType is the type whose values have so many digits of seconds.
func precisionType(c *plan.Call) string {
	digits := c.Args[1].(*plan.Const).Text
	return strings.Replace(map[plan.Kind]string{plan.Timestamp: "timestamp(%)", plan.TimestampTZ: "timestamptz(%)", plan.Time: "time(%)", plan.Interval: "interval(%)"}[c.T.Kind], "%", digits, 1)
}
