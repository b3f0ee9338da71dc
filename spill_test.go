package atoll

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors/duckdb"
)

// hoard are two shards of many small groups.
type hoard struct{ dir string }

func newHoard(t *testing.T) hoard {
	t.Helper()
	h := hoard{t.TempDir()}
	for i, shard := range []string{"north", "south"} {
		stmts := []string{"CREATE TABLE visits (home integer NOT NULL, id bigint, who text, n integer)",
			fmt.Sprintf("INSERT INTO visits SELECT %d, hash(i) %% 40000, '%s' || i %% 50, i FROM range(60000) r(i)", i, planted)}
		if err := duckdb.CreateFile(t.Context(), filepath.Join(h.dir, shard+".duckdb"), stmts, nil); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// open makes an engine that puts what does not fit into a folder of its own, and checks in the end that it left nothing there.
func (h hoard) open(t *testing.T, spill, dir string, opts ...Option) *Engine {
	t.Helper()
	text := fmt.Sprintf(`version: 1
coordinator: {region: home}
regions: {home: {jurisdiction: EU}}
shards:
  north: {region: home, driver: duckdb, dsn: north.duckdb}
  south: {region: home, driver: duckdb, dsn: south.duckdb}
tables:
  visits: {sharding: {strategy: lookup, key: [home], map: {north: [0], south: [1]}}}
spill: {dir: %q%s}
`, dir, spill)
	cfg, err := ParseConfig([]byte(text), h.dir, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), cfg, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if used := e.spill.Used(); used != 0 {
			t.Errorf("%d bytes are left on disk", used)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("left on disk: %v %v", left, err)
		}
	})
	return e
}

// all is the answer's rows in one order.
func all(t *testing.T, e *Engine, sql string) ([]string, error) {
	t.Helper()
	got, err := ask(t.Context(), e, sql)
	lines := strings.Split(got, "; ")
	slices.Sort(lines)
	return lines, err
}

const (
	manyGroups = "SELECT id, count(*), sum(n), min(who), avg(n) FROM visits GROUP BY id"
	manySets   = "SELECT id, count(DISTINCT who), string_agg(who, ',' ORDER BY who) FROM visits GROUP BY id"
	manyRollup = "SELECT id, who, count(*) FROM visits GROUP BY ROLLUP (who, id)"
	bigSort    = "SELECT id, who, n, row_number() OVER (ORDER BY who, n, id) FROM visits"
)

// TestSpill asks for more groups than fit into memory: the answers are those of an engine that has room, the disk was used, sealed where that is
// wanted, and nothing stays there.
func TestSpill(t *testing.T) {
	h := newHoard(t)
	roomy := h.open(t, "", t.TempDir())
	for name, spill := range map[string]string{"clear": "", "sealed": ", encrypt: true"} {
		t.Run(name, func(t *testing.T) {
			e := h.open(t, spill, t.TempDir(), WithMemoryLimit(2<<20), WithInvariantChecks())
			for _, sql := range []string{manyGroups, manySets, manyRollup} {
				before := e.spill.Peak()
				got, err := all(t, e, sql)
				if err != nil {
					t.Fatalf("%s: %v", sql, err)
				}
				want, err := all(t, roomy, sql)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %d rows, want %d", sql, len(got), len(want))
				}
				if e.spill.Peak() == 0 || e.spill.Used() != 0 {
					t.Errorf("%s: %d bytes were on disk (%d before), %d are", sql, e.spill.Peak(), before, e.spill.Used())
				}
			}
		})
	}
	if roomy.spill.Peak() != 0 {
		t.Error("an engine without a limit spilled")
	}
}

// TestSpillStops leaves answers that spill: cancelled, released unread, with the limit of bytes on disk reached. The next query is answered.
func TestSpillStops(t *testing.T) {
	h := newHoard(t)
	e := h.open(t, ", limit: 1MiB", t.TempDir(), WithMemoryLimit(1<<20))
	for range 2 {
		_, err := ask(t.Context(), e, manySets)
		if stateOf(err) != "53400" || !strings.Contains(err.Error(), "spill.limit") {
			t.Errorf("more than may be on disk: %v", err)
		}
		answers(t, e, "SELECT count(*) FROM visits", "120000")
	}
	e = h.open(t, "", t.TempDir(), WithMemoryLimit(1<<20))
	for read := range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := e.Query(ctx, manyGroups)
		if err != nil {
			t.Fatal(err)
		}
		for range read {
			if !r.Next() {
				t.Fatal(r.Err())
			}
		}
		if cancel(); read == 2 {
			for r.Next() {
			}
			if !errors.Is(r.Err(), context.Canceled) {
				t.Error(r.Err())
			}
		}
		r.Release()
		if used := e.spill.Used(); used != 0 {
			t.Errorf("after %d batches %d bytes stay on disk", read, used)
		}
	}
}

// TestSealedResidual holds that the residual engine, which cannot encrypt, writes nothing where nothing may be in the clear: it fails by the
// name of the limit instead.
func TestSealedResidual(t *testing.T) {
	h := newHoard(t)
	e := h.open(t, "", t.TempDir())
	if dir, err := e.residualSpill(); err != nil || dir == "" {
		t.Errorf("%q %v", dir, err)
	}
	if _, err := ask(t.Context(), e, bigSort); err != nil {
		t.Error(err)
	}
	sealed := h.open(t, ", encrypt: true", t.TempDir())
	if dir, err := sealed.residualSpill(); err != nil || dir != "" {
		t.Errorf("%q %v", dir, err)
	}
	e.cfg.Residency = "residency.yaml"
	if !e.sealed() {
		t.Error("with a policy in force what goes to disk is not sealed")
	}
}

// TestSpillDir holds that a folder which cannot be used is known at the start.
func TestSpillDir(t *testing.T) {
	h := newHoard(t)
	cfg, err := ParseConfig([]byte(`{version: 1, coordinator: {region: home}, regions: {home: {}}, shards: {north: {region: home, driver: duckdb, dsn: north.duckdb}}, tables: {visits: {sharding: {strategy: reference}}}, spill: {dir: none}}`), h.dir, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), cfg); stateOf(err) != "58030" || !strings.Contains(err.Error(), "spill.dir") {
		t.Error(err)
	}
}
