package atoll

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := errors.Join(pgtest.StopShared(), goleak.Find()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// planted stands in rows that make statements fail. No message may repeat it.
const planted = "ZANZIBAR-77"

// password is that of the login "teller". No message may repeat it.
const password = "hunter2-Sesame"

// sea is a configuration over two PostgreSQL shards, eu-1 and br-1, and a DuckDB file, us-1.
type sea struct {
	server *pgtest.Cluster
	prefix string // of the databases' names
	dsn    map[string]string
	tables string // the configuration's part below "tables:"
	limits string
}

const people = `
CREATE TABLE people (coop integer NOT NULL, id bigint NOT NULL, name text, fee numeric(10,2), big bigint, word text);
INSERT INTO people VALUES `

// The cooperatives 1 and 2 are in Frankfurt, 3 in São Paulo, 4 in Virginia.
var peopleOf = map[string]string{
	"eu-1": people + `(1, 11, 'Ada', 10.50, 9223372036854775807, '1'), (2, 21, 'Bo', 0.00, 9223372036854775807, '2');`,
	"br-1": people + `(3, 31, 'Caio', 3.25, 7, '3'), (3, 32, '` + planted + `', 0, 0, '` + planted + `');`,
	"us-1": people + `(4, 41, 'Dee', 4.75, 1, '4');`,
}

const peopleTable = "  people: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1, 2], br-1: [3], us-1: [4]}}}\n"

// calm are the databases that tests share which leave them as they are.
var calm map[string]string

// calmSea has the people and the slow tables. Its DuckDB file is the test's own.
func calmSea(t *testing.T) *sea {
	t.Helper()
	if calm == nil {
		calm = newSea(t, "calm", slowTables, slowViews()).dsn
	}
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	s := &sea{server: clusters[0], prefix: "calm", tables: peopleTable + slowTables, dsn: maps.Clone(calm)}
	s.dsn["us-1"] = filepath.Join(t.TempDir(), "us-1.duckdb")
	if err := duckdb.Exec(t.Context(), s.dsn["us-1"], peopleOf["us-1"], slowViews()["us-1"]); err != nil {
		t.Fatal(err)
	}
	return s
}

// newSea makes databases of the test's own and runs the given SQL in each.
func newSea(t *testing.T, prefix, tables string, sql ...map[string]string) *sea {
	t.Helper()
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	s := &sea{server: clusters[0], prefix: prefix, tables: peopleTable + tables, dsn: map[string]string{}}
	for _, name := range []string{"eu-1", "br-1"} {
		if s.dsn[name], err = s.server.CreateDatabase(t.Context(), s.db(name)); err != nil {
			t.Fatal(err)
		}
		s.exec(t, name, peopleOf[name])
		for _, m := range sql {
			s.exec(t, name, m[name])
		}
	}
	s.dsn["us-1"] = filepath.Join(t.TempDir(), "us-1.duckdb")
	stmts := []string{peopleOf["us-1"]}
	for _, m := range sql {
		stmts = append(stmts, m["us-1"])
	}
	if err := duckdb.Exec(t.Context(), s.dsn["us-1"], stmts...); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *sea) db(shard string) string { return s.prefix + "_" + shard[:2] }

// exec runs SQL on a PostgreSQL shard, as its superuser.
func (s *sea) exec(t *testing.T, shard, sql string) {
	t.Helper()
	if err := s.server.ExecIn(t.Context(), s.db(shard), sql); err != nil {
		t.Fatal(err)
	}
}

func (s *sea) config(t *testing.T) *Config {
	t.Helper()
	text := fmt.Sprintf(`version: 1
coordinator: {region: eu-central-1}
regions: {eu-central-1: {jurisdiction: EU}, brazilsouth: {jurisdiction: BR}, us-east-1: {jurisdiction: US}}
shards:
  eu-1: {region: eu-central-1, driver: postgres, dsn: "${EU}"}
  br-1: {region: brazilsouth, driver: postgres, dsn: "${BR}"}
  us-1: {region: us-east-1, driver: duckdb, dsn: "${US}"}
tables:
%s%s`, s.tables, s.limits)
	env := map[string]string{"EU": s.dsn["eu-1"], "BR": s.dsn["br-1"], "US": s.dsn["us-1"]}
	cfg, err := ParseConfig([]byte(text), t.TempDir(), func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// open opens an engine that is held to give all memory back.
func (s *sea) open(t *testing.T, opts ...Option) *Engine {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	e, err := Open(t.Context(), s.config(t), append([]Option{WithAllocator(alloc), WithInvariantChecks()}, opts...)...)
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

// ask answers a query as text: columns separated by spaces, rows by semicolons.
func ask(ctx context.Context, e *Engine, sql string, args ...any) (string, error) {
	r, err := e.Query(ctx, sql, args...)
	if err != nil {
		return "", err
	}
	defer r.Release()
	return strings.Join(readLines(r), "; "), r.Err()
}

// readRows reads a result to its end, or its error, as text.
func readRows(r *Result) (rows [][]string) {
	for r.Next() {
		rec := r.Record()
		for i := range int(rec.NumRows()) {
			row := make([]string, rec.NumCols())
			for j := range row {
				row[j] = strings.Clone(rec.Column(j).ValueStr(i))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// readLines is readRows with a line for each row.
func readLines(r *Result) (lines []string) {
	for _, row := range readRows(r) {
		lines = append(lines, strings.Join(row, " "))
	}
	return lines
}

func answers(t *testing.T, e *Engine, sql, want string, args ...any) {
	t.Helper()
	if got, err := ask(t.Context(), e, sql, args...); err != nil || got != want {
		t.Errorf("%s: got %q and error %v, want %q", sql, got, err, want)
	}
}

// refused is what a failure must look like.
type refused struct {
	sql    string // » marks the place that Error.Pos must be; without it the error has none
	state  string
	shard  string // what Error.Shard must be
	saying string // words separated by |, all of which the message has
}

// fails checks that a query fails as it must: an *Error with SQLSTATE, place and shard, without data, credentials or stack.
func fails(t *testing.T, e *Engine, want refused, args ...any) {
	t.Helper()
	pos := strings.Index(want.sql, "»")
	want.sql = strings.Replace(want.sql, "»", "", 1)
	got, err := ask(t.Context(), e, want.sql, args...)
	short := want.sql[:min(len(want.sql), 80)]
	var ae *Error
	if !errors.As(err, &ae) {
		t.Errorf("%s: got %q and error %v, want an *Error", short, got, err)
		return
	}
	shown := ae.Render(want.sql)
	t.Logf("%s\n%s [%s %s]", short, shown, ae.SQLState, ae.Shard)
	if got != "" {
		t.Errorf("%s: rows before the error: %q", short, got)
	}
	if ae.Kind != KindQuery || ae.SQLState != want.state || ae.Shard != want.shard {
		t.Errorf("%s: kind %d, SQLSTATE %q, shard %q; want %q, %q\n%s", short, ae.Kind, ae.SQLState, ae.Shard, want.state, want.shard, shown)
	}
	if ae.Pos != pos {
		t.Errorf("%s: position %d, want %d\n%s", short, ae.Pos, pos, shown)
	}
	for _, word := range strings.Split(want.saying, "|") {
		if !strings.Contains(ae.Text+ae.Hint, word) {
			t.Errorf("%s: %q does not say %q", short, shown, word)
		}
	}
	discreet(t, ae.Error()+shown)
}

// discreet checks that a message tells neither rows nor credentials nor where in our code it came from.
func discreet(t *testing.T, text string) {
	t.Helper()
	for _, bad := range []string{planted, password, "postgres://", "host=", "user=", "no-such-host", "127.0.0.1", "goroutine", ".go:", "0x", "nil pointer", "internal error"} {
		if strings.Contains(text, bad) {
			t.Errorf("the message contains %q:\n%s", bad, text)
		}
	}
}

// idle waits until no connection of an engine runs a statement on the server.
func (s *sea) idle(t *testing.T, within time.Duration) {
	t.Helper()
	const sql = `DO $$ DECLARE busy text := (SELECT string_agg(concat_ws(' ', datname, state, wait_event, query), '; ')
		FROM pg_stat_activity WHERE datname LIKE '%s\_%%' AND state <> 'idle'); BEGIN IF busy <> '' THEN RAISE '%%', busy; END IF; END $$`
	deadline := time.Now().Add(within)
	for {
		err := s.server.Exec(t.Context(), fmt.Sprintf(sql, s.prefix))
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("statements still run %s after the query's end: %v", within, err)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}
