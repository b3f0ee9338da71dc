package duckdb

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/atoll-sql/atoll/connectors"
)

// duckError is what DuckDB said, split into the kind that its text begins with and the rest. It may carry row data.
type duckError struct{ kind, msg string }

func (e *duckError) Error() string { return e.kind + " Error: " + e.msg }

// engineError makes an error of DuckDB's text.
func engineError(text string) error {
	kind, msg, ok := strings.Cut(text, " Error: ")
	if !ok || len(kind) > 40 {
		return &duckError{"", text}
	}
	return &duckError{kind, msg}
}

func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// isCancellation reports what an input says of being ended. That a shard did not answer in time is a failure of its own.
func isCancellation(err error) bool {
	named, ok := errors.AsType[*connectors.Error](err)
	return isContextError(err) && (!ok || named.Class == connectors.ClassCancelled)
}

// siteError makes err safe to show: an error of package connectors or of a context stays as it is.
func siteError(site string, err error) error {
	if _, ok := errors.AsType[*connectors.Error](err); ok || isContextError(err) {
		return err
	}
	if e, ok := errors.AsType[*duckError](err); ok {
		v := classify(e)
		return connectors.NewError(site, v.class, v.state, v.text, e)
	}
	if e, ok := errors.AsType[*valueError](err); ok {
		return connectors.NewError(site, classOfState(e.state), e.state, err.Error(), err)
	}
	if e, ok := errors.AsType[*panicError](err); ok {
		return connectors.NewError(site, connectors.ClassInternal, "", "internal error in "+e.where, err)
	}
	if errors.Is(err, errClosed) {
		return connectors.NewError(site, connectors.ClassUnavailable, "", "the database was closed", err)
	}
	return connectors.NewError(site, connectors.ClassInternal, "", err.Error(), err)
}

// inputError is siteError for what came out of an input: a failure of its source keeps its identity.
func inputError(site string, err error) error {
	_, value := errors.AsType[*valueError](err)
	_, panicked := errors.AsType[*panicError](err)
	if value || panicked {
		return siteError(site, err)
	}
	return err
}

// classOfState sorts a SQLSTATE that our own checks or functions raised.
func classOfState(state string) connectors.Class {
	switch state[:2] {
	case "21", "22", "23":
		return connectors.ClassData
	case "53", "54":
		return connectors.ClassLimit
	case "57":
		return connectors.ClassCancelled
	}
	return connectors.ClassInternal
}

// verdict is what we make of one of DuckDB's errors.
type verdict struct {
	class       connectors.Class
	state, text string
}

func data(state string) verdict {
	return verdict{connectors.ClassData, state, connectors.DataMessage(state)}
}

var raisedState = regexp.MustCompile(`sqlstate:([0-9A-Z]{5})`)

// classify maps DuckDB's error to a class, the SQLSTATE that PostgreSQL gives such a failure, and words that show no data.
func classify(e *duckError) verdict {
	line, _, _ := strings.Cut(e.msg, "\n") // what follows quotes the statement
	e = &duckError{e.kind, line}
	if m := raisedState.FindStringSubmatch(e.msg); m != nil {
		return raised(m[1])
	}
	if v, ok := kinds[e.kind]; ok {
		return v
	}
	switch e.kind {
	case "Out of Range", "Conversion", "Invalid Input":
		return classifyData(e)
	case "Catalog", "Binder", "Parser":
		return classifySchema(e)
	case "IO":
		return classifyIO(e)
	case "Out of Memory":
		if strings.Contains(e.msg, "failed to offload") {
			return verdict{connectors.ClassLimit, "53400", "the statement needs more space on disk than allowed (at the coordinator: spill.limit)"}
		}
		return verdict{connectors.ClassLimit, "53200", "the statement needs more memory than allowed (at the coordinator: limits.memory), or what does not fit may not go to disk"}
	case "Constraint":
		return classifyConstraint(e)
	}
	return verdict{connectors.ClassInternal, "XX000", "DuckDB failed"}
}

// constraintHints tell which kind of constraint a message is about. The message itself quotes the row.
var constraintHints = []struct{ word, state, text string }{
	{"NOT NULL", "23502", "a write leaves a column without a value that must have one"},
	{"foreign key", "23503", "a write breaks a foreign key"},
	{"CHECK", "23514", "a write breaks a check constraint"},
	{"primary key", "23505", "a write breaks a primary key"},
	{"unique", "23505", "a write breaks a unique constraint"},
}

func classifyConstraint(e *duckError) verdict {
	msg := quoted.ReplaceAllString(e.msg, "")
	for _, h := range constraintHints {
		if strings.Contains(msg, h.word) {
			return verdict{connectors.ClassConstraint, h.state, h.text}
		}
	}
	return verdict{connectors.ClassConstraint, "23000", "a write breaks a constraint of the table"}
}

// raised is the verdict on a SQLSTATE that the statement's SQL or one of our functions raised.
func raised(state string) verdict {
	v := data(state)
	v.class = classOfState(state)
	switch {
	case state == cardinality:
		v.text = cardinalityText
	case v.class != connectors.ClassData:
		v.text = "the statement cannot be evaluated"
	}
	return v
}

// kinds maps the kinds that need no look at the message.
var kinds = map[string]verdict{
	"INTERRUPT":          {connectors.ClassCancelled, "57014", "the statement was cancelled"},
	"Permission":         {connectors.ClassPermission, "42501", "DuckDB denied access"},
	"Serialization":      {connectors.ClassConflict, "40001", "serialization failure"},
	"TransactionContext": {connectors.ClassConflict, "40001", "transaction conflict"},
	"Transaction":        {connectors.ClassConflict, "40001", "transaction conflict"},
	"Divide by Zero":     data("22012"),
	"Not implemented":    {connectors.ClassInternal, "0A000", "DuckDB does not implement what the statement needs"},
}

const (
	cardinality     = "21000"
	cardinalityText = "more than one row returned by a subquery used as an expression"
)

// hint maps words of a message to the SQLSTATE they tell of. The first that matches counts.
type hint struct {
	word  string
	state string
}

var dataHints = []hint{
	{"More than one row", cardinality},
	{"logarithm", "2201E"},
	{"square root", "2201F"},
	{"missing )", "2201B"},
	{"missing ]", "2201B"},
	{"repetition op", "2201B"},
	{"invalid escape sequence", "2201B"},
	{"not in timestamp range", "22008"},
	{"to INTERVAL", "22007"},
	{"field value out of range", "22008"},
	{"imestamp out of range", "22008"},
	{"ate out of range", "22008"},
	{"range for timestamp", "22008"},
	{"timestamp field format", "22007"},
	{"date field format", "22007"},
	{"time field format", "22007"},
	{"timestamp field", "22007"},
	{"nterval", "22015"},
	{"out of range", "22003"},
	{"verflow", "22003"},
	{"regular expression", "2201B"},
	{"UTF8", "22021"},
	{"UTF-8", "22021"},
}

// quoted matches the values that a message quotes, whose words must not count as DuckDB's.
var quoted = regexp.MustCompile(`'[^']*'|"[^"]*"`)

func classifyData(e *duckError) verdict {
	msg := quoted.ReplaceAllString(e.msg, "")
	for _, h := range dataHints {
		if strings.Contains(msg, h.word) {
			return raised(h.state)
		}
	}
	switch e.kind {
	case "Out of Range":
		return data("22003")
	case "Conversion":
		return data("22P02")
	}
	return verdict{connectors.ClassInternal, "XX000", "DuckDB could not evaluate the statement"}
}

var schemaHints = []struct {
	pattern     *regexp.Regexp
	state, text string
}{
	{regexp.MustCompile(`Table with name "?([^"\s]+)"? does not exist`), "42P01", "the table %s does not exist"},
	{regexp.MustCompile(`Referenced column "([^"]+)" not found`), "42703", "the column %s does not exist"},
	{regexp.MustCompile(`does not have a column named "([^"]+)"`), "42703", "the column %s does not exist"},
	{regexp.MustCompile(`Function with name "?([^"\s]+)"? does not exist`), "42883", "the function %s does not exist"},
	{regexp.MustCompile(`has no input "([^"]+)"`), "42P01", "the input %s does not exist"},
}

// classifySchema serves statements that do not fit the tables. The names in them are the statement's own.
func classifySchema(e *duckError) verdict {
	for _, h := range schemaHints {
		if m := h.pattern.FindStringSubmatch(e.msg); m != nil {
			return verdict{connectors.ClassSchema, h.state, strings.ReplaceAll(h.text, "%s", quote(m[1]))}
		}
	}
	switch e.kind {
	case "Parser":
		return verdict{connectors.ClassInternal, "42601", "DuckDB does not understand the statement"}
	case "Binder":
		return verdict{connectors.ClassSchema, "42804", "the statement does not fit the types of the tables"}
	}
	return verdict{connectors.ClassSchema, "42P01", "a table, column or function does not exist"}
}

func classifyIO(e *duckError) verdict {
	switch {
	case strings.Contains(e.msg, "Could not set lock"), strings.Contains(e.msg, "onflicting lock"):
		return verdict{connectors.ClassUnavailable, "55006", "the database file is locked by another process"}
	case strings.Contains(e.msg, "not a valid DuckDB"), strings.Contains(e.msg, "newer version"),
		strings.Contains(e.msg, "older version"):
		return verdict{connectors.ClassConfig, "", "the file is not a DuckDB database that this version reads"}
	case strings.Contains(e.msg, "No space left"), strings.Contains(e.msg, "quota exceeded"), strings.Contains(e.msg, "File too large"):
		return verdict{connectors.ClassLimit, "53100", "the disk has no room for what does not fit in memory (at the coordinator: spill.dir)"}
	}
	return verdict{connectors.ClassUnavailable, "58030", "the database file or the spill folder cannot be read or written"}
}
