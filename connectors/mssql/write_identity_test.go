package mssql

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// pairs is a record of two whole numbers a row, in columns of these names.
func pairs(t *testing.T, a, b string, rows ...[2]int64) arrow.Record {
	t.Helper()
	builder := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: a, Type: int64s, Nullable: true}, {Name: b, Type: int64s, Nullable: true}}, nil))
	defer builder.Release()
	for _, r := range rows {
		builder.Field(0).(*array.Int64Builder).Append(r[0])
		builder.Field(1).(*array.Int64Builder).Append(r[1])
	}
	rec := builder.NewRecord()
	t.Cleanup(rec.Release)
	return rec
}

// openOne opens a connector of one connection, which has asked what it must know of the database: within a transaction it could not.
func openOne(t *testing.T, srv *tdstest.Server) *shard {
	t.Helper()
	s := openShard(t, connectors.Config{DSN: srv.DSN(), MaxConns: 1})
	if _, err := s.settings(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

// numbersOf are the rows of a table, ordered.
func numbersOf(t *testing.T, s *shard, table string) string {
	t.Helper()
	got, _ := mustValues(t, s, connectors.Statement{SQL: "SELECT CAST(id AS bigint) AS a, CAST(v AS bigint) AS b FROM " + table + " ORDER BY id, v",
		Schema: schemaOf(int64s, int64s)})
	return got
}

// TestInsertIntoIdentity writes values of an IDENTITY column into two tables of one transaction, under another case of its name, and has the
// server number the rows of records without it. It goes on numbering behind the largest value.
func TestInsertIntoIdentity(t *testing.T) {
	srv := server(t, "CREATE TABLE t (Id int IDENTITY PRIMARY KEY, v int)", "CREATE TABLE u (id decimal(9) IDENTITY (5, 5), v int)")
	s := openOne(t, srv)
	tx := beginTx(t, s)
	for _, step := range []struct {
		table string
		rec   arrow.Record
	}{
		{"t", pairs(t, "id", "v", [2]int64{40, 1}, [2]int64{7, 2}, [2]int64{-3, 3})}, {"u", pairs(t, "v", "id", [2]int64{1, 12})}, {"t", oneValue(t, int32s, "", "4")},
		{"t", pairs(t, "id", "v", [2]int64{8, 5})}, {"u", oneValue(t, int32s, "", "2")}, {"t", oneValue(t, int32s, "", "6")},
	} {
		if n, err := tx.Insert(context.Background(), step.table, step.rec); err != nil || n != step.rec.NumRows() {
			t.Fatal(step.table, n, err)
		}
	}
	if err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := numbersOf(t, s, "t"); got != "-3 3 7 2 8 5 40 1 41 4 42 6" {
		t.Error(got)
	}
	if got := numbersOf(t, s, "u"); got != "12 1 17 2" {
		t.Error(got)
	}
}

// switchedOff counts the batches that do nothing but switch IDENTITY_INSERT off, and the connections that write.
func switchedOff(srv *tdstest.Server) (off, logins int) {
	for _, st := range srv.Statements() {
		if st.Text == "SET IDENTITY_INSERT [dbo].[t] OFF" {
			off++
		}
	}
	for _, l := range srv.Logins() {
		if !l.ReadOnlyIntent {
			logins++
		}
	}
	return off, logins
}

// TestIdentityInsertEnds holds that a statement that fails with IDENTITY_INSERT on leaves no connection on which it is.
func TestIdentityInsertEnds(t *testing.T) {
	fault := func(number int32, text string) *engine.Error {
		return &engine.Error{Number: number, Severity: 16, State: 1, Text: text}
	}
	const into = "INSERT INTO [dbo].[t]"
	for name, tc := range map[string]struct {
		fault  *tdstest.Fault
		rows   [][2]int64
		ends   bool // ctx
		class  connectors.Class
		says   string
		logins int
	}{
		"repeats a key": {nil, [][2]int64{{1, 1}, {1, 2}}, false, connectors.ClassConstraint, "a write repeats a key", 1},
		"deadlock":      {&tdstest.Fault{Match: into, Error: tdstest.ErrDeadlock()}, [][2]int64{{1, 1}}, false, connectors.ClassConflict, "deadlock", 1},
		"ends":          {&tdstest.Fault{Match: into, Delay: time.Minute}, [][2]int64{{1, 1}}, true, "", "", 1},
		"may not": {&tdstest.Fault{Match: "IDENTITY_INSERT", Times: 2, Error: fault(1088, `Cannot find the object "dbo.t" because it does not exist or you do not have permissions.`)},
			[][2]int64{{1, 1}}, false, connectors.ClassPermission, "needs ALTER on it", 2},
		"may not switch off": {&tdstest.Fault{Match: "IDENTITY_INSERT [dbo].[t] OFF", Times: 2, Error: tdstest.ErrDeadlock()}, [][2]int64{{1, 1}}, false, connectors.ClassConflict, "deadlock", 2},
		"breaks":             {&tdstest.Fault{Match: into, Drop: true}, [][2]int64{{1, 1}}, false, connectors.ClassUnavailable, "", 2},
		"other table":        {&tdstest.Fault{Match: into, Error: fault(8107, "IDENTITY_INSERT is already ON for table 'x.dbo.u'.")}, [][2]int64{{1, 1}}, false, connectors.ClassSchema, "one at a time", 1},
	} {
		t.Run(name, func(t *testing.T) {
			srv := server(t, "CREATE TABLE t (id int IDENTITY PRIMARY KEY, v int)")
			s := openOne(t, srv)
			if tc.fault != nil {
				srv.FailStatements(*tc.fault)
			}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if tc.ends {
				time.AfterFunc(50*time.Millisecond, cancel)
			}
			tx := beginTx(t, s)
			_, err := tx.Insert(ctx, "t", pairs(t, "id", "v", tc.rows...))
			if err == nil || !tc.ends && connectors.ClassOf(err) != tc.class || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("class %s: %v", connectors.ClassOf(err), err)
			}
			if err := tx.Commit(context.Background()); err == nil {
				t.Error("committed")
			}
			tx.Rollback()
			srv.ClearFaults()
			tx = beginTx(t, s) // the one connection there may be
			if _, err := tx.Insert(context.Background(), "t", oneValue(t, int32s, "", "9")); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got := numbersOf(t, s, "t"); !strings.HasSuffix(got, " 9") || strings.Count(got, " ") > 1 {
				t.Error(got)
			}
			if off, logins := switchedOff(srv); logins != tc.logins || off == 0 && name != "breaks" {
				t.Errorf("%d connections, switched off %d times", logins, off)
			}
		})
	}
}

// TestIdentityAndOthers holds that what is no IDENTITY's own value is refused as before, and that a record which goes in parts is written whole.
func TestIdentityAndOthers(t *testing.T) {
	srv := server(t, "CREATE TABLE t (id tinyint IDENTITY PRIMARY KEY, v int)", "CREATE TABLE w (id int IDENTITY, v nvarchar(max))")
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	_, err := beginTx(t, s).Insert(context.Background(), "t", pairs(t, "id", "v", [2]int64{256, 1}))
	if e := asError(t, err); e.SQLState != "22003" || e.Column != "id" {
		t.Error(err)
	}
	_, err = beginTx(t, s).Insert(context.Background(), "t", oneNull(t, "id"))
	if e := asError(t, err); e.SQLState != "23502" {
		t.Error(err)
	}
	tx := beginTx(t, s)
	if _, err := tx.Exec(context.Background(), "UPDATE t SET id = 1", nil); asError(t, err).SQLState != "428C9" {
		t.Error(err)
	}
	builder := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "id", Type: int64s}, {Name: "v", Type: texts}}, nil))
	defer builder.Release()
	for i := range 3 {
		builder.Field(0).(*array.Int64Builder).Append(int64(10 * i))
		builder.Field(1).(*array.StringBuilder).Append(strings.Repeat("x", insertBytes/2+1))
	}
	rec := builder.NewRecord()
	defer rec.Release()
	tx = beginTx(t, s)
	srv.ClearRecord()
	if n, err := tx.Insert(context.Background(), "w", rec); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	if err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	parts := slices.DeleteFunc(srv.Statements(), func(st tdstest.Statement) bool { return !strings.Contains(st.Text, "SET IDENTITY_INSERT [dbo].[w] ON") })
	got, _ := mustValues(t, s, connectors.Statement{SQL: "SELECT CAST(id AS bigint) AS v FROM w ORDER BY id", Schema: oneInt})
	if got != "0 10 20" || len(parts) != 2 {
		t.Error(got, fmt.Sprint(len(parts)))
	}
}

// oneNull is a record of one NULL in a column of that name.
func oneNull(t *testing.T, name string) arrow.Record {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: name, Type: int64s, Nullable: true}}, nil))
	defer b.Release()
	b.Field(0).AppendNull()
	rec := b.NewRecord()
	t.Cleanup(rec.Release)
	return rec
}
