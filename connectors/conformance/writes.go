package conformance

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
)

// Writes is what the suite must know of an engine whose connector is a [connectors.Writer].
//
// Its tables are conformance_writes, conformance_children and conformance_keys; they are made by Exec, in PostgreSQL's
// spelling but for the types that Column gives.
type Writes struct {
	Harness

	// Column writes the type of a table's column that holds values of a PostgreSQL type, as Literal knows them; false if the
	// engine has none.
	Column func(typ string) (ddl string, ok bool)

	// Read writes how a column made by Column is read as that type; nil means by its name.
	Read func(typ, column string) string

	// Param writes the nth parameter, from 1 on, as a value of a PostgreSQL type; nil means CAST($n AS typ).
	Param func(n int, typ string) string

	// Waits is true where a write waits for another transaction that has written the same row. Elsewhere it fails at once, by class
	// conflict.
	Waits bool

	// Lacks names cases of the suite that the engine cannot run, with the reason.
	Lacks map[string]string
}

// RunWrites runs the part of the suite that is about writing.
func RunWrites(t *testing.T, w Writes) {
	for _, part := range []struct {
		name string
		test func(*testing.T, Writes)
	}{
		{"types", testWriteTypes},
		{"row of all", testWriteRowOfAll},
		{"sizes", testWriteSizes},
		{"counts", testCounts},
		{"visibility", testVisibility},
		{"rollback", testRollback},
		{"reader closed early", testTxReader},
		{"constraints", testConstraints},
		{"misfits", testMisfits},
		{"after an error", testAfterError},
		{"after the end", testAfterEnd},
		{"keys", testKeys},
		{"cancel", testWriteCancel},
		{"conflict", testConflict},
		{"connections", testTxConnections},
		{"concurrent writes", testConcurrentWrites},
	} {
		w.part(t, part.name, func(t *testing.T) { part.test(t, w) })
	}
}

// part runs a case unless the engine lacks what it needs.
func (w Writes) part(t *testing.T, name string, test func(*testing.T)) {
	t.Run(name, func(t *testing.T) {
		if why := w.Lacks[name]; why != "" {
			t.Skip(why)
		}
		test(t)
	})
}

func (w Writes) param(n int, typ string) string {
	if w.Param != nil {
		return w.Param(n, typ)
	}
	return fmt.Sprintf("CAST($%d AS %s)", n, typ)
}

// params writes a statement whose {bigint} and {text} are parameters, in their order.
func (w Writes) params(sql string) string {
	for n := 1; ; n++ {
		at := strings.IndexByte(sql, '{')
		if at < 0 {
			return sql
		}
		end := strings.IndexByte(sql, '}')
		sql = sql[:at] + w.param(n, sql[at+1:end]) + sql[end+1:]
	}
}

// table makes the suite's table anew, with rows of the ids 1 … rows, and opens a connector.
func (w Writes) table(t *testing.T, rows int) writer {
	t.Helper()
	setup := []string{
		"DROP TABLE IF EXISTS conformance_children", "DROP TABLE IF EXISTS conformance_writes",
		"CREATE TABLE conformance_writes (id bigint NOT NULL PRIMARY KEY, n bigint, v text)",
	}
	for i := range rows {
		setup = append(setup, fmt.Sprintf("INSERT INTO conformance_writes (id, n, v) VALUES (%d, 0, 'before')", i+1))
	}
	w.Exec(t, setup...)
	return w.writer(t)
}

// writer opens a connector that writes.
func (w Writes) writer(t *testing.T) writer {
	t.Helper()
	c := w.open(t)
	to, ok := c.(connectors.Writer)
	if !ok {
		t.Fatalf("%T is no connectors.Writer", c)
	}
	return writer{c, to, w}
}

// writer is an open connector that writes.
type writer struct {
	connectors.Connector
	to connectors.Writer
	w  Writes
}

// begin starts a transaction that is rolled back when the test ends, if it has not ended.
func (w writer) begin(t *testing.T) connectors.Tx {
	t.Helper()
	tx, err := w.to.Begin(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tx.Rollback)
	return tx
}

// exec runs a statement that must succeed.
func (w writer) exec(t *testing.T, tx connectors.Tx, sql string, args ...connectors.Arg) int64 {
	t.Helper()
	n, err := tx.Exec(testContext(t), w.w.params(sql), args)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// insert writes rows that must go in.
func insert(t *testing.T, tx connectors.Tx, table string, rec arrow.Record) {
	t.Helper()
	n, err := tx.Insert(testContext(t), table, rec)
	if err != nil {
		t.Fatal(err)
	}
	if n != rec.NumRows() {
		t.Fatalf("Insert says that it wrote %d rows of %d", n, rec.NumRows())
	}
}

func commit(t *testing.T, tx connectors.Tx) {
	t.Helper()
	if err := tx.Commit(testContext(t)); err != nil {
		t.Fatal(err)
	}
}

// inTx lets what asks a connector ask a transaction.
type inTx struct {
	connectors.Connector
	tx connectors.Tx
}

// Query implements connectors.Connector.
func (q inTx) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return q.tx.Query(ctx, stmt)
}

// rows reads the suite's table as lines of id, n and v.
func rows(t *testing.T, from connectors.Connector) []string {
	t.Helper()
	out := mustRun(t, from, connectors.Statement{SQL: "SELECT id, n, v FROM conformance_writes ORDER BY id",
		Schema: writesSchema, Alloc: allocator(t)})
	lines := make([]string, len(out.rows))
	for i, row := range out.rows {
		lines[i] = strings.Join(row, " ")
	}
	return lines
}

// expectRows compares the suite's table with what it should hold.
func expectRows(t *testing.T, who string, from connectors.Connector, want ...string) {
	t.Helper()
	if got := strings.Join(rows(t, from), "; "); got != strings.Join(want, "; ") {
		t.Errorf("%s sees %q, want %q", who, got, strings.Join(want, "; "))
	}
}

var writesSchema = schemaOf(field("id", "bigint"), field("n", "bigint"), field("v", "text"))

// record builds a record of cells as function cell writes them. It is released when the test ends.
func record(t *testing.T, schema *arrow.Schema, lines ...[]string) arrow.Record {
	t.Helper()
	b := array.NewRecordBuilder(allocator(t), schema)
	defer b.Release()
	for _, line := range lines {
		for i, text := range line {
			if err := appendCell(b.Field(i), text); err != nil {
				t.Fatal(err)
			}
		}
	}
	rec := b.NewRecord()
	t.Cleanup(rec.Release)
	return rec
}
