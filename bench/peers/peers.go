package peers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/internal/logictest"
)

// Names of the peers.
const (
	PostgreSQL = "postgresql"   // one server with all rows, whose answers are the right ones
	FDW        = "postgres_fdw" // partitions over the shards
	DuckDB     = "duckdb"       // a process of its own that attaches the shards
	Trino      = "trino"        // one node with a catalog per shard
)

// Names lists the peers in the order in which they are set up.
var Names = []string{PostgreSQL, FDW, DuckDB, Trino}

// ErrTimeout is the error of a query that took longer than its limit.
var ErrTimeout = errors.New("timeout")

// World is where the rows are: filled servers of the caller's. Peers read them, and change nothing but what they need to: foreign tables and
// copies of reference tables on the server FDW.
type World struct {
	Single   Server   // all rows
	FDW      Server   // a database of a server of its own, for the foreign tables and the copies of reference tables
	Shards   []Server // each with its part of the sharded tables and all rows of the reference tables
	Database string   // its name, on every server
	Tables   []Table  // those that others refer to first
}

// Server is one PostgreSQL server that trusts its user.
type Server struct {
	DSN  string // URL of the database by the unix socket, for pgx; its parameters host and port say where the socket is
	Host string // for peers that speak TCP only: a loopback address
	Port int    // 0 if the server does not listen on TCP; then such a peer is missing
	User string
}

// Table is one table, which has the same columns on every server.
type Table struct {
	Name   string // in small letters, as in the schema public
	Create string // CREATE TABLE without its partition clause
	Index  []string
	// Reference tables are whole on every shard. FDW's server has a copy of its own: where there is no such table yet, it is filled from the
	// single server, and the statements of Index are run.
	Reference bool
	// PartitionBy follows "partition by" for postgres_fdw: "list (c_nationkey)", or "hash (s_suppkey shard_ops)" where Atoll's hash places an
	// integer key, shard_ops_bigint for a bigint. "" for reference tables.
	PartitionBy string
	// Bound follows "for values" of the partition on a shard, counted from 0: "in (1, 5)", "with (modulus 4, remainder 0)".
	Bound func(shard int) string
}

// Peer answers queries, one at a time.
type Peer interface {
	// Name is one of [Names], or [Atoll].
	Name() string
	// Ask reads the whole answer. Beyond the limit, which is positive, it fails with [ErrTimeout], and may be asked again.
	Ask(ctx context.Context, sql string, limit time.Duration) (Reply, error)
	// Close ends what was started and removes temporary files. It may be called once.
	Close() error
}

// Reply is an answer and how it came about.
type Reply struct {
	Answer logictest.Answer
	// Took is from the request until the whole answer was there, as its client hands it out: Atoll's batches, PostgreSQL's texts, Python's values,
	// JSON. What this package makes of that for Answer is not in it.
	Took  time.Duration
	Stats *atoll.QueryStats // of Atoll alone
}

// Query is a statement in PostgreSQL's words, and in those of peers that need others.
type Query struct {
	SQL string
	Of  map[string]string // by the peer's name
}

// For returns the statement for a peer.
func (q Query) For(peer string) string {
	if own, ok := q.Of[peer]; ok {
		return own
	}
	return q.SQL
}

// Options say what may be used. The zero value downloads nothing and looks only into the default directory.
type Options struct {
	// Dir keeps what was installed and unpacked, about 200 MB, and 900 MB for a moment; "" means atoll/peers in the user's cache directory. Trino's
	// tarball of 650 MB stays in Maven's local repository.
	Dir string
	// Download permits python3's pip and Maven to fetch what Dir lacks. Without it the network is not touched.
	Download bool
	// DuckDBExtension names a file of DuckDB's postgres extension, of the version of the duckdb package; "" means that of the wheel.
	DuckDBExtension string
	// TrinoTarball names a local trino-server-N.tar.gz; "" means that from Maven Central.
	TrinoTarball string
	// TrinoMemory is the size of Trino's Java heap in bytes, DuckDBMemory DuckDB's limit; 0 means a quarter of the machine's memory, from 1 to 8 GiB.
	TrinoMemory, DuckDBMemory int64
	// Progress, unless nil, is told of each step.
	Progress func(line string)
}

func (o Options) say(format string, args ...any) {
	if o.Progress != nil {
		o.Progress(fmt.Sprintf(format, args...))
	}
}

// Open sets up a peer. One that cannot be had is nil, with the reason in Missing; the error is then nil too. An error means that the name is none of
// [Names], that the context ended, or that a server of the world's does not do what it must.
func Open(ctx context.Context, name string, w World, o Options) (Peer, report.Peer, error) {
	about := report.Peer{Name: name}
	open := map[string]opener{PostgreSQL: openSingle, FDW: openFDW, DuckDB: openDuckDB, Trino: openTrino}[name]
	if open == nil {
		return nil, about, fmt.Errorf("there is no peer %q; there are %q", name, Names)
	}
	if len(w.Shards) == 0 && slices.Contains(Names[1:], name) {
		return nil, about, fmt.Errorf("%s: the world has no shards", name)
	}
	begin := time.Now()
	p, err := open(ctx, w, o, &about)
	var lack *missing
	switch {
	case err == nil:
		about.Start = time.Since(begin)
		return p, about, nil
	case ctx.Err() != nil:
		return nil, about, ctx.Err()
	case errors.As(err, &lack), name == DuckDB, name == Trino: // what these are made of is not the world's, and may lack
		about.Missing = err.Error()
		return nil, about, nil
	}
	return nil, about, fmt.Errorf("%s: %w", name, err)
}

// opener sets up one peer and writes its version and setup down.
type opener func(ctx context.Context, w World, o Options, about *report.Peer) (Peer, error)

// missing says why a peer cannot be had, and what would help.
type missing struct{ why string }

func (m *missing) Error() string { return m.why }

func lacks(format string, args ...any) error { return &missing{fmt.Sprintf(format, args...)} }
