package atoll

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

const misplacedTables = `  people: {sharding: {strategy: lookup, key: [coop], map: {p: [1], q: [2], d: [3]}}}
  notes: {sharding: {key: [coop]}, colocated_with: people}
  pairs: {sharding: {strategy: composite, key: [country, id], key_type: [text, bigint], first: {strategy: list, lists: {x: [DE], y: [BR]}, default: y}, branches: {x: {strategy: hash, shards: [p, q]}, y: {strategy: single, shard: d}}}}
  codes: {sharding: {strategy: reference}}
  'sett"ings': {sharding: {strategy: single, shard: p}}
`

// misplacedRows has, on p and d, rows that belong elsewhere.
var misplacedRows = map[string]string{
	"p": `CREATE TABLE people (coop int, name text); INSERT INTO people VALUES (1, 'a'), (1, 'b'), (2, 'q'), (3, 'd'), (3, 'd'), (NULL, 'n'), (77, 'unlisted');
		CREATE TABLE notes (coop int); INSERT INTO notes VALUES (1), (2);
		CREATE TABLE pairs (country text, id bigint); INSERT INTO pairs VALUES ('BR', 1), ('BR', NULL), ('DE', NULL), (NULL, 5), (NULL, NULL);
		CREATE TABLE codes (k int); INSERT INTO codes VALUES (1), (2), (3);
		CREATE TABLE "sett""ings" (v int); INSERT INTO "sett""ings" VALUES (1);`,
	"q": `CREATE TABLE people (coop int, name text); INSERT INTO people VALUES (2, 'q');
		CREATE TABLE notes (coop int); INSERT INTO notes VALUES (2);
		CREATE TABLE pairs (country text, id bigint);
		CREATE TABLE codes (k int); INSERT INTO codes VALUES (1), (2);`,
	"d": `CREATE TABLE people (coop int, name text); INSERT INTO people VALUES (3, 'd'), (1, 'p');
		CREATE TABLE notes (coop int); INSERT INTO notes VALUES (3);
		CREATE TABLE pairs (country text, id bigint); INSERT INTO pairs VALUES ('BR', 1), ('DE', NULL), ('DE', NULL);
		CREATE TABLE codes (k int); INSERT INTO codes VALUES (1), (2), (4);
		CREATE TABLE "sett""ings" (v int); INSERT INTO "sett""ings" VALUES (7), (8);`,
}

// openMisplaced opens shards p and q of PostgreSQL, and d in a DuckDB file, with the rows given for each.
func openMisplaced(t *testing.T, tables string, rows map[string]string, opts ...Option) *Engine {
	t.Helper()
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	dir, dsns := t.TempDir(), map[string]string{}
	for _, shard := range []string{"p", "q"} {
		db := strings.ToLower("misplaced_" + strings.NewReplacer("/", "_", "#", "_").Replace(t.Name()) + "_" + shard)
		if dsns[strings.ToUpper(shard)+"_DSN"], err = clusters[0].CreateDatabase(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		if err := clusters[0].ExecIn(t.Context(), db, rows[shard]); err != nil {
			t.Fatal(err)
		}
	}
	if err := duckdb.Exec(t.Context(), filepath.Join(dir, "d.duckdb"), rows["d"]); err != nil {
		t.Fatal(err)
	}
	cfg, err := ParseConfig([]byte(`version: 1
coordinator: {region: here}
regions: {here: {}, there: {}}
shards:
  p: {region: here, driver: postgres, dsn: "${P_DSN}", max_conns: 2}
  q: {region: there, driver: postgres, dsn: "${Q_DSN}", max_conns: 2}
  d: {region: there, driver: duckdb, dsn: d.duckdb}
tables:
`+tables), dir, func(name string) (string, bool) { return dsns[name], dsns[name] != "" })
	if err != nil {
		t.Fatal(err)
	}
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	e, err := Open(t.Context(), cfg, append([]Option{WithAllocator(alloc), WithInvariantChecks()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		alloc.AssertSize(t, 0)
	})
	return e
}

// told writes what a check found, one line for each table and shard.
func told(found []Misplaced) string {
	var lines []string
	for _, m := range found {
		l := fmt.Sprintf("%s %s: %d rows", m.Table, m.Shard, m.Rows)
		if m.NullKeys+m.Unlisted > 0 {
			l += fmt.Sprintf(", %d NULL, %d unlisted", m.NullKeys, m.Unlisted)
		}
		for _, a := range m.Astray {
			l += fmt.Sprintf(", %d of %s", a.Rows, a.Belongs)
		}
		if m.Behind > 0 {
			l += fmt.Sprintf(", %d behind", m.Behind)
		}
		if m.Unchecked != "" {
			l += ", unchecked: " + m.Unchecked
		}
		if m.Err != nil {
			l += ", failed"
		}
		if m.OK() {
			l += ", fine"
		}
		lines = append(lines, l)
	}
	return strings.Join(lines, "\n")
}

const misplacedFound = `people p: 7 rows, 1 NULL, 1 unlisted, 2 of d, 1 of q
people q: 1 rows, fine
people d: 2 rows, 1 of p
notes p: 2 rows, 1 of q
notes q: 1 rows, fine
notes d: 1 rows, fine
pairs p: 5 rows, 4 NULL, 0 unlisted, 2 of d
pairs q: 0 rows, fine
pairs d: 3 rows, 2 NULL, 0 unlisted, 2 of p, q
codes p: 3 rows, fine
codes q: 2 rows, 1 behind
codes d: 3 rows, fine
sett"ings d: 2 rows, 2 of p`

// TestMisplaced finds rows that were planted on the wrong shards, in both dialects in which queries are written.
func TestMisplaced(t *testing.T) {
	for _, dialect := range []string{"postgres", "mysql"} {
		t.Run(dialect, func(t *testing.T) {
			e := openMisplaced(t, misplacedTables, misplacedRows, WithDialect(dialect))
			found, err := e.Misplaced(t.Context(), MisplacedOptions{})
			if got := told(found); err != nil || got != misplacedFound {
				t.Errorf("%v\n%s\nwant\n%s", err, got, misplacedFound)
			}
			if n := found[0].AstrayRows(); n != 3 {
				t.Errorf("%d rows astray", n)
			}
		})
	}
}

func TestMisplacedSample(t *testing.T) {
	e := openMisplaced(t, misplacedTables, misplacedRows)
	found, err := e.Misplaced(t.Context(), MisplacedOptions{Sample: 2, Tables: []string{"codes", "people", `sett"ings`}})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 7 {
		t.Fatalf("%d instead of two tables on three shards, and one on a fourth:\n%s", len(found), told(found))
	}
	for _, m := range found {
		want := min(map[string]int64{"people p": 7, "people q": 1, "people d": 2, "codes p": 3, "codes q": 2, "codes d": 3, `sett"ings d`: 2}[m.Table+" "+m.Shard], 2)
		if m.Rows != want || m.Behind != 0 {
			t.Errorf("%s: want %d rows", told([]Misplaced{m}), want)
		}
	}
}

func TestMisplacedOptions(t *testing.T) {
	e := openMisplaced(t, misplacedTables, misplacedRows)
	for want, o := range map[string]MisplacedOptions{`unknown table "other"`: {Tables: []string{"other"}}, "a sample of -1 rows": {Sample: -1}} {
		var ae *Error
		if _, err := e.Misplaced(t.Context(), o); !errors.As(err, &ae) || ae.Kind != KindUsage || !strings.Contains(ae.Text, want) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Misplaced(ctx, MisplacedOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestMisplacedUnchecked has tables whose rows cannot be held against the map: nobody must take that for a proof.
func TestMisplacedUnchecked(t *testing.T) {
	const list = "sharding: {strategy: hash, key: [k], key_type: [bigint], shards: [p, d]}"
	ddl := "CREATE TABLE wide (k numeric(20,0)); CREATE TABLE other (x int); CREATE TABLE own (k bigint, atoll_shard text); "
	e := openMisplaced(t, "  wide: {"+list+"}\n  other: {"+list+"}\n  own: {"+list+"}\n  half: {"+list+"}\n  torn: {"+list+"}\n  none: {"+list+"}\n", map[string]string{
		"p": ddl + "CREATE TABLE half (k bigint); CREATE TABLE torn (k bigint); INSERT INTO half SELECT generate_series(1, 100);", "q": "", "d": ddl + "CREATE TABLE torn (k text)"})
	found, err := e.Misplaced(t.Context(), MisplacedOptions{})
	if err != nil || len(found) != 12 {
		t.Fatalf("%v\n%s", err, told(found))
	}
	for i, want := range []string{"is of type numeric(20,0), and the map's keys are of type bigint", "there is no column k", "a column of its own called atoll_shard", "", "it is bigint on shard p, but text on shard d", "does not exist on any"} {
		for _, m := range found[2*i : 2*i+2] {
			switch {
			case m.OK() && m.Table != "none":
				t.Errorf("%s %s counts as checked", m.Table, m.Shard)
			case want != "" && !strings.Contains(m.Unchecked, want):
				t.Errorf("%s %s: %q instead of %q", m.Table, m.Shard, m.Unchecked, want)
			}
		}
	}
	if p, d := found[6], found[7]; p.Rows != 100 || len(p.Astray) != 1 || d.Err == nil || !strings.Contains(d.Err.Error(), "half") {
		t.Errorf("a table that is missing on one shard:\n%s", told(found[6:8]))
	}
}

// TestMisplacedOfEveryStrategy puts every key on all shards: each shard must count exactly those that the map, or for keys with NULLs the
// query for them, does not look for there.
func TestMisplacedOfEveryStrategy(t *testing.T) {
	countries, ids := []string{"DE", "FR", "BR", "XX", ""}, []string{"1", "2", "15", "20", "21", "30", ""}
	for name, s := range shardings {
		t.Run(name, func(t *testing.T) {
			const key = "key: [country, id], key_type: [text, bigint]"
			text := strings.ReplaceAll(strings.Replace(shardingHead, "SHARDING", s, 1), "{KEY}", "{key: [country, id]}")
			dir := t.TempDir()
			cfg, err := ParseConfig([]byte(strings.ReplaceAll(text, "KEY", key)), dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			var rows []string
			for _, c := range countries {
				for _, id := range ids {
					rows = append(rows, fmt.Sprintf("(nullif('%s', ''), nullif('%s', '')::bigint, 0)", c, id))
				}
			}
			for _, shard := range []string{"s0", "s1", "s2"} {
				err := duckdb.Exec(t.Context(), filepath.Join(dir, shard+".duckdb"), "CREATE TABLE t (country varchar, id bigint, v bigint)",
					"CREATE TABLE u AS FROM t", "INSERT INTO t VALUES "+strings.Join(rows, ", "))
				if err != nil {
					t.Fatal(err)
				}
			}
			e, err := Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			found, err := e.Misplaced(t.Context(), MisplacedOptions{Tables: []string{"t"}})
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]int64{}
			for _, c := range countries {
				for _, id := range ids {
					asked := shardsAsked(t, e, c, id)
					for _, shard := range []string{"s0", "s1", "s2"} {
						if !slices.Contains(asked, shard) {
							want[shard]++
						}
					}
				}
			}
			for _, m := range found {
				if m.Err != nil || m.Unchecked != "" || m.Rows != int64(len(rows)) || m.AstrayRows() != want[m.Shard] {
					t.Errorf("%s\nwant %d astray (%v)", told([]Misplaced{m}), want[m.Shard], m.Err)
				}
			}
			if name != "everywhere" && want["s0"] == 0 {
				t.Error("nothing was astray")
			}
		})
	}
}

// shardsAsked are the shards that a key is looked for on.
func shardsAsked(t *testing.T, e *Engine, country, id string) []string {
	t.Helper()
	var out []string
	if country != "" && id != "" {
		p, err := e.cfg.Map.Explain("t", []string{country, id})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Shards {
			out = append(out, s.Name)
		}
		return out
	}
	where := "country IS NULL"
	if country != "" {
		where = "country = '" + country + "'"
	}
	if id == "" {
		where += " AND id IS NULL"
	} else {
		where += " AND id = " + id
	}
	a, err := asker(e)(t.Context(), "SELECT DISTINCT atoll_shard FROM t WHERE "+where, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range a.Rows {
		out = append(out, row[0].Text)
	}
	return out
}

// TestMisplacedKeyTypes has keys of every type on PostgreSQL and DuckDB, each value on all shards.
func TestMisplacedKeyTypes(t *testing.T) {
	values := map[string][]string{
		"smallint": {"-32768", "-1", "0", "7", "32767"}, "integer": {"-2147483648", "0", "5", "2147483647"}, "bigint": {"-9223372036854775808", "0", "6", "9223372036854775807"},
		"text": {"", "a", "a ", "Ä", "a longer text than others"}, "varchar(20)": {"x", "y ", "Y"},
		"uuid": {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "0123abcd-4567-89ef-0123-456789abcdef"},
		"date": {"1969-12-31", "2026-01-31", "infinity", "-infinity", "0001-01-01"}, "boolean": {"true", "false"},
		"timestamp":                {"1969-12-31 23:59:59.999999", "2026-01-31 12:00:00", "infinity", "-infinity"},
		"timestamp with time zone": {"1969-12-31 23:59:59.999999+00", "2026-01-31 12:00:00+05:30", "infinity", "-infinity"},
		"character(5)":             {"a", "ab", "abcde", ""},
	}
	tables, rows := "", map[string]string{"p": "", "q": "", "d": ""}
	for typ, list := range values {
		name := keyedBy(typ)
		shards := []string{"p", "q", "d"}
		if typ == "character(5)" {
			shards = shards[:2] // DuckDB has no such type
		}
		tables += fmt.Sprintf("  %s: {sharding: {strategy: hash, key: [k], key_type: [%s], shards: [%s]}}\n", name, typ, strings.Join(shards, ", "))
		for _, s := range shards {
			rows[s] += fmt.Sprintf("CREATE TABLE %s (k %s); INSERT INTO %[1]s VALUES ('%[3]s');", name, typ, strings.Join(list, "'), ('"))
		}
	}
	e := openMisplaced(t, tables, rows)
	found, err := e.Misplaced(t.Context(), MisplacedOptions{})
	if err != nil || len(found) != 3*len(values)-1 {
		t.Fatalf("%v\n%s", err, told(found))
	}
	for _, m := range found {
		want, n := int64(0), 0
		for typ, list := range values {
			if keyedBy(typ) != m.Table {
				continue
			}
			for n = range list {
				r, err := e.Route(m.Table, list[n])
				if err != nil {
					t.Fatal(typ, err)
				}
				if r.Shard != m.Shard {
					want++
				}
			}
		}
		if m.Err != nil || m.Unchecked != "" || m.Rows != int64(n+1) || m.AstrayRows() != want {
			t.Errorf("%s: want %d astray (%v)", told([]Misplaced{m}), want, m.Err)
		}
	}
}

// keyedBy is the name of a table with keys of a type.
func keyedBy(typ string) string {
	return "by_" + strings.NewReplacer(" ", "_", "(", "", ")", "").Replace(typ)
}
