package move

import (
	"context"
	"errors"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/shardmap"
)

// ErrConflict says that the map has been changed since it was loaded.
var ErrConflict = errors.New("the shard map was changed by somebody else")

// Maps is where the shard map is kept.
type Maps interface {
	// Load returns the newest version.
	Load(ctx context.Context) (*Snapshot, error)

	// Publish makes the successor of version old, with the changes of e. It fails with [ErrConflict] if another version is the newest; after any
	// other error the outcome may be unknown.
	Publish(ctx context.Context, old uint64, e Edit) error

	// Check returns the newest version with the changes of e, which is not published. Its error says what is wrong with them.
	Check(ctx context.Context, e Edit) (*shardmap.Map, error)

	// MaxStale is how long a reader may go on with a version that is not the newest any more.
	MaxStale() time.Duration
}

// Snapshot is a version of the map and the settings that it was built from.
type Snapshot struct {
	Version uint64
	Map     *shardmap.Map
	Tables  []shardmap.TableSpec
}

// Edit is a change of the map.
type Edit struct {
	Sharding map[string]shardmap.Sharding // of tables whose keys move
	Moves    []shardmap.MoveSpec          // all that are under way from now on
}

// Shards gives access to shards by their names.
type Shards interface {
	Shard(ctx context.Context, name string) (Shard, error)
}

// Shard is one shard. It is safe for concurrent use.
type Shard interface {
	connectors.Writer

	// Learn asks the shard for tables, for what is written later, and returns those that exist.
	Learn(ctx context.Context, tables ...string) ([]connectors.Table, error)

	// Query starts a statement in a snapshot of its own.
	Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error)

	// Select writes a query on a table that was learned, in the shard's dialect. Its error says what has no exact form there.
	Select(q Select) (connectors.Statement, error)

	// Delete writes the statement that deletes the rows of a learned table for which a condition holds.
	Delete(table string, where Clause) (connectors.Statement, error)

	// Update writes the statement that sets columns of a learned table, in the rows for which a condition holds, to values in PostgreSQL's words,
	// which share the condition's parameters.
	Update(table string, columns, values []string, where Clause) (connectors.Statement, error)

	// CreateTable writes the definition of a table whose columns are all NOT NULL; the first so many make its primary key. A column's
	// type is the shard's own; "" stands for text.
	CreateTable(name string, columns []connectors.Column, key int) string

	// Name qualifies and quotes a table's name.
	Name(table string) string

	// References writes the query, of one column of text, for the tables that have foreign keys to a table; "" where the engine is not asked.
	// One in another schema has that in front of its name.
	References(table string) string

	// Lock writes the statement that keeps other writers from a table until its transaction ends; "" if there is none.
	Lock(table string) string
}

// Select is a query on one table, whose columns are named in its text as they are called.
type Select struct {
	Table    string
	Columns  []string // none to count the rows
	Distinct bool
	Where    Clause
	Order    []string
	Limit    int // 0 means all
}

// Outer is the name by which a [Clause] may qualify the columns of its table.
const Outer = "moved"

// Clause is a condition in PostgreSQL's words, with parameters $1, $2, …; an empty one holds always.
type Clause struct {
	SQL  string
	Args []string
}
