package atoll

import (
	"context"
	"errors"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/executor"
	"github.com/atoll-sql/atoll/executor/spill"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/residency"
	"github.com/atoll-sql/atoll/residency/audit"
)

// Kind sorts errors by who has to act.
type Kind uint8

// The kinds of errors.
const (
	KindQuery      Kind = iota // the query could not be answered
	KindUsage                  // configuration or arguments are wrong
	KindResidency              // refused by a residency rule
	KindIncomplete             // answered in part
)

// Error is an error that a caller may see: it holds no credential and no row data. The cause, for the
// operator's log only, stays reachable through Unwrap.
type Error struct {
	Kind     Kind
	SQLState string // PostgreSQL's five characters, "" where none applies
	Text     string
	Hint     string
	Pos      int    // byte offset into the query, -1 if the error has no place there
	Shard    string // the shard concerned, "" if none
	Limit    string // the configuration key of the limit that was reached, such as "limits.memory", "" if it was none
	cause    error
}

// Error implements error.
func (e *Error) Error() string { return e.Text }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Render shows the error with its place in sql: line, column, and a caret below the line.
func (e *Error) Render(sql string) string {
	return (&ast.Error{SQLState: e.SQLState, Text: e.Text, Pos: e.Pos, Hint: e.Hint}).Render(sql)
}

func usageError(err error) error {
	return &Error{Kind: KindUsage, Text: err.Error(), Pos: -1, cause: err}
}

// wrapError makes an *Error of whatever ended a query. A context's own error stays recognizable.
func wrapError(err error) error {
	if err == nil {
		return nil
	}
	var (
		done  *Error
		text  *ast.Error
		shard *connectors.Error
		agg   *aggregate.Error
		limit *executor.LimitError
		miss  *place.MissingTable
		no    *residency.Refusal
		used  *audit.LimitError
		disk  *spill.Error
		much  *spill.LimitError
	)
	switch {
	case errors.As(err, &done):
		return err
	case errors.As(err, &no):
		return &Error{Kind: KindResidency, SQLState: "42501", Text: no.Text, Hint: no.Hint, Pos: -1, Shard: no.Shard, cause: err}
	case errors.As(err, &used):
		return &Error{Kind: KindResidency, SQLState: "53400", Text: used.Error(), Pos: -1, cause: err}
	case errors.As(err, &text):
		return &Error{SQLState: text.SQLState, Text: text.Text, Hint: text.Hint, Pos: text.Pos, cause: err}
	case errors.As(err, &limit):
		return &Error{SQLState: "53200", Text: err.Error(), Limit: limit.Limit, Pos: -1, cause: err}
	case errors.As(err, &much):
		return &Error{SQLState: much.SQLState(), Text: much.Error(), Limit: spill.KeyLimit, Pos: -1, cause: err}
	case errors.As(err, &disk):
		return &Error{SQLState: disk.SQLState(), Text: disk.Error(), Pos: -1, cause: err}
	case errors.As(err, &agg):
		return &Error{SQLState: agg.SQLState, Text: agg.Error(), Pos: -1, cause: err}
	case errors.As(err, &miss):
		return &Error{SQLState: "42P01", Text: err.Error(), Pos: -1, Shard: miss.Shard, cause: err}
	case errors.As(err, &shard):
		e := &Error{SQLState: shard.SQLState, Text: err.Error(), Pos: -1, Shard: shard.Shard, cause: err}
		if shard.Shard == duckdb.ResidualSite && shard.SQLState == "53200" {
			e.Limit = executor.LimitMemory
			e.Hint = "raise limits.memory, or limits.total_memory where that is given: the coordinator's engine gets a part of it"
		} else if shard.Shard == duckdb.ResidualSite && shard.SQLState == "53400" {
			e.Limit = spill.KeyLimit
		}
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{SQLState: "57014", Text: "the query did not end in time", Pos: -1, cause: err}
	case errors.Is(err, context.Canceled):
		return &Error{SQLState: "57014", Text: "the query was cancelled", Pos: -1, cause: err}
	}
	return &Error{SQLState: "XX000", Text: err.Error(), Pos: -1, cause: err}
}
