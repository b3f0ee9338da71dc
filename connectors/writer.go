package connectors

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
)

// Writer is implemented by connectors to whose shard rows can be written. What a [Connector] alone offers only reads.
type Writer interface {
	// Begin starts a transaction that may write, at the isolation at which a statement sees what was committed before it
	// began. It takes one of the connections that [Pooled] counts until the transaction has ended. A server that is read only
	// fails here or at the first write, by class [ClassReadOnly].
	Begin(ctx context.Context) (Tx, error)

	// Keys returns, for each of the named tables in the configured schema that has one, the columns of its primary key in their order.
	Keys(ctx context.Context, tables []string) (map[string][]string, error)
}

// Tx is one transaction. One goroutine drives it. After an error of Exec, Insert or a reader only Rollback is of use. Ending ctx during a
// call stops the statement at the server.
type Tx interface {
	// Exec runs one statement and returns the rows it affected; args are as in [Statement].
	Exec(ctx context.Context, sql string, args []Arg) (int64, error)

	// Insert writes the rows of a record into a table of the configured schema, in one or few round trips, however many there are. The record's
	// fields name the columns, their types are those that a reader yields. It returns the rows written. rec stays the caller's.
	Insert(ctx context.Context, table string, rec arrow.Record) (int64, error)

	// Query is [Connector.Query] within the transaction: it sees what the transaction wrote. Its reader is closed before the next call.
	Query(ctx context.Context, stmt Statement) (Reader, error)

	// Commit makes the writes last. If it fails by class [ClassUnknown] nobody knows whether they did; otherwise they did not.
	Commit(ctx context.Context) error

	// Rollback takes the writes back and gives up the connection. After Commit, or a second time, it does nothing.
	Rollback()
}
