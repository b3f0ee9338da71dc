package atoll

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/connectors/postgres"
	"github.com/atoll-sql/atoll/residency/audit"
)

const byCountry = "{strategy: list, key: [country], lists: {s0: [DE, FR], s1: [BR]}}"

// execs runs a statement that must succeed.
func execs(t *testing.T, e *Engine, sql string, args ...any) *ExecResult {
	t.Helper()
	r, err := e.Exec(t.Context(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return r
}

func TestExecShards(t *testing.T) {
	w := newWritten(t, byCountry, "", "postgres", "duckdb")
	for _, c := range []struct{ sql, want string }{
		{"INSERT INTO t (id, country) VALUES (1, 'DE'), (2, 'BR'), (3, 'FR')", "3 [{s0 2} {s1 1}]"},
		{"INSERT INTO t VALUES ('DE', 4)", "1 [{s0 1}]"},
		{"UPDATE t SET (n, name) = (n + 1, 'x') WHERE country IN ('DE', 'FR')", "3 [{s0 3}]"},
		{"UPDATE t AS x SET n = DEFAULT WHERE x.country = 'BR' AND x.id = 2", "1 [{s1 1}]"},
		{"DELETE FROM t WHERE country = 'DE' AND id > 3", "1 [{s0 1}]"},
		{"DELETE FROM t WHERE country = 'DE' AND country = 'BR'", "0 []"},
		{"DELETE FROM t WHERE country = 'DE' AND id = NULL", "0 []"},
		{"DELETE FROM t WHERE country = 'BR'", "1 [{s1 1}]"},
	} {
		r := execs(t, w.Engine, c.sql)
		if got := fmt.Sprint(r.Rows, r.Shards); got != c.want {
			t.Errorf("%s: %s, want %s", c.sql, got, c.want)
		}
	}
	answers(t, w.Engine, "SELECT country, id, n, name FROM t ORDER BY country, id", "DE 1 8 x; FR 3 8 x")
}

// TestExecRefuses holds that what is refused names why, and its place where it has one, and changes nothing.
func TestExecRefuses(t *testing.T) {
	w := newWritten(t, byCountry, "  ref: {sharding: {strategy: reference}}\n", "postgres", "duckdb")
	execs(t, w.Engine, "INSERT INTO t (country, id) VALUES ('DE', 1), ('BR', 2)")
	for _, c := range []struct {
		sql, state, saying string
		args               []any
	}{
		{sql: "DELETE FROM t", state: "0A000", saying: "does not fix one shard: it may touch s0, s1|add country = …"},
		{sql: "UPDATE t SET n = 1 WHERE id = 1", state: "0A000", saying: "may touch s0, s1"},
		{sql: "DELETE FROM t WHERE country = 'DE' OR n = 1", state: "0A000", saying: "may touch s0, s1"},
		{sql: "DELETE FROM t WHERE country IN ('DE', 'BR')", state: "0A000", saying: "may touch s0, s1"},
		{sql: "DELETE FROM t WHERE country = 'XX'", state: "0A000", saying: "may touch s0, s1"},
		{sql: "DELETE FROM t WHERE upper(country) = 'DE'", state: "0A000", saying: "may touch s0, s1"},
		{sql: "UPDATE t SET n = 2, »country = 'BR' WHERE country = 'DE'", state: "0A000", saying: `column "country"|sharding key|insert it anew`},
		{sql: "INSERT INTO t (id) VALUES (1)", state: "0A000", saying: `column "country"|must be given`},
		{sql: "INSERT INTO t (country, id) VALUES (DEFAULT, 1)", state: "0A000", saying: "must be given"},
		{sql: "INSERT INTO t DEFAULT VALUES", state: "0A000", saying: "must be given"},
		{sql: "INSERT INTO t (country, id) VALUES (NULL, 1)", state: "23502", saying: "must not be NULL"},
		{sql: "INSERT INTO t (country, id) VALUES ($1, 1)", state: "23502", saying: "must not be NULL", args: []any{nil}},
		{sql: "INSERT INTO t (country, id) VALUES ('DE', 9), ('XX', 1)", state: "0A000", saying: "not listed"},
		{sql: "INSERT INTO t (country, id) SELECT »country, id + 1 FROM t", state: "0A000", saying: "INSERT … SELECT"},
		{sql: "INSERT INTO t (country, id) VALUES ('DE', 5) »ON CONFLICT DO NOTHING", state: "0A000", saying: "ON CONFLICT"},
		{sql: "INSERT INTO t (country, id) VALUES ('DE', 5) RETURNING »id", state: "0A000", saying: "RETURNING"},
		{sql: "UPDATE t SET n = 1 FROM »ref WHERE country = 'DE'", state: "0A000", saying: "UPDATE … FROM"},
		{sql: "DELETE FROM t USING »ref WHERE country = 'DE'", state: "0A000", saying: "DELETE … USING"},
		{sql: "»WITH x AS (SELECT 1) DELETE FROM t WHERE country = 'DE'", state: "0A000", saying: "WITH"},
		{sql: "DELETE FROM t WHERE country »= (SELECT 'DE')", state: "0A000", saying: "subquery"},
		{sql: "UPDATE t SET n = »(SELECT 1) WHERE country = 'DE'", state: "0A000", saying: "subquery"},
		{sql: "DELETE FROM t WHERE atoll_shard »= 's0'", state: "0A000", saying: "atoll_shard"},
		{sql: "DELETE FROM ONLY »t WHERE country = 'DE'", state: "0A000", saying: "ONLY"},
		{sql: "INSERT INTO ref VALUES (1)", state: "0A000", saying: "table ref is replicated|s0, s1"},
		{sql: "»SELECT 1", state: "0A000", saying: "reading query"},
		{sql: "»TRUNCATE t", state: "0A000", saying: "TRUNCATE"},
		{sql: "DELETE FROM t WHERE country = 'DE'; »DELETE FROM t WHERE country = 'DE'", state: "0A000", saying: "several statements"},
		{sql: "", state: "42601", saying: "empty"},
		{sql: "DELETE FROM »nothing", state: "42P01", saying: "nothing"},
		{sql: "UPDATE t SET »nothing = 1", state: "42703", saying: `"nothing"`},
		{sql: "UPDATE t SET n = 1, »n = 2 WHERE country = 'DE'", state: "42601", saying: "multiple assignments"},
		{sql: "INSERT INTO t (id, »id) VALUES (1, 2)", state: "42701", saying: "more than once"},
		{sql: "INSERT INTO t (id, country) VALUES (1, 'DE', »3)", state: "42601", saying: "more expressions"},
		{sql: "INSERT INTO t (id, »country) VALUES (1)", state: "42601", saying: "more target columns"},
		{sql: "INSERT INTO t (id, country) VALUES (1, 'DE'), (»1)", state: "42601", saying: "same length"},
		{sql: "UPDATE t SET n = »name WHERE country = 'DE'", state: "42804", saying: `column "n" is of type integer but expression is of type text`},
		{sql: "UPDATE t SET n = »'x' WHERE country = 'DE'", state: "22P02", saying: "invalid input syntax"},
		{sql: "UPDATE t SET n = 2147483648 WHERE country = 'DE'", state: "22003", saying: "out of range"},
		{sql: "UPDATE t SET amount = 123456789 WHERE country = 'DE'", state: "22003", saying: ""},
		{sql: "DELETE FROM t WHERE country = 'DE'", state: "08P01", saying: "parameters", args: []any{1}},
		{sql: "UPDATE t SET small = NULL WHERE country = 'DE'", state: "23502", saying: "small"},
		{sql: "INSERT INTO t (country, id) VALUES ('FR', 1), ('DE', 1), ('BR', 8)", state: "23505", saying: "constraint"},
		{sql: "INSERT INTO t (country, id) VALUES ('FR', 1), ('BR', 2)", state: "23505", saying: "s1: a write breaks"},
	} {
		pos := strings.Index(c.sql, "»")
		sql := strings.Replace(c.sql, "»", "", 1)
		_, err := w.Exec(t.Context(), sql, c.args...)
		var e *Error
		if !errors.As(err, &e) || e.SQLState != c.state || e.Pos != pos {
			t.Errorf("%s: error %v (%s), want %s at %d; got %+v", sql, err, codeOf(err), c.state, pos, e)
			continue
		}
		for _, word := range strings.Split(c.saying, "|") {
			if !strings.Contains(e.Text+e.Hint, word) {
				t.Errorf("%s: %q does not say %q", sql, e.Render(sql), word)
			}
		}
		discreet(t, e.Render(sql))
	}
	answers(t, w.Engine, "SELECT country, id, n, small FROM t ORDER BY country, id", "BR 2 7 1; DE 1 7 1")
}

// TestExecKeyLength holds that a key is routed as the shard stores it, or not at all.
func TestExecKeyLength(t *testing.T) {
	w := newWritten(t, byCountry, "", "postgres", "duckdb")
	if err := w.server.ExecIn(t.Context(), w.prefix+"_s0", "ALTER TABLE t ALTER country TYPE varchar(2), ALTER name TYPE varchar(3)"); err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), &Config{w.cfg, w.env})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, sql := range []string{"INSERT INTO t (country, id) VALUES ('DE ', 1)", "INSERT INTO t (country, id, name) VALUES ('DE', 1, 'abcd')"} {
		if _, err := e.Exec(t.Context(), sql); codeOf(err) != "22001" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	execs(t, e, "INSERT INTO t (country, id, name) VALUES ('DE', 1, 'abc  ')")
	answers(t, e, "SELECT id, name || '|' FROM t", "1 abc|")
}

// TestExecStates holds that shards take what their state in the map allows.
func TestExecStates(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		if err := duckdb.Exec(t.Context(), filepath.Join(dir, name+".duckdb"), "CREATE TABLE t (k integer, v integer)", "INSERT INTO t VALUES ("+map[string]string{"a": "1", "b": "2", "c": "3"}[name]+", 0)"); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := ParseConfig([]byte(`version: 1
coordinator: {region: r}
regions: {r: {}}
shards:
  a: {region: r, driver: duckdb, dsn: a.duckdb, state: read_only}
  b: {region: r, driver: duckdb, dsn: b.duckdb, state: draining}
  c: {region: r, driver: duckdb, dsn: c.duckdb}
tables:
  t: {sharding: {strategy: lookup, key: [k], map: {a: [1], b: [2], c: [3]}}}
`), dir, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for sql, want := range map[string]string{
		"UPDATE t SET v = 1 WHERE k = 1":          "25006 shard a takes no writes: it is read_only",
		"INSERT INTO t VALUES (3, 1), (1, 2)":     "25006 shard a takes no writes: it is read_only",
		"INSERT INTO t VALUES (3, 1), (2, 2)":     "55000 shard b takes no new rows: it is draining",
		"UPDATE t SET v = 2 WHERE k = 2":          "",
		"UPDATE t SET v = 3 WHERE k IN (3)":       "",
		"DELETE FROM t WHERE k = 1 AND v = v + 1": "25006 shard a takes no writes: it is read_only",
	} {
		_, err := e.Exec(t.Context(), sql)
		if got := strings.TrimSpace(codeOf(err) + " " + textOf(err)); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
	answers(t, e, "SELECT k, v FROM t ORDER BY k", "1 0; 2 2; 3 3")
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestExecUnderPolicy holds that nothing is told of rows in another region, and that writes are on record without their literals.
func TestExecUnderPolicy(t *testing.T) {
	g := openGuarded(t, guardedPolicy)
	exec := func(sql string) string {
		r, err := g.As(Caller{User: "ana"}).Exec(t.Context(), sql)
		if err != nil {
			return outcomeText(err)
		}
		return fmt.Sprint(r.Rows, r.Shards)
	}
	for _, c := range []struct{ sql, want string }{
		{"UPDATE members SET name = 'XQX' WHERE coop = 1", "1 [{eu-1 1}]"},
		{"UPDATE members SET name = 'XQX' WHERE coop = 2 AND id = 11", "-1 [{br-1 -1}]"},
		{"DELETE FROM members WHERE coop = 2 AND id = 99", "-1 [{br-1 -1}]"},
		{"INSERT INTO members VALUES (1, 2, 'a'), (2, 15, 'b')", "2 [{eu-1 1} {br-1 1}]"},
		{"UPDATE members SET id = 1 / id WHERE coop = 2", "refused: under the residency policy"},
		{"DELETE FROM members WHERE coop = 2 AND 1 / id = 3", "refused: under the residency policy"},
		{"UPDATE members SET id = 2 * id WHERE coop = 1 AND id = 2", "1 [{eu-1 1}]"},
	} {
		if got := exec(c.sql); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s", c.sql, got, c.want)
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	said := map[string]int{}
	for _, e := range g.logged(t, "eu-central-1") {
		said[e.Type+" "+e.Decision]++
		if e.Type == audit.TypeIntent && strings.Contains(e.Text, "XQX") {
			t.Errorf("a literal is on record: %s", e.Text)
		}
		if strings.Contains(e.Reason, "XQX") {
			t.Errorf("a literal is on record: %s", e.Reason)
		}
	}
	for what, n := range map[string]int{"INTENT ": 7, "DECISION allow": 5, "COMPLETE ": 5, "ABORT ": 2} {
		if said[what] != n {
			t.Errorf("%d entries %q, want %d: %v", said[what], what, n, said)
		}
	}
}

// failing is a driver whose transactions fail where a test says.
type failing struct {
	connectors.Connector
	onExec, onCommit error
	commits          *[]string
	name             string
}

type failingTx struct {
	connectors.Tx
	f *failing
}

func (f *failing) Begin(ctx context.Context) (connectors.Tx, error) {
	tx, err := f.Connector.(connectors.Writer).Begin(ctx)
	if err != nil {
		return nil, err
	}
	return &failingTx{tx, f}, nil
}

func (f *failing) Keys(ctx context.Context, tables []string) (map[string][]string, error) {
	return f.Connector.(connectors.Writer).Keys(ctx, tables)
}

func (tx *failingTx) Exec(ctx context.Context, sql string, args []connectors.Arg) (int64, error) {
	if tx.f.onExec != nil {
		return 0, tx.f.onExec
	}
	return tx.Tx.Exec(ctx, sql, args)
}

func (tx *failingTx) Commit(ctx context.Context) error {
	if tx.f.onCommit != nil {
		return tx.f.onCommit
	}
	*tx.f.commits = append(*tx.f.commits, tx.f.name)
	return tx.Tx.Commit(ctx)
}

// TestExecFailures holds what is said, and what lasts, when shards fail before and at the commit.
func TestExecFailures(t *testing.T) {
	gone := func(class connectors.Class) error { return connectors.NewError("x", class, "08006", "it is gone", nil) }
	for _, c := range []struct {
		name    string
		exec    map[string]error
		commit  map[string]error
		want    string
		says    string
		written string
	}{
		{name: "all well", written: "1; 2; 3"},
		{name: "dies before", exec: map[string]error{"b": gone(connectors.ClassUnavailable)}, want: "08006", says: "it is gone"},
		{name: "first commit", commit: map[string]error{"a": gone(connectors.ClassConstraint)}, want: "08006", says: "it is gone"},
		{name: "first unknown", commit: map[string]error{"a": gone(connectors.ClassUnknown)}, want: "40003", says: "not known of a, not committed on b, c"},
		{name: "second commit", commit: map[string]error{"b": gone(connectors.ClassConstraint)}, want: "58000", says: "committed on a, not committed on b, c", written: "1"},
		{name: "last unknown", commit: map[string]error{"c": gone(connectors.ClassUnknown)}, want: "40003", says: "committed on a, b, not known of c", written: "1; 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			var commits []string
			shards := ""
			for _, name := range []string{"a", "b", "c"} {
				if err := duckdb.Exec(t.Context(), filepath.Join(dir, name+".duckdb"), "CREATE TABLE t (k integer)"); err != nil {
					t.Fatal(err)
				}
				shards += fmt.Sprintf("  %s: {region: r, driver: duckdb, dsn: %s.duckdb}\n", name, name)
			}
			cfg, err := ParseConfig([]byte("version: 1\ncoordinator: {region: r}\nregions: {r: {}}\nshards:\n"+shards+
				"tables:\n  t: {sharding: {strategy: lookup, key: [k], map: {a: [1], b: [2], c: [3]}}}\n"), dir, os.LookupEnv)
			if err != nil {
				t.Fatal(err)
			}
			e, err := Open(t.Context(), cfg, WithDriver("duckdb", func(cc connectors.Config) (connectors.Connector, error) {
				conn, err := duckdb.Open(cc)
				return &failing{conn, c.exec[cc.Shard], c.commit[cc.Shard], &commits, cc.Shard}, err
			}))
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			_, err = e.Exec(t.Context(), "INSERT INTO t VALUES (1), (2), (3)")
			if codeOf(err) != c.want || !strings.Contains(textOf(err), c.says) {
				t.Errorf("%v (%s), want %s: %s", err, codeOf(err), c.want, c.says)
			}
			answers(t, e, "SELECT k FROM t ORDER BY k", c.written)
		})
	}
}

// reading is a driver that only reads.
type reading struct{ connectors.Connector }

func TestExecNeedsWriter(t *testing.T) {
	s := calmSea(t)
	e := s.open(t, WithDriver("postgres", func(c connectors.Config) (connectors.Connector, error) {
		conn, err := postgres.Open(c)
		return reading{conn}, err
	}))
	if _, err := e.Exec(t.Context(), "DELETE FROM people WHERE coop = 3 AND id = 0"); codeOf(err) != "0A000" || !strings.Contains(textOf(err), "only reads") {
		t.Errorf("%v", err)
	}
}

// TestExecConcurrently counts in rows of two shards from many goroutines.
func TestExecConcurrently(t *testing.T) {
	w := newWritten(t, "{strategy: list, key: [country], lists: {s0: [DE, FR], s1: [BR]}}", "", "postgres", "postgres")
	execs(t, w.Engine, "INSERT INTO t (country, id, n) VALUES ('DE', 1, 0), ('BR', 1, 0)")
	const workers, each = 8, 15
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			for j := range each {
				if _, err := w.Exec(t.Context(), "UPDATE t SET n = n + 1 WHERE country = $1 AND id = 1", []string{"DE", "BR"}[(i+j)%2]); err != nil {
					t.Error(err)
				}
				id := 10 + i*each + j
				if _, err := w.Exec(t.Context(), "INSERT INTO t (country, id) VALUES ('DE', $1), ('BR', $1), ('FR', $1)", id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	answers(t, w.Engine, "SELECT sum(n) FROM t WHERE id = 1", fmt.Sprint(workers*each))
	answers(t, w.Engine, "SELECT count(*), count(DISTINCT id) FROM t WHERE id >= 10", fmt.Sprintf("%d %d", 3*workers*each, workers*each))
}
