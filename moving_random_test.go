package atoll

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/shardmap"
)

// movingRandomQueries are the random statements of a usual run over keys that move.
const movingRandomQueries = 200

// swell is the world of the random statements while keys of most of its tables move. All rows of those keys are on both of their shards.
type swell struct {
	*rig
	name   string
	path   string // of the map document
	cfg    *Config
	before *config.MapDocument // without any move
	text   []byte
}

// swellMoves are moves of each way to name keys, each between two engines.
func swellMoves() []shardmap.MoveSpec {
	return []shardmap.MoveSpec{
		{ID: "coop-a", Table: "cooperatives", Keys: shardmap.KeySet{Values: []string{"1"}}, From: "eu-1", To: "us-1"},
		{ID: "coop-b", Table: "cooperatives", Keys: shardmap.KeySet{Values: []string{"3"}}, From: "br-1", To: "eu-1"},
		{ID: "events-0", Table: "events", Keys: shardmap.KeySet{Buckets: []int{0}}, From: "eu-1", To: "br-1"},
		{ID: "events-4", Table: "events", Keys: shardmap.KeySet{Buckets: []int{4}}, From: "br-1", To: "us-1"},
		{ID: "ledger", Table: "ledger", Keys: shardmap.KeySet{From: new("2016-01-01"), To: new("2019-06-01")}, From: "br-1", To: "eu-1"},
		{ID: "sensors", Table: "sensors", Keys: shardmap.KeySet{Values: []string{"DE"}}, From: "eu-1", To: "br-1"},
		{ID: "edge", Table: "edge", Keys: shardmap.KeySet{To: new("5")}, From: "eu-1", To: "us-1"},
		{ID: "words", Table: "words", Keys: shardmap.KeySet{From: new("23")}, From: "us-1", To: "br-1"},
		{ID: "floats", Table: "floats", Keys: shardmap.KeySet{From: new("12"), To: new("17")}, From: "br-1", To: "us-1"},
		{ID: "holes", Table: "holes", Keys: shardmap.KeySet{From: new("3"), To: new("8")}, From: "eu-1", To: "br-1"},
		{ID: "spell", Table: "spellings", Keys: shardmap.KeySet{Buckets: []int{5, 2}}, From: "us-1", To: "eu-1"},
		{ID: "bounds", Table: "bounds", Keys: shardmap.KeySet{Buckets: []int{3}}, From: "eu-1", To: "us-1"},
	}
}

// newSwell fills shards of the given drivers, copies the moving rows, and opens an engine.
func newSwell(t *testing.T, w *world, name string, drivers []string, opts ...Option) *swell {
	t.Helper()
	shards := logictest.NewShards(len(drivers))
	for i := range shards {
		shards[i].Driver = drivers[i]
	}
	l := layout(shards)
	s := &swell{name: name, rig: &rig{variant: movable(t, w, l)}}
	dir, env := t.TempDir(), map[string]string{}
	s.path = filepath.Join(dir, "map.yaml")
	run := make([]func(string), len(shards))
	for i := range shards {
		run[i] = s.fillShard(t, w, l, &shards[i], dir, env)
	}
	s.configure(t, l, dir, env)
	trial, err := shardmap.New(shardmap.Spec{Version: 1, Regions: s.before.Map.Regions(), Shards: s.before.Map.Shards(), Tables: s.before.Tables, Moves: s.phase(shardmap.PhaseCopying)})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range trial.Moves() {
		s.copyMoving(t, w, l, trial, &m, run)
	}
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	if s.engine, err = Open(t.Context(), s.cfg, append([]Option{WithAllocator(alloc), WithInvariantChecks()}, opts...)...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.engine.Close(); err != nil {
			t.Error(err)
		}
	})
	s.unreadable = s.data.Unreadable(l)
	return s
}

// movable are the rows that each of the shards can hold, so that any of them may move, and an oracle of them.
func movable(t *testing.T, w *world, l logictest.Layout) *variant {
	t.Helper()
	name := "oracle_moving"
	data := w.data
	var err error
	for i := range l.Shards {
		if !slices.ContainsFunc(l.Shards, func(s logictest.Shard) bool { return s.Driver == "sqlserver" }) {
			break
		}
		name = "oracle_moving_mssql"
		strict := slices.Clone(l.Shards)
		for j := range strict {
			strict[j].Driver = map[bool]string{true: "sqlserver", false: "postgres"}[i == j]
		}
		if data, err = data.For(layout(strict)); err != nil {
			t.Fatal(err)
		}
	}
	if v := w.oracles[name]; v != nil {
		return v
	}
	v := &variant{data: data}
	if v.oracle, err = logictest.NewOracle(t.Context(), w.connect(t, name), data, l); err != nil {
		t.Fatal(err)
	}
	w.oracles[name] = v
	return v
}

// fillShard loads one shard, and returns what writes to it.
func (s *swell) fillShard(t *testing.T, w *world, l logictest.Layout, sh *logictest.Shard, dir string, env map[string]string) func(string) {
	t.Helper()
	var run func(context.Context, string) error
	var stmts []string
	var err error
	switch sh.Driver {
	case "postgres":
		conn := w.connect(t, "moving_"+s.name+"_"+sh.Name[:2])
		sh.DSN, sh.Schema = w.cluster.DSNFor("moving_"+s.name+"_"+sh.Name[:2]), "public"
		run = func(ctx context.Context, sql string) error { _, err := conn.Exec(ctx, sql); return err }
		err = s.data.LoadPostgres(t.Context(), conn, l, sh.Name)
		copies[sh.DSN] = conn
	case "sqlserver":
		server := newSQLServer(w.t, sh.Driver)
		env[variable(sh.Name)] = server.dsn
		sh.DSN, sh.Schema = "${"+variable(sh.Name)+"}", server.schema
		run = server.exec
		stmts, err = s.data.MSSQLStatements(l, sh.Name)
	default:
		sh.DSN = filepath.Join(dir, sh.Name+".duckdb")
		run = func(ctx context.Context, sql string) error { return duckdb.Exec(ctx, sh.DSN, sql) }
		var all []string
		if all, err = s.data.DuckDBStatements(l, sh.Name); err == nil {
			err = duckdb.CreateFile(t.Context(), sh.DSN, all, nil)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	must := func(sql string) {
		t.Helper()
		if err := run(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v\n%s", sh.Name, err, sql[:min(len(sql), 500)])
		}
	}
	for _, sql := range stmts {
		must(sql)
	}
	return must
}

// copies are connections to the PostgreSQL shards, by their DSN.
var copies = map[string]*pgx.Conn{}

// configure splits the layout's configuration into one that names a map document and that document. Hashed tables get twice as many buckets
// as there are shards, which leaves the rows where they are.
func (s *swell) configure(t *testing.T, l logictest.Layout, dir string, env map[string]string) {
	t.Helper()
	head, rest, _ := strings.Cut(s.data.ConfigYAML(l), "shards:\n")
	names := make([]string, len(l.Shards))
	for i, sh := range l.Shards {
		names[i] = sh.Name
	}
	list := strings.Join(names, ", ")
	rest = strings.ReplaceAll(rest, "shards: ["+list+"]", "buckets: ["+list+", "+list+"]")
	s.text = []byte("map_version: 1\nshards:\n" + rest + swellClasses)
	if err := os.WriteFile(s.path, s.text, 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	if s.cfg, err = ParseConfig([]byte(head+"map: {store: file, path: map.yaml, ttl: 1ms}\n"), dir, lookup); err != nil {
		t.Fatal(err)
	}
	if s.before, err = s.cfg.ParseMap(s.text, "map.yaml"); err != nil {
		t.Fatal(err)
	}
}

// swellClasses hold whatever moves: their tables move together.
const swellClasses = `
colocation:
  coop: {cooperatives: id, units: cooperative_id, members: cooperative_id, payments: cooperative_id}
  unit: {units: id}
  member: {members: id}
  payment: {payments: id}
`

func (s *swell) phase(p shardmap.Phase) []shardmap.MoveSpec {
	out := swellMoves()
	for i := range out {
		out[i].Phase = p
	}
	return out
}

// copyMoving puts the rows of a move on its other shard too, and lists the keys of buckets there and here.
func (s *swell) copyMoving(t *testing.T, w *world, l logictest.Layout, trial *shardmap.Map, m *shardmap.Move, run []func(string)) {
	t.Helper()
	moved := &logictest.Dataset{Tables: slices.Clone(s.data.Tables)}
	keys := map[string]bool{}
	for i := range moved.Tables {
		t2 := &moved.Tables[i]
		table, ok := trial.Table(t2.Name)
		ours := ok && slices.ContainsFunc(trial.MovesOf(t2.Name), func(x *shardmap.Move) bool { return x.ID == m.ID })
		var rows [][]logictest.Cell
		for _, row := range t2.Rows {
			if !ours {
				break
			}
			at := slices.IndexFunc(t2.Columns, func(c logictest.Column) bool { return c.Name == table.Key()[0] })
			if row[at].Null {
				continue
			}
			key, err := table.ParseKey([]string{row[at].Text})
			if err != nil {
				t.Fatal(err)
			}
			if m.Contains(table, key) {
				rows = append(rows, row)
				keys["("+row[at].Text+")"] = true
			}
		}
		t2.Rows = rows
	}
	if len(keys) == 0 {
		t.Fatalf("nothing moves in %s", m.ID)
	}
	// The rows are written for the shard to which they go by a layout in which both are of one engine and schema.
	to := l.Shards[m.ToShard]
	as := layout(slices.Clone(l.Shards))
	as.Shards[m.FromShard].Driver, as.Shards[m.FromShard].Schema = to.Driver, to.Schema
	var stmts []string
	var err error
	switch to.Driver {
	case "postgres":
		s.copyToPostgres(t, moved, as, m, copies[to.DSN])
	case "sqlserver":
		stmts, err = moved.MSSQLStatements(as, m.From)
	default:
		stmts, err = moved.DuckDBStatements(as, m.From)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range stmts {
		if strings.HasPrefix(strings.ToLower(sql), "insert") {
			run[m.ToShard](sql)
		}
	}
	if len(m.Keys.Buckets) == 0 {
		return
	}
	for _, i := range []int{m.FromShard, m.ToShard} {
		run[i]("CREATE TABLE " + shardmap.KeyTable(m.ID) + " (k1 bigint)")
		for part := range slices.Chunk(slices.Sorted(maps.Keys(keys)), 500) {
			run[i]("INSERT INTO " + shardmap.KeyTable(m.ID) + " VALUES " + strings.Join(part, ", "))
		}
	}
}

func (s *swell) copyToPostgres(t *testing.T, moved *logictest.Dataset, l logictest.Layout, m *shardmap.Move, conn *pgx.Conn) {
	t.Helper()
	must := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err, sql)
		}
	}
	must("create schema arriving")
	must("set search_path = arriving")
	if err := moved.LoadPostgres(t.Context(), conn, l, m.From); err != nil {
		t.Fatal(err)
	}
	must("set search_path = public")
	for _, table := range moved.Tables {
		if len(table.Rows) > 0 {
			must(`insert into "` + table.Name + `" select * from arriving."` + table.Name + `"`)
		}
	}
	must("drop schema arriving cascade")
}

// enter makes the map's next version, in which all moves are in a phase.
func (s *swell) enter(t *testing.T, version uint64, phase shardmap.Phase) {
	t.Helper()
	e := config.MapEdit{Version: version, Moves: s.phase(phase), Sharding: map[string]shardmap.Sharding{}}
	for _, spec := range s.before.Tables {
		e.Sharding[spec.Name] = spec.Sharding
	}
	for _, m := range e.Moves {
		if !phase.Switched() {
			break
		}
		table, _ := s.before.Map.Table(m.Table)
		after, err := table.Reassign(e.Sharding[m.Table], m.Keys, m.From, m.To)
		if err != nil {
			t.Fatal(err)
		}
		e.Sharding[m.Table] = after
	}
	text, err := config.EditMap(s.text, e)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path+".new", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.path+".new", s.path); err != nil {
		t.Fatal(err)
	}
	if v, err := s.engine.RefreshMap(t.Context()); err != nil || v != version {
		t.Fatalf("version %d is in force, not %d: %v\n%s", v, version, err, text)
	}
}

// TestRandomMoving compares the answers to random statements with one PostgreSQL's in every phase of moves, while all moving rows are on two shards.
// ATOLL_RANDOM and ATOLL_RANDOM_SEED are those of TestRandom.
func TestRandomMoving(t *testing.T) {
	count, _ := envNumber(t, "ATOLL_RANDOM", movingRandomQueries)
	seed, _ := envNumber(t, "ATOLL_RANDOM_SEED", randomSeed)
	w := newWorld(t)
	hostile := []Option{WithBatchRows(1), WithoutRules(everyRule()...)}
	worlds := []*swell{
		newSwell(t, w, "three", mixed3), newSwell(t, w, "mixed", mixed, WithoutRules("estimates")), newSwell(t, w, "hostile", mixed3, hostile...),
	}
	for _, v := range w.oracles {
		if _, err := v.oracle.Answer(t.Context(), logictest.Case{SQL: fmt.Sprintf("set statement_timeout = %d", oracleTimeout.Milliseconds())}); err != nil {
			t.Fatal(err)
		}
	}
	failed, version := 0, uint64(1)
	for p, phase := range shardmap.Phases() {
		version++
		t.Run(string(phase), func(t *testing.T) {
			for j, s := range worlds {
				s.enter(t, version, phase)
				l := randomLayout{s.rig, s.name + " in phase " + string(phase)}
				for i := p; i < count && failed < 20; i += len(shardmap.Phases()) {
					if (i/len(shardmap.Phases()))%len(worlds) == j && !l.random(t, uint64(seed+i)) {
						failed++
					}
				}
			}
		})
	}
	t.Logf("%d statements from seed %d over %d configurations", count, seed, len(worlds))
}
