package shardmap

import (
	"errors"
	"fmt"
	"strings"
)

// The causes of a map that does not load. Ask for them with errors.Is.
var (
	ErrUnknownShard  = errors.New("unknown shard")
	ErrUnknownRegion = errors.New("unknown region")
	ErrUnknownTable  = errors.New("unknown table")
	ErrDuplicateName = errors.New("duplicate name")
	ErrDuplicateKey  = errors.New("duplicate key")
	ErrGap           = errors.New("gap in the key space")
	ErrOverlap       = errors.New("overlapping ranges")
	ErrKeyType       = errors.New("key type mismatch")
	ErrEmpty         = errors.New("empty")
	ErrSetting       = errors.New("setting not accepted")
	ErrColocation    = errors.New("bad colocation")
	ErrUnsupported   = errors.New("not supported by this version")
)

// Error is one fault of a [Spec]. Path names the place as a configuration file would spell it, for
// example `tables.payments.sharding.ranges[2]`, so that a loader can add line and column.
type Error struct {
	Path  string
	Cause error // one of the Err… variables
	Text  string
}

// Error implements error.
func (e *Error) Error() string { return e.Path + ": " + e.Text }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Faults lists the single faults behind an error returned by [New], in the order they were found.
func Faults(err error) []*Error {
	var out []*Error
	var one *Error
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			out = append(out, Faults(e)...)
		}
	} else if errors.As(err, &one) {
		out = append(out, one)
	}
	return out
}

// someNames lists names for a message, cut after the first eight.
func someNames(names []string) string {
	const most = 8
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(", … (%d in all)", len(names))
	}
	return strings.Join(names, ", ")
}

// quote shows a value in a message, cut to a length that keeps the message readable.
func quote(s string) string {
	const most = 64
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}
