package atoll

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/rules"
	"github.com/atoll-sql/atoll/shardmap"
)

// world is one cluster with an oracle, and the shards of the layouts under test.
type world struct {
	data    *logictest.Dataset
	cluster *pgtest.Cluster
	oracle  *logictest.Oracle
	files   []logictest.File
}

// TestLogic holds every case of testdata/logic against the oracle, over PostgreSQL shards, DuckDB shards and both,
// and under settings that bring out what the usual ones hide.
func TestLogic(t *testing.T) {
	w := newWorld(t)
	three := []string{"postgres", "postgres", "postgres"}
	t.Run("postgres", func(t *testing.T) { w.run(t, "postgres", three) })
	t.Run("duckdb", func(t *testing.T) { w.run(t, "duckdb", []string{"duckdb", "duckdb", "duckdb"}) })
	t.Run("mixed", func(t *testing.T) { w.run(t, "mixed", []string{"postgres", "duckdb", "postgres"}) })
	t.Run("hostile", func(t *testing.T) { w.hostile(t) })
}

// hostile runs every case under settings that nobody would choose: one shard, batches of one row, every rule and
// placement decision off, one by one and all together.
func (w *world) hostile(t *testing.T) {
	mixed := []string{"postgres", "duckdb", "postgres"}
	t.Run("one_shard", func(t *testing.T) { w.run(t, "hostile", mixed[:1]) })
	t.Run("one_duckdb_shard", func(t *testing.T) { w.run(t, "duckdb_alone", mixed[1:2]) })
	t.Run("tiny_memory", func(t *testing.T) { w.runStarved(t, mixed) })
	t.Run("one_row_batches", func(t *testing.T) { w.run(t, "hostile", mixed, WithBatchRows(1)) })
	var all []string
	for _, r := range rules.All {
		all = append(all, r.Name)
	}
	all = append(all, place.Switches...)
	for _, name := range all {
		t.Run("without_"+name, func(t *testing.T) { w.run(t, "hostile", mixed, WithoutRules(name)) })
	}
	t.Run("without_all", func(t *testing.T) { w.run(t, "hostile", mixed, WithoutRules(all...)) })
}

func newWorld(t *testing.T) *world {
	t.Helper()
	files, err := logictest.Files()
	if err != nil {
		t.Fatal(err)
	}
	data, err := logictest.NewDataset()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{data: data, cluster: pgtest.Start(t, 1)[0], files: files}
	conn := w.connect(t, "oracle")
	if w.oracle, err = logictest.NewOracle(t.Context(), conn, data, layout(logictest.NewShards(3))); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) connect(t *testing.T, db string) *pgx.Conn {
	t.Helper()
	dsn, err := w.cluster.CreateDatabase(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return conn
}

// layout places rows of hash-sharded tables by the documented hash: xxHash64 of the key's canonical bytes,
// modulo the number of shards.
func layout(shards []logictest.Shard) logictest.Layout {
	l := logictest.Layout{Shards: shards}
	l.Hash = func(table string, key []logictest.Cell) (string, error) {
		names := make([]string, len(shards))
		spec := shardmap.Spec{}
		for i, s := range shards {
			names[i] = s.Name
			spec.Regions = append(spec.Regions, shardmap.Region{Name: s.Name})
			spec.Shards = append(spec.Shards, shardmap.Shard{Name: s.Name, Region: s.Name})
		}
		spec.Tables = []shardmap.TableSpec{{Name: table, Sharding: shardmap.Sharding{
			Strategy: shardmap.KindHash, Key: []string{"k"}, KeyType: []string{"bigint"}, Shards: names,
		}}}
		m, err := shardmap.New(spec)
		if err != nil {
			return "", err
		}
		p, err := m.Explain(table, []string{key[0].Text})
		if err != nil {
			return "", err
		}
		return p.Shards[0].Name, nil
	}
	return l
}

// run fills shards of the given drivers and runs every case over them.
func (w *world) run(t *testing.T, config string, drivers []string, opts ...Option) {
	e := w.open(t, drivers, opts...)
	r := logictest.Runner{Oracle: w.oracle, Config: config, Ask: asker(e), SQLState: stateOf, SkipPseudo: len(drivers) != 3}
	r.Run(t, w.files)
}

// runStarved runs every case with next to no memory. A query may then be refused by the name of the limit, and
// must be answered by an engine without one; a wrong answer is never an option.
func (w *world) runStarved(t *testing.T, drivers []string) {
	starved, fed := asker(w.open(t, drivers, WithMemoryLimit(tinyMemory))), asker(w.open(t, drivers))
	refused := 0
	ask := func(ctx context.Context, sql string, args []any) (logictest.Answer, error) {
		a, err := starved(ctx, sql, args)
		if stateOf(err) == "53200" {
			refused++
			return fed(ctx, sql, args)
		}
		return a, err
	}
	r := logictest.Runner{Oracle: w.oracle, Config: "hostile", Ask: ask, SQLState: stateOf}
	r.Run(t, w.files)
	if refused == 0 {
		t.Error("no query met the memory limit: it is too large to test anything")
	}
	t.Logf("%d queries were refused for want of memory", refused)
}

// tinyMemory is what some cases need more of, and others do not.
const tinyMemory = 4 << 10

// open fills shards of the given drivers and opens an engine over them.
func (w *world) open(t *testing.T, drivers []string, opts ...Option) *Engine {
	t.Helper()
	shards := logictest.NewShards(len(drivers))
	for i := range shards {
		shards[i].Driver = drivers[i]
	}
	l := layout(shards)
	for i := range shards {
		w.fill(t, &shards[i], l)
	}
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	cfg, err := ParseConfig([]byte(w.data.ConfigYAML(l)), t.TempDir(), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), cfg, append([]Option{WithAllocator(alloc), WithInvariantChecks()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// fill loads one shard, once per place in a layout: later layouts of the same shape use it again.
func (w *world) fill(t *testing.T, s *logictest.Shard, l logictest.Layout) {
	t.Helper()
	mixed := false
	for _, o := range l.Shards {
		mixed = mixed || o.Driver != "postgres"
	}
	if s.Driver == "postgres" {
		db := fmt.Sprintf("shard_%s_%d_%v", s.Name[:2], len(l.Shards), mixed)
		s.DSN = w.cluster.DSNFor(db)
		s.Schema = "public"
		if filled[s.DSN] {
			return
		}
		if err := w.data.LoadPostgres(t.Context(), w.connect(t, db), l, s.Name); err != nil {
			t.Fatal(err)
		}
		filled[s.DSN] = true
		return
	}
	s.DSN = filepath.Join(t.TempDir(), s.Name+".duckdb")
	stmts, err := w.data.DuckDBStatements(l, s.Name)
	if err != nil {
		t.Fatal(err)
	}
	if err := duckdb.CreateFile(t.Context(), s.DSN, stmts, nil); err != nil {
		t.Fatal(err)
	}
}

var filled = map[string]bool{}

// asker runs a statement on the engine and collects the answer.
func asker(e *Engine) logictest.Ask {
	return func(ctx context.Context, sql string, args []any) (logictest.Answer, error) {
		r, err := e.Query(ctx, sql, args...)
		if err != nil {
			return logictest.Answer{}, err
		}
		defer r.Release()
		var recs []arrow.Record
		defer func() {
			for _, rec := range recs {
				rec.Release()
			}
		}()
		for r.Next() {
			rec := r.Record()
			rec.Retain()
			recs = append(recs, rec)
		}
		if err := r.Err(); err != nil {
			return logictest.Answer{}, err
		}
		return logictest.FromArrow(r.Schema(), recs)
	}
}

func stateOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.SQLState
	}
	return ""
}
