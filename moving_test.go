package atoll

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
	"github.com/atoll-sql/atoll/shardmap"
)

// current is a world in which keys drift: three shards of three engines whose map is kept in a file. Its tables have a key that is text and one that is a number, and every way to place rows.
type current struct {
	dir, path string
	env       map[string]string
	exec      map[string]func(sql string) // by shard
}

const currentHead = `version: 1
coordinator: {region: r}
regions: {r: {jurisdiction: J}}
map: {store: file, path: map.yaml, ttl: 1ms}
`

const currentMap = `map_version: 1
shards:
  pg: {region: r, driver: postgres, dsn: "${PG}"}
  dd: {region: r, driver: duckdb, dsn: dd.duckdb}
  ms: {region: r, driver: sqlserver, dsn: "${MS}"}
tables:
  t: {sharding: {strategy: lookup, key: [country], key_type: [text], map: {pg: [DE, FR, IT, PT], dd: [BR], ms: [US, ES]}}}
  u: {sharding: {key: [country]}, colocated_with: t}
  r: {sharding: {strategy: range, key: [n], ranges: [{shard: pg, to: 10}, {shard: dd, from: 10, to: 20}, {shard: ms, from: 20}]}}
  x: {sharding: {strategy: range, key: [country], key_type: [text], ranges: [{shard: pg, to: C}, {shard: dd, from: C, to: U}, {shard: ms, from: U}]}}
  h: {sharding: {strategy: hash, key: [n, country], key_type: [bigint, text], buckets: [pg, dd, ms, pg]}}
  v: {sharding: {strategy: virtual, key: [n], virtual: 8, assign: {pg: [0-3], dd: [4-6], ms: [7]}}}
`

var currentTables = []string{"t", "u", "r", "x", "h", "v"}

func newCurrent(t *testing.T) *current {
	t.Helper()
	l := &current{dir: t.TempDir(), env: map[string]string{}, exec: map[string]func(string){}}
	l.path = filepath.Join(l.dir, "map.yaml")
	c := pgtest.Start(t, 1)[0]
	s := tdstest.Start(t, tdstest.WithEngine(engine.Options{AllowSnapshot: true}))
	l.env["PG"], l.env["MS"] = c.DSN, s.DSN()
	run := func(f func(context.Context, string) error) func(string) {
		return func(sql string) {
			if err := f(t.Context(), sql); err != nil {
				t.Fatal(err, sql)
			}
		}
	}
	l.exec["pg"] = run(func(ctx context.Context, sql string) error { return c.Exec(ctx, sql) })
	l.exec["ms"] = run(s.Exec)
	l.exec["dd"] = run(func(ctx context.Context, sql string) error {
		return duckdb.Exec(ctx, filepath.Join(l.dir, "dd.duckdb"), sql)
	})
	for shard, text := range map[string]string{"pg": "text", "dd": "varchar", "ms": "nvarchar(20)"} {
		for _, table := range currentTables {
			l.exec[shard](fmt.Sprintf("CREATE TABLE %s (country %s, n bigint, w bigint NOT NULL)", table, text))
		}
	}
	if err := os.WriteFile(l.path, []byte(currentMap), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *current) lookup(name string) (string, bool) { v, ok := l.env[name]; return v, ok }

func (l *current) config(t *testing.T) *Config {
	t.Helper()
	cfg, err := ParseConfig([]byte(currentHead), l.dir, l.lookup)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// edit makes the next version of the map.
func (l *current) edit(t *testing.T, e config.MapEdit) {
	t.Helper()
	old, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := config.EditMap(old, e)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.path+".new", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(l.path+".new", l.path); err != nil {
		t.Fatal(err)
	}
}

func (l *current) document(t *testing.T, cfg *Config) *config.MapDocument {
	t.Helper()
	text, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := cfg.ParseMap(text, "map.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// fill puts rows where the map wants them, and those without a key on the table's first shard.
func (l *current) fill(t *testing.T, doc *config.MapDocument) {
	t.Helper()
	countries := []string{"DE", "FR", "BR", "US", ""}
	for _, name := range currentTables {
		table, _ := doc.Map.Table(name)
		rows := map[string][]string{}
		for i := range 120 {
			values := map[string]string{"country": countries[i%5], "n": fmt.Sprint(i % 31)}
			if i%13 == 0 {
				values["n"] = ""
			}
			rows[homeOf(t, doc.Map, table, values)] = append(rows[homeOf(t, doc.Map, table, values)], row(values, i))
		}
		for shard, list := range rows {
			l.exec[shard]("INSERT INTO " + name + " VALUES " + strings.Join(list, ", "))
		}
	}
}

func row(values map[string]string, w int) string {
	literal := func(s, quote string) string {
		if s == "" {
			return "NULL"
		}
		return quote + s + quote
	}
	return fmt.Sprintf("(%s, %s, %d)", literal(values["country"], "'"), literal(values["n"], ""), w)
}

func homeOf(t *testing.T, m *shardmap.Map, table *shardmap.Table, values map[string]string) string {
	t.Helper()
	var key []string
	for _, k := range table.Key() {
		if values[k] == "" {
			return m.Shard(table.Shards()[0]).Name
		}
		key = append(key, values[k])
	}
	p, err := m.Explain(table.Name(), key)
	if err != nil {
		t.Fatal(err)
	}
	return p.Shards[0].Name
}

// movings are moves between each two engines, in each of the ways to name keys, and how the moved rows are told in SQL.
var movings = map[string]struct {
	spec  shardmap.MoveSpec
	where string // of rows that are copied, in words that every engine has
}{
	"keys pg dd":   {shardmap.MoveSpec{Table: "t", Keys: shardmap.KeySet{Values: []string{"DE"}}, From: "pg", To: "dd"}, "country = 'DE'"},
	"keys pg ms":   {shardmap.MoveSpec{Table: "t", Keys: shardmap.KeySet{Values: []string{"FR", "IT"}}, From: "pg", To: "ms"}, "country IN ('IT', 'FR')"},
	"keys ms pg":   {shardmap.MoveSpec{Table: "t", Keys: shardmap.KeySet{Values: []string{"US"}}, From: "ms", To: "pg"}, "country = 'US'"},
	"range dd ms":  {shardmap.MoveSpec{Table: "r", Keys: shardmap.KeySet{From: new("12"), To: new("17")}, From: "dd", To: "ms"}, "n >= 12 AND n < 17"},
	"range ms dd":  {shardmap.MoveSpec{Table: "r", Keys: shardmap.KeySet{From: new("25")}, From: "ms", To: "dd"}, "n >= 25"},
	"text pg ms":   {shardmap.MoveSpec{Table: "x", Keys: shardmap.KeySet{To: new("BZ")}, From: "pg", To: "ms"}, "country < 'BZ'"},
	"buckets pg":   {shardmap.MoveSpec{Table: "h", Keys: shardmap.KeySet{Buckets: []int{3}}, From: "pg", To: "ms"}, ""},
	"buckets ms":   {shardmap.MoveSpec{Table: "h", Keys: shardmap.KeySet{Buckets: []int{2}}, From: "ms", To: "dd"}, ""},
	"virtual dd":   {shardmap.MoveSpec{Table: "v", Keys: shardmap.KeySet{Buckets: []int{4, 6}}, From: "dd", To: "pg"}, ""},
	"virtual last": {shardmap.MoveSpec{Table: "v", Keys: shardmap.KeySet{Buckets: []int{7}}, From: "ms", To: "dd"}, ""},
}

var movingQueries = []string{
	"SELECT count(*), sum(w), count(country), count(n) FROM T",
	"SELECT country, count(*), sum(w) FROM T GROUP BY country ORDER BY country NULLS FIRST",
	"SELECT n, country, w FROM T WHERE country = 'DE' ORDER BY w",
	"SELECT n, country, w FROM T WHERE country IN ('US', 'BR') AND n < 20 ORDER BY w",
	"SELECT count(*) FROM T AS a JOIN T AS b ON a.n = b.n AND a.country = b.country",
	"SELECT count(*), sum(w) FROM T WHERE n BETWEEN 10 AND 14 AND w IN (SELECT w FROM T WHERE country <> 'FR')",
	"SELECT max(w) FROM T WHERE country IS NULL OR n IS NULL",
	"SELECT atoll_shard IS NOT NULL, count(DISTINCT n) FROM T GROUP BY 1",
	"SELECT DISTINCT ON (country) country, w FROM T ORDER BY country NULLS LAST, w DESC",
	"SELECT w, row_number() OVER (PARTITION BY country ORDER BY w) FROM T ORDER BY w LIMIT 40 OFFSET 5",
	"SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY w), approx_top_k(country, 5) FROM T",
	"SELECT a.w, b.s FROM T AS a LEFT JOIN LATERAL (SELECT sum(c.w) AS s FROM T AS c WHERE c.country = a.country AND c.n = a.n) AS b ON true ORDER BY a.w",
	"SELECT count(*) FROM (SELECT country, n FROM T EXCEPT ALL SELECT country, n FROM T WHERE n > 15) AS d",
	"SELECT count(*), count(a.w), count(b.w) FROM T AS a FULL JOIN T AS b ON a.country = b.country AND a.n = b.n AND a.w < b.w",
	"SELECT count(*) FROM T AS a WHERE NOT EXISTS (SELECT 1 FROM T AS b WHERE b.country = a.country AND b.n = a.n AND b.w < a.w)",
	"SELECT count(*) FROM T AS a WHERE n NOT IN (SELECT n FROM T WHERE n < 14)",
}

// TestMoving asks the same in every phase of a move, while all of the moved rows are on both shards: each must count once.
func TestMoving(t *testing.T) {
	l := newCurrent(t)
	cfg := l.config(t)
	l.fill(t, l.document(t, cfg))
	e, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	l.through(t, e)
	for i, name := range slices.Sorted(maps.Keys(movings)) {
		t.Run(name, func(t *testing.T) {
			m := movings[name]
			m.spec.ID = fmt.Sprintf("m-%d", i)
			tables := []string{m.spec.Table}
			if m.spec.Table == "t" {
				tables = append(tables, "u")
			}
			want := l.answers(t, e, tables)
			l.move(t, e, cfg, m.spec, tables, m.where, func(phase shardmap.Phase, _ uint64) {
				for i, got := range l.answers(t, e, tables) {
					if got != want[i] {
						t.Errorf("in phase %q:\n%s\nwant\n%s", phase, got, want[i])
					}
				}
			})
		})
	}
}

func onTable(sql, table string) string {
	return strings.NewReplacer("FROM T", "FROM "+table, "JOIN T", "JOIN "+table).Replace(sql)
}

// through writes to the DuckDB file by the instance that the engine has open.
func (l *current) through(t *testing.T, e *Engine) {
	l.exec["dd"] = func(sql string) {
		t.Helper()
		at := e.hold()
		defer at.unpin()
		tx, err := at.byName["dd"].primary.(connectors.Writer).Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		if _, err := tx.Exec(t.Context(), sql, nil); err != nil {
			t.Fatal(err, sql)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (l *current) answers(t *testing.T, e *Engine, tables []string) []string {
	t.Helper()
	var out []string
	for _, table := range tables {
		for _, sql := range movingQueries {
			a, err := asker(e)(t.Context(), onTable(sql, table), nil)
			if err != nil {
				t.Fatal(sql, err)
			}
			out = append(out, fmt.Sprint(table, " ", sql, a.Rows))
		}
	}
	return out
}

// move plays what a mover does, one phase after the other, each followed by then.
func (l *current) move(t *testing.T, e *Engine, cfg *Config, spec shardmap.MoveSpec, tables []string, where string, then func(shardmap.Phase, uint64)) {
	t.Helper()
	doc := l.document(t, cfg)
	root, _ := doc.Map.Table(spec.Table)
	if len(spec.Keys.Buckets) > 0 {
		where = l.listKeys(t, doc, root, &spec)
	}
	var sharding shardmap.Sharding
	for _, s := range doc.Tables {
		if s.Name == spec.Table {
			sharding = s.Sharding
		}
	}
	after, err := root.Reassign(sharding, spec.Keys, spec.From, spec.To)
	if err != nil {
		t.Fatal(err)
	}
	version := doc.Version
	publish := func(phase shardmap.Phase, settings ...shardmap.Sharding) {
		t.Helper()
		version++
		edit := config.MapEdit{Version: version}
		if phase != "" {
			spec.Phase = phase
			edit.Moves = []shardmap.MoveSpec{spec}
		}
		for _, s := range settings {
			edit.Sharding = map[string]shardmap.Sharding{spec.Table: s}
		}
		l.edit(t, edit)
		if v, err := e.RefreshMap(t.Context()); err != nil || v != version {
			t.Fatalf("version %d is in force, not %d: %v", v, version, err)
		}
		then(phase, version)
	}
	publish(shardmap.PhaseCopying)
	for _, table := range tables {
		l.copy(t, e, spec, table, where)
	}
	publish(shardmap.PhaseFrozen)
	publish(shardmap.PhaseUndoing)
	publish(shardmap.PhaseSwitched, after)
	publish(shardmap.PhaseCleaning)
	if where != "" {
		for _, table := range tables {
			l.exec[spec.From]("DELETE FROM " + table + " WHERE " + where)
		}
	}
	publish("")
}

// listKeys makes the tables of moved keys on both shards, and returns the condition that tells the keys.
func (l *current) listKeys(t *testing.T, doc *config.MapDocument, root *shardmap.Table, spec *shardmap.MoveSpec) string {
	t.Helper()
	spec.Phase = shardmap.PhaseCopying
	seen := map[string]bool{}
	var keys, conds []string
	text := map[string]string{"pg": "text", "dd": "varchar", "ms": "nvarchar(20)"}
	trial, err := shardmap.New(shardmap.Spec{Version: 1, Regions: doc.Map.Regions(), Shards: doc.Map.Shards(), Tables: doc.Tables, Moves: []shardmap.MoveSpec{*spec}})
	if err != nil {
		t.Fatal(err)
	}
	move := trial.MovesOf(root.Name())[0]
	for n := range 31 {
		for _, country := range []string{"DE", "FR", "BR", "US"} {
			texts := []string{fmt.Sprint(n)}
			literal, cond := fmt.Sprintf("(%d)", n), fmt.Sprintf("n = %d", n)
			if len(root.Key()) == 2 {
				texts, literal, cond = append(texts, country), fmt.Sprintf("(%d, '%s')", n, country), cond+" AND country = '"+country+"'"
			}
			key, err := root.ParseKey(texts)
			if err != nil {
				t.Fatal(err)
			}
			if move.Contains(root, key) && !seen[literal] {
				seen[literal] = true
				keys, conds = append(keys, literal), append(conds, "("+cond+")")
			}
		}
	}
	if len(keys) == 0 {
		t.Fatal("no key is in these buckets")
	}
	for _, shard := range []string{spec.From, spec.To} {
		columns := "k1 bigint"
		if len(root.Key()) == 2 {
			columns += ", k2 " + text[shard]
		}
		l.exec[shard](fmt.Sprintf("CREATE TABLE %s (%s)", shardmap.KeyTable(spec.ID), columns))
		l.exec[shard](fmt.Sprintf("INSERT INTO %s VALUES %s", shardmap.KeyTable(spec.ID), strings.Join(keys, ", ")))
	}
	return strings.Join(conds, " OR ")
}

// copy reads the rows of the shard that has them by the engine, and writes them to the other one.
func (l *current) copy(t *testing.T, e *Engine, spec shardmap.MoveSpec, table, where string) {
	t.Helper()
	a, err := asker(e)(t.Context(), fmt.Sprintf("SELECT country, n, w FROM %s WHERE (%s) AND atoll_shard = '%s'", table, where, spec.From), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Rows) == 0 {
		t.Fatal("nothing moves")
	}
	var list []string
	for _, r := range a.Rows {
		values := map[string]string{}
		for i, name := range []string{"country", "n"} {
			if !r[i].Null {
				values[name] = r[i].Text
			}
		}
		var w int
		fmt.Sscan(r[2].Text, &w)
		list = append(list, row(values, w))
	}
	l.exec[spec.To]("INSERT INTO " + table + " VALUES " + strings.Join(list, ", "))
}

// TestMapChangesUnderQueries moves keys to and fro while a thousand queries run. None of them may see a row twice, or miss one.
func TestMapChangesUnderQueries(t *testing.T) {
	l := newCurrent(t)
	cfg := l.config(t)
	l.fill(t, l.document(t, cfg))
	e, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	l.through(t, e)
	tables := []string{"t", "u", "r"}
	want := l.answers(t, e, tables)
	var asked, moves atomic.Int64
	var g errgroup.Group
	for range 8 {
		g.Go(func() error {
			for n := 0; asked.Load() < 1000 || moves.Load() < 6; n++ {
				table, sql := tables[n%len(tables)], movingQueries[n/len(tables)%len(movingQueries)]
				a, err := asker(e)(t.Context(), onTable(sql, table), nil)
				if err != nil {
					return err
				}
				if got := fmt.Sprint(table, " ", sql, a.Rows); !slices.Contains(want, got) {
					return fmt.Errorf("after %d queries and %d moves: %s", asked.Load(), moves.Load(), got)
				}
				asked.Add(1)
			}
			return nil
		})
	}
	settled := func(_ shardmap.Phase, version uint64) {
		if err := e.outlive(t.Context(), version); err != nil {
			t.Error(err)
		}
	}
	for n := 0; n < 100 && (asked.Load() < 1000 || moves.Load() < 6); n++ {
		at := []string{"pg", "ms", "dd"}
		from, to := at[n%3], at[(n+1)%3]
		spec := shardmap.MoveSpec{ID: fmt.Sprintf("t-%d", n), Table: "t", Keys: shardmap.KeySet{Values: []string{"DE"}}, From: from, To: to}
		l.move(t, e, cfg, spec, tables[:2], "country = 'DE'", settled)
		if n%2 == 0 {
			from, to = []string{"dd", "pg"}[n/2%2], []string{"pg", "dd"}[n/2%2]
			spec = shardmap.MoveSpec{ID: fmt.Sprintf("r-%d", n), Table: "r", Keys: shardmap.KeySet{From: new("12"), To: new("15")}, From: from, To: to}
			l.move(t, e, cfg, spec, tables[2:], "n >= 12 AND n < 15", settled)
		}
		moves.Add(1)
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("%d queries, %d moves", asked.Load(), moves.Load())
}

// TestMapInStore opens an engine over a map that changes under it in good ways and in bad.
func TestMapInStore(t *testing.T) {
	l := newCurrent(t)
	cfg := l.config(t)
	l.fill(t, l.document(t, cfg))
	e, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	want := l.answers(t, e, currentTables)
	good, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"no YAML":            "map_version: 2\nshards: [",
		"a gap":              strings.Replace(strings.Replace(string(good), "map_version: 1", "map_version: 2", 1), "from: 10, to: 20", "from: 11, to: 20", 1),
		"unknown shard":      strings.Replace(strings.Replace(string(good), "map_version: 1", "map_version: 2", 1), "ms: [US, ES]", "xx: [US, ES]", 1),
		"a DSN that is none": strings.NewReplacer("map_version: 1", "map_version: 2", `"${PG}"`, `"port=none"`).Replace(string(good)),
		"another text":       strings.Replace(string(good), "[DE, FR, IT, PT]", "[FR, DE, IT]", 1),
	} {
		if err := os.WriteFile(l.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if v, err := e.RefreshMap(t.Context()); err == nil {
			t.Errorf("%s: version %d is taken", name, v)
		}
		if got := l.answers(t, e, currentTables); !slices.Equal(got, want) {
			t.Errorf("%s: the last good map does not stay", name)
		}
		if e.Map().Err == nil {
			t.Errorf("%s: the status tells nothing", name)
		}
	}
	if err := os.WriteFile(l.path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if v, err := e.RefreshMap(t.Context()); err != nil || v != 1 || e.Map().Err != nil {
		t.Errorf("version %d: %v, %v", v, err, e.Map().Err)
	}
}

// TestMapEvolves pins a version while later ones come and go: shards that the map no longer has are closed when the last query over them ends.
func TestMapEvolves(t *testing.T) {
	l := newCurrent(t)
	cfg := l.config(t)
	l.fill(t, l.document(t, cfg))
	e, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	old := e.hold()
	text := strings.NewReplacer("map_version: 1", "map_version: 2", "dd.duckdb", "other.duckdb").Replace(currentMap)
	if err := duckdb.Exec(t.Context(), filepath.Join(l.dir, "other.duckdb"), "CREATE TABLE t (country varchar, n bigint, w bigint NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := e.RefreshMap(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := e.hold()
	defer now.unpin()
	if now.byName["pg"] != old.byName["pg"] || now.byName["dd"] == old.byName["dd"] {
		t.Error("shards are not shared as they should be")
	}
	if a, err := asker(e)(t.Context(), "SELECT count(*) FROM t WHERE country = 'BR'", nil); err != nil || a.Rows[0][0].Text != "0" {
		t.Errorf("%v %v", a, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := e.outlive(ctx, 2); err == nil {
		t.Error("a version that is pinned is gone")
	}
	old.unpin()
	if err := e.outlive(t.Context(), 2); err != nil {
		t.Error(err)
	}
	if refs := old.byName["dd"].refs; refs != 0 {
		t.Errorf("the shard that the map lost is held %d times", refs)
	}
	if refs := old.byName["pg"].refs; refs != 1 {
		t.Errorf("the shard that stayed is held %d times", refs)
	}
}
