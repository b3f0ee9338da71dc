package atoll

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/shardmap"
)

// variant is a data set that some layouts hold, and the oracle that holds all of it.
type variant struct {
	data   *logictest.Dataset
	oracle *logictest.Oracle
}

// variant returns what shards of the given drivers hold, with its oracle. Which shards a row may be on depends on which
// of them run SQL Server.
func (w *world) variant(t *testing.T, drivers []string) *variant {
	t.Helper()
	shards := logictest.NewShards(3)
	name := "oracle"
	for i := range shards {
		if shards[i].Driver = driverOf(drivers[min(i, len(drivers)-1)]); shards[i].Driver == "sqlserver" {
			name += fmt.Sprint("_", i)
		}
	}
	if v := w.oracles[name]; v != nil {
		return v
	}
	v := &variant{data: w.data}
	var err error
	if v.data, err = w.data.For(layout(shards)); err != nil {
		t.Fatal(err)
	}
	if v.oracle, err = logictest.NewOracle(t.Context(), w.connect(t, name), v.data, layout(shards)); err != nil {
		t.Fatal(err)
	}
	w.oracles[name] = v
	return v
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

// rig is an engine over a layout, and what its answers are held against.
type rig struct {
	*variant
	engine     *Engine
	reduced    bool
	unreadable []logictest.Unreadable
}

func (r *rig) runner(config string, drivers []string) logictest.Runner {
	return logictest.Runner{Oracle: r.oracle, Config: config, Ask: asker(r.engine), SQLState: stateOf,
		Off:        func(rule string) bool { return r.engine.opts.off[rule] },
		SkipPseudo: len(drivers) != 3, Reduced: r.reduced, Unreadable: r.unreadable}
}

// open fills shards of the given drivers and opens an engine over them.
func (w *world) open(t *testing.T, drivers []string, opts ...Option) *rig {
	t.Helper()
	shards := logictest.NewShards(len(drivers))
	for i := range shards {
		shards[i].Driver = driverOf(drivers[i])
	}
	l := layout(shards)
	v := w.variant(t, drivers)
	env := map[string]string{}
	for i := range shards {
		w.fill(t, v.data, &shards[i], l, drivers[i], env)
	}
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	cfg, err := ParseConfig([]byte(v.data.ConfigYAML(l)+w.classes), t.TempDir(), func(name string) (string, bool) { v, ok := env[name]; return v, ok })
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
	return &rig{v, e, v.data != w.data, v.data.Unreadable(l)}
}

// fill loads one shard; env gets the DSN if it may not stand in a configuration. Those on servers are loaded once per place in a layout: later layouts of the same shape use them again.
func (w *world) fill(t *testing.T, data *logictest.Dataset, s *logictest.Shard, l logictest.Layout, driver string, env map[string]string) {
	t.Helper()
	switch s.Driver {
	case "postgres":
		w.fillPostgres(t, data, s, l)
	case "sqlserver":
		w.fillSQLServer(t, data, s, l, driver, env)
	default:
		s.DSN = filepath.Join(t.TempDir(), s.Name+".duckdb")
		stmts, err := data.DuckDBStatements(l, s.Name)
		if err != nil {
			t.Fatal(err)
		}
		if err := duckdb.CreateFile(t.Context(), s.DSN, stmts, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) fillPostgres(t *testing.T, data *logictest.Dataset, s *logictest.Shard, l logictest.Layout) {
	t.Helper()
	alone := true
	for _, o := range l.Shards {
		alone = alone && o.Driver == "postgres"
	}
	db := fmt.Sprintf("shard_%s_%d_%v", s.Name[:2], len(l.Shards), alone)
	s.DSN, s.Schema = w.cluster.DSNFor(db), "public"
	if filled[s.DSN] {
		return
	}
	if err := data.LoadPostgres(t.Context(), w.connect(t, db), l, s.Name); err != nil {
		t.Fatal(err)
	}
	filled[s.DSN] = true
}

var filled = map[string]bool{}
