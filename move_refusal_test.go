package atoll

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	saga "github.com/atoll-sql/atoll/move"
)

// refusedMap has what stands in the way of moves. All shards are DuckDB files.
const refusedMap = `map_version: 1
shards:
  a: {region: r, driver: duckdb, dsn: a.duckdb}
  b: {region: r, driver: duckdb, dsn: b.duckdb}
  far: {region: q, driver: duckdb, dsn: far.duckdb}
  full: {region: r, driver: duckdb, dsn: full.duckdb, state: draining}
tables:
  coops: {sharding: {strategy: lookup, key: [id], map: {a: [1, 2], b: [3], far: [4], full: [5]}}}
  payments: {sharding: {key: [coop]}, colocated_with: coops}
  keyless: {sharding: {strategy: lookup, key: [id], map: {a: [1, 2], b: [3]}}}
  other: {sharding: {strategy: lookup, key: [id], map: {a: [1, 2], b: [3]}}}
  absent: {sharding: {strategy: lookup, key: [id], map: {a: [1, 2]}}}
  odd: {sharding: {strategy: lookup, key: [id], map: {a: [1, 2], b: [3]}}}
  tied: {sharding: {strategy: lookup, key: [id], map: {a: [1, 2], b: [3]}}}
  held: {sharding: {strategy: lookup, key: [id], map: {a: [1, 2], b: [3]}}}
  strays: {sharding: {strategy: lookup, key: [id], map: {a: [1], b: [3]}}}
  parent: {sharding: {strategy: lookup, key: [id], map: {a: [1, 2], b: [3]}}}
  jumps: {sharding: {strategy: jump, key: [id], shards: [a, b]}}
colocation: {ties: {tied: v, held: v}}
`

var refusedDDL = map[string]string{
	"a": `CREATE TABLE coops (id bigint PRIMARY KEY); CREATE TABLE payments (coop bigint, no bigint PRIMARY KEY); CREATE TABLE keyless (id bigint);
		CREATE TABLE other (id bigint PRIMARY KEY, v bigint); CREATE TABLE absent (id bigint PRIMARY KEY); CREATE TABLE odd (id bigint PRIMARY KEY, v bigint);
		CREATE TABLE parent (id bigint PRIMARY KEY); CREATE TABLE child (id bigint REFERENCES parent (id));
		CREATE TABLE tied (id bigint PRIMARY KEY, v bigint); CREATE TABLE held (id bigint PRIMARY KEY, v bigint);
		CREATE TABLE strays (id bigint, no bigint PRIMARY KEY); INSERT INTO strays VALUES (1, 1), (NULL, 2); INSERT INTO coops VALUES (1), (2); INSERT INTO payments VALUES (1, 7), (1, 8)`,
	"b": `CREATE TABLE coops (id bigint PRIMARY KEY); CREATE TABLE payments (coop bigint, no bigint PRIMARY KEY); CREATE TABLE keyless (id bigint);
		CREATE TABLE other (id bigint PRIMARY KEY, w bigint); CREATE TABLE odd (id bigint PRIMARY KEY, v integer); CREATE TABLE parent (id bigint PRIMARY KEY);
		CREATE TABLE tied (id bigint PRIMARY KEY, v bigint); CREATE TABLE held (id bigint PRIMARY KEY, v bigint); CREATE TABLE strays (id bigint, no bigint PRIMARY KEY);
		INSERT INTO payments VALUES (2, 9)`,
	"far":  `CREATE TABLE coops (id bigint PRIMARY KEY); CREATE TABLE payments (coop bigint, no bigint PRIMARY KEY)`,
	"full": `CREATE TABLE coops (id bigint PRIMARY KEY); CREATE TABLE payments (coop bigint, no bigint PRIMARY KEY)`,
}

var movesRefused = map[string]struct {
	table, key, to string
	want           string
}{
	"draining":           {"coops", "1", "full", "shard full is draining: keys move to active shards"},
	"unknown shard":      {"coops", "1", "nowhere", `unknown shard "nowhere"`},
	"unknown table":      {"coop", "1", "b", `unknown table "coop"`},
	"colocated":          {"payments", "1", "b", "move keys of that one"},
	"there already":      {"coops", "3", "b", "shard b has the keys already"},
	"not listed":         {"coops", "77", "b", "no shard of table coops has all of the keys"},
	"no primary key":     {"keyless", "1", "b", "has no primary key on shard a"},
	"other columns":      {"other", "1", "b", "has a column v on shard a, and not on shard b"},
	"other type":         {"odd", "1", "b", "column v of table odd is bigint on shard a and integer on shard b"},
	"no such table":      {"absent", "1", "b", "shard b has no table absent"},
	"class":              {"tied", "1", "b", "colocation class ties keeps rows of table tied with rows of table held"},
	"leftovers":          {"coops", "2", "b", "table payments has 1 rows of these keys on shard b already"},
	"jurisdiction":       {"coops", "1", "far", "out of a jurisdiction: shard a is in r, jurisdiction J; shard far is in q, jurisdiction Q"},
	"rows without a key": {"strays", "1", "b", "table strays has 1 rows on shard a whose keys are NULL or not among those that move"},
	"referred to":        {"parent", "1", "b", "table child on shard a has a foreign key to table parent"},
	"strategy":           {"jumps", "1", "b", "strategy jump do not move this way"},
}

// TestMoveRefused holds what must not move against the checks, none of which changes anything.
func TestMoveRefused(t *testing.T) {
	dir := t.TempDir()
	for name, ddl := range refusedDDL {
		if err := duckdb.CreateFile(t.Context(), filepath.Join(dir, name+".duckdb"), strings.Split(ddl, ";"), nil); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "map.yaml")
	if err := os.WriteFile(file, []byte(refusedMap), 0o600); err != nil {
		t.Fatal(err)
	}
	e := openTide(t, dir, nil)
	defer e.Close()
	for name, x := range movesRefused {
		q := MoveRequest{Table: x.table, Keys: MoveKeys{Values: []string{x.key}}, To: x.to}
		_, err := e.Move(t.Context(), q, MoveOptions{Alone: true})
		var refused *Error
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if (refused.Kind == KindResidency) != (name == "jurisdiction") {
			t.Errorf("%s: kind %d", name, refused.Kind)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != refusedMap {
		t.Error(err, string(text))
	}
	p, err := e.PlanMove(t.Context(), MoveRequest{Table: "coops", Keys: MoveKeys{Values: []string{"1"}}, To: "far"}, MoveOptions{LeaveJurisdiction: true})
	if err != nil || p.Jurisdiction != "" || p.Move.From != "a" || p.Tables[1].Rows != 2 {
		t.Error(p, err)
	}
	var none *saga.Refusal
	if _, err := e.ResumeMove(t.Context(), "m-1", MoveOptions{}); !errors.Is(err, saga.ErrUnknown) || errors.As(err, &none) {
		t.Error(err)
	}
}

// TestMoveTaken lets a second run take a move over: the first finds out before it writes, and harms nothing.
func TestMoveTaken(t *testing.T) {
	for _, at := range []string{"copied a batch", "published frozen", "verified", "published cleaning"} {
		w := newTide(t, tideLookup)
		e := w.open(t)
		want := tideAnswers(t, e)
		q := MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Values: []string{"1", "2"}}, To: "b"}
		taken := false
		_, err := e.Move(t.Context(), q, MoveOptions{Batch: 30, Alone: true, step: func(name string) error {
			if name == at && !taken {
				taken = true
				o := MoveOptions{Batch: 30, Alone: true}
				if at == "verified" { // the first run holds the lock on the tables
					o.step = func(string) error { return errTorn }
				}
				if _, err := e.ResumeMove(t.Context(), "m-1", o); err != nil && !errors.Is(err, errTorn) {
					t.Error(at, err)
				}
			}
			return nil
		}})
		if !errors.Is(err, saga.ErrTaken) && !errors.Is(err, saga.ErrUnknown) {
			t.Error(at, err)
		}
		if _, err := e.ResumeMove(t.Context(), "m-1", MoveOptions{Alone: true}); err != nil && !errors.Is(err, saga.ErrUnknown) {
			t.Error(at, err)
		}
		w.settled(t, e, want)
		w.close(t, e)
	}
}
