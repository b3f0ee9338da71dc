package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/output"
)

// The exit statuses; the package comment says what they mean.
const (
	exitAnswered   = 0
	exitFailed     = 1
	exitUsage      = 2
	exitRefused    = 3
	exitIncomplete = 4
)

// usageError is a mistake in the command line.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usage(hint, format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...), hint: hint}
}

// sqlError carries the text of the query that failed, so that the message can point into it.
type sqlError struct {
	err error
	sql string
}

func (e *sqlError) Error() string { return e.err.Error() }
func (e *sqlError) Unwrap() error { return e.err }

// withSQL returns err with the query it belongs to; nil stays nil.
func withSQL(err error, sql string) error {
	if err == nil {
		return nil
	}
	return &sqlError{err: err, sql: sql}
}

// say writes a line to standard error. That it cannot be written there is nothing anybody could be told.
func (t *terminal) say(format string, args ...any) {
	_, _ = fmt.Fprintf(t.err, format+"\n", args...)
}

// report writes the one message about err to standard error and returns the exit status.
func (t *terminal) report(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitAnswered
	case errors.Is(err, syscall.EPIPE):
		return exitFailed // whoever read the results has seen enough and is gone; there is nothing to explain
	case errors.As(err, new(*incomplete)):
		return exitIncomplete // which was said
	case ctx.Err() != nil:
		t.say("atoll: interrupted")
		return exitFailed
	}
	t.say("atoll: %s", message(err))
	return status(err)
}

func status(err error) int {
	var u *usageError
	if errors.As(err, &u) {
		return exitUsage
	}
	var e *atoll.Error
	if errors.As(err, &e) {
		switch e.Kind {
		case atoll.KindUsage:
			return exitUsage
		case atoll.KindResidency:
			return exitRefused
		case atoll.KindIncomplete:
			return exitIncomplete
		}
	}
	return exitFailed
}

// message is what a person reads: the error, where in the query it is, and what to do. Nothing in it can drive the
// terminal.
func message(err error) string {
	var (
		u *usageError
		e *atoll.Error
		q *sqlError
	)
	switch {
	case errors.As(err, &u):
		if u.hint == "" {
			return printable(u.Error())
		}
		return printable(u.Error() + "\n" + u.hint)
	case errors.As(err, &e):
		sql := ""
		if errors.As(err, &q) {
			sql = q.sql
		}
		return printable(e.Render(sql))
	}
	return printable(err.Error())
}

// printable escapes each line of a message; tabs stay what they were in the query, for the caret's sake a space.
func printable(s string) string {
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(s, "\t", " "), "\n"), "\n")
	for i, l := range lines {
		lines[i] = output.Printable(l)
	}
	return strings.Join(lines, "\n")
}
