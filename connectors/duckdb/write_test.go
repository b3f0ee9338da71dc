package duckdb

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
)

// writerOver opens a connector over a new file in which statements were run.
func writerOver(t *testing.T, path string, setup ...string) *connector {
	t.Helper()
	if len(setup) > 0 {
		if err := Exec(testContext(t), path, setup...); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Open(connectors.Config{Shard: "duck", DSN: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c.(*connector)
}

func beginTx(t *testing.T, c *connector) connectors.Tx {
	t.Helper()
	tx, err := c.Begin(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tx.Rollback)
	return tx
}

// readAll reads a statement's cells as Arrow prints them.
func readAll(t *testing.T, from interface {
	Query(context.Context, connectors.Statement) (connectors.Reader, error)
}, sql string, types ...arrow.DataType) string {
	t.Helper()
	var fields []arrow.Field
	for range types {
		fields = append(fields, field("c", types[len(fields)]))
	}
	var cells []string
	err := eachRow(testContext(t), from, connectors.Statement{SQL: sql, Schema: schemaOf(fields...), Alloc: checkedAllocator(t)}, func(rec arrow.Record, i int) {
		for _, col := range rec.Columns() {
			cells = append(cells, col.ValueStr(i))
		}
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return strings.Join(cells, " ")
}

var int64Type = arrow.PrimitiveTypes.Int64

// recordOf builds a record from JSON.
func recordOf(t *testing.T, json string, fields ...arrow.Field) arrow.Record {
	t.Helper()
	rec, _, err := array.RecordFromJSON(checkedAllocator(t), schemaOf(fields...), strings.NewReader(json))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rec.Release)
	return rec
}

// TestBeginWaitsForReaders holds that the file is opened anew only when nobody reads it, and that reading goes on meanwhile.
func TestBeginWaitsForReaders(t *testing.T) {
	c := writerOver(t, filepath.Join(t.TempDir(), "a.duckdb"), "CREATE TABLE t (n bigint)", "INSERT INTO t SELECT range FROM range(100000)")
	ctx := testContext(t)
	open, err := c.Query(ctx, connectors.Statement{SQL: "SELECT n FROM t", Schema: bigint, BatchRows: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open.Next(ctx); err != nil {
		t.Fatal(err)
	}
	snap := c.Snapshot(func() error { return nil })
	if got := readAll(t, snap, "SELECT count(*) FROM t", int64Type); got != "100000" {
		t.Errorf("the snapshot sees %s rows", got)
	}
	short, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := c.Begin(short); !errors.Is(err, context.Canceled) {
		t.Errorf("Begin over an open reader: %v", err)
	}
	begun := make(chan connectors.Tx, 1)
	go func() {
		tx, err := c.Begin(ctx)
		if err != nil {
			t.Error(err)
		}
		begun <- tx
	}()
	if got := readAll(t, c, "SELECT count(*) FROM t", int64Type); got != "100000" {
		t.Errorf("a statement meanwhile sees %s rows", got)
	}
	if err := open.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-begun:
		t.Fatal("the file was opened for writing under a snapshot")
	default:
	}
	snap.Close()
	tx := <-begun
	if tx == nil {
		t.FailNow()
	}
	if n, err := tx.Exec(ctx, "DELETE FROM t WHERE n >= $1", []connectors.Arg{{Text: "10"}}); err != nil || n != 99990 {
		t.Errorf("deleted %d, %v", n, err)
	}
	if err := tx.Commit(ctx); err != nil {
		t.Error(err)
	}
	if got := readAll(t, c, "SELECT count(*) FROM t", int64Type); got != "10" {
		t.Errorf("afterwards %s rows", got)
	}
}

// TestOneWriterPerFile holds that two connectors of one process never share a file of which one is written.
func TestOneWriterPerFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.duckdb")
	one := writerOver(t, path, "CREATE TABLE t (n bigint)")
	link := filepath.Join(dir, "link.duckdb")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	two := writerOver(t, link)
	readAll(t, two, "SELECT n FROM t", int64Type)
	_, err := one.Begin(testContext(t))
	if e := mustError(t, err); e.Class != connectors.ClassUnavailable || !strings.Contains(e.Text, "elsewhere in this process") {
		t.Errorf("writing what another reads: %v", err)
	}
	readAll(t, one, "SELECT n FROM t", int64Type) // goes on reading
	if err := two.Close(); err != nil {
		t.Error(err)
	}
	beginTx(t, one).Rollback()
	three := writerOver(t, link)
	if _, err := three.Query(testContext(t), connectors.Statement{SQL: "SELECT n FROM t", Schema: bigint}); mustError(t, err).Class != connectors.ClassUnavailable {
		t.Errorf("reading what another writes: %v", err)
	}
	if err := one.Close(); err != nil {
		t.Error(err)
	}
	readAll(t, three, "SELECT n FROM t", int64Type)
}

func TestReadOnlyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.duckdb")
	c := writerOver(t, path, "CREATE TABLE t (n bigint)")
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	_, err := c.Begin(testContext(t))
	if e := mustError(t, err); e.Class != connectors.ClassReadOnly {
		t.Errorf("class %s: %v", e.Class, err)
	}
	readAll(t, c, "SELECT n FROM t", int64Type)
}

// TestExecRefuses holds that a statement can neither end its transaction nor leave the file.
func TestExecRefuses(t *testing.T) {
	c := writerOver(t, filepath.Join(t.TempDir(), "a.duckdb"), "CREATE TABLE t (n bigint)")
	for _, sql := range []string{"COMMIT", "ROLLBACK", "BEGIN", "ATTACH ':memory:' AS other", "COPY t TO 'out.csv'", "SET threads = 1", "INSERT INTO t VALUES (1); COMMIT"} {
		tx := beginTx(t, c)
		if _, err := tx.Exec(testContext(t), sql, nil); err == nil {
			t.Errorf("%s ran", sql)
		} else if mustError(t, err).Shard == "" {
			t.Errorf("%s: the text lacks the shard: %v", sql, err)
		}
		tx.Rollback()
	}
	tx := beginTx(t, c)
	if _, err := tx.Exec(testContext(t), "CREATE TABLE hidden (k bigint)", nil); err != nil {
		t.Error(err)
	}
	if err := tx.Commit(testContext(t)); err != nil {
		t.Error(err)
	}
	if got := readAll(t, c, "SELECT count(*) FROM hidden", int64Type); got != "0" {
		t.Errorf("the new table: %s", got)
	}
}

// TestCancelExec stops a statement that computes.
func TestCancelExec(t *testing.T) {
	c := writerOver(t, filepath.Join(t.TempDir(), "a.duckdb"), "CREATE TABLE t (n bigint)")
	tx := beginTx(t, c)
	ctx, cancel := context.WithCancel(testContext(t))
	done := make(chan error, 1)
	go func() {
		_, err := tx.Exec(ctx, "INSERT INTO t SELECT a.range + b.range FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 9", nil)
		done <- err
	}()
	time.AfterFunc(100*time.Millisecond, cancel) // by then it runs, most likely
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled statement: %v", err)
	}
	tx.Rollback()
	if got := readAll(t, c, "SELECT count(*) FROM t", int64Type); got != "0" {
		t.Errorf("it left %s rows", got)
	}
}

// TestInsertFits writes numbers and texts into columns of other types: what fits arrives, the rest is refused.
func TestInsertFits(t *testing.T) {
	wide := arrow.Field{Name: "v", Type: &arrow.Decimal256Type{Precision: 76, Scale: 38}, Nullable: true}
	dec := func(p, s int32) arrow.Field { return field("v", &arrow.Decimal128Type{Precision: p, Scale: s}) }
	whole, small := field("v", int64Type), field("v", arrow.PrimitiveTypes.Int16)
	text := field("v", arrow.BinaryTypes.String)
	c := writerOver(t, filepath.Join(t.TempDir(), "a.duckdb"), "CREATE TABLE t (x integer)")
	for _, tc := range []struct {
		column string
		from   arrow.Field
		value  string // JSON
		want   string // as DuckDB prints it, or the class of the error
	}{
		{"TINYINT", whole, "-128", "-128"}, {"TINYINT", whole, "128", "data"}, {"UTINYINT", small, "255", "255"}, {"UTINYINT", small, "-1", "data"},
		{"INTEGER", whole, "2147483648", "data"}, {"INTEGER", whole, "2147483647", "2147483647"},
		{"UBIGINT", dec(20, 0), `"18446744073709551615"`, "18446744073709551615"}, {"UBIGINT", dec(20, 0), `"18446744073709551616"`, "data"},
		{"HUGEINT", dec(38, 0), `"` + strings.Repeat("9", 38) + `"`, strings.Repeat("9", 38)}, {"BIGINT", dec(10, 2), `"7.00"`, "7"}, {"BIGINT", dec(10, 2), `"7.01"`, "data"},
		{"DECIMAL(4,2)", whole, "99", "99.00"}, {"DECIMAL(4,2)", whole, "100", "data"}, {"DECIMAL(4,2)", dec(20, 10), `"1.2500000000"`, "1.25"},
		{"DECIMAL(4,2)", dec(20, 10), `"1.2550000000"`, "data"}, {"DECIMAL(4,2)", dec(20, 10), `"123.0000000000"`, "data"}, {"DECIMAL(38,10)", dec(15, 2), `"-0.01"`, "-0.0100000000"},
		{"DECIMAL(38,38)", dec(38, 0), `"1"`, "data"}, {"DECIMAL(38,38)", dec(38, 0), `"0"`, "." + strings.Repeat("0", 38)},
		{"DECIMAL(15,2)", wide, `"-123.45"`, "-123.45"}, {"DECIMAL(15,2)", wide, `"123.456"`, "data"}, {"BIGINT", wide, `"9223372036854775807"`, "9223372036854775807"},
		{"BIGINT", wide, `"9223372036854775808"`, "data"}, {"DOUBLE", wide, `"1"`, "schema"}, {"BLOB", wide, `"1"`, "schema"},
		{"DOUBLE", field("v", arrow.PrimitiveTypes.Float32), "0.5", "0.5"}, {"FLOAT", field("v", arrow.PrimitiveTypes.Float64), "0.5", "schema"}, {"DOUBLE", whole, "1", "schema"},
		{"ENUM('a', 'b')", text, `"b"`, "b"}, {"ENUM('a', 'b')", text, `"secret"`, "data"}, {"BLOB", text, `"a"`, "schema"}, {"UUID", text, `"a"`, "schema"},
		{"VARCHAR", whole, "1", "schema"}, {"BIGINT[]", text, `"{1}"`, "schema"}, {"TIMESTAMP_S", field("v", &arrow.TimestampType{Unit: arrow.Microsecond}), "1", "schema"},
		{"JSON", text, `"{\"b\": 1, \"a\":  2}"`, `{"b": 1, "a":  2}`}, {"JSON", text, `"{secret"`, "data"},
	} {
		t.Run(tc.column+" "+tc.from.Type.String()+" "+tc.value[:min(30, len(tc.value))], func(t *testing.T) {
			tx := beginTx(t, c)
			defer tx.Rollback()
			if _, err := tx.Exec(testContext(t), "CREATE TABLE fits (V "+tc.column+")", nil); err != nil {
				t.Fatal(err)
			}
			_, err := tx.Insert(testContext(t), "fits", recordOf(t, `[{"v": null}, {"v": `+tc.value+`}]`, tc.from))
			got := ""
			if err != nil {
				got = string(mustError(t, err).Class)
				if e := mustError(t, err); e.Column == "" && tc.from.Type.ID() != arrow.STRING {
					t.Errorf("the error names no column: %v", err)
				}
				if strings.Contains(err.Error(), "secret") {
					t.Errorf("the error shows the row: %v", err)
				}
			} else {
				got = readAll(t, tx, "SELECT CAST(v AS VARCHAR) FROM fits WHERE v IS NOT NULL", arrow.BinaryTypes.String)
			}
			if got != tc.want {
				t.Errorf("got %s (%v), want %s", got, err, tc.want)
			}
		})
	}
}
