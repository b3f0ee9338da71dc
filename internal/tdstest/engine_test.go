package tdstest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

var _ Executor = (*engine.Session)(nil)

// TestEngineBehindTheWire sees to it that the two halves fit; what T-SQL means is the engine's tests' affair.
func TestEngineBehindTheWire(t *testing.T) {
	s := Start(t, WithEngine(engine.Options{Name: "shop", AllowSnapshot: true}))
	err := s.Exec(seconds(t, 20), `CREATE TABLE dbo.t (id bigint NOT NULL, name nvarchar(40), price decimal(15,2), at datetime2(6), ok bit NOT NULL, long varchar(max), u uniqueidentifier);
		INSERT INTO dbo.t (id, name, price, at, ok, long, u) VALUES (1, N'Ärger', 12.50, '2024-02-29T12:34:56.789012', 1, 'x', '01234567-89AB-CDEF-0102-030405060708'), (2, NULL, NULL, NULL, 0, NULL, NULL)`)
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, s.DSN())
	var (
		id, name any
		price    []byte
		moment   time.Time
		ok       bool
		long     string
		u        mssql.UniqueIdentifier
	)
	if err := db.QueryRowContext(seconds(t, 20), "SELECT id, name, price, at, ok, long, u FROM dbo.t WHERE id = CAST(@p1 AS bigint)", "1").
		Scan(&id, &name, &price, &moment, &ok, &long, &u); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintln(id, name, string(price), moment, ok, long, u); got != "1 Ärger 12.50 2024-02-29 12:34:56.789012 +0000 UTC true x 01234567-89AB-CDEF-0102-030405060708\n" {
		t.Error(got)
	}
	if n, err := count(seconds(t, 20), db, "SELECT * FROM dbo.t ORDER BY id"); n != 2 || err != nil {
		t.Error(n, err)
	}
	var version, login string
	if err := db.QueryRowContext(seconds(t, 20), "SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), DB_NAME()").Scan(&version, &login); err != nil || login != "shop" {
		t.Error(version, login, err)
	}
}

func TestErrorsOfTheEngine(t *testing.T) {
	db := open(t, Start(t).DSN())
	for query, want := range map[string]int32{
		"SELECT 1 LIMIT 1": 102, "SELECT a FROM dbo.nowhere": 208, "SELECT 1/0": 8134, "SELECT @x": 137, "SELECT 'a": 105,
	} {
		for _, args := range [][]any{nil, {1}} {
			var e mssql.Error
			if _, err := count(seconds(t, 20), db, query, args...); !errors.As(err, &e) || e.Number != want || e.Class < 15 || e.Class > 16 {
				t.Errorf("%s: %v (%d, class %d)", query, err, e.Number, e.Class)
			}
		}
	}
}

func TestManyParameters(t *testing.T) {
	db := open(t, Start(t).DSN())
	var names []string
	var args []any
	for i := range 2000 {
		names, args = append(names, fmt.Sprintf("CAST(@p%d AS int)", i+1)), append(args, fmt.Sprint(i))
	}
	var n int
	if err := db.QueryRowContext(seconds(t, 20), "SELECT CASE WHEN 1999 IN ("+strings.Join(names, ", ")+") THEN 1 ELSE 0 END AS x", args...).Scan(&n); err != nil || n != 1 {
		t.Error(n, err)
	}
}

func TestDeclaredParameters(t *testing.T) {
	db := open(t, Start(t).DSN())
	var length int
	if err := db.QueryRowContext(seconds(t, 20), "SELECT DATALENGTH(@p1)", "Grüße").Scan(&length); err != nil || length != 10 {
		t.Error(length, err)
	}
	var sum float64
	if err := db.QueryRowContext(seconds(t, 20), "SELECT @a + @b", sql.Named("b", 1.5), sql.Named("a", 2)).Scan(&sum); err != nil || sum != 3.5 {
		t.Error(sum, err)
	}
}

func TestSnapshotThroughTheWire(t *testing.T) {
	s := Start(t, WithEngine(engine.Options{AllowSnapshot: true}))
	if err := s.Exec(seconds(t, 20), "CREATE TABLE dbo.t (a int); INSERT INTO dbo.t (a) VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	db := open(t, s.DSN())
	tx, err := db.BeginTx(seconds(t, 20), &sql.TxOptions{Isolation: sql.LevelSnapshot})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if n, err := count(seconds(t, 20), tx, "SELECT a FROM dbo.t"); n != 1 || err != nil {
			t.Errorf("%d rows within the snapshot, %v", n, err)
		}
		if _, err := db.ExecContext(seconds(t, 20), "INSERT INTO dbo.t (a) VALUES (2)"); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := count(seconds(t, 20), db, "SELECT a FROM dbo.t"); n != 3 || err != nil {
		t.Errorf("%d rows outside of it, %v", n, err)
	}
	if err := tx.Commit(); err != nil {
		t.Error(err)
	}
}

func TestSnapshotNotAllowed(t *testing.T) {
	s := Start(t)
	if err := s.Exec(seconds(t, 20), "CREATE TABLE dbo.t (a int)"); err != nil {
		t.Fatal(err)
	}
	tx, err := open(t, s.DSN()).BeginTx(seconds(t, 20), &sql.TxOptions{Isolation: sql.LevelSnapshot})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := count(seconds(t, 20), tx, "SELECT a FROM dbo.t"); number(err) != 3952 {
		t.Error(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
}

func TestWaitIsStopped(t *testing.T) {
	s := Start(t)
	db := open(t, s.DSN())
	if err := db.PingContext(seconds(t, 20)); err != nil {
		t.Fatal(err)
	}
	s.ClearRecord()
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	start := time.Now()
	if _, err := db.ExecContext(ctx, "WAITFOR DELAY '00:00:30'"); !errors.Is(err, context.Canceled) || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
	if st := s.Statements(); len(st) != 1 || !st[0].Attention {
		t.Errorf("%+v", st)
	}
}
