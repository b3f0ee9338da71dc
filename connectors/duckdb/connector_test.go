package duckdb

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
)

func newShard(tb testing.TB, path string) connectors.Connector {
	tb.Helper()
	c, err := Open(connectors.Config{Shard: "us-1", DSN: path})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Error(err)
		}
	})
	return c
}

// newFile makes a DuckDB file with the given statements.
func newFile(tb testing.TB, statements ...string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "shard.duckdb")
	if err := Exec(testContext(tb), path, statements...); err != nil {
		tb.Fatal(err)
	}
	return path
}

func query(tb testing.TB, c connectors.Connector, stmt connectors.Statement) ([]arrow.Record, error) {
	tb.Helper()
	ctx := testContext(tb)
	rd, err := c.Query(ctx, stmt)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := rd.Close(); err != nil {
			tb.Error(err)
		}
	}()
	return drain(tb, ctx, rd)
}

func TestCreateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new.duckdb")
	g := &generated{alloc: checkedAllocator(t), n: 50_000, batch: 7000}
	defer g.close()
	ctx := testContext(t)
	ddl := []string{`CREATE TABLE "my rows" (name VARCHAR, extra INTEGER DEFAULT 7, id BIGINT NOT NULL, val DECIMAL(12,1))`}
	if err := CreateFile(ctx, path, ddl, []FileTable{{"my rows", g}}); err != nil {
		t.Fatal(err)
	}
	if err := CreateFile(ctx, path, nil, nil); err == nil {
		t.Error("an existing file was overwritten")
	}
	recs, err := query(t, newShard(t, path), connectors.Statement{
		SQL: `SELECT count(*), sum(id)::BIGINT, sum(extra)::BIGINT, count(name) FROM "my rows"`,
		Schema: schemaOf(field("n", arrow.PrimitiveTypes.Int64), field("s", arrow.PrimitiveTypes.Int64),
			field("e", arrow.PrimitiveTypes.Int64), field("c", arrow.PrimitiveTypes.Int64))})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int64{50_000, 50_000 * 49_999 / 2, 350_000, 50_000 - 7143} {
		if got := recs[0].Column(i).(*array.Int64).Value(0); got != want {
			t.Errorf("column %d: %d, want %d", i, got, want)
		}
	}
}

func TestCreateFileFails(t *testing.T) {
	for name, tc := range map[string]struct {
		ddl    []string
		source BatchSource
		want   string
	}{
		"source": {[]string{"CREATE TABLE t (n BIGINT)"}, &records{schema: bigint, err: errSource}, errSource.Error()},
		"table":  {nil, &records{schema: bigint}, `"t" does not exist`},
		"ddl":    {[]string{"CREATE TALE t (n BIGINT)"}, nil, "does not understand"},
	} {
		path := filepath.Join(t.TempDir(), "new.duckdb")
		var tables []FileTable
		if tc.source != nil {
			tables = []FileTable{{"t", tc.source}}
		}
		err := CreateFile(testContext(t), path, tc.ddl, tables)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v", name, err)
		}
		if left, _ := filepath.Glob(path + "*"); len(left) != 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
}

// TestConversions decodes DuckDB's types into wider ones, and refuses what does not fit.
func TestConversions(t *testing.T) {
	c := newShard(t, newFile(t))
	i16, i32, i64 := arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64
	dec := func(p, s int32) arrow.DataType { return &arrow.Decimal128Type{Precision: p, Scale: s} }
	for _, tc := range []struct {
		expr string
		want arrow.DataType
		text string // the value, or the SQLSTATE, or "schema"
	}{
		{"(-128)::TINYINT", i16, "-128"}, {"255::UTINYINT", i16, "255"}, {"65535::USMALLINT", i32, "65535"},
		{"4294967295::UINTEGER", i64, "4294967295"}, {"18446744073709551615::UBIGINT", dec(20, 0), "18446744073709551615"},
		{"18446744073709551615::UBIGINT", i64, "22003"}, {"7::UBIGINT", i64, "7"}, {"70000", i16, "22003"},
		{"65535::USMALLINT", i16, "22003"}, {"3000000000::BIGINT", i32, "22003"}, {"32767::BIGINT", i16, "32767"},
		{"sum(x)", i64, "6"}, {"(-5)::HUGEINT", i64, "-5"}, {"9223372036854775808::HUGEINT", i64, "22003"},
		{"99999999999999999999999999999999999999::HUGEINT", dec(38, 0), "99999999999999999999999999999999999999"},
		{"100000000000000000000000000000000000000::HUGEINT", dec(38, 0), "22003"},
		{"(-170141183460469231731687303715884105728)::HUGEINT", dec(38, 0), "22003"},
		{"(-170141183460469231731687303715884105728)::HUGEINT", wideType, "22003"},
		{"1.5::DECIMAL(4,1)", dec(15, 2), "1.5"}, {"999.9::DECIMAL(4,1)", dec(4, 2), "22003"}, {"12::INTEGER", dec(4, 2), "12"},
		{"100::INTEGER", dec(4, 2), "22003"}, {"0.01::DECIMAL(38,2)", dec(4, 2), "0.01"}, {"100::DECIMAL(38,2)", dec(4, 2), "22003"},
		{"1.55::DECIMAL(4,2)", dec(4, 1), "schema"}, {"1.5::DECIMAL(4,1)", i64, "schema"}, {"1.5::DOUBLE", dec(4, 1), "schema"},
		{"1.5::FLOAT", arrow.PrimitiveTypes.Float64, "1.5"}, {"1.5::DOUBLE", arrow.PrimitiveTypes.Float32, "schema"},
		{"1::INTEGER", arrow.PrimitiveTypes.Float64, "schema"}, {"'x'", arrow.BinaryTypes.Binary, "schema"},
		{"'x'::BLOB", arrow.BinaryTypes.String, "schema"}, {"'x'::BLOB", wideType, "22P03"}, {"-1.5::DECIMAL(4,1)", wideType, "-1.5"},
		{"1::UHUGEINT", dec(38, 0), "schema"}, {"[1]", i64, "schema"}, {"'{}'::JSON", arrow.BinaryTypes.String, "{}"},
		{"timestamptz '2000-01-01 00:00:00+02'", &arrow.TimestampType{Unit: arrow.Microsecond}, "schema"},
		{"interval '300 years'", arrow.FixedWidthTypes.MonthDayNanoInterval, `{"months":3600,"days":0,"nanoseconds":0}`},
		{"to_microseconds(9223372036854775807)", arrow.FixedWidthTypes.MonthDayNanoInterval, "22015"},
		{"NULL", arrow.BinaryTypes.Binary, "schema"}, {"NULL::BLOB", wideType, "(null)"},
	} {
		recs, err := query(t, c, connectors.Statement{SQL: "SELECT " + tc.expr + " FROM (VALUES (1::INTEGER), (2), (3)) t(x) LIMIT 1",
			Schema: schemaOf(field("v", tc.want)), Alloc: checkedAllocator(t)})
		if got := outcome(t, recs, err); got != tc.text {
			t.Errorf("%s as %s: %s, want %s (%v)", tc.expr, tc.want, got, tc.text, err)
		}
	}
}

// outcome is the one value, or what the error is.
func outcome(t *testing.T, recs []arrow.Record, err error) string {
	if err == nil {
		return recs[0].Column(0).ValueStr(0)
	}
	e := mustError(t, err)
	if e.Column != "v" {
		t.Errorf("no column named: %v", err)
	}
	if e.Class == connectors.ClassSchema {
		return "schema"
	}
	return e.SQLState
}

func TestArgs(t *testing.T) {
	c := newShard(t, newFile(t))
	for _, tc := range []struct {
		sql  string
		want string
	}{
		{"SELECT $2::VARCHAR", "two"}, {"SELECT $2::VARCHAR || $1::BIGINT || $2::VARCHAR", "two1two"},
		{"SELECT coalesce($3::VARCHAR, 'none')", "none"}, {`SELECT ('$1' || $2::VARCHAR || "$1") /* $1 */ FROM (SELECT '$$' AS "$1") -- $1`, "$1two$$"},
		{"SELECT ($3::VARCHAR IS NULL AND $1::BIGINT = 1 AND $$'$2$$ <> '')::VARCHAR", "true"}, {"SELECT $1::BIGINT::VARCHAR WHERE $1::BIGINT = 1", "1"},
	} {
		recs, err := query(t, c, connectors.Statement{SQL: tc.sql, Schema: schemaOf(field("v", arrow.BinaryTypes.String)),
			Args: []connectors.Arg{{Text: "1"}, {Text: "two"}, {Null: true}}})
		if err != nil {
			t.Errorf("%s: %v", tc.sql, err)
			continue
		}
		if got := recs[0].Column(0).ValueStr(0); got != tc.want {
			t.Errorf("%s: %q", tc.sql, got)
		}
	}
	if _, err := query(t, c, connectors.Statement{SQL: "SELECT $4::BIGINT", Schema: bigint}); err == nil {
		t.Error("a parameter without a value was let through")
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	notDuck := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(notDuck, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		dsn, want string
		class     connectors.Class
	}{
		"missing":        {filepath.Join(dir, "us1.duckdb"), `"us1.duckdb" does not exist`, connectors.ClassUnavailable},
		"folder":         {dir, "is a folder", connectors.ClassUnavailable},
		"not a database": {notDuck, `"notes.txt"`, connectors.ClassConfig},
	} {
		c := newShard(t, tc.dsn)
		_, err := c.Calibrate(testContext(t))
		if e := mustError(t, err); e.Class != tc.class || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), filepath.Dir(dir)) {
			t.Errorf("%s: class %q: %v", name, e.Class, err)
		}
	}
	for _, dsn := range []string{"", ":memory:"} {
		if _, err := Open(connectors.Config{Shard: "us-1", DSN: dsn}); mustError(t, err).Class != connectors.ClassConfig {
			t.Errorf("dsn %q: %v", dsn, err)
		}
	}
}

// TestFileAppearsLater sees that a failure to open is not remembered.
func TestFileAppearsLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "late.duckdb")
	c := newShard(t, path)
	if _, err := c.Calibrate(testContext(t)); err == nil {
		t.Fatal("calibrated a file that is not there")
	}
	if err := Exec(testContext(t), path, "CREATE TABLE t (n BIGINT)"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Calibrate(testContext(t)); err != nil {
		t.Error(err)
	}
}

// lockEnv tells a copy of the test binary to hold a file open for writing until its standard input ends.
const lockEnv = "ATOLL_TEST_LOCK_FILE"

func TestLocked(t *testing.T) {
	if path := os.Getenv(lockEnv); path != "" {
		holdLock(t, path)
		return
	}
	path := newFile(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestLocked$")
	cmd.Env = append(os.Environ(), lockEnv+"="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	_, err = newShard(t, path).Calibrate(testContext(t))
	if e := mustError(t, err); e.Class != connectors.ClassUnavailable || !strings.Contains(err.Error(), "locked") {
		t.Errorf("class %q: %v", e.Class, err)
	}
	if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
		t.Error(err)
	}
}

func holdLock(t *testing.T, path string) {
	db, err := openDatabase(instance{path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer db.release()
	os.Stdout.WriteString("+")
	_, _ = os.Stdin.Read(make([]byte, 1))
}

func TestCalibrate(t *testing.T) {
	caps, err := newShard(t, newFile(t, "CREATE TABLE t (a VARCHAR)")).Calibrate(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	if caps.Dialect != "duckdb" || !caps.BinaryCollation || !strings.HasPrefix(caps.Version, "DuckDB v1.") {
		t.Errorf("%+v", caps)
	}
	for _, f := range caps.Findings {
		if f.Name == "time zone" && f.Value != "UTC" || f.Name == "integer division" && f.Value != "7 / 2 = 3.5" {
			t.Errorf("%+v", f)
		}
	}
	caps, err = newShard(t, newFile(t, "CREATE TABLE t (a VARCHAR COLLATE NOCASE)")).Calibrate(testContext(t))
	if err != nil || caps.BinaryCollation {
		t.Errorf("a column with a collation of its own goes unnoticed: %+v, %v", caps, err)
	}
}

func TestDescribe(t *testing.T) {
	path := newFile(t, `CREATE TABLE "Mixed" (a TINYINT, b UTINYINT, c USMALLINT, d UINTEGER, e UBIGINT, f HUGEINT, g JSON,
		h ENUM ('x', 'y'), i INTEGER[], j TIMESTAMP_NS, k UHUGEINT, l DECIMAL(38, 0), m VARCHAR COLLATE NOCASE)`,
		`INSERT INTO "Mixed" (a) SELECT 1 FROM range(5000)`, "CREATE SCHEMA other", "CREATE TABLE other.elsewhere (a INT)")
	tables, err := newShard(t, path).Describe(testContext(t), []string{"elsewhere", "mixed"})
	if err != nil || len(tables) != 1 || tables[0].Name != "mixed" || tables[0].Rows != 5000 {
		t.Fatalf("%+v, %v", tables, err)
	}
	want := []string{"smallint", "smallint", "integer", "bigint", "numeric(20,0)", "numeric(38,0)", "json", "", "", "", "", "numeric(38,0)", "text"}
	for i, col := range tables[0].Columns {
		if col.Type != want[i] {
			t.Errorf("%s %s is %q, want %q", col.Name, col.Native, col.Type, want[i])
		}
	}
	c, err := Open(connectors.Config{Shard: "us-1", DSN: path, Schema: "other"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if tables, err := c.Describe(testContext(t), []string{"elsewhere", "mixed"}); err != nil || len(tables) != 1 {
		t.Errorf("in another schema: %+v, %v", tables, err)
	}
	if _, err := query(t, c, connectors.Statement{SQL: "SELECT a FROM elsewhere", Schema: schemaOf(field("a", arrow.PrimitiveTypes.Int32))}); err != nil {
		t.Error(err)
	}
}

func TestCloseWhileReading(t *testing.T) {
	c, err := Open(connectors.Config{Shard: "us-1", DSN: newFile(t), MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx := testContext(t)
	rd, err := c.Query(ctx, connectors.Statement{SQL: "SELECT range FROM range(1000000)", Schema: bigint, BatchRows: 10})
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 1e7)
	defer cancel()
	if _, err := c.Query(short, connectors.Statement{SQL: "SELECT 1", Schema: bigint}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second connection was lent: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := rd.Next(ctx); err != nil {
		t.Errorf("a reader still open: %v", err)
	}
	if err := rd.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Query(ctx, connectors.Statement{SQL: "SELECT 1", Schema: bigint}); mustError(t, err).Class != connectors.ClassUnavailable {
		t.Errorf("after Close: %v", err)
	}
}
