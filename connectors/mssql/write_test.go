package mssql

import (
	"context"
	"errors"
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

// oneValue is a record of one field v with one value, in the form that Arrow prints.
func oneValue(t *testing.T, typ arrow.DataType, mark, text string) arrow.Record {
	t.Helper()
	field := arrow.Field{Name: "v", Type: typ, Nullable: true}
	if mark != "" {
		field.Metadata = arrow.NewMetadata([]string{connectors.TypeKey}, []string{mark})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{field}, nil))
	defer b.Release()
	if err := b.Field(0).AppendValueFromString(text); err != nil {
		t.Fatal(err)
	}
	rec := b.NewRecord()
	t.Cleanup(rec.Release)
	return rec
}

func beginTx(t *testing.T, s *shard) connectors.Tx {
	t.Helper()
	tx, err := s.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tx.Rollback)
	return tx
}

var (
	int16s, int32s, int64s = arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64
	reals, doubles         = arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64
	texts, blobs           = arrow.BinaryTypes.String, arrow.BinaryTypes.Binary
	moments                = &arrow.TimestampType{Unit: arrow.Microsecond}
	instants               = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
)

func decimals(precision, scale int32) arrow.DataType {
	return &arrow.Decimal128Type{Precision: precision, Scale: scale}
}

// TestExactValues writes values into columns of every type: each is read as it was, or refused by the column's name.
func TestExactValues(t *testing.T) {
	const same = ""
	for _, tc := range []struct {
		column, mark string
		typ          arrow.DataType
		text         string
		state        string // of the refusal
		read         string // how the column is read, v if empty
	}{
		{"tinyint", same, int16s, "255", "", ""}, {"tinyint", same, int16s, "256", "22003", ""}, {"tinyint", same, int16s, "-1", "22003", ""},
		{"smallint", same, int32s, "-32768", "", ""}, {"smallint", same, int64s, "32768", "22003", ""},
		{"int", same, int64s, "2147483647", "", ""}, {"int", same, int64s, "-2147483649", "22003", ""},
		{"bigint", same, decimals(20, 1), "9223372036854775807.0", "", "CAST(v AS decimal(20,1))"}, {"bigint", same, decimals(20, 1), "1.5", "22003", ""},
		{"bigint", same, decimals(20, 0), "9223372036854775808", "22003", ""},
		{"decimal(5,2)", same, int64s, "999", "", "CAST(v AS bigint)"}, {"decimal(5,2)", same, int64s, "1000", "22003", ""},
		{"decimal(5,2)", same, decimals(10, 4), "-999.99", "", "CAST(v AS decimal(10,4))"}, {"decimal(5,2)", same, decimals(10, 4), "0.001", "22003", ""},
		{"decimal(5,2)", same, decimals(10, 4), "1000", "22003", ""}, {"decimal(38,38)", same, int64s, "0", "", "CAST(v AS bigint)"},
		{"decimal(38,38)", same, int64s, "1", "22003", ""},
		{"money", same, decimals(19, 4), "-922337203685477.5808", "", "CAST(v AS decimal(19,4))"}, {"money", same, decimals(19, 4), "922337203685477.5808", "22003", ""},
		{"money", same, decimals(19, 5), "0.00001", "22003", ""}, {"smallmoney", same, decimals(10, 4), "214748.3647", "", "CAST(v AS decimal(10,4))"},
		{"smallmoney", same, decimals(10, 4), "214748.3648", "22003", ""},
		{"real", same, doubles, "0.5", "", "CAST(v AS float)"}, {"real", same, doubles, "0.1", "22003", ""}, {"real", same, doubles, "1e+39", "22003", ""},
		{"float", same, reals, "0.1", "", "CAST(v AS real)"}, {"float", same, doubles, "-0.1", "", ""}, {"float", same, doubles, "-0", "22003", ""},
		{"float", same, doubles, "NaN", "22003", ""}, {"float", same, doubles, "+Inf", "22003", ""}, {"float", same, doubles, "1e-310", "22003", ""},
		{"float", same, doubles, "2.2250738585072014e-308", "", ""}, {"real", same, reals, "1e-40", "22003", ""}, {"float", same, doubles, "123456789.123456789", "", ""},
		{"nvarchar(3)", same, texts, "🏝x", "", ""}, {"nvarchar(3)", same, texts, "🏝🏝", "22001", ""}, {"nvarchar(3)", same, texts, "abc ", "22001", ""},
		{"nvarchar(max)", same, texts, "\x01\"\\'\t\u2028 ", "", ""}, {"nvarchar(max)", same, texts, "a\x00", "22021", ""}, {"nvarchar(max)", same, texts, "\xff", "22021", ""},
		{"nchar(3)", same, texts, "ab ", "", ""}, {"nchar(3)", same, texts, "ab", "22001", ""}, {"nchar(3)", "bpchar", texts, "abcd", "22001", ""},
		{"varchar(3)", same, texts, "abc", "", "CAST(v AS nvarchar(9))"}, {"varchar(3)", same, texts, "é€x", "", "CAST(v AS nvarchar(9))"},
		{"varchar(3)", same, texts, "東", "22P05", ""}, {"varchar(3)", same, texts, "Ł", "22P05", ""}, {"varchar(3)", same, texts, "abcd", "22001", ""},
		{"varchar(3) COLLATE Latin1_General_100_BIN2_UTF8", same, texts, "東", "", "CAST(v AS nvarchar(9))"},
		{"varchar(3) COLLATE Latin1_General_100_BIN2_UTF8", same, texts, "éé", "22001", ""},
		{"char(2)", "bpchar", texts, "é ", "", "CAST(v AS nchar(2))"}, {"char(2)", same, texts, "é ", "22001", ""}, {"char(2)", same, texts, "a", "22001", ""},
		{"varbinary(2)", same, blobs, "AQA=", "", ""}, {"varbinary(2)", same, blobs, "AQAB", "22001", ""}, {"binary(2)", same, blobs, "AQE=", "", ""},
		{"binary(2)", same, blobs, "AQ==", "22001", ""},
		{"date", same, arrow.FixedWidthTypes.Date32, "0001-01-01", "", ""},
		{"time(3)", same, arrow.FixedWidthTypes.Time64us, "23:59:59.999", "", "CAST(v AS time(6))"}, {"time(3)", same, arrow.FixedWidthTypes.Time64us, "00:00:00.0001", "22008", ""},
		{"datetime2(0)", same, moments, "9999-12-31 23:59:59", "", ""}, {"datetime2(0)", same, moments, "2024-01-01 00:00:00.5", "22008", ""},
		{"datetime2(7)", same, moments, "1969-12-31 23:59:59.999999", "", "CAST(v AS datetime2(6))"},
		{"datetime", same, moments, "2024-02-29 12:00:00.997", "", "CAST(v AS datetime2(3))"}, {"datetime", same, moments, "1969-12-31 12:00:00.003", "", "CAST(v AS datetime2(3))"},
		{"datetime", same, moments, "2024-02-29 12:00:00.001", "22008", ""}, {"datetime", same, moments, "1752-12-31 00:00:00", "22008", ""},
		{"datetime", same, moments, "1753-01-01 00:00:00", "", "CAST(v AS datetime2(3))"},
		{"smalldatetime", same, moments, "2079-06-06 23:59:00", "", "CAST(v AS datetime2(0))"}, {"smalldatetime", same, moments, "2079-06-07 00:00:00", "22008", ""},
		{"smalldatetime", same, moments, "2024-01-01 00:00:01", "22008", ""}, {"smalldatetime", same, moments, "1900-01-01 00:00:00", "", "CAST(v AS datetime2(0))"},
		{"datetimeoffset(6)", same, instants, "2024-07-01 12:00:00.000001Z", "", ""}, {"datetimeoffset(0)", same, instants, "2024-07-01 12:00:00.000001Z", "22008", ""},
		{"datetimeoffset(6)", same, moments, "2024-07-01 12:00:00", "42804", ""}, {"datetime2(6)", same, instants, "2024-07-01 12:00:00Z", "42804", ""},
		{"bit", same, int16s, "1", "42804", ""}, {"int", same, texts, "1", "42804", ""}, {"nvarchar(9)", same, int64s, "1", "42804", ""},
		{"uniqueidentifier", same, texts, "x", "42804", ""}, {"xml", same, texts, "x", "42804", ""}, {"rowversion", same, blobs, "AQ==", "42804", ""},
	} {
		t.Run(tc.column+" "+tc.typ.String()+" "+tc.text, func(t *testing.T) {
			s := openShard(t, connectors.Config{DSN: server(t, "CREATE TABLE t (v "+tc.column+")").DSN()})
			tx, rec := beginTx(t, s), oneValue(t, tc.typ, tc.mark, tc.text)
			n, err := tx.Insert(context.Background(), "t", rec)
			if tc.state != "" {
				if e := asError(t, err); e.SQLState != tc.state || e.Column != "v" || e.Shard != "br-1" || strings.Contains(e.Error(), tc.text) && len(tc.text) > 3 {
					t.Errorf("SQLSTATE %s, column %q: %v", e.SQLState, e.Column, e)
				}
				return
			}
			if err != nil || n != 1 {
				t.Fatalf("%d rows, %v", n, err)
			}
			if err := tx.Commit(context.Background()); err != nil {
				t.Fatal(err)
			}
			read := tc.read
			if read == "" {
				read = "v"
			}
			got, _ := mustValues(t, s, connectors.Statement{SQL: "SELECT " + read + " AS v FROM t", Schema: arrow.NewSchema([]arrow.Field{{Name: "v", Type: tc.typ, Nullable: true}}, nil)})
			if want := rec.Column(0).ValueStr(0); got != want {
				t.Errorf("%q became %q", want, got)
			}
		})
	}
}

// TestOrderOfCells writes columns that travel as one and as two texts, under names of another case.
func TestOrderOfCells(t *testing.T) {
	srv := server(t, "CREATE TABLE [o]]dd] (a float, B bigint, c varchar(9), d nvarchar(9), [e f] real)")
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	fields := []arrow.Field{{Name: "e f", Type: reals, Nullable: true}, {Name: "C", Type: texts, Nullable: true}, {Name: "a", Type: doubles, Nullable: true}, {Name: "b", Type: int64s, Nullable: true}}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	for i, text := range []string{"1.5", "é", "-2.5", "7"} {
		if err := b.Field(i).AppendValueFromString(text); err != nil {
			t.Fatal(err)
		}
		b.Field(i).AppendNull()
	}
	rec := b.NewRecord()
	defer rec.Release()
	tx := beginTx(t, s)
	if n, err := tx.Insert(context.Background(), "o]dd", rec); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	got, _ := mustValues(t, s, connectors.Statement{SQL: "SELECT a, B, CAST(c AS nvarchar(9)) AS c, d, [e f] FROM [o]]dd]", Schema: schemaOf(doubles, int64s, texts, texts, reals)})
	if got != "-2.5 7 é (null) 1.5 (null) (null) (null) (null) (null)" {
		t.Error(got)
	}
}

// TestPartsOfAnInsert holds that rows which are too long for one statement go in several.
func TestPartsOfAnInsert(t *testing.T) {
	srv := server(t, "CREATE TABLE t (v nvarchar(max))")
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "v", Type: texts}}, nil))
	defer b.Release()
	for i := range 5 {
		b.Field(0).(*array.StringBuilder).Append(strings.Repeat(string(rune('a'+i)), insertBytes/3))
	}
	rec := b.NewRecord()
	defer rec.Release()
	tx := beginTx(t, s)
	if n, err := tx.Insert(context.Background(), "t", rec); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	inserts := 0
	for _, st := range srv.Statements() {
		if strings.Contains(st.Text, "INSERT INTO [dbo].[t]") {
			inserts++
		}
	}
	if inserts != 2 {
		t.Errorf("%d statements", inserts)
	}
}

func TestWritersAskForNoReplica(t *testing.T) {
	srv := server(t, "CREATE TABLE t (v int)")
	for _, dsn := range []string{srv.DSN(), srv.DSNWith("ApplicationIntent", "ReadOnly")} {
		srv.ClearRecord()
		s := openShard(t, connectors.Config{DSN: dsn})
		mustValues(t, s, connectors.Statement{SQL: "SELECT v FROM t", Schema: oneInt})
		tx := beginTx(t, s)
		if _, err := tx.Exec(context.Background(), "INSERT t VALUES (1)", nil); err != nil {
			t.Fatal(err)
		}
		tx.Rollback()
		var intents []bool
		for _, l := range srv.Logins() {
			intents = append(intents, l.ReadOnlyIntent)
		}
		if !slices.Equal(intents, []bool{true, false}) {
			t.Errorf("%v", intents)
		}
	}
}

func TestWriteErrors(t *testing.T) {
	for _, tc := range []struct {
		number int32
		text   string
		class  connectors.Class
		state  string
		says   string
	}{
		{2627, "Violation of PRIMARY KEY constraint 'pk_t'. Cannot insert duplicate key in object 'dbo.t'. The duplicate key value is (4242).", connectors.ClassConstraint, "23505", `constraint "pk_t" of table "dbo.t"`},
		{2601, "Cannot insert duplicate key row in object 'dbo.t' with unique index 'ix'. The duplicate key value is (4242).", connectors.ClassConstraint, "23505", `index "ix" of table "dbo.t"`},
		{547, `The INSERT statement conflicted with the FOREIGN KEY constraint "fk". The conflict occurred in database "x", table "dbo.u", column 'id'.`, connectors.ClassConstraint, "23503", `constraint "fk"`},
		{515, "Cannot insert the value NULL into column 'v', table 'x.dbo.t'; column does not allow nulls. INSERT fails.", connectors.ClassConstraint, "23502", `column "v" of table "x.dbo.t"`},
		{3906, `Failed to update database "x" because the database is read-only.`, connectors.ClassReadOnly, "25006", "accepts no writes"},
		{1205, "deadlocked 4242", connectors.ClassConflict, "40001", "deadlock"},
		{3960, "update conflict 4242", connectors.ClassConflict, "40001", "rows were changed"},
		{2628, "String or binary data would be truncated in table 't', column 'v'. Truncated value: '4242'.", connectors.ClassData, "22001", "value too long"},
		{229, "The INSERT permission was denied on the object 't', database 'x', schema 'dbo'.", connectors.ClassPermission, "42501", `table "t"`},
	} {
		srv := server(t, "CREATE TABLE t (v int)")
		s := openShard(t, connectors.Config{DSN: srv.DSN()})
		tx := beginTx(t, s)
		srv.FailStatements(tdstest.Fault{Match: "INSERT", Error: &engine.Error{Number: tc.number, Severity: 16, State: 1, Text: tc.text}})
		_, err := tx.Exec(context.Background(), "INSERT t VALUES (1)", nil)
		if e := asError(t, err); e.Class != tc.class || e.SQLState != tc.state || !strings.Contains(e.Error(), tc.says) || strings.Contains(e.Error(), "4242") {
			t.Errorf("%d: class %s: %v", tc.number, e.Class, e)
		}
		if e := asError(t, tx.Commit(context.Background())); e.SQLState != "25P02" {
			t.Errorf("%d: %v", tc.number, e)
		}
	}
}

// TestCommitThatIsNotAnswered holds that nobody is told that writes last, or do not, where the connection broke.
func TestCommitThatIsNotAnswered(t *testing.T) {
	for name, tc := range map[string]struct {
		fault tdstest.Fault
		class connectors.Class
		state string
	}{
		"dropped":          {tdstest.Fault{Drop: true}, connectors.ClassUnknown, "08007"},
		"garbage":          {tdstest.Fault{Garbage: true}, connectors.ClassUnknown, "08007"},
		"fatal":            {tdstest.Fault{Error: tdstest.ErrThrottled()}, connectors.ClassUnknown, "08007"},
		"lack of resource": {tdstest.Fault{Error: tdstest.ErrUnavailable()}, connectors.ClassUnknown, "08007"},
		"deadlock":         {tdstest.Fault{Error: tdstest.ErrDeadlock()}, connectors.ClassConflict, "40001"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := server(t, "CREATE TABLE t (v int)")
			s := openShard(t, connectors.Config{DSN: srv.DSN(), MaxConns: 1})
			tx := beginTx(t, s)
			if n, err := tx.Exec(context.Background(), "INSERT t VALUES (1), (2)", nil); n != 2 || err != nil {
				t.Fatal(n, err)
			}
			tc.fault.Match = "COMMIT"
			srv.FailStatements(tc.fault)
			if e := asError(t, tx.Commit(context.Background())); e.Class != tc.class || e.SQLState != tc.state {
				t.Errorf("class %s: %v", e.Class, e)
			}
			again := beginTx(t, s) // the only connection's place is free
			if _, err := again.Exec(context.Background(), "INSERT t VALUES (3)", nil); err != nil {
				t.Error(err)
			}
			if err := again.Commit(context.Background()); err != nil {
				t.Error(err)
			}
			if got, _ := mustValues(t, s, connectors.Statement{SQL: "SELECT CAST(v AS bigint) AS v FROM t", Schema: oneInt}); got != "3" {
				t.Errorf("rows %q", got)
			}
		})
	}
}

// TestCommitOutlivesItsContext holds that what the server says of a commit counts, though the caller has gone.
func TestCommitOutlivesItsContext(t *testing.T) {
	srv := server(t, "CREATE TABLE t (v int)")
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	tx := beginTx(t, s)
	if _, err := tx.Exec(context.Background(), "INSERT t VALUES (1)", nil); err != nil {
		t.Fatal(err)
	}
	srv.FailStatements(tdstest.Fault{Match: "COMMIT", Delay: 100 * time.Millisecond})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if got, _ := mustValues(t, s, connectors.Statement{SQL: "SELECT CAST(v AS bigint) AS v FROM t", Schema: oneInt}); got != "1" {
		t.Errorf("rows %q", got)
	}
}

func TestBeginOnAConnectionThatDied(t *testing.T) {
	srv := server(t, "CREATE TABLE t (v int)")
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	for range 3 {
		tx := beginTx(t, s)
		if _, err := tx.Exec(context.Background(), "INSERT t VALUES (1)", nil); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(context.Background()); err != nil {
			t.Fatal(err)
		}
		srv.DropConnections()
	}
	srv.FailStatements(tdstest.Fault{Match: "BEGIN TRANSACTION", Error: tdstest.ErrUnavailable(), Times: 1}) // which passes
	tx, err := patient(s).(connectors.Writer).Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	tx.Rollback()
}

// TestConnectionLostWithin holds that a transaction whose connection broke does not go on on another one.
func TestConnectionLostWithin(t *testing.T) {
	srv := server(t, "CREATE TABLE t (v int)")
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	tx := beginTx(t, s)
	if _, err := tx.Exec(context.Background(), "INSERT t VALUES (1)", nil); err != nil {
		t.Fatal(err)
	}
	srv.DropConnections()
	_, err := tx.Exec(context.Background(), "INSERT t VALUES (2)", nil)
	if e := asError(t, err); e.Class != connectors.ClassUnavailable || e.SQLState != "08006" {
		t.Error(err)
	}
	if e := asError(t, tx.Commit(context.Background())); e.SQLState != "25P02" {
		t.Error(e)
	}
	tx.Rollback()
	if got, _ := mustValues(t, s, connectors.Statement{SQL: "SELECT COUNT_BIG(*) AS n FROM t", Schema: oneInt}); got != "0" {
		t.Errorf("%s rows", got)
	}
}

func TestStatementsThatEndTheTransaction(t *testing.T) {
	srv := server(t, "CREATE TABLE t (v int)")
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	for _, sql := range []string{"COMMIT TRANSACTION", "ROLLBACK", "BEGIN TRANSACTION", "INSERT t VALUES (1); COMMIT"} {
		tx := beginTx(t, s)
		_, err := tx.Exec(context.Background(), sql, nil)
		if e := asError(t, err); e.SQLState != "25000" {
			t.Errorf("%s: %v", sql, err)
		}
		tx.Rollback()
	}
}

// TestOptionsDoNotOutlastAFailure holds that an error within a statement takes the transaction back, and that the connection then serves
// readers of another transaction that must survive theirs.
func TestOptionsDoNotOutlastAFailure(t *testing.T) {
	rows := make([]string, 1000)
	for i := range rows {
		rows[i] = fmt.Sprintf("(%d)", i)
	}
	srv := server(t, "CREATE TABLE t (v int PRIMARY KEY)", "INSERT t VALUES "+strings.Join(rows, ", "))
	s := openShard(t, connectors.Config{DSN: srv.DSN(), MaxConns: 1})
	tx := beginTx(t, s)
	if _, err := tx.Exec(context.Background(), "INSERT t VALUES (1)", nil); connectors.ClassOf(err) != connectors.ClassConstraint {
		t.Fatal(err)
	}
	tx.Rollback()
	tx = beginTx(t, s)
	r, err := tx.Query(context.Background(), connectors.Statement{SQL: "SELECT CAST(a.v AS bigint) AS v FROM t AS a CROSS JOIN t AS b", Schema: oneInt, BatchRows: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(context.Background(), "INSERT t VALUES (-1)", nil); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got, _ := mustValues(t, s, connectors.Statement{SQL: "SELECT COUNT_BIG(*) AS n FROM t", Schema: oneInt}); got != "1001" {
		t.Errorf("%s rows", got)
	}
	logins := 0
	for _, l := range srv.Logins() {
		if !l.ReadOnlyIntent {
			logins++
		}
	}
	if logins != 1 {
		t.Errorf("%d connections", logins)
	}
}

func TestRefusedTargets(t *testing.T) {
	srv := server(t, "CREATE TABLE t (v AS 1, w int)", "CREATE TABLE u (w int, v datetime2 GENERATED ALWAYS AS ROW START HIDDEN, x datetime2 GENERATED ALWAYS AS ROW END HIDDEN)")
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	for table, typ := range map[string]arrow.DataType{"t": int32s, "u": moments} {
		text := "1"
		if table == "u" {
			text = "2024-01-01 00:00:00"
		}
		_, err := beginTx(t, s).Insert(context.Background(), table, oneValue(t, typ, "", text))
		if e := asError(t, err); e.SQLState != "428C9" || e.Column != "v" {
			t.Errorf("%s: %v", table, err)
		}
	}
	old := tdstest.Start(t, tdstest.WithEngine(engine.Options{Version: "12.0.2000.8"}))
	_, err := beginTx(t, openShard(t, connectors.Config{DSN: old.DSN()})).Insert(context.Background(), "t", oneValue(t, int32s, "", "1"))
	if e := asError(t, err); e.Class != connectors.ClassConfig || !strings.Contains(e.Error(), "COMPATIBILITY_LEVEL") {
		t.Error(err)
	}
}

func TestBeginFails(t *testing.T) {
	srv := server(t)
	s := openShard(t, connectors.Config{DSN: srv.DSN(), MaxConns: 1})
	srv.FailLogins(tdstest.Fault{Error: tdstest.ErrLoginFailed("atoll")})
	if _, err := s.Begin(context.Background()); connectors.ClassOf(err) != connectors.ClassAuth {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Begin(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	beginTx(t, s).Rollback()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Begin(context.Background()); connectors.ClassOf(err) != connectors.ClassInternal {
		t.Error(err)
	}
}

// TestManyArguments holds that arguments beyond what the server takes become literals.
func TestManyArguments(t *testing.T) {
	srv := server(t, "CREATE TABLE t (v int)")
	tx := beginTx(t, openShard(t, connectors.Config{DSN: srv.DSN()}))
	var args []connectors.Arg
	var rows []string
	for i := range 2500 {
		args = append(args, connectors.Arg{Text: fmt.Sprint(i)})
		if rows = append(rows, fmt.Sprintf("@p%d", i+1)); len(rows) > 500 {
			rows = rows[1:]
		}
	}
	n, err := tx.Exec(context.Background(), "DELETE FROM t WHERE v IN ("+strings.Join(rows, ", ")+")", args)
	if n != 0 || err != nil {
		t.Error(n, err)
	}
}
