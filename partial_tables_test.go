package atoll

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors/duckdb"
)

// lessLagoon is three DuckDB files that fail as told: a in the EU, where the coordinator is, b and c abroad. Each has orders 1 to 4 times its number, and all
// have the rates; the notes are on c alone.
type lessLagoon struct {
	engine *Engine
	lapses *lapses
	dir    string
}

func newLessLagoon(t *testing.T, more string) *lessLagoon {
	t.Helper()
	l := &lessLagoon{lapses: newLapses(), dir: t.TempDir()}
	for i, shard := range []string{"a", "b", "c"} {
		sql := []string{"CREATE TABLE orders (tenant INTEGER NOT NULL, id BIGINT, v INTEGER)", "CREATE TABLE rates (code VARCHAR, rate INTEGER)", "CREATE TABLE notes (n INTEGER)",
			fmt.Sprintf("CREATE TABLE wide AS SELECT %d::INTEGER AS tenant, repeat('x', 1000) AS x FROM range(10000)", i+1),
			fmt.Sprintf("INSERT INTO orders SELECT %d, range, %d FROM range(1, 5)", i+1, i+1), "INSERT INTO rates VALUES ('x', 10), ('y', 20)", "INSERT INTO notes VALUES (1), (2)"}
		if err := duckdb.Exec(t.Context(), filepath.Join(l.dir, shard+".duckdb"), sql...); err != nil {
			t.Fatal(err)
		}
	}
	text := `version: 1
coordinator: {region: eu}
regions: {eu: {jurisdiction: EU}, br: {jurisdiction: BR}, us: {jurisdiction: US}}
shards:
  a: {region: eu, driver: duckdb, dsn: a.duckdb}
  b: {region: br, driver: duckdb, dsn: b.duckdb}
  c: {region: us, driver: duckdb, dsn: c.duckdb}
tables:
  orders: {sharding: {strategy: lookup, key: [tenant], map: {a: [1], b: [2], c: [3]}}}
  wide: {sharding: {strategy: lookup, key: [tenant], map: {a: [1], b: [2], c: [3]}}}
  rates: {sharding: {strategy: reference}}
  notes: {sharding: {strategy: single, shard: c}}
limits: {shard_timeout: 1h}
` + more
	cfg, err := ParseConfig([]byte(text), l.dir, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	if l.engine, err = Open(t.Context(), cfg, append(l.lapses.options(), WithAllocator(alloc), WithInvariantChecks(), WithBatchRows(1000))...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// TestPartialTables holds what becomes of tables of each kind when a shard that has them fails.
func TestPartialTables(t *testing.T) {
	l := newLessLagoon(t, "")
	for _, c := range []struct {
		name, sql, down string
		want            string // rows, or part of the error
		states          string
	}{
		{"reference", "SELECT count(*) FROM rates", "a", "2", "a replaced, b answered"},
		{"reference joined", "SELECT sum(o.v * r.rate) FROM orders o JOIN rates r ON r.code = 'x'", "b", "160", "a answered, b failed, c answered"},
		{"reference preserved", "SELECT count(*), count(o.id) FROM rates r LEFT JOIN orders o ON o.v = 1 AND r.code = 'x'", "a", "2 0", "a failed, b answered, c answered"},
		{"single", "SELECT count(*) FROM notes", "c", "none of the shards that hold notes has answered: c: shard c: login refused", ""},
		{"single beside others", "SELECT count(*) FROM notes, orders", "b", "16", "a answered, b failed, c answered"},
		{"scalar of one shard", "SELECT (SELECT count(*) FROM orders WHERE tenant = 2) AS n, (SELECT count(*) FROM notes) AS m", "b", "0 2", "a answered, b failed, c answered"},
		{"union", "SELECT count(*) FROM (SELECT id FROM orders WHERE tenant < 3 UNION ALL SELECT n FROM notes) x", "b", "6", "a answered, b failed, c answered"},
		{"median", "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY v) FROM orders", "b", "2", "a answered, b failed, c answered"},
		{"first rows", "SELECT v, id FROM orders ORDER BY v DESC, id LIMIT 5", "c", "2 1, 2 2, 2 3, 2 4, 1 1", "a answered, b answered, c failed"},
		{"cube", "SELECT v, count(*) FROM orders GROUP BY CUBE (v) ORDER BY 1", "b", "1 4, 3 4, NULL 8", "a answered, b failed, c answered"},
	} {
		for _, kind := range []lapse{{kind: "refuse"}, {kind: "hang", after: 1}} {
			if c.name == "single" && kind.kind == "hang" {
				continue // its only shard has sent its one row by then
			}
			t.Run(c.name+"/"+kind.kind, func(t *testing.T) {
				l.lapses.clear()
				l.lapses.set(c.down, kind)
				got, complete, err := askLess(t.Context(), l.engine, Partial{}, c.sql, nil)
				if err != nil {
					what := strings.ReplaceAll(c.want, "login refused", map[string]string{"refuse": "login refused", "hang": "no answer within"}[kind.kind])
					if text := fmt.Sprintf("%v %s", err, hint(err)); !strings.Contains(text, what) {
						t.Errorf("%s, want %s", text, what)
					}
					return
				}
				var rows, states []string
				for _, r := range got.Rows {
					var cells []string
					for _, cell := range r {
						cells = append(cells, strings.Trim(cell.String(), `"`))
					}
					rows = append(rows, strings.Join(cells, " "))
				}
				for _, s := range complete.Shards {
					states = append(states, s.Shard+" "+strings.ReplaceAll(string(s.State), "timed_out", "failed"))
				}
				if text := strings.Join(rows, ", "); text != c.want {
					t.Errorf("%s, want %s", text, c.want)
				}
				if text := strings.Join(states, ", "); text != c.states || complete.Complete != !strings.Contains(c.states, "failed") {
					t.Errorf("%s (complete: %v), want %s", text, complete.Complete, c.states)
				}
			})
		}
	}
}

func hint(err error) string {
	if e, ok := err.(*Error); ok {
		return e.Hint
	}
	return ""
}

// TestPartialHandedOut holds that a shard whose rows the caller may have seen cannot be left out: the query fails by its name. An aggregate has handed nothing
// out by then, and is answered.
func TestPartialHandedOut(t *testing.T) {
	l := newLessLagoon(t, "")
	l.lapses.set("a", lapse{kind: "break", after: 9}) // of ten megabytes
	_, _, err := askLess(t.Context(), l.engine, Partial{}, "SELECT x FROM wide", nil)
	var got *Error
	if !errors.As(err, &got) || got.Shard != "a" || !strings.Contains(got.Hint, "had been handed out") {
		t.Errorf("%v (%+v)", err, got)
	}
	answer, complete, err := askLess(t.Context(), l.engine, Partial{}, "SELECT string_agg(x, '' ORDER BY tenant) = repeat('x', 20000000) FROM wide", nil)
	if err != nil || answer.Rows[0][0].Text != "true" || !slices.Equal(complete.Lost(), []string{"a"}) {
		t.Errorf("%+v, %v", complete, err)
	}
}

// TestPartialAudit holds that plans without a shard are judged and recorded like others, and that the record says of an answer that it was in part.
func TestPartialAudit(t *testing.T) {
	dir := t.TempDir()
	policy := filepath.Join(dir, "residency.yaml")
	const rules = `version: 1
rules:
- {id: orders, effect: allow, from: [BR, US], to: [EU], tables: [orders], columns: [id, v, tenant], form: rows}
`
	if err := os.WriteFile(policy, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	l := newLessLagoon(t, fmt.Sprintf("residency: %s\naudit: {dir: %s}\n", policy, filepath.Join(dir, "audit")))
	l.lapses.set("b", lapse{kind: "refuse"})
	for _, sql := range []string{"SELECT count(*) FROM orders", "SELECT count(*) FROM orders a JOIN orders b ON a.id = b.v"} {
		_, complete, err := askLess(t.Context(), l.engine, Partial{}, sql, nil)
		if err != nil || !slices.Equal(complete.Lost(), []string{"b"}) {
			t.Fatalf("%s: %+v, %v", sql, complete, err)
		}
	}
	l.lapses.set("a", lapse{kind: "refuse"}) // of the rates only a's need not leave
	if _, _, err := askLess(t.Context(), l.engine, Partial{}, "SELECT count(*) FROM rates", nil); err == nil || err.(*Error).Kind != KindResidency {
		t.Errorf("a copy was read beyond a border that no rule opens for it: %v", err)
	}
	if err := l.engine.Close(); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := filepath.WalkDir(filepath.Join(dir, "audit"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, "eu") {
			return err
		}
		data, err := os.ReadFile(path)
		text.Write(data)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]int{`"status":"answered in part"`: 2, `"reason":"without b (auth)"`: 3} {
		if got := strings.Count(text.String(), what); got != want {
			t.Errorf("%s stands %d times in the log, want %d", what, got, want)
		}
	}
}
