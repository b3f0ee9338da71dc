package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/atoll-sql/atoll/connectors"
	pools "github.com/atoll-sql/atoll/connectors/pool"
	"github.com/atoll-sql/atoll/scalar"
)

const (
	defaultMaxConns = 4
	// shardMemory is what one shard file may hold in memory before it spills, and leastMemory what it may where many are open.
	shardMemory = 512 << 20
	leastMemory = 64 << 20
)

// connector is a shard in a DuckDB file. It holds one instance, shared by its connections; each statement is a transaction of its own. The instance
// is read-only until the first transaction that writes, and until then, since nobody can change the file, all statements see the same state.
type connector struct {
	cfg   connectors.Config
	pool  *pool
	spill string

	mu   sync.Mutex
	caps *connectors.Capabilities // nil until calibrated
}

// Open makes a connector for the DuckDB file that cfg.DSN names. The file is opened, read-only, at first use.
// It implements connectors.Opener.
func Open(cfg connectors.Config) (connectors.Connector, error) {
	if cfg.DSN == "" || cfg.DSN == memoryPath {
		return nil, connectors.NewError(cfg.Shard, connectors.ClassConfig, "", "the dsn of a duckdb shard is the path of its file", nil)
	}
	if cfg.MaxConns < 0 {
		return nil, connectors.NewError(cfg.Shard, connectors.ClassConfig, "", "the number of connections is negative", nil)
	}
	if cfg.MaxConns == 0 {
		cfg.MaxConns = defaultMaxConns
	}
	if cfg.Schema == "" {
		cfg.Schema = "main"
	}
	c := &connector{cfg: cfg, spill: spillPath(os.TempDir())}
	c.pool = newPool(cfg.Shard, cfg.MaxConns, cfg.Budget, c.open)
	return c, nil
}

func (c *connector) open(writing bool) (*database, error) {
	if err := c.checkFile(writing); err != nil {
		return nil, err
	}
	release, ok := openFiles.claim(c.cfg.DSN, writing)
	if !ok {
		return nil, connectors.NewError(c.cfg.Shard, connectors.ClassUnavailable, "55006", c.file()+" is open elsewhere in this process, and one of the two writes", nil)
	}
	threads, memory := shareOfMachine(c.cfg.Budget)
	settings := engineSettings(threads, memory, c.spill)
	if !writing {
		settings = append(settings, setting{"access_mode", "READ_ONLY"})
	}
	db, err := openDatabase(instance{path: c.cfg.DSN, settings: settings, functions: scalar.Functions(), schema: c.cfg.Schema})
	if err != nil {
		release()
		if e, ok := errors.AsType[*duckError](err); ok {
			v := classify(e)
			return nil, connectors.NewError(c.cfg.Shard, v.class, v.state, fmt.Sprintf("%s: %s", c.file(), v.text), e)
		}
		return nil, err
	}
	db.writable, db.onClose = writing, release
	return db, nil
}

// MaxConns implements connectors.Pooled.
func (c *connector) MaxConns() int { return c.cfg.MaxConns }

// shareOfMachine is how many threads one file may use and how many bytes it may hold: half the processors, for a query asks several shards at the same
// time, and DuckDB's threads spin while they wait for each other; of more than eight files that may be open at once, each gets less, down to
// one thread, the caller's, and leastMemory.
func shareOfMachine(b *pools.Budget) (threads int, memory int64) {
	share := 1
	if b != nil {
		share = b.Share()
	}
	threads = min(runtime.GOMAXPROCS(0)/2, 4*runtime.GOMAXPROCS(0)/share)
	return max(1, threads), max(leastMemory, min(shardMemory, 8*shardMemory/int64(share)))
}

func (c *connector) file() string { return fmt.Sprintf("database file %q", filepath.Base(c.cfg.DSN)) }

// checkFile gives clearer errors than DuckDB's, which quote the whole path.
func (c *connector) checkFile(writing bool) error {
	info, err := os.Stat(c.cfg.DSN)
	text := ""
	switch {
	case err == nil && writing && info.Mode().Perm()&0o222 == 0:
		return connectors.NewError(c.cfg.Shard, connectors.ClassReadOnly, "25006", c.file()+" may not be written: look at its permissions", nil)
	case errors.Is(err, fs.ErrNotExist):
		text = "does not exist"
	case err != nil:
		text = "cannot be read"
	case info.IsDir():
		text = "is a folder"
	default:
		return nil
	}
	return connectors.NewError(c.cfg.Shard, connectors.ClassUnavailable, "58P01", c.file()+" "+text, err)
}

// Query implements connectors.Connector.
func (c *connector) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	r, err := c.query(ctx, stmt)
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (c *connector) query(ctx context.Context, stmt connectors.Statement) (*reader, error) {
	return c.pool.query(ctx, c.cfg.Shard, statementOf(stmt))
}

// Close implements connectors.Connector.
func (c *connector) Close() error {
	c.pool.close() // DuckDB removes the spill folder when the last reader is gone
	return nil
}
