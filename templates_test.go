package atoll

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors/duckdb"
)

// newTexts opens an engine over 20 rows on two shards: of each id its square, and a day in May 2026.
func newTexts(t *testing.T, opts ...Option) *Engine {
	t.Helper()
	dir := t.TempDir()
	dsns := map[string]string{"a": filepath.Join(dir, "a.duckdb"), "b": filepath.Join(dir, "b.duckdb")}
	for shard, where := range map[string]string{"a": "i < 10", "b": "i >= 10"} {
		if err := duckdb.Exec(t.Context(), dsns[shard], "CREATE TABLE t AS SELECT i AS id, (i * i)::integer AS n, DATE '2026-05-01' + i::integer AS day, 'n' || i AS name, (i / 4)::decimal(10,2) AS fee FROM range(20) r(i) WHERE "+where); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := ParseConfig([]byte("version: 1\ncoordinator: {region: r}\nregions: {r: {}}\nshards:\n  a: {region: r, driver: duckdb, dsn: \"${a}\"}\n  b: {region: r, driver: duckdb, dsn: \"${b}\"}\n"+
		"tables:\n  t: {sharding: {strategy: range, key: [id], key_type: [bigint], ranges: [{to: 10, shard: a}, {from: 10, shard: b}]}}\n"),
		dir, func(name string) (string, bool) { v, ok := dsns[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), cfg, opts...)
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

// echoed is an answer, or its error, in text, and which shards were asked for it.
func echoed(t *testing.T, e *Engine, sql string, args ...any) string {
	r, err := e.Query(t.Context(), sql, args...)
	if err != nil {
		return err.Error()
	}
	defer r.Release()
	var b strings.Builder
	for r.Next() {
		for row := range int(r.Record().NumRows()) {
			for _, c := range r.Record().Columns() {
				b.WriteString(c.ValueStr(row) + " ")
			}
			b.WriteString("\n")
		}
	}
	if r.Err() != nil {
		return r.Err().Error()
	}
	for _, s := range r.Stats().Shards {
		if !s.Pruned {
			b.WriteString(s.Shard)
		}
	}
	return b.String()
}

// template is what an engine keeps of a text; nil for nothing.
func (e *Engine) template(sql string, params int) *template {
	top := e.top.Load()
	kept, _ := top.texts.of(top.snapshot()).find(templateKey{sql: sql, params: params})
	return kept
}

// texts are asked again with other values, at other times. In those that say so the rules ask where rows are, and what they made is not kept.
var texts = []struct {
	sql  string
	args [][]any
	kept bool // something is kept of it, after all of these values
}{
	{"SELECT n, name FROM t WHERE id = $1", [][]any{{3}, {12}, {"19"}, {99}, {nil}, {"x"}, {12}}, true},
	{"SELECT count(*) FROM t WHERE id IN ($1, $2)", [][]any{{1, 2}, {11, 12}, {1, 12}, {nil, nil}, {5, nil}}, true},
	{"SELECT count(*), sum(n) FROM t WHERE id >= $1 AND id < $2 AND name <> $3", [][]any{{0, 5, "n1"}, {10, 15, "n12"}, {0, 20, ""}, {7, 3, "x"}}, true},
	{"SELECT sum(n) FROM t WHERE day <= current_date", [][]any{{}}, false},
	{"SELECT sum(n) FROM t WHERE day <= 'today'", [][]any{{}}, false},
	{"SELECT sum(n) FROM t WHERE day < now()", [][]any{{}}, false},
	{"SELECT count(*) FROM t WHERE day = $1", [][]any{{"2026-05-04"}, {"today"}, {"2026-05-20"}, {"infinity"}, {"tomorrow"}, {"soon"}}, true},
	{"SELECT id FROM t ORDER BY id LIMIT $1", [][]any{{1}, {3}, {"4"}, {-1}}, false},
	{"SELECT count(*) FROM t WHERE fee = $1", [][]any{{1}, {"2.5"}, {"4.0000001"}}, false},
	{"SELECT s.id FROM t AS s JOIN t AS u ON s.id = u.id WHERE u.id = $1", [][]any{{3}, {13}, {99}}, true},
	{"SELECT id FROM t WHERE id = $1 AND EXISTS (SELECT 1 FROM t AS u WHERE u.n = t.n AND u.id = $2)", [][]any{{3, 3}, {13, 13}, {3, 13}}, true},
	{"SELECT id FROM t WHERE n = (SELECT max(n) FROM t WHERE id < $1)", [][]any{{3}, {13}, {99}}, true},
	{"SELECT id, (SELECT count(*) FROM t AS u WHERE u.n = t.n AND u.id = $2) AS c FROM t WHERE id = $1 -- placed", [][]any{{3, 3}, {13, 3}, {13, 13}, {3, 13}, {12, 13}}, true},
	{"SELECT s.id FROM t AS s, t AS u, t AS v WHERE s.n = u.n AND u.id = $1 AND v.id = $2 AND v.n >= s.n -- placed", [][]any{{3, 4}, {13, 3}, {13, 14}, {3, 13}}, true},
}

// TestTemplates asks the same texts with other values, on other days, with what was kept of them and with nothing kept: the answers, the errors and the
// shards that are asked are the same. A third engine holds each plan to one made anew.
func TestTemplates(t *testing.T) {
	now := time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)
	clock := WithClock(func() time.Time { return now })
	with, without, checked := newTexts(t, clock), newTexts(t, clock), newTexts(t, clock, WithInvariantChecks())
	for range 3 {
		for _, c := range texts {
			for _, args := range c.args {
				without.top.Load().texts.over = nil
				want := echoed(t, without, c.sql, args...)
				if got := echoed(t, with, c.sql, args...); got != want {
					t.Errorf("%s %v on %v:\n%s\nwant\n%s", c.sql, args, now, got, want)
				}
				if got := echoed(t, checked, c.sql, args...); got != want {
					t.Errorf("%s %v on %v, checked:\n%s\nwant\n%s", c.sql, args, now, got, want)
				}
			}
			if kept := with.template(c.sql, len(c.args[0])); (kept != nil) != c.kept || kept != nil && (kept.rewritten.Load() == nil) != strings.Contains(c.sql, "-- placed") {
				t.Errorf("%s: kept is %+v", c.sql, kept)
			}
		}
		now = now.AddDate(0, 0, 4)
	}
	sum, count := "SELECT sum(n) FROM t WHERE day <= current_date", "SELECT n, name FROM t WHERE id = $1"
	if got := echoed(t, with, sum); !strings.HasPrefix(got, "1015 ") { // squares up to that of 14
		t.Errorf("on %v: %s", now, got)
	}
	if kept := with.template(count, 1); kept == nil || kept.rewritten.Load() == nil || len(kept.bound.Args) > 0 {
		t.Errorf("of %s is kept: %+v", count, kept)
	}
}

// TestTemplatesEnd: what was kept goes with what the shards told of their tables.
func TestTemplatesEnd(t *testing.T) {
	e := newTexts(t, WithInvariantChecks())
	const sql = "SELECT n FROM t WHERE id = $1"
	want := echoed(t, e, sql, 12)
	first := e.template(sql, 1)
	if echoed(t, e, sql, 3); first == nil || e.template(sql, 1) != first {
		t.Fatal("nothing is kept")
	}
	top := e.top.Load()
	top.catalog.mu.Lock()
	top.catalog.snap = nil // as after a shard has told of its tables
	top.catalog.mu.Unlock()
	if e.template(sql, 1) != nil {
		t.Error("what was kept outlives the catalog")
	}
	if got := echoed(t, e, sql, 12); got != want || e.template(sql, 1) == first || e.template(sql, 1) == nil {
		t.Errorf("%s, want %s", got, want)
	}
	for i := range 2 * keptTexts {
		q, err := top.newQuery(fmt.Sprintf("SELECT n FROM t WHERE id = %d AND n < 0", i), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := top.plan(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if kept := top.texts.of(top.snapshot()); len(kept.at) != keptTexts {
		t.Errorf("%d texts are kept", len(kept.at))
	}
}

// TestTemplatesShared asks one text with different values at the same time.
func TestTemplatesShared(t *testing.T) {
	e := newTexts(t, WithInvariantChecks())
	var wg sync.WaitGroup
	for g := range 6 {
		wg.Go(func() {
			for i := range 40 {
				id := (i*7 + g) % 20
				want := fmt.Sprintf("%d n%d \n%s", id*id, id, map[bool]string{true: "a", false: "b"}[id < 10])
				if got := echoed(t, e, "SELECT n, name FROM t WHERE id = $1", id); got != want {
					t.Errorf("%d: %s, want %s", id, got, want)
				}
			}
		})
	}
	wg.Wait()
}
