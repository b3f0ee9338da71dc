package atoll

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

// written is a table over a shard of each driver, and one PostgreSQL that holds all of its rows.
type written struct {
	*Engine
	oracle *pgx.Conn
	server *pgtest.Cluster
	prefix string // of the databases' names
}

const writtenColumns = `country text NOT NULL, id bigint NOT NULL, n integer DEFAULT 7, amount numeric(10,2), name text, d date, ts timestamp, ok boolean,
	u double precision, small smallint NOT NULL DEFAULT 1, PRIMARY KEY (country, id)`

// writtenAs is the same table for SQL Server.
const writtenAs = `country nvarchar(10) NOT NULL, id bigint NOT NULL, n int, amount decimal(10,2), name nvarchar(100), d date, ts datetime2(6), ok bit,
	u float, small smallint NOT NULL, PRIMARY KEY (country, id)`

// newWritten makes the table empty; sharding is that of table t, whose key columns are country and id.
func newWritten(t *testing.T, sharding, more string, drivers ...string) *written {
	t.Helper()
	columns := writtenColumns
	if slices.Contains(drivers, "sqlserver") { // whose part the tests' server plays without defaults
		columns = strings.NewReplacer("DEFAULT 7", "", "DEFAULT 1", "").Replace(columns)
	}
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	w := &written{server: clusters[0], prefix: strings.ToLower("written_" + strings.NewReplacer("/", "_", "#", "_", " ", "_").Replace(t.Name()))}
	dir, dsns, shards := t.TempDir(), map[string]string{}, ""
	database := func(name, sql string) string {
		dsn, err := w.server.CreateDatabase(t.Context(), w.prefix+"_"+name)
		if err == nil {
			err = w.server.ExecIn(t.Context(), w.prefix+"_"+name, sql)
		}
		if err != nil {
			t.Fatal(err)
		}
		return dsn
	}
	for i, driver := range drivers {
		name := "s" + strconv.Itoa(i)
		switch driver {
		case "postgres":
			dsns[name] = database(name, "CREATE TABLE t ("+columns+")")
		case "duckdb":
			dsns[name] = filepath.Join(dir, name+".duckdb")
			if err := duckdb.Exec(t.Context(), dsns[name], "CREATE TABLE t ("+columns+")"); err != nil {
				t.Fatal(err)
			}
		case "sqlserver":
			s := newSQLServer(t, driver)
			if err := s.exec(t.Context(), "CREATE TABLE "+s.schema+".t ("+writtenAs+")"); err != nil {
				t.Fatal(err)
			}
			dsns[name] = s.dsn
		}
		shards += fmt.Sprintf("  %s: {region: r%d, driver: %s, dsn: \"${%s}\"}\n", name, i, driver, name)
	}
	conn, err := pgx.Connect(t.Context(), database("all", "CREATE TABLE t ("+columns+")"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	w.oracle = conn
	cfg, err := ParseConfig([]byte("version: 1\ncoordinator: {region: r0}\nregions: {r0: {}, r1: {}, r2: {}}\nshards:\n"+shards+
		"tables:\n  t: {sharding: "+sharding+"}\n"+more), dir, func(name string) (string, bool) { v, ok := dsns[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	if w.Engine, err = Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// codeOf is an error's SQLSTATE, "" for none.
func codeOf(err error) string {
	var ours *Error
	var theirs *pgconn.PgError
	switch {
	case errors.As(err, &ours):
		return ours.SQLState
	case errors.As(err, &theirs):
		return theirs.Code
	case err != nil:
		return err.Error()
	}
	return ""
}

// ask runs a statement at the oracle.
func (w *written) ask(t *testing.T, sql string, args ...any) (int64, error) {
	t.Helper()
	values := make([][]byte, len(args))
	for i, a := range args {
		text, null, err := textArg(a)
		if err != nil {
			t.Fatal(err)
		}
		if !null {
			values[i] = []byte(text)
		}
	}
	r := w.oracle.PgConn().ExecParams(t.Context(), sql, values, nil, nil, nil).Read()
	return r.CommandTag.RowsAffected(), r.Err
}

// agrees holds that all rows are equal.
func (w *written) agrees(t *testing.T) {
	t.Helper()
	const sql = "SELECT * FROM t ORDER BY country, id"
	want, err := logictest.FromPostgres(t.Context(), w.oracle, sql, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := answerOf(t.Context(), w.As(Caller{}), sql)
	if err != nil {
		t.Fatal(err)
	}
	if err := logictest.Compare(logictest.Case{Ordered: true}, want, got); err != nil {
		t.Error(err)
	}
}

// both runs a statement on both sides: one that is not refused has the same outcome. It reports whether it was run.
func (w *written) both(t *testing.T, sql string, args ...any) bool {
	t.Helper()
	got, err := w.Exec(t.Context(), sql, args...)
	if state := codeOf(err); state == "0A000" {
		return false
	}
	want, wantErr := w.ask(t, sql, args...)
	switch {
	case (err == nil) != (wantErr == nil): // of several errors either side may meet another one first
		t.Errorf("%s %v: error %v (%s), want %v", sql, args, err, codeOf(err), wantErr)
	case err == nil && got.Rows != want:
		t.Errorf("%s %v: %d rows, want %d", sql, args, got.Rows, want)
	}
	return true
}
