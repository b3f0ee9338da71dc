package tdstest

import (
	"context"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// Executor is one session of a database; one goroutine at a time uses it. *engine.Session is one.
type Executor interface {
	// Execute runs a batch and hands each statement's result to each, which reads its rows before it returns; who calls
	// closes them. Params not nil, even if empty, mean sp_executesql. An error of each ends the batch and is returned,
	// perhaps wrapped; other errors are *tsql.Error, *engine.Error or the context's, whose end stops the statement soon.
	Execute(ctx context.Context, batch string, params []engine.Param, each func(engine.Result) error) error
	// Begin opens a transaction under an isolation level such as "SNAPSHOT"; "" keeps the session's. It returns the
	// transaction's identity, never 0.
	Begin(level string) uint64
	Commit() error
	Rollback() error
	// Transaction is the identity of the open transaction, 0 if there is none.
	Transaction() uint64
	// Reset brings the session back to what it was after login.
	Reset()
	// Close gives the session up.
	Close()
}

// warned are rows that know messages once they are read.
type warned interface{ Warnings() []*engine.Error }
