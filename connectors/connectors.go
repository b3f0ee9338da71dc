// Package connectors defines the port between Atoll and the database engines that hold its shards.
//
// An adapter implements [Connector] for one engine. The engine above speaks to every shard through this
// port alone: statements go down as SQL text with textual parameters, rows come back as Arrow record
// batches whose schema the caller fixes in advance. Of Atoll the package imports but the pools of connections.
package connectors

import (
	"context"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors/pool"
)

// Config says how to reach one shard. The DSN may hold a credential: it is never printed or logged, and
// no error of this package or of an adapter contains it.
type Config struct {
	Shard  string // name in the shard map, used in errors
	Region string
	DSN    string
	Schema string // database schema that holds the tables; "" means the engine's default

	// MaxConns bounds the connections held to this shard; 0 means the adapter's default.
	MaxConns int
	// ConnectTimeout bounds one attempt to connect; 0 means the adapter's default.
	ConnectTimeout time.Duration
	// StatementTimeout bounds each statement, at the server as well where the engine has such a limit; 0 means that nothing but the statement's
	// context does.
	StatementTimeout time.Duration
	// Budget bounds what this shard and others hold open together; nil means that nothing does.
	Budget *pool.Budget
}

// Opener makes a connector from its configuration without contacting the shard: a shard that is down
// fails at its first use, not here. A malformed DSN is an error of class [ClassConfig].
type Opener func(Config) (Connector, error)

// Connector is one shard. It is safe for concurrent use. Every error it or its readers return is an
// [*Error] (or wraps one), except the context's own error.
type Connector interface {
	// Calibrate connects if necessary and reports what the planner must know of this server. The answer
	// is cached by the adapter once it succeeded.
	Calibrate(ctx context.Context) (Capabilities, error)

	// Describe returns those of the named tables or views that exist in the configured schema, in the order asked
	// for. A table that does not exist is left out; a column whose type has no mapping is returned with
	// Type "" and its Native name, so that only queries which touch it fail.
	Describe(ctx context.Context, tables []string) ([]Table, error)

	// Query starts one read-only statement in a snapshot of its own and returns its rows as a stream. In steady
	// state this costs one network round trip. Cancelling ctx, at any time until the reader is closed,
	// stops the statement at the server.
	Query(ctx context.Context, stmt Statement) (Reader, error)

	// Snapshot returns a state of the shard for several statements of one query, without contacting it. The caller closes it.
	// Of the connections that [Pooled] counts it takes no more than there are readers open at once. over is asked while
	// rows are kept in memory, as [NewSerial] says.
	Snapshot(over func() error) Snapshot

	// Close closes the connections once running readers have been closed. It may be called more than once.
	Close() error
}

// Pooled is implemented by connectors that run a bounded number of statements at once and let others wait. Who
// needs several at once asks for that many from the outset, so that two callers never wait for each other.
type Pooled interface {
	// MaxConns is the most statements that run at once, at least 1.
	MaxConns() int
}

// Statement is one fragment's SQL for one shard.
type Statement struct {
	SQL string
	// Args are the values of $1, $2, …, each in the text that PostgreSQL shows for a value of its type; the SQL casts them.
	Args []Arg
	// Schema is what the reader must yield. The adapter decodes each column into exactly this type, or
	// fails with [ClassData] (value does not fit) or [ClassSchema] (no conversion exists), naming the column.
	Schema *arrow.Schema
	// BatchRows is the most rows per record batch; 0 means [DefaultBatchRows].
	BatchRows int
	// BatchBytes is about how many bytes make a batch of fat rows full: it ends with the row that reaches them. 0 means [DefaultBatchBytes]. An engine
	// whose own blocks are small may go by rows alone.
	BatchBytes int64
	// Alloc allocates all Arrow buffers of the reader; nil means memory.DefaultAllocator.
	Alloc memory.Allocator
}

// Counter is implemented by allocators of statements that bound memory: a connector tells them of memory that it holds on their behalf and
// takes from elsewhere.
type Counter interface {
	// Count counts n bytes, negative when they are held no more. It is safe for concurrent use.
	Count(n int)
}

// DefaultBatchRows is the batch size used where none is asked for.
const DefaultBatchRows = 16 * 1024

// DefaultBatchBytes is the size of a batch of fat rows where none is asked for.
const DefaultBatchBytes = 4 << 20

// Arg is one parameter: its text form, or NULL.
type Arg struct {
	Text string
	Null bool
	// Secret is true of a value that must stand in no text: a connector sends it as a parameter and never within the SQL, and tells it in
	// no error and no log.
	Secret bool
}

// String implements [fmt.Stringer] without telling a secret.
func (a Arg) String() string {
	switch {
	case a.Secret:
		return "(secret)"
	case a.Null:
		return "NULL"
	}
	return a.Text
}

// Reader streams the rows of one statement. One goroutine drives it.
type Reader interface {
	// Next returns the next batch, never an empty one, or io.EOF. The batch belongs to the reader and is
	// valid until the next call of Next or Close; who keeps it retains it. After an error every further
	// call returns the same error.
	Next(ctx context.Context) (arrow.Record, error)

	// Stats tells what has been read so far.
	Stats() Stats

	// Close stops the statement if it still runs and gives its connection back, healthy or discarded. It
	// may be called at any time, more than once, and after a failure. It returns only an error that
	// the rows already read would need to know of.
	Close() error
}

// Stats counts what one statement brought.
type Stats struct {
	Rows       int64
	Bytes      int64         // payload bytes received from the shard, as its protocol frames them
	RoundTrips int           // times the adapter waited for the server after sending to it
	FirstBatch time.Duration // from Query to the first batch, 0 if none yet
	Total      time.Duration // from Query to the end of the stream, or until now

	// Attempts is how often the statement was begun until it brought these rows, hedges among them; 0 is as 1.
	Attempts int
	// Hedged says that a second server was asked while the first had not answered.
	Hedged bool
	// Replica is the name of the replica that the rows are of; "" is the shard's own server.
	Replica string
}

// Positioned is implemented by connectors whose servers tell how far they are in the log of changes that replicas follow.
type Positioned interface {
	// Position returns a position that all changes committed before the call have reached: at a primary the end of its log, at a replica
	// how far that has been replayed. Positions of a primary and of its replicas can be compared, and only those. It costs one round trip.
	Position(ctx context.Context) (Position, error)
}

// Position is a place in a server's log of changes.
type Position struct {
	Replica bool   // the server replays another one's log
	Log     string // whose log it is, in the server's own terms: positions in different logs cannot be compared
	Offset  uint64
}

// Capabilities is what calibration found out about a server.
type Capabilities struct {
	Dialect string // name of the planner's SQL dialect: "postgres", "duckdb", "tsql"
	Version string // for people, e.g. "PostgreSQL 15.18"

	// BinaryCollation is true where text compares and sorts bytewise without being told to (C, POSIX or
	// ucs_basic as database collation and on every column), so that no COLLATE clause is needed.
	BinaryCollation bool

	// FoldedNames is true where the letter case of a column's name does not matter, so that Describe gives it in lower case.
	FoldedNames bool

	// Missing names the features (FeatureUTF8Collation, …) that this server lacks or has with another meaning, sorted.
	Missing []string

	// Findings are calibration results worth showing to an operator, in order: name and what was found.
	Findings []Finding
}

// Finding is one line of what `atoll check` shows for a shard.
type Finding struct {
	Name, Value string
}

// Table is a table as one shard sees it.
type Table struct {
	Name    string
	Columns []Column
	Rows    int64 // the shard's own estimate, -1 if it has none
	Bytes   int64 // its estimated size on disk, -1 if unknown
}

// Column is a column as one shard sees it.
type Column struct {
	Name string
	// Type is PostgreSQL's name of the type as Atoll understands it: "bigint", "numeric(15,2)",
	// "numeric", "text", "timestamp with time zone", …; empty if the native type has no mapping.
	Type string
	// Native is the engine's own name of the type, with its length or precision: for messages, and for dialects that
	// read a column of some types through a cast.
	Native  string
	NotNull bool
	// Distinct is the shard's own estimate of the column's different values, 0 if it has none.
	Distinct int64
}

// TypeKey is the Arrow field metadata key that names a PostgreSQL type which its Arrow type alone does
// not: "uuid" (fixed_size_binary(16)), "json" and "jsonb" (utf8), "numeric" (unconstrained, decimal256(76,38)),
// "bpchar" (utf8).
const TypeKey = "atoll.type"
