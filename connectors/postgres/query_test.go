package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// TestOneRoundTrip counts, at the socket, how often the client waits for the server.
func TestOneRoundTrip(t *testing.T) {
	var line lineCounter
	s := openShard(t, connectors.Config{DSN: database(t)}, line.adjust)
	stmt := connectors.Statement{SQL: "SELECT g::int8 + $1::int8 FROM generate_series(1, 40000) g", Schema: oneInt,
		Args: []connectors.Arg{{Text: "1"}}}
	_, first := mustValues(t, s, stmt)
	if login := line.take(); first.RoundTrips != login {
		t.Errorf("with the login: %d round trips reported, %d seen", first.RoundTrips, login)
	}
	for i := range 5 {
		_, stats := mustValues(t, s, stmt)
		if seen := line.take(); seen != 1 || stats.RoundTrips != 1 {
			t.Errorf("run %d: %d round trips seen, %d reported, want 1", i+2, seen, stats.RoundTrips)
		}
	}
	// A statement that is new to the connection is parsed in the same round trip.
	for i := range 3 {
		stmt.SQL = fmt.Sprintf("SELECT %d::int8 + $1::int8", i)
		if _, stats := mustValues(t, s, stmt); line.take() != 1 || stats.RoundTrips != 1 {
			t.Errorf("new statement: %d round trips", stats.RoundTrips)
		}
	}
	// A failing statement costs no more, and the connection stays.
	stmt.SQL = "SELECT 1 / ($1::int8 - 1)"
	if _, stats, err := values(t, s, stmt); err == nil || line.take() != 1 || stats.RoundTrips != 1 {
		t.Errorf("failing statement: %v, %d round trips", err, stats.RoundTrips)
	}
	stmt.SQL = "SELECT $1::int8"
	if mustValues(t, s, stmt); line.take() != 1 {
		t.Error("the failure cost the connection")
	}
}

func TestSnapshotSettings(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t, `CREATE SCHEMA "Odd ""one"""`), Schema: `Odd "one"`}, nil)
	for setting, want := range map[string]string{
		"transaction_isolation": "repeatable read", "transaction_read_only": "on", "timezone": "UTC", "datestyle": "ISO, MDY",
		"search_path": `pg_catalog, "Odd ""one"""`, "client_encoding": "UTF8",
	} {
		stmt := connectors.Statement{SQL: "SELECT current_setting($1)", Schema: oneText, Args: []connectors.Arg{{Text: setting}}}
		if got, _ := mustValues(t, s, stmt); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
}

// TestNamesOfTheServer: what stands in a shard's schema is not taken for the server's own types, functions and operators.
func TestNamesOfTheServer(t *testing.T) {
	dsn := database(t, "CREATE TABLE text (x int)",
		"CREATE FUNCTION lower(pg_catalog.text) RETURNS pg_catalog.text AS $$ SELECT 'forged'::pg_catalog.text $$ LANGUAGE sql")
	stmt := connectors.Statement{SQL: "SELECT lower('A'::text)", Schema: oneText}
	if got, _ := mustValues(t, openShard(t, connectors.Config{DSN: dsn}, nil), stmt); got != "a" {
		t.Errorf("lower gave %q", got)
	}
}

// TestServerClosesIdleConnection: the statement goes out again on a new connection, unseen by the caller.
func TestServerClosesIdleConnection(t *testing.T) {
	dsn := database(t)
	s := openShard(t, connectors.Config{DSN: dsn}, nil)
	stmt := connectors.Statement{SQL: "SELECT pg_backend_pid()::int8", Schema: oneInt}
	before, _ := mustValues(t, s, stmt)
	if err := cluster(t).Exec(context.Background(), "SELECT pg_terminate_backend("+before+", 5000)"); err != nil {
		t.Fatal(err)
	}
	after, stats := mustValues(t, s, stmt)
	if before == after || stats.RoundTrips < 2 {
		t.Errorf("backend %s, then %s, %d round trips", before, after, stats.RoundTrips)
	}
}

// TestPlanOutdated: a change of the table invalidates a prepared statement, which is then prepared anew.
func TestPlanOutdated(t *testing.T) {
	dsn := database(t, "CREATE TABLE t (a int4)", "INSERT INTO t VALUES (7)")
	s := openShard(t, connectors.Config{DSN: dsn}, nil)
	stmt := connectors.Statement{SQL: "SELECT a FROM t", Schema: oneInt}
	mustValues(t, s, stmt)
	name := strings.ToLower(t.Name())
	if err := cluster(t).ExecIn(context.Background(), name, "ALTER TABLE t ALTER a TYPE int8"); err != nil {
		t.Fatal(err)
	}
	if got, _ := mustValues(t, s, stmt); got != "7" {
		t.Errorf("after the change: %s", got)
	}
	if err := cluster(t).ExecIn(context.Background(), name, "ALTER TABLE t ALTER a TYPE text"); err != nil {
		t.Fatal(err)
	}
	_, _, err := values(t, s, stmt)
	if e := asError(t, err); e.Class != connectors.ClassSchema || e.Column != "a" {
		t.Errorf("text for bigint: %v", err)
	}
}

func TestStatementCacheIsBounded(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t), MaxConns: 1}, nil)
	for i := range maxStatements + 40 {
		mustValues(t, s, connectors.Statement{SQL: fmt.Sprintf("SELECT %d::int8", i), Schema: oneInt})
	}
	mustValues(t, s, connectors.Statement{SQL: "SELECT 1::int8 -- " + strings.Repeat("long", maxKeptSQL/4), Schema: oneInt})
	count := connectors.Statement{SQL: "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'atoll%'", Schema: oneInt}
	if got, _ := mustValues(t, s, count); got != fmt.Sprint(maxStatements) {
		t.Errorf("%s prepared statements at the server, want %d", got, maxStatements)
	}
	if n := len(s.pool.Idle()[0].stmts.bySQL); n != maxStatements {
		t.Errorf("%d statements kept", n)
	}
}

// TestFatRowsMakeSmallBatches: a batch is bounded in bytes as well as in rows.
func TestFatRowsMakeSmallBatches(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t)}, nil)
	ctx := context.Background()
	r, err := s.Query(ctx, connectors.Statement{Schema: oneText,
		SQL: "SELECT repeat('x', 1000000 + g) FROM generate_series(1, 20) g"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for rows := int64(0); rows < 20; {
		rec, err := r.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if rec.NumRows() > 5 {
			t.Errorf("a batch of %d rows of 1 MB", rec.NumRows())
		}
		for i := range int(rec.NumRows()) {
			rows++
			if got := len(rec.Column(0).ValueStr(i)); got != 1_000_000+int(rows) {
				t.Errorf("row %d has %d bytes", rows, got)
			}
		}
	}
}

func TestWidenings(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t,
		"CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE DOMAIN posint AS int4 CHECK (value > 0)",
		"CREATE TYPE pair AS (a int, b int)")}, nil)
	i64, f64, text := arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Float64, arrow.BinaryTypes.String
	dec := func(p, s int32) arrow.DataType { return &arrow.Decimal128Type{Precision: p, Scale: s} }
	wide := &arrow.Decimal256Type{Precision: 76, Scale: 38}
	for _, tc := range []struct {
		sql  string
		typ  arrow.DataType
		want string
		fail string // SQLSTATE or class where it must fail
	}{
		{"-5::int2", i64, "-5", ""}, {"-5::int4", i64, "-5", ""}, {"-5::int2", arrow.PrimitiveTypes.Int32, "-5", ""},
		{"0.5::float4", f64, "0.5", ""}, {"7::posint", i64, "7", ""}, {"'ok'::mood", text, "ok", ""},
		{"'abc'::name", text, "abc", ""}, {"'x'::\"char\"", text, "x", ""}, {"'x'", text, "x", ""},
		{"(-9223372036854775808)::int8", dec(38, 0), "-9223372036854775808", ""},
		{"12::int4", dec(15, 2), "12", ""}, {"123::int2", dec(2, 0), "", "22003"},
		{"(-3)::int8", wide, "-3", ""},
		{"1.230", dec(15, 2), "1.23", ""}, {"1.231", dec(15, 2), "", "22003"}, {"12345.6::numeric", dec(5, 2), "", "22003"},
		{"1e40::numeric", dec(38, 0), "", "22003"}, {"1e38::numeric", wide, "", "22003"}, {"1e-39::numeric", wide, "", "22003"},
		{"'NaN'::numeric", wide, "", "22003"}, {"'Infinity'::numeric", dec(15, 2), "", "22003"},
		{"timestamp '294276-12-31 23:59:59.999999'", &arrow.TimestampType{Unit: arrow.Microsecond}, "", "22008"},
		{"interval '2562047788 hours'", arrow.FixedWidthTypes.MonthDayNanoInterval, "", "22015"},
		{"now()", &arrow.TimestampType{Unit: arrow.Microsecond}, "", "schema"},
		{"1::int8", arrow.PrimitiveTypes.Int32, "", "schema"}, {"1.5::float8", dec(15, 2), "", "schema"},
		{"ROW(1, 2)::pair", text, "", "schema"}, {"1::money", dec(15, 2), "", "schema"},
		{"'{1}'::int[]", text, "", "schema"}, {"'{}'::pg_catalog.aclitem[]", text, "", "schema"},
	} {
		out, _, err := values(t, s, connectors.Statement{SQL: "SELECT " + tc.sql, Schema: schemaOf(tc.typ)})
		if tc.fail == "" {
			if err != nil || out[0] != tc.want {
				t.Errorf("%s as %s: %v, %v, want %s", tc.sql, tc.typ, out, err, tc.want)
			}
			continue
		}
		e := asError(t, err)
		if e.SQLState != tc.fail && string(e.Class) != tc.fail {
			t.Errorf("%s as %s: %v, want %s", tc.sql, tc.typ, err, tc.fail)
		}
		if e.SQLState != "42883" && e.Column != "a" {
			t.Errorf("%s as %s: %v does not name the column", tc.sql, tc.typ, err)
		}
	}
}

func TestPoolBoundsConnections(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t), MaxConns: 2}, nil)
	ctx := context.Background()
	stmt := connectors.Statement{SQL: "SELECT 1::int8", Schema: oneInt}
	var open []connectors.Reader
	for range 2 {
		r, err := s.Query(ctx, stmt)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, r)
	}
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if _, err := s.Query(short, stmt); connectors.ClassOf(err) != connectors.ClassTimeout {
		t.Errorf("a third connection: %v", err)
	}
	for _, r := range open {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	mustValues(t, s, stmt)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Query(ctx, stmt); err == nil {
		t.Error("a closed connector answers")
	}
}
