package engine

import (
	"errors"
	"fmt"
	"strings"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// newError is an error of the statement: severity 16, or what the number is known for.
func newError(number int32, format string, args ...any) *Error {
	severity := uint8(16)
	switch number {
	case 102, 105, 137, 156, 195, 1033:
		severity = 15
	case 229, 230, 262, 2601, 2627:
		severity = 14
	}
	return &Error{Number: number, Severity: severity, State: 1, Text: fmt.Sprintf(format, args...), Line: 1}
}

// syntaxError makes the parser's error one of the engine's.
func syntaxError(err error) error {
	var parse *tsql.Error
	if !errors.As(err, &parse) {
		return err
	}
	return &Error{Number: parse.Number, Severity: 15, State: 1, Text: parse.Text, Line: int32(parse.Line)}
}

// placed gives an error the line of a byte offset of the batch.
func placed(err *Error, batch string, pos int) *Error {
	if pos > 0 && pos <= len(batch) {
		err.Line = int32(1 + strings.Count(batch[:pos], "\n"))
	}
	return err
}

// lift makes an *Error an error, nil staying nil.
func lift(err *Error) error {
	if err == nil {
		return nil
	}
	return err
}
