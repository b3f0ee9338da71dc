package duckdb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/scalar"
)

// ResidualSite stands where errors name a shard: this engine is none.
const ResidualSite = ""

// ResidualOptions bounds what the residual engine takes. A zero value means the default.
type ResidualOptions struct {
	MemoryLimit int64 // bytes DuckDB may hold before it spills; default 1 GiB
	// SpillDir, asked when the engine opens, returns a folder that is there, in which DuckDB makes one for what does not fit in memory. Its
	// files are not encrypted: this version of DuckDB has no source of random keys within it that its makers call safe, and without one
	// refuses to encrypt. nil, or "", means that nothing is put on disk, and a statement that needs more memory fails.
	SpillDir   func() (string, error)
	SpillLimit int64 // bytes on disk; 0 means nine tenths of what the disk has free
	Threads    int   // default 1
	MaxQueries int   // statements that run at once, others wait; default 64
}

const (
	defaultResidualMemory = 1 << 30
	// One thread, the caller's: while an input makes DuckDB's other threads wait, the caller's would spin, for as long
	// as the slowest shard takes; and since an input is read by one thread, more of them gain next to nothing.
	defaultResidualThreads = 1
	defaultResidualQueries = 64
)

// Residual is the coordinator's own SQL engine: DuckDB in memory, opened at the first query. It keeps no data
// between queries. It is safe for concurrent use.
type Residual struct {
	pool  *pool
	opts  ResidualOptions
	mu    sync.Mutex
	spill string // folder that DuckDB creates when it first spills; "" if it may not. Guarded by mu

	functions []scalar.Function

	once sync.Once
	err  error // of Close
}

// NewResidual makes a residual engine without opening it. Its owner closes it.
func NewResidual(opts ResidualOptions) (*Residual, error) {
	if opts.MemoryLimit < 0 || opts.SpillLimit < 0 || opts.Threads < 0 || opts.MaxQueries < 0 {
		return nil, connectors.NewError(ResidualSite, connectors.ClassConfig, "", "a limit of the residual engine is negative", nil)
	}
	if opts.MemoryLimit == 0 {
		opts.MemoryLimit = defaultResidualMemory
	}
	if opts.Threads == 0 {
		opts.Threads = defaultResidualThreads
	}
	if opts.MaxQueries == 0 {
		opts.MaxQueries = defaultResidualQueries
	}
	r := &Residual{opts: opts, functions: scalar.Functions()}
	r.pool = newLastingPool(opts.MaxQueries, r.open)
	return r, nil
}

func (r *Residual) open() (*database, error) {
	spill, err := r.spillFolder()
	if err != nil {
		return nil, err
	}
	inst := instance{path: memoryPath, settings: engineSettings(r.opts.Threads, r.opts.MemoryLimit, spill), names: true, functions: r.functions}
	if spill != "" {
		inst.swap = r.opts.SpillLimit
	}
	return openDatabase(inst)
}

// spillFolder names the folder that DuckDB makes when it first spills.
func (r *Residual) spillFolder() (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opts.SpillDir == nil {
		return "", nil
	}
	dir, err := r.opts.SpillDir()
	if err != nil {
		return "", connectors.NewError(ResidualSite, connectors.ClassConfig, "", "there is no folder for what does not fit in memory", err)
	}
	if dir != "" {
		r.spill = spillPath(dir)
	}
	return r.spill, nil
}

// ResidualQuery is one statement for the residual engine.
type ResidualQuery struct {
	// SQL reads each input as a table of the input's name.
	SQL  string
	Args []connectors.Arg
	// Inputs are pulled until the statement needs no more of them. They stay the caller's, who closes them after
	// the reader; the reader does not touch them after Close has returned.
	Inputs []Input
	// Schema, BatchRows and Alloc are as in connectors.Statement.
	Schema    *arrow.Schema
	BatchRows int
	Alloc     memory.Allocator
}

// Query starts a statement. Cancelling ctx, until the reader is closed, stops it; the inputs are read under a context
// derived from ctx. An error of an input is returned as it is, so that errors.Is and errors.As see it; every other
// error is a *connectors.Error of ResidualSite, except the context's own.
func (r *Residual) Query(ctx context.Context, q ResidualQuery) (connectors.Reader, error) {
	for _, in := range q.Inputs {
		if in.Source == nil || in.Name == "" {
			return nil, connectors.NewError(ResidualSite, connectors.ClassInternal, "", "an input has no name or no source", nil)
		}
	}
	reader, err := r.pool.query(ctx, ResidualSite, statement{
		sql: q.SQL, args: q.Args, inputs: q.Inputs, schema: q.Schema, batchRows: q.BatchRows, alloc: q.Alloc})
	if err != nil {
		return nil, err
	}
	return reader, nil
}

// Close closes the engine and removes its spill folder. Readers must have been closed. It may be called more than once.
func (r *Residual) Close() error {
	r.once.Do(func() {
		r.pool.close()
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.spill == "" {
			return
		}
		if err := os.RemoveAll(r.spill); err != nil {
			r.err = fmt.Errorf("removing the spill folder: %w", err)
		}
	})
	return r.err
}

// spillSerial tells the spill folders of one process apart.
var spillSerial struct {
	sync.Mutex
	n int
}

// spillPath names a folder for one instance. DuckDB creates it when it first spills.
func spillPath(dir string) string {
	spillSerial.Lock()
	defer spillSerial.Unlock()
	spillSerial.n++
	return filepath.Join(dir, fmt.Sprintf("atoll-duckdb-%d-%d", os.Getpid(), spillSerial.n))
}

// engineSettings are the settings of every instance that runs statements from outside this package.
func engineSettings(threads int, memoryLimit int64, spill string) []setting {
	return []setting{
		{"threads", strconv.Itoa(threads)},
		{"memory_limit", strconv.FormatInt(memoryLimit, 10) + "B"},
		{"temp_directory", spill},
		{"preserve_insertion_order", "true"},
		// sum(x + 1) must overflow where PostgreSQL's does, not become sum(x) + count(x).
		{"disabled_optimizers", "sum_rewriter"},
		// Statements see their tables and inputs, and neither files nor the network.
		{"enable_external_access", "false"},
		{"autoinstall_known_extensions", "false"},
		{"autoload_known_extensions", "false"},
	}
}
