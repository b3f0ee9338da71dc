package connectors

import "context"

// Snapshot is one state of one shard, which all statements of a query read. Nothing is asked of the shard before the first
// statement, whose state it is; a snapshot on which nothing was asked costs nothing. It is safe for concurrent use.
type Snapshot interface {
	// Query is [Connector.Query] in this state, with the same promises. The first statement may keep others waiting
	// until its server has said which state it reads. A statement that fails, is cancelled or closed early takes no
	// state from the others: these go on, or fail by name where the server dropped it.
	//
	// An adapter that can run the statements of a snapshot only one after the other keeps the rows of a running
	// one in memory, of that statement's allocator, when the next one is asked for.
	Query(ctx context.Context, stmt Statement) (Reader, error)

	// Close lets the state go, without waiting for the server. Readers still open go on to their ends; no further
	// statement is accepted. It may be called more than once.
	Close()
}
