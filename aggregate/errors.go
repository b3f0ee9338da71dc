package aggregate

import "fmt"

// Error is a failure that PostgreSQL, too, would report of the statement, or a value beyond what Atoll
// can hold. Its text names no row data.
type Error struct {
	SQLState string
	Text     string
	Column   string // output column concerned, "" if none
}

// Error implements error.
func (e *Error) Error() string {
	s := e.Text
	if e.Column != "" {
		s += fmt.Sprintf(" (column %q)", e.Column)
	}
	return s + " (SQLSTATE " + e.SQLState + ")"
}

func outOfRange(what string) *Error { return &Error{SQLState: "22003", Text: what} }

// LimitError says that a query wanted more than it was allowed.
type LimitError struct {
	Limit string // the configuration key of what was reached: "limits.memory"
	Used  int64  // bytes wanted when the limit was noticed
	Max   int64  // bytes allowed
}

// Error implements error.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%s exceeded: %d bytes needed, %d allowed; raise the limit or let the query return fewer groups (SQLSTATE %s)",
		e.Limit, e.Used, e.Max, e.SQLState())
}

// SQLState is 53200, PostgreSQL's "out of memory".
func (e *LimitError) SQLState() string { return "53200" }
