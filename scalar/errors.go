package scalar

import (
	"errors"
	"fmt"
)

// Error is what a row's values made a function fail with. Its text is fixed and never holds a value.
type Error struct {
	SQLState string // five characters, as PostgreSQL 15 would report
	Text     string
}

// Error implements error. The text carries "sqlstate:" and the code, so that it survives the way through
// an engine that keeps nothing of an error but its text.
func (e *Error) Error() string { return fmt.Sprintf("%s (sqlstate:%s)", e.Text, e.SQLState) }

func fail(state, text string) error { return &Error{SQLState: state, Text: text} }

// The errors that several functions share. They are values, so raising one allocates nothing.
var (
	errRange         = fail("22003", "numeric value out of range")
	errFloatOverflow = fail("22003", "value out of range: overflow")
	errUnderflow     = fail("22003", "value out of range: underflow")
	errNaNWide       = fail("22003", "numeric NaN or infinity has no decimal form")
	errInput         = fail("22003", "input is out of range")
	errDivZero       = fail("22012", "division by zero")
	errSyntax        = fail("22P02", "invalid input syntax")
	errLogZero       = fail("2201E", "cannot take logarithm of zero")
	errLogNegative   = fail("2201E", "cannot take logarithm of a negative number")
	errSqrtNegative  = fail("2201F", "cannot take square root of a negative number")
	errZeroPower     = fail("2201F", "zero raised to a negative power is undefined")
	errNegativePower = fail("2201F", "a negative number raised to a non-integer power yields a complex result")
	errDateSyntax    = fail("22007", "invalid input syntax for a date or time, or a form that is not supported")
	errDateRange     = fail("22008", "date or time out of range")
	errParameter     = fail("22023", "invalid parameter value")
	errTooLarge      = fail("54000", "requested length too large")
)

// errNull is not an error: a function returns it where a non-NULL argument gives NULL.
var errNull = errors.New("scalar: result is NULL")
