package spill

import (
	"errors"
	"fmt"
)

// The configuration keys that errors name.
const (
	KeyLimit = "spill.limit"
	KeyDir   = "spill.dir"
)

// LimitError says that queries together wanted more bytes on disk than they are allowed.
type LimitError struct {
	Used int64 // bytes wanted when the limit was noticed
	Max  int64 // bytes allowed
}

// Error implements error.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%s exceeded: %d bytes needed on disk, %d allowed; raise the limit, give the query more memory (limits.memory), or let it return fewer groups (SQLSTATE %s)",
		KeyLimit, e.Used, e.Max, e.SQLState())
}

// SQLState is 53400, PostgreSQL's "configuration limit exceeded".
func (e *LimitError) SQLState() string { return "53400" }

// Error is a failure of the disk, or of the folder. Its text shows the folder, which the operator configured, and no row data.
type Error struct {
	Text string // "the disk is full"
	Dir  string
	Full bool // the disk has no room, or a quota or the process's limit on file sizes is reached
	Err  error
}

// Error implements error.
func (e *Error) Error() string {
	dir := e.Dir
	if dir == "" {
		dir = "the system's folder for temporary files"
	}
	s := fmt.Sprintf("%s (%s): %s", KeyDir, dir, e.Text)
	if cause := rootCause(e.Err); cause != "" {
		s += ": " + cause
	}
	if e.Full {
		s += "; free some space, choose another folder, or give the query more memory (limits.memory)"
	}
	return s + " (SQLSTATE " + e.SQLState() + ")"
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// SQLState is 53100, PostgreSQL's "disk full", or 58030, its "I/O error".
func (e *Error) SQLState() string {
	if e.Full {
		return "53100"
	}
	return "58030"
}

// rootCause is the system's own text, without the names of files.
func rootCause(err error) string {
	for err != nil {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
	return ""
}
