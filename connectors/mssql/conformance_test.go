package mssql

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"

	_ "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/conformance"
)

// TestConformance runs the suite against the test server.
func TestConformance(t *testing.T) {
	s := server(t)
	exec := func(tb testing.TB, statements ...string) {
		tb.Helper()
		for _, sql := range statements {
			if err := s.Exec(context.Background(), viewless(transact(sql))); err != nil {
				tb.Fatalf("%s: %v", sql, err)
			}
		}
	}
	exec(t, numbers("conformance_numbers")...)
	h := harness("conformance_numbers", "")
	h.Exec, h.Write = exec, exec
	h.Open = func(tb testing.TB) connectors.Connector { return openConformance(tb, s.DSN(), "") }
	h.Cut = func(testing.TB) { s.DropConnections() }
	conformance.Run(t, h)
}

// TestConformanceReal runs the suite against the server of ATOLL_TEST_MSSQL_DSN, in a schema of its own.
func TestConformanceReal(t *testing.T) {
	dsn := os.Getenv("ATOLL_TEST_MSSQL_DSN")
	if dsn == "" {
		t.Skip("ATOLL_TEST_MSSQL_DSN names no server")
	}
	db, err := sql.Open("sqlserver", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	schema := fmt.Sprintf("atoll_conformance_%d", os.Getpid())
	run := func(tb testing.TB, statements ...string) {
		tb.Helper()
		for _, sql := range statements {
			if _, err := db.Exec(within(schema, sql)); err != nil {
				tb.Fatalf("%s: %v", within(schema, sql), err)
			}
		}
	}
	run(t, "CREATE SCHEMA "+schema)
	defer run(t, "DROP VIEW IF EXISTS conformance_view", "DROP TABLE IF EXISTS conformance_types", "DROP TABLE IF EXISTS [Conformance Odd]",
		"DROP TABLE IF EXISTS conformance_children", "DROP TABLE IF EXISTS conformance_writes", "DROP TABLE IF EXISTS conformance_keys",
		"DROP TABLE IF EXISTS conformance_keyless", "DROP TABLE IF EXISTS conformance_ro", "DROP TABLE IF EXISTS conformance_moves", "DROP TABLE IF EXISTS conformance_numbers", "DROP SCHEMA "+schema)
	run(t, numbers("conformance_numbers")...)
	h := harness(schema+".conformance_numbers", " ORDER BY a.n, b.n")
	h.Exec = func(tb testing.TB, statements ...string) {
		for _, sql := range statements {
			run(tb, transact(sql))
		}
	}
	h.Write = h.Exec
	h.FoldsNames = foldsNames(t, dsn, schema)
	h.Open = func(tb testing.TB) connectors.Connector { return qualified{openConformance(tb, dsn, schema), schema} }
	conformance.Run(t, h)
	t.Run("writes", func(t *testing.T) { conformance.RunWrites(t, writes(h)) })
}

// foldsNames asks the server whether the letter case of names matters.
func foldsNames(t *testing.T, dsn, schema string) bool {
	c := openConformance(t, dsn, schema)
	defer c.Close()
	caps, err := c.Calibrate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return caps.FoldedNames
}

// qualified puts the suite's tables into the schema where its statements name them.
type qualified struct {
	connectors.Connector
	schema string
}

func (q qualified) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	stmt.SQL = within(q.schema, stmt.SQL)
	return q.Connector.Query(ctx, stmt)
}

// MaxConns implements connectors.Pooled.
func (q qualified) MaxConns() int { return q.Connector.(connectors.Pooled).MaxConns() }

// Begin does so for the statements of a transaction.
func (q qualified) Begin(ctx context.Context) (connectors.Tx, error) {
	tx, err := q.Connector.(connectors.Writer).Begin(ctx)
	if err != nil {
		return nil, err
	}
	return qualifiedTx{tx, q.schema}, nil
}

// Keys asks for tables of the schema anyway.
func (q qualified) Keys(ctx context.Context, tables []string) (map[string][]string, error) {
	return q.Connector.(connectors.Writer).Keys(ctx, tables)
}

type qualifiedTx struct {
	connectors.Tx
	schema string
}

func (q qualifiedTx) Exec(ctx context.Context, sql string, args []connectors.Arg) (int64, error) {
	return q.Tx.Exec(ctx, within(q.schema, sql), args)
}

func (q qualifiedTx) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	stmt.SQL = within(q.schema, stmt.SQL)
	return q.Tx.Query(ctx, stmt)
}

// Snapshot does so for the statements of a snapshot.
func (q qualified) Snapshot(over func() error) connectors.Snapshot {
	return qualifiedSnapshot{q.Connector.Snapshot(over), q.schema}
}

type qualifiedSnapshot struct {
	connectors.Snapshot
	schema string
}

func (q qualifiedSnapshot) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	stmt.SQL = within(q.schema, stmt.SQL)
	return q.Snapshot.Query(ctx, stmt)
}

func openConformance(tb testing.TB, dsn, schema string) connectors.Connector {
	tb.Helper()
	c, err := Open(connectors.Config{Shard: "br-1", DSN: dsn, Schema: schema})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// numbers makes a table of 0 … 9999.
func numbers(name string) []string {
	statements := []string{"CREATE TABLE " + name + " (n bigint NOT NULL)"}
	for i := range 10 {
		rows := make([]string, 1000)
		for j := range rows {
			rows[j] = fmt.Sprintf("(%d)", 1000*i+j)
		}
		statements = append(statements, "INSERT INTO "+name+" (n) VALUES "+strings.Join(rows, ", "))
	}
	return statements
}

// harness is what both servers have in common. The order is what a real server needs to keep rows in order.
func harness(numbers, order string) conformance.Harness {
	pairs := "FROM " + numbers + " AS a CROSS JOIN " + numbers + " AS b"
	series := func(n int) string {
		return fmt.Sprintf("SELECT TOP (%d) CAST(a.n * 10000 + b.n + 1 AS bigint) AS n %s%s", n, pairs, order)
	}
	return conformance.Harness{
		Literal:        mssqlLiteral,
		Series:         series,
		Endless:        "SELECT COUNT_BIG(*) AS n " + pairs + " CROSS JOIN " + numbers + " AS c CROSS JOIN " + numbers + " AS d WHERE a.n + b.n + c.n + d.n < 0",
		DivisionByZero: "SELECT s.n / (s.n - 2000) AS n FROM (" + series(3000) + ") AS s(n)",
		Overflow:       "SELECT CAST(9223372036854775807 AS bigint) + s.n AS n FROM (" + series(3) + ") AS s(n)",
		BadCast:        "SELECT CAST(v.t AS bigint) AS n FROM (VALUES (N'1'), (N'secret-cell')) AS v(t)",
		TextColumn:     "SELECT N'secret-cell' AS n",
		Args:           "SELECT CAST(@p1 AS bigint) AS a, CAST(@p2 AS nvarchar(4000)) AS b, CAST(@p3 AS date) AS c, CAST(@p1 AS bigint) + 1 AS d",
		FoldsNames:     true,
		Describe:       map[string]string{"c_interval": "text", "c_json": "text"},
	}
}

// mssqlLiteral writes a PostgreSQL constant in T-SQL. Intervals, infinities, NaN, BC and 24:00 do not exist there, nor
// do floats below the normal range.
func mssqlLiteral(typ, text string) (string, bool) {
	quoted := "N'" + strings.ReplaceAll(text, "'", "''") + "'"
	cast := func(native string) (string, bool) { return "CAST(" + quoted + " AS " + native + ")", true }
	switch {
	case typ == "interval", text == "NaN", strings.HasSuffix(strings.ToLower(text), "infinity"), strings.HasSuffix(text, " BC"),
		text == "24:00:00", text == "1e-45", text == "5e-324", text == "-0":
		return "", false
	case typ == "text", typ == "json", typ == "jsonb", typ == "numeric":
		return quoted, true
	case typ == "boolean":
		return map[string]string{"true": "CAST(1 AS bit)", "false": "CAST(0 AS bit)"}[text], true
	case typ == "bytea":
		return "0x" + strings.TrimPrefix(text, `\x`), true
	case typ == "double precision":
		return cast("float")
	case typ == "character(5)":
		return cast("nchar(5)")
	case strings.HasPrefix(typ, "numeric"):
		return cast("decimal" + strings.TrimPrefix(typ, "numeric"))
	case typ == "uuid":
		return cast("uniqueidentifier")
	case typ == "time without time zone":
		return cast("time(6)")
	case typ == "timestamp without time zone":
		return cast("datetime2(6)")
	case typ == "timestamp with time zone":
		if len(text) < len("+00") {
			return "", false
		}
		return "CAST(N'" + text[:len(text)-3] + " " + text[len(text)-3:] + ":00' AS datetimeoffset(6))", true
	}
	return cast(typ)
}

// transact writes the suite's own DDL in T-SQL. An interval and json are kept as text.
func transact(sql string) string {
	return strings.NewReplacer(`"Odd ""Name"""`, `[Odd "Name"]`, `"Conformance Odd"`, "[Conformance Odd]", " double precision", " float",
		" boolean", " bit", " text", " nvarchar(max)", " varchar(10)", " nvarchar(10)", " char(5)", " nchar(5)", " bytea", " varbinary(max)",
		"timestamp with time zone", "datetimeoffset(6)", " timestamp,", " datetime2(6),", " time,", " time(6),", " interval", " nvarchar(60)",
		" uuid", " uniqueidentifier", " json", " nvarchar(max)", " integer", " int", " numeric(", " decimal(").Replace(sql)
}

// viewless stands a table in for the suite's view, for the test server knows no views.
func viewless(sql string) string {
	if strings.HasPrefix(sql, "CREATE VIEW conformance_view") {
		return "CREATE TABLE conformance_view (id bigint NOT NULL, c_text nvarchar(max))"
	}
	return strings.Replace(sql, "DROP VIEW", "DROP TABLE", 1)
}

// within puts the suite's tables into a schema, for a login's own default schema is another.
func within(schema, sql string) string {
	for _, name := range []string{"[Conformance Odd]", "conformance_types", "conformance_view", "conformance_ro", "conformance_moves", "conformance_numbers",
		"conformance_writes", "conformance_children", "conformance_keyless", "conformance_keys", "conformance_no_such_table"} {
		sql = strings.ReplaceAll(sql, " "+name, " "+schema+"."+name)
	}
	return sql
}
