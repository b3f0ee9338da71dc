package resolver

import (
	"errors"
	"fmt"
	"time"
)

// The causes inside a [StaleError] and a [RejectError].
var (
	ErrClosed      = errors.New("the resolver is closed")
	ErrBackwards   = errors.New("its version went backwards")
	ErrSameVersion = errors.New("its text changed, but not its version")
	ErrNoTime      = errors.New("the store does not say when it was read")
	ErrSlow        = errors.New("reading it took longer than a snapshot may be old")
)

// StaleError says that there is no snapshot young enough to be served, and why the store gave none.
type StaleError struct {
	Store    string // as it names itself
	Version  uint64 // of the snapshot held, 0 if there is none
	Age      time.Duration
	MaxStale time.Duration
	Cause    error // why the last attempt failed
}

// Error implements error.
func (e *StaleError) Error() string {
	if e.Version == 0 {
		return fmt.Sprintf("no shard map: %s gave none: %v", e.Store, e.Cause)
	}
	return fmt.Sprintf("the shard map is too old: version %d of %s was last confirmed %s ago and may be served for %s: %v",
		e.Version, e.Store, e.Age.Round(time.Millisecond), e.MaxStale, e.Cause)
}

// Unwrap returns the cause.
func (e *StaleError) Unwrap() error { return e.Cause }

// RejectError says that the store was reached, and that what it holds is not served.
type RejectError struct {
	Store   string
	Version uint64 // of the document refused, 0 if it could not be told
	Held    uint64 // the version that stays, 0 if there is none
	Cause   error  // of the check, or one of the errors above
}

// Error implements error.
func (e *RejectError) Error() string {
	stays := "there is no older one to serve"
	if e.Held != 0 {
		stays = fmt.Sprintf("version %d stays", e.Held)
	}
	what := "its shard map"
	if e.Version != 0 {
		what = fmt.Sprintf("version %d of its shard map", e.Version)
	}
	return fmt.Sprintf("%s: %s is refused, %s: %v", e.Store, what, stays, e.Cause)
}

// Unwrap returns the cause.
func (e *RejectError) Unwrap() error { return e.Cause }
