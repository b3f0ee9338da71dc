package atoll

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/admission"
	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/connectors/mssql"
	"github.com/atoll-sql/atoll/connectors/pool"
	"github.com/atoll-sql/atoll/connectors/postgres"
	"github.com/atoll-sql/atoll/executor"
	"github.com/atoll-sql/atoll/executor/spill"
	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/residency/audit"
)

// Config is a checked configuration, from [LoadConfig] or [ParseConfig].
type Config struct {
	*config.Config
	env func(string) (string, bool) // looks up variables
}

// LoadConfig reads a configuration file; see docs/configuration.md. Its error lists every fault with file,
// line and column.
func LoadConfig(path string) (*Config, error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, usageError(err)
	}
	return &Config{c, os.LookupEnv}, nil
}

// ParseConfig reads a configuration from memory. Relative paths in it start at dir, and env looks up the
// variables that it and the residency policy name; os.LookupEnv serves.
func ParseConfig(data []byte, dir string, env func(string) (string, bool)) (*Config, error) {
	c, err := config.Parse(data, "configuration", dir, env)
	if err != nil {
		return nil, usageError(err)
	}
	return &Config{c, env}, nil
}

// Engine answers queries over the shards of one configuration. It is safe for concurrent use.
type Engine struct {
	cfg      *config.Config
	env      func(string) (string, bool) // looks up variables of secrets
	opts     options
	top      atomic.Pointer[topology] // the newest version of the map
	maps     *mapFollower             // nil where the map stands in the configuration
	change   sync.Mutex               // held by who makes a new version
	older    []*topology              // earlier versions that may still be in use; guarded by change
	turns    int                      // shards made so far; guarded by change
	life     sync.Mutex               // guards the counts of shards, and closed
	shut     atomic.Bool              // Close was called; set under change
	budget   *pool.Budget             // what all shards hold open together
	line     *admission.Queue         // in which queries wait for their turn
	memory   memoryShares
	held     *executor.Account // what the operators of all queries hold
	residual *duckdb.Residual
	spill    *spill.Space // what does not fit in memory
	trees    treeCache
	policy   atomic.Pointer[policyInForce] // nil where the configuration names none
	prober   *prober
	audit    *audit.Log // nil where the configuration asks for none
	heat     *heatMeter
	close    sync.Once
	closed   error
}

type options struct {
	drivers map[string]connectors.Opener
	off     map[string]bool
	alloc   memory.Allocator
	batch   int
	memory  int64
	checked bool
	now     func() time.Time
	clocked bool // now is not the system's
	dialect string
	// pseudonym is the key of pseudonym(x), nil for none.
	pseudonym []byte
	heatAlert func(HeatAlert)
	heatClock func() time.Time                                                 // nil for time.Now
	afterFunc func(shard string, d time.Duration, f func()) (stop func() bool) // nil for time.AfterFunc
}

// Option changes how an engine works.
type Option func(*options)

// WithDriver adds a driver, or replaces one: name is what the configuration calls it.
func WithDriver(name string, open connectors.Opener) Option {
	return func(o *options) { o.drivers[name] = open }
}

// WithAllocator makes all Arrow memory come from alloc. Default: the Go heap.
func WithAllocator(alloc memory.Allocator) Option { return func(o *options) { o.alloc = alloc } }

// WithBatchRows bounds the rows of a record batch. Default: the configuration's, else connectors.DefaultBatchRows.
func WithBatchRows(n int) Option { return func(o *options) { o.batch = n } }

// WithMemoryLimit bounds the bytes that one query's operators may hold at the coordinator. A query that wants
// more fails with SQLSTATE 53200. Default: the configuration's, else none; where that has limits.total_memory, a sixteenth of it, and Open fails if bytes is more
// than half of it.
func WithMemoryLimit(bytes int64) Option { return func(o *options) { o.memory = bytes } }

// WithoutRules switches planner rules and placement decisions off by name (planner/rules.All,
// planner/place.Switches). Answers stay the same; plans move more.
func WithoutRules(names ...string) Option {
	return func(o *options) {
		for _, n := range names {
			o.off[n] = true
		}
	}
}

// WithInvariantChecks puts a checker between all operators that holds them to their contract, and holds what is planned with the help of what an earlier query of the same text
// left to a plan that is made anew. For tests: it costs time.
func WithInvariantChecks() Option { return func(o *options) { o.checked = true } }

// WithClock sets what current_date and now() mean. Default: time.Now, once per query.
func WithClock(now func() time.Time) Option {
	return func(o *options) { o.now, o.clocked = now, true }
}

// WithDialect sets the SQL dialect in which queries are written: "postgres" or "mysql"; see docs/mysql.md. Default: the
// configuration's. With another name Open fails.
func WithDialect(name string) Option { return func(o *options) { o.dialect = name } }

// OpenFile is LoadConfig and Open.
func OpenFile(ctx context.Context, path string, opts ...Option) (*Engine, error) {
	cfg, err := LoadConfig(path)
	if err != nil {
		return nil, err
	}
	return Open(ctx, cfg, opts...)
}

// Open makes an engine and asks every shard for its capabilities and tables, all at the same time. A shard that
// does not answer is no error here: a query that needs it asks again, and fails by its name.
func Open(ctx context.Context, cfg *Config, opts ...Option) (*Engine, error) {
	o := options{
		drivers: map[string]connectors.Opener{"postgres": postgres.Open, "sqlserver": mssql.Open, "duckdb": duckdb.Open},
		off:     map[string]bool{}, alloc: memory.DefaultAllocator, batch: cfg.Limits.BatchRows,
		memory: cfg.Limits.Memory, now: time.Now, dialect: cfg.Dialect,
	}
	for _, f := range opts {
		f(&o)
	}
	door, err := parserOf(o.dialect)
	if err != nil {
		return nil, err
	}
	shares, err := shareMemory(cfg.Limits, o.memory)
	if err != nil {
		return nil, err
	}
	o.memory = shares.query
	e := &Engine{cfg: cfg.Config, env: cfg.env, opts: o, budget: newBudget(cfg.Limits), line: newLine(cfg.Limits, shares), memory: shares, held: executor.NewTotal(shares.queries),
		trees: treeCache{door: door}, heat: newHeatMeter(cfg.Config, o)}
	e.prober = newProber(e)
	if err := e.firstMap(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if err := e.openSpill(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if _, err := e.top.Load().loadCatalog(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if err := e.openResidency(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.prober.begin()
	return e, nil
}

// firstMap makes the topology with which the engine begins. Without a shard map there is no engine.
func (e *Engine) firstMap(ctx context.Context) error {
	if err := e.follow(); err != nil {
		return err
	}
	if e.maps == nil {
		return e.evolve(e.cfg.Map, e.cfg.Shards)
	}
	snap, err := e.maps.resolver.Current(ctx)
	if err != nil {
		return mapError(err)
	}
	return e.evolve(snap.Value.Map, snap.Value.Shards)
}

// residualMemory is what the residual engine may hold: the query's limit, but no less than it needs to start.
// Beyond it spills to disk.
func residualMemory(limit int64) int64 {
	const least = 128 << 20
	if limit == 0 {
		return 0 // its own default
	}
	return max(limit, least)
}

// Close closes all connections. Results must have been released before. It may be called more than once.
func (e *Engine) Close() error {
	e.close.Do(func() {
		e.heat.close()
		e.prober.close()
		var errs []error
		if e.maps != nil {
			errs = append(errs, e.maps.close())
		}
		if t := e.top.Load(); t != nil {
			errs = append(errs, e.closeLookups(t))
		}
		e.leave()
		errs = append(errs, e.closeSpill()...)
		if e.audit != nil {
			errs = append(errs, e.audit.Close())
		}
		e.life.Lock()
		defer e.life.Unlock()
		e.closed = errors.Join(append(errs, e.closed)...)
	})
	e.life.Lock()
	defer e.life.Unlock()
	return e.closed
}
