package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// show writes a value as the tests below expect it.
func show(t *testing.T, v Value, typ Type) string {
	t.Helper()
	switch v := v.(type) {
	case nil:
		return "NULL"
	case String16:
		return v.String()
	case []byte:
		return fmt.Sprintf("0x%x", v)
	case bool:
		if v {
			return "1"
		}
		return "0"
	}
	text, err := Convert(v, typ, Type{Kind: NVarchar, Length: -1, Collation: DefaultCollation}, -1)
	if err != nil {
		t.Fatal(err)
	}
	return text.(String16).String()
}

// answer executes a batch and writes the rows of its queries: columns with | between, rows with ;.
func answer(t *testing.T, s *Session, batch string, params ...Param) (string, error) {
	t.Helper()
	var rows []string
	err := s.Execute(context.Background(), batch, params, func(r Result) error {
		if r.Rows == nil {
			return nil
		}
		for {
			row, err := r.Rows.Next(context.Background())
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			var shown []string
			for i, c := range r.Rows.Columns() {
				shown = append(shown, show(t, row[i], c.Type))
			}
			rows = append(rows, strings.Join(shown, "|"))
		}
	})
	return strings.Join(rows, ";"), err
}

func mustExecute(t *testing.T, s *Session, batch string) {
	t.Helper()
	if _, err := answer(t, s, batch); err != nil {
		t.Fatalf("%s: %v", batch, err)
	}
}

// ask is a batch and its answer: rows, or an error's number.
type ask struct {
	batch string
	want  string
	fails int32
}

func check(t *testing.T, s *Session, asks []ask, params ...Param) {
	t.Helper()
	for _, a := range asks {
		got, err := answer(t, s, a.batch, params...)
		var failed *Error
		switch {
		case err == nil && a.fails != 0:
			t.Errorf("%s\n got %q, want error %d", a.batch, got, a.fails)
		case errors.As(err, &failed) && failed.Number == a.fails:
		case err != nil:
			t.Errorf("%s\n %v", a.batch, describe(err))
		case got != a.want:
			t.Errorf("%s\n got  %q\n want %q", a.batch, got, a.want)
		}
	}
}

func describe(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return fmt.Sprintf("error %d: %s", e.Number, e.Text)
	}
	return err.Error()
}

// fruit is a database that most tests read.
func fruit(t *testing.T, options Options) *Session {
	t.Helper()
	s := NewDatabase(options).NewSession()
	mustExecute(t, s, `CREATE TABLE dbo.fruit (id int NOT NULL, name nvarchar(20), kind varchar(10), price decimal(9,2), amount int);
		INSERT INTO dbo.fruit VALUES (1, N'apple', 'pome', 1.50, 10), (2, N'Pear', 'pome', 2.25, 5), (3, N'plum', 'stone', 0.75, NULL),
			(4, N'fig', NULL, 3.00, 7);
		CREATE TABLE dbo.sales (fruit_id int NULL, qty int NOT NULL);
		INSERT INTO dbo.sales (fruit_id, qty) VALUES (1, 3), (1, 4), (2, 5), (NULL, 9), (8, 1)`)
	return s
}

func TestSessionOptions(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	mustExecute(t, s, "SET XACT_ABORT ON; SET LOCK_TIMEOUT 1000; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
	if s.Option("XACT_ABORT") != "ON" || s.Option("TRANSACTION ISOLATION LEVEL") != "SERIALIZABLE" {
		t.Errorf("options %v, isolation %q", s.options, s.isolation)
	}
	check(t, s, []ask{{batch: "SELECT @@LOCK_TIMEOUT", want: "1000"}})
	s.Reset()
	if s.Option("XACT_ABORT") != "" || s.Option("TRANSACTION ISOLATION LEVEL") != "READ COMMITTED" {
		t.Errorf("after Reset: options %v, isolation %q", s.options, s.isolation)
	}
}

func TestSettingsEndWithTheProcedure(t *testing.T) {
	s := NewDatabase(Options{AllowSnapshot: true}).NewSession()
	level := `SELECT transaction_isolation_level FROM sys.dm_exec_sessions WHERE session_id = @@SPID`
	check(t, s, []ask{{batch: "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; " + level, want: "5"}}, Param{Name: "@p1", Type: Type{Kind: Int}, Value: int64(1)})
	check(t, s, []ask{{batch: level, want: "2"}})
	mustExecute(t, s, "SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
	check(t, s, []ask{{batch: level, want: "5"}})
}

func TestSnapshotMustBeAllowed(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; SELECT 1", want: "1"},
		{batch: "SELECT id FROM fruit", fails: 3952},
		{batch: "SELECT snapshot_isolation_state FROM sys.databases WHERE name = DB_NAME()", want: "0"},
	})
	s = fruit(t, Options{AllowSnapshot: true})
	check(t, s, []ask{
		{batch: "BEGIN TRANSACTION; SET TRANSACTION ISOLATION LEVEL SNAPSHOT; SELECT id FROM fruit", fails: 3951},
		{batch: "ROLLBACK; SELECT COUNT(*) FROM fruit", want: "4"},
		{batch: "SELECT snapshot_isolation_state FROM sys.databases WHERE name = DB_NAME()", want: "1"},
	})
}

func TestTransactions(t *testing.T) {
	s := fruit(t, Options{AllowSnapshot: true})
	other := s.db.NewSession()
	count := "SELECT COUNT(*) FROM sales"
	mustExecute(t, s, "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION")
	if s.Transaction() == 0 {
		t.Error("no transaction after BEGIN")
	}
	check(t, s, []ask{{batch: count, want: "5"}})
	mustExecute(t, other, "INSERT INTO sales VALUES (1, 1)")
	check(t, s, []ask{{batch: count, want: "5"}, {batch: "INSERT INTO sales VALUES (2, 2)", fails: 3960}, {batch: "COMMIT; " + count, want: "6"}})
	check(t, s, []ask{
		{batch: "BEGIN TRANSACTION; BEGIN TRANSACTION; SELECT @@TRANCOUNT", want: "2"},
		{batch: "INSERT INTO sales VALUES (2, 2); " + count, want: "7"},
	})
	check(t, other, []ask{{batch: count, want: "6"}})
	check(t, s, []ask{{batch: "ROLLBACK; SELECT @@TRANCOUNT; " + count, want: "0;6"}, {batch: "COMMIT", fails: 3902}, {batch: "ROLLBACK", fails: 3903}})
	mustExecute(t, s, "BEGIN TRANSACTION; INSERT INTO sales VALUES (2, 2); COMMIT")
	check(t, other, []ask{{batch: count, want: "7"}})
}

func TestReadCommittedSeesWhatOthersCommit(t *testing.T) {
	s := fruit(t, Options{})
	other := s.db.NewSession()
	check(t, s, []ask{{batch: "BEGIN TRANSACTION; SELECT COUNT(*) FROM sales", want: "5"}})
	mustExecute(t, other, "INSERT INTO sales VALUES (1, 1)")
	check(t, s, []ask{{batch: "SELECT COUNT(*) FROM sales", want: "6"}})
	s.Reset()
	if s.Transaction() != 0 {
		t.Error("Reset leaves the transaction open")
	}
}

func TestResetFreesTheWriteLock(t *testing.T) {
	s := fruit(t, Options{})
	mustExecute(t, s, "BEGIN TRANSACTION; INSERT INTO sales VALUES (1, 1)")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	other := s.db.NewSession()
	err := other.Execute(ctx, "INSERT INTO sales VALUES (1, 1)", nil, func(Result) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a second writer: %v", err)
	}
	s.Reset()
	mustExecute(t, other, "INSERT INTO sales VALUES (1, 1)")
	check(t, other, []ask{{batch: "SELECT COUNT(*) FROM sales", want: "6"}})
}

func TestSyntaxErrorsStopTheWholeBatch(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{{batch: "INSERT INTO sales VALUES (1, 1); SELECT 1 LIMIT 1", fails: 102}, {batch: "SELECT COUNT(*) FROM sales", want: "5"}})
}

func TestErrorsNameTheirLine(t *testing.T) {
	s := fruit(t, Options{})
	_, err := answer(t, s, "SELECT id,\n nam\nFROM fruit")
	var failed *Error
	if !errors.As(err, &failed) || failed.Line != 2 {
		t.Errorf("got %#v, want line 2", err)
	}
}

func TestWarningOfNulls(t *testing.T) {
	s := fruit(t, Options{})
	for batch, want := range map[string]int{"SELECT SUM(amount) FROM fruit": 1, "SELECT COUNT(*) FROM fruit": 0} {
		err := s.Execute(context.Background(), batch, nil, func(r Result) error {
			for {
				if _, err := r.Rows.Next(context.Background()); err != nil {
					break
				}
			}
			if got := r.Rows.(Warned).Warnings(); len(got) != want {
				t.Errorf("%s: %v", batch, got)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
