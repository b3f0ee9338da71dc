package tdstest

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// count reads all rows of a query.
func count(ctx context.Context, q interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}, query string, args ...any) (n int, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

func TestRowsOverManyPackets(t *testing.T) {
	s := startFake(t, &fake{})
	for _, size := range []string{"512", "4096", "32767"} {
		for _, args := range [][]any{nil, {1}} {
			n, err := count(seconds(t, 30), open(t, s.DSNWith("packet size", size)), "rows 20000", args...)
			if err != nil || n != 20000 {
				t.Errorf("packets of %s: %d rows, %v", size, n, err)
			}
		}
	}
}

func TestErrorsReachTheClient(t *testing.T) {
	s := startFake(t, &fake{})
	db := open(t, s.DSN())
	db.SetMaxOpenConns(1)
	for _, args := range [][]any{nil, {1}} {
		_, err := db.ExecContext(seconds(t, 20), "divide;", args...)
		var e mssql.Error
		if !errors.As(err, &e) || e.Number != 8134 || e.Class != 16 || e.State != 1 || e.LineNo != 3 || e.ServerName != serverName {
			t.Errorf("%+v", err)
		}
	}
	if _, err := db.ExecContext(seconds(t, 20), "nosuchprocedure"); number(err) != 2812 {
		t.Error(err)
	}
	var out int
	if _, err := db.ExecContext(seconds(t, 20), "echo;", sql.Named("o", sql.Out{Dest: &out})); number(err) != 8162 {
		t.Error(err)
	}
	if n := len(s.Logins()); n != 1 {
		t.Errorf("%d connections; errors must not end them", n)
	}
	if st := s.Statements(); st[0].Error == nil || !st[0].Done {
		t.Errorf("%+v", st[0])
	}
}

func TestSeveralResults(t *testing.T) {
	f := &fake{do: map[string]func(context.Context, []engine.Param, func(engine.Result) error) error{
		"go;": func(_ context.Context, _ []engine.Param, each func(engine.Result) error) error {
			info := []*engine.Error{{Number: 8153, Text: "Null value is eliminated by an aggregate or other SET operation."}}
			for _, r := range []engine.Result{{Affected: 3}, {Rows: &fakeRows{columns: intColumns, rows: intRows(2)}, Infos: info}, {},
				{Rows: &fakeRows{columns: intColumns}}, {Rows: &fakeRows{columns: intColumns, rows: intRows(1)}}, {Affected: 4}} {
				if err := each(r); err != nil {
					return err
				}
			}
			return nil
		},
	}}
	db := open(t, startFake(t, f).DSN())
	for _, args := range [][]any{nil, {1}} {
		rows, err := db.QueryContext(seconds(t, 20), "go;", args...)
		if err != nil {
			t.Fatal(err)
		}
		var sizes []int
		for more := true; more; more = rows.NextResultSet() {
			n := 0
			for rows.Next() {
				n++
			}
			sizes = append(sizes, n)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || !slices.Equal(sizes, []int{2, 0, 1}) {
			t.Errorf("%v, %v", sizes, err)
		}
		res, err := db.ExecContext(seconds(t, 20), "go;", args...)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := res.RowsAffected(); err != nil || n < 7 {
			t.Errorf("%d affected, %v", n, err)
		}
	}
}

func TestPreparedStatement(t *testing.T) {
	s := startFake(t, &fake{})
	stmt, err := open(t, s.DSN()).PrepareContext(seconds(t, 20), "echo;")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	for i := range 3 {
		var got int
		if err := stmt.QueryRowContext(seconds(t, 20), i).Scan(&got); err != nil || got != i {
			t.Errorf("%d: %d, %v", i, got, err)
		}
	}
}

func TestResetConnection(t *testing.T) {
	f := &fake{}
	s := startFake(t, f)
	db := open(t, s.DSN())
	db.SetMaxOpenConns(1)
	for range 3 {
		if _, err := db.ExecContext(seconds(t, 20), "SELECT 1;"); err != nil {
			t.Fatal(err)
		}
	}
	st := s.Statements()
	if f.resets == 0 || len(st) != 3 || !st[2].Reset || st[2].Session != st[0].Session {
		t.Errorf("%d resets, %+v", f.resets, st)
	}
}

func TestTransactions(t *testing.T) {
	f := &fake{}
	s := startFake(t, f)
	db := open(t, s.DSN())
	db.SetMaxOpenConns(1)
	for level, name := range map[sql.IsolationLevel]string{
		sql.LevelDefault: "", sql.LevelReadUncommitted: "READ UNCOMMITTED", sql.LevelReadCommitted: "READ COMMITTED",
		sql.LevelRepeatableRead: "REPEATABLE READ", sql.LevelSerializable: "SERIALIZABLE", sql.LevelSnapshot: "SNAPSHOT",
	} {
		for _, commit := range []bool{true, false} {
			tx, err := db.BeginTx(seconds(t, 20), &sql.TxOptions{Isolation: level})
			if err != nil {
				t.Fatal(err)
			}
			if n, err := count(seconds(t, 20), tx, "rows 3"); n != 3 || err != nil || f.Transaction() == 0 {
				t.Errorf("%d rows, %v", n, err)
			}
			end, verb := tx.Rollback, "ROLLBACK TRANSACTION"
			if commit {
				end, verb = tx.Commit, "COMMIT TRANSACTION"
			}
			if err := end(); err != nil || f.Transaction() != 0 {
				t.Errorf("%s: %v, transaction %d", verb, err, f.Transaction())
			}
			if got := f.levels[len(f.levels)-1]; got != name {
				t.Errorf("level %q, want %q", got, name)
			}
			if st := s.Statements(); st[len(st)-1].Text != verb {
				t.Errorf("%+v", st[len(st)-1])
			}
		}
	}
	if st := s.Statements(); !slices.ContainsFunc(st, func(s Statement) bool {
		return s.Text == "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION"
	}) {
		t.Errorf("%+v", st)
	}
}

func TestTransactionEndedByTheServer(t *testing.T) {
	f := &fake{}
	s := startFake(t, f)
	tx, err := open(t, s.DSN()).BeginTx(seconds(t, 20), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.FailStatements(Fault{Match: "rows", Error: ErrDeadlock()})
	if _, err := count(seconds(t, 20), tx, "rows 3"); number(err) != 1205 || f.Transaction() != 0 {
		t.Errorf("%v, transaction %d", err, f.Transaction())
	}
	if err := tx.Commit(); err == nil || !strings.Contains(err.Error(), "aborted by the server") {
		t.Error(err)
	}
}

func TestTransactionInABatch(t *testing.T) {
	conn, err := open(t, startFake(t, &fake{}).DSN()).Conn(seconds(t, 20))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, batch := range []string{"begin;", "rows 3", "rollback;"} {
		if _, err := conn.ExecContext(seconds(t, 20), batch); err != nil {
			t.Errorf("%s: %v", batch, err)
		}
	}
	if _, err := conn.ExecContext(seconds(t, 20), "rollback;"); number(err) != 3903 {
		t.Error(err)
	}
}

func TestAttention(t *testing.T) {
	s := startFake(t, &fake{})
	for _, c := range []struct {
		query string
		rows  int // read before the context ends, -1 for none to come
	}{{"wait;", -1}, {"endless;", 0}, {"endless;", 50000}} {
		for _, args := range [][]any{nil, {1}} {
			db := open(t, s.DSN())
			db.SetMaxOpenConns(1)
			if err := db.PingContext(seconds(t, 20)); err != nil {
				t.Fatal(err)
			}
			s.ClearRecord()
			ctx, cancel := context.WithCancel(context.Background()) // the driver gives up a connection whose context had a deadline
			if c.rows <= 0 {
				time.AfterFunc(50*time.Millisecond, cancel)
			}
			start := time.Now()
			rows, err := db.QueryContext(ctx, c.query, args...)
			if err == nil {
				for n := 0; rows.Next(); n++ {
					if c.rows > 0 && n == c.rows {
						cancel()
					}
				}
				err = errors.Join(rows.Err(), rows.Close())
			}
			cancel()
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", c.query, err)
			}
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("%s: %v", c.query, took)
			}
			if n, err := count(seconds(t, 20), db, "rows 5"); n != 5 || err != nil {
				t.Errorf("afterwards: %d rows, %v", n, err)
			}
			st := s.Statements()
			if !st[0].Attention || !st[0].Done || st[1].Attention || st[0].Session != st[1].Session {
				t.Errorf("%s: %+v", c.query, st)
			}
		}
	}
}

func TestAttentionRacesTheEnd(t *testing.T) {
	s := startFake(t, &fake{})
	db := open(t, s.DSN())
	db.SetMaxOpenConns(1)
	for i := range 300 {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Duration(i%30)*10*time.Microsecond, cancel)
		if n, err := count(ctx, db, "rows 100"); err == nil && n != 100 {
			t.Fatalf("%d rows without an error", n)
		}
		cancel()
		if n, err := count(seconds(t, 20), db, "rows 7"); n != 7 || err != nil {
			t.Fatalf("afterwards: %d rows, %v", n, err)
		}
	}
}

func TestClientGoesAwayMidway(t *testing.T) {
	f := &fake{}
	s := startFake(t, f)
	db := open(t, s.DSN())
	rows, err := db.QueryContext(seconds(t, 20), "endless;")
	if err != nil {
		t.Fatal(err)
	}
	rows.Next()
	s.DropConnections()
	for rows.Next() {
	}
	if rows.Err() == nil {
		t.Error("no error")
	}
	rows.Close()
	for deadline := time.Now().Add(5 * time.Second); s.Connections() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the connection is still served")
		}
	}
	if f.closed != 1 {
		t.Errorf("%d sessions closed", f.closed)
	}
}

func TestCloseWhileServing(t *testing.T) {
	s := startFake(t, &fake{})
	db := open(t, s.DSN())
	for _, query := range []string{"wait;", "endless;"} {
		go func() { _, _ = count(context.Background(), db, query) }()
	}
	for s.Connections() < 2 {
		time.Sleep(time.Millisecond)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
}
