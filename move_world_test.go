package atoll

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
	saga "github.com/atoll-sql/atoll/move"
)

// tide is a world in which keys move: two PostgreSQL shards, a and b, and a DuckDB file, d. Table coops is placed by its id and payments comes along.
type tide struct {
	dir     string
	env     map[string]string
	cluster *pgtest.Cluster
	server  *tdstest.Server // m
	exec    map[string]func(sql string) error
}

const tideHead = `version: 1
coordinator: {region: r}
regions: {r: {jurisdiction: J}, q: {jurisdiction: Q}}
map: {store: file, path: map.yaml, ttl: 1ms}
`

const tideShards = `map_version: 1
shards:
  a: {region: r, driver: postgres, dsn: "${A}"}
  b: {region: r, driver: postgres, dsn: "${B}"}
  d: {region: r, driver: duckdb, dsn: d.duckdb}
  m: {region: r, driver: sqlserver, dsn: "${M}"}
`

const tideLookup = `tables:
  coops: {sharding: {strategy: lookup, key: [id], map: {a: [1, 2, 3, 4], b: [5, 6], d: [7, 8]}}}
  payments: {sharding: {key: [coop]}, colocated_with: coops}
`

const tideRange = `tables:
  coops: {sharding: {strategy: range, key: [id], ranges: [{shard: a, to: 5}, {shard: b, from: 5, to: 7}, {shard: d, from: 7}]}}
  payments: {sharding: {key: [coop]}, colocated_with: coops}
`

const tideBuckets = `tables:
  coops: {sharding: {strategy: hash, key: [id], buckets: [a, b, d, a]}}
  payments: {sharding: {key: [coop]}, colocated_with: coops}
`

const tideDDL = `CREATE TABLE coops (id bigint NOT NULL PRIMARY KEY, name text, born date);
CREATE TABLE payments (coop bigint NOT NULL, no integer NOT NULL, amount numeric(12,2), made timestamp, note text, ok boolean, f double precision, PRIMARY KEY (coop, no), FOREIGN KEY (coop) REFERENCES coops (id))`

const tideServerDDL = `CREATE TABLE coops (id bigint NOT NULL PRIMARY KEY, name nvarchar(100), born date);
CREATE TABLE payments (coop bigint NOT NULL, no int NOT NULL, amount decimal(12,2), made datetime2(6), note nvarchar(100), ok bit, f float, PRIMARY KEY (coop, no))`

// newTide makes the world, with rows where the map wants them: none on m, which is SQL Server.
func newTide(t *testing.T, tables string) *tide {
	t.Helper()
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	w := &tide{dir: t.TempDir(), env: map[string]string{}, cluster: clusters[0], exec: map[string]func(string) error{}}
	for _, name := range []string{"a", "b"} {
		db := "tide_" + strings.ToLower(strings.NewReplacer("/", "_", " ", "_").Replace(t.Name())) + "_" + name
		db = db[max(0, len(db)-60):]
		if w.env[strings.ToUpper(name)], err = w.cluster.CreateDatabase(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		w.exec[name] = func(sql string) error { return w.cluster.ExecIn(context.WithoutCancel(t.Context()), db, sql) }
	}
	w.exec["d"] = func(sql string) error {
		return duckdb.Exec(context.WithoutCancel(t.Context()), filepath.Join(w.dir, "d.duckdb"), sql)
	}
	w.server = tdstest.Start(t, tdstest.WithEngine(engine.Options{AllowSnapshot: true}))
	w.env["M"] = w.server.DSN()
	for _, sql := range strings.Split(tideServerDDL, ";\n") {
		w.must(t, w.server.Exec(t.Context(), sql))
	}
	doc := w.parse(t, tideShards+tables)
	home := func(coop int) string {
		p, err := doc.Map.Explain("coops", []string{fmt.Sprint(coop)})
		w.must(t, err)
		return p.Shards[0].Name
	}
	var coops, payments = map[string][]string{}, map[string][]string{}
	for c := 1; c <= 8; c++ {
		at := home(c)
		coops[at] = append(coops[at], fmt.Sprintf("(%d, 'coop é %d', DATE '2020-01-%02d')", c, c, c))
		for no := range 40 {
			note := fmt.Sprintf("'note ''%d'", no)
			if no%7 == 0 {
				note = "NULL"
			}
			payments[at] = append(payments[at], fmt.Sprintf("(%d, %d, %d.%02d, TIMESTAMP '2024-02-03 04:05:06.%06d', %s, %v, %d.5)", c, no, no*c, no, no, note, no%2 == 0, no))
		}
	}
	for name, run := range w.exec {
		for _, sql := range strings.Split(tideDDL, ";\n") {
			w.must(t, run(sql))
		}
		if len(coops[name]) > 0 {
			w.must(t, run("INSERT INTO coops VALUES "+strings.Join(coops[name], ", ")))
			w.must(t, run("INSERT INTO payments VALUES "+strings.Join(payments[name], ", ")))
		}
	}
	w.must(t, os.WriteFile(filepath.Join(w.dir, "map.yaml"), []byte(tideShards+tables), 0o600))
	return w
}

func (w *tide) parse(t *testing.T, text string) *config.MapDocument {
	t.Helper()
	cfg, err := ParseConfig([]byte(tideHead), w.dir, func(name string) (string, bool) { v, ok := w.env[name]; return v, ok })
	w.must(t, err)
	doc, err := cfg.ParseMap([]byte(text), "map.yaml")
	w.must(t, err)
	return doc
}

func (w *tide) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *tide) open(t *testing.T) *Engine {
	t.Helper()
	return openTide(t, w.dir, w.env)
}

func openTide(t *testing.T, dir string, env map[string]string) *Engine {
	t.Helper()
	cfg, err := ParseConfig([]byte(tideHead), dir, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// tideQueries see every row.
var tideQueries = []string{
	"SELECT * FROM coops ORDER BY id",
	"SELECT * FROM payments ORDER BY coop, no",
	"SELECT c.id, count(*), sum(amount), count(note) FROM coops AS c JOIN payments AS p ON c.id = p.coop GROUP BY c.id ORDER BY c.id",
}

func tideAnswers(t *testing.T, e *Engine) string {
	t.Helper()
	var out []string
	for _, sql := range tideQueries {
		text, err := tideAnswer(t.Context(), e, sql)
		if err != nil {
			t.Fatal(sql, err)
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n\n")
}

func tideAnswer(ctx context.Context, e *Engine, sql string) (string, error) {
	r, err := e.Query(ctx, sql)
	if err != nil {
		return "", err
	}
	defer r.Release()
	var b strings.Builder
	for r.Next() {
		rec := r.Record()
		for i := range int(rec.NumRows()) {
			for k := range int(rec.NumCols()) {
				fmt.Fprint(&b, rec.Column(k).ValueStr(i), "|")
			}
			b.WriteByte('\n')
		}
	}
	return b.String(), r.Err()
}

// past counts the rows of both tables on each shard, whatever the map says of them, and what moves have left there.
func (w *tide) past(t *testing.T, e *Engine) (rows int, leftovers []string) {
	t.Helper()
	m := &moveShards{engine: e, open: map[string]*openShard{}}
	defer m.close()
	for _, name := range []string{"a", "b", "d", "m"} {
		s, err := m.Shard(t.Context(), name)
		w.must(t, err)
		for _, table := range []string{"coops", "payments"} {
			rows += countPast(t, s, table, "true")
		}
		for _, table := range []string{saga.ProgressTable, "atoll_moving_m_1"} {
			found, err := s.Learn(t.Context(), table)
			w.must(t, err)
			if len(found) > 0 && (table != saga.ProgressTable || countPast(t, s, table, "true") > 0) {
				leftovers = append(leftovers, table+" on "+name)
			}
		}
	}
	return rows, leftovers
}

// settled checks that every row is there once and that moves have left nothing behind.
func (w *tide) settled(t *testing.T, e *Engine, want string) {
	t.Helper()
	if got := tideAnswers(t, e); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if rows, left := w.past(t, e); rows != 8*41 || len(left) > 0 {
		t.Errorf("%d rows on all shards together, left over: %v", rows, left)
	}
	if moves, err := e.Moves(t.Context()); err != nil || len(moves) > 0 {
		t.Error(moves, err)
	}
}

func (w *tide) close(t *testing.T, e *Engine) {
	t.Helper()
	if err := e.Close(); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
