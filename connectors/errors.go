package connectors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Class sorts the errors of shards by what can be done about them.
type Class string

const (
	ClassConfig      Class = "config"      // the DSN or an option is malformed
	ClassUnavailable Class = "unavailable" // refused, reset, name not resolved, shutting down
	ClassAuth        Class = "auth"        // login refused
	ClassPermission  Class = "permission"  // the login may not read something
	ClassSchema      Class = "schema"      // a table, column or type is not what the plan expects
	ClassData        Class = "data"        // the rows made the statement fail: overflow, division by zero, bad cast
	ClassTimeout     Class = "timeout"     // a statement or lock timeout at the server
	ClassCancelled   Class = "cancelled"   // stopped at our request
	ClassConflict    Class = "conflict"    // serialization failure, deadlock
	ClassLimit       Class = "limit"       // the server's or adapter's memory, connections, throttling
	ClassReadOnly    Class = "read_only"   // the server accepts no writes
	ClassConstraint  Class = "constraint"  // a write breaks a constraint of the table
	ClassUnknown     Class = "unknown"     // whether a write lasts is not known
	ClassInternal    Class = "internal"    // anything else
)

// Error is the error of one shard. Its text is safe to show to any caller: it never contains a
// credential, nor a shard's own message, which may carry row data. The shard's message stays reachable for
// operators through Unwrap and must not be shown to the issuer of a query.
type Error struct {
	Shard    string // "" for the coordinator's own engine
	Replica  string // the shard's server that it is of; "" for the shard's own one
	Class    Class
	SQLState string // five characters, "" if there is none
	Text     string // our own words
	Column   string // output column concerned, "" if none
	Attempts int    // how often the statement was begun that failed; 0 is as 1
	cause    error
	patience time.Duration
}

// NewError makes an Error; cause may be nil. Of the cause all can be asked but whether it is io.EOF: a connection that ends
// must never look like the end of the rows, so an Error never satisfies errors.Is(err, io.EOF).
func NewError(shard string, class Class, sqlState, text string, cause error) *Error {
	if errors.Is(cause, io.EOF) {
		cause = endless{cause}
	}
	return &Error{Shard: shard, Class: class, SQLState: sqlState, Text: text, cause: cause}
}

// Error implements error.
func (e *Error) Error() string {
	site := "shard " + e.Shard
	if e.Shard == "" {
		site = "coordinator"
	}
	if e.Replica != "" {
		site += " (replica " + e.Replica + ")"
	}
	s := site + ": " + e.Text
	if e.Column != "" {
		s += fmt.Sprintf(" (column %q)", e.Column)
	}
	if e.SQLState != "" {
		s += " (SQLSTATE " + e.SQLState + ")"
	}
	return s
}

// Unwrap returns what the engine or the network said. It may carry data: for the operator's log only.
func (e *Error) Unwrap() error { return e.cause }

// SafeToRetry reports whether the same statement may be sent again, provided no row of it was consumed.
func (e *Error) SafeToRetry() bool {
	return e.Class == ClassUnavailable || e.Class == ClassConflict || e.Class == ClassLimit
}

// At returns e as the error of one of a shard's replicas.
func (e *Error) At(replica string) *Error {
	of := *e
	of.Replica = replica
	return &of
}

// After returns e as the error of a statement that was begun so often.
func (e *Error) After(attempts int) *Error {
	of := *e
	of.Attempts = attempts
	return &of
}

// Waking is how long most servers need at most that say that they will serve again. A paused serverless database takes up to a minute.
const Waking = time.Minute

// Awaiting notes that the server itself said that it will serve again: it starts, wakes, moves, fails over, or throttles. Most that do are back
// within the time given. It returns e.
func (e *Error) Awaiting(d time.Duration) *Error {
	e.patience = d
	return e
}

// Patience is how long, from the first such error, trying again is worth while by what the server said of itself; 0 if it said nothing of the kind.
func (e *Error) Patience() time.Duration { return e.patience }

// ClassOf returns the class of the first Error in err's chain; ClassCancelled or ClassTimeout for a bare
// context error; otherwise ClassInternal.
func ClassOf(err error) Class {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Class
	case errors.Is(err, context.Canceled):
		return ClassCancelled
	case errors.Is(err, context.DeadlineExceeded):
		return ClassTimeout
	}
	return ClassInternal
}

// dataMessages gives the fixed text for SQLSTATEs of class 22 and others that rows can cause, since a
// server's own message may quote the row. Adapters read it through DataMessage.
var dataMessages = map[string]string{
	"22000": "data exception",
	"22001": "value too long",
	"22003": "numeric value out of range",
	"22007": "invalid date or time format",
	"22008": "date or time out of range",
	"22009": "invalid time zone displacement",
	"22011": "negative substring length not allowed",
	"22012": "division by zero",
	"22015": "interval out of range",
	"22018": "invalid character value for cast",
	"22019": "invalid escape character",
	"2201B": "invalid regular expression",
	"2201E": "invalid argument for logarithm",
	"2201F": "invalid argument for a square root or power",
	"22021": "character not in repertoire",
	"22023": "invalid parameter value",
	"22025": "invalid escape sequence",
	"22P02": "invalid text representation: a value cannot be cast to the requested type",
	"22P03": "invalid binary representation",
	"22P05": "untranslatable character",
}

// DataMessage returns the fixed text for a SQLSTATE that row values can cause.
func DataMessage(sqlState string) string {
	if m, ok := dataMessages[sqlState]; ok {
		return m
	}
	return "data exception"
}

// endless is an error that hides the io.EOF in its chain.
type endless struct{ error }

// Is implements what errors.Is asks for.
func (e endless) Is(target error) bool { return target != io.EOF && errors.Is(e.error, target) }

// As implements what errors.As asks for.
func (e endless) As(target any) bool { return errors.As(e.error, target) }

// Ended returns the error of a context that is cancelled or past its deadline. A socket's deadline, set to the same moment, may be a little
// faster than the context's: then it waits for that.
func Ended(ctx context.Context) error {
	if at, ok := ctx.Deadline(); ok && !time.Now().Before(at) {
		<-ctx.Done()
	}
	return ctx.Err()
}
