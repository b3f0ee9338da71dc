package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// numbers is a database with one table of n rows: id, and id modulo 10 as text.
func numbers(tb testing.TB, n int) *Database {
	tb.Helper()
	d := NewDatabase(Options{})
	rows := make([][]Value, n)
	for i := range rows {
		rows[i] = []Value{int64(i), NewString16(fmt.Sprint(i % 10))}
	}
	columns := []tsql.ColumnDef{{Name: "id", Type: tsql.TypeName{Name: "bigint"}, NotNull: true}, {Name: "s", Type: tsql.TypeName{Name: "nvarchar", Args: []int{5}}}}
	if err := d.Load("dbo", "n", columns, rows); err != nil {
		tb.Fatal(err)
	}
	return d
}

// TestRowsStream wants the first row long before a result of 10^10 rows can have been made.
func TestRowsStream(t *testing.T) {
	s := numbers(t, 100_000).NewSession()
	stop := errors.New("enough")
	err := s.Execute(context.Background(), "SELECT a.id + b.id FROM n a CROSS JOIN n b", nil, func(r Result) error {
		for range 10 {
			if _, err := r.Rows.Next(context.Background()); err != nil {
				return err
			}
		}
		return stop
	})
	if err != stop {
		t.Errorf("got %v", err)
	}
}

func TestStatementsCanBeCancelled(t *testing.T) {
	d := numbers(t, 100_000)
	for _, batch := range []string{
		"SELECT COUNT_BIG(*) FROM n a CROSS JOIN n b",
		"SELECT a.id FROM n a JOIN n b ON a.id > b.id + 1000000",
		"SELECT id FROM n a WHERE (SELECT SUM(b.id) FROM n b WHERE b.id <> a.id) = 1",
		"SELECT DISTINCT a.s FROM n a CROSS JOIN n b ORDER BY a.s",
		"WAITFOR DELAY '00:01:00'",
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
		start := time.Now()
		err := d.NewSession().Execute(ctx, batch, nil, func(r Result) error {
			for {
				if _, err := r.Rows.Next(ctx); err != nil {
					return err
				}
			}
		})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", batch, err)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s: took %v", batch, took)
		}
	}
}

func TestNextObeysItsContext(t *testing.T) {
	s := numbers(t, 1000).NewSession()
	err := s.Execute(context.Background(), "SELECT id FROM n", nil, func(r Result) error {
		ctx, cancel := context.WithCancel(context.Background())
		for i := 0; ; i++ {
			if i == 100 {
				cancel()
			}
			if _, err := r.Rows.Next(ctx); err != nil {
				cancel()
				if i < 100 || i > 400 {
					t.Errorf("ended after %d rows", i)
				}
				return err
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestWait(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	start := time.Now()
	mustExecute(t, s, "WAITFOR DELAY '00:00:00.050'")
	if took := time.Since(start); took < 50*time.Millisecond {
		t.Errorf("took %v", took)
	}
	check(t, s, []ask{{batch: "WAITFOR DELAY '25:00'", fails: 148}, {batch: "WAITFOR DELAY 'soon'", fails: 148}})
}

// TestReadersAndWriters has every reader see whole insertions only, each of three rows.
func TestReadersAndWriters(t *testing.T) {
	d := NewDatabase(Options{AllowSnapshot: true})
	mustExecute(t, d.NewSession(), "CREATE TABLE t (a int)")
	var group sync.WaitGroup
	for range 4 {
		group.Add(2)
		go func() {
			defer group.Done()
			s := d.NewSession()
			for range 50 {
				if _, err := answer(t, s, "INSERT INTO t VALUES (1), (2), (3)"); err != nil {
					t.Error(err)
				}
			}
		}()
		go func() {
			defer group.Done()
			s := d.NewSession()
			for range 50 {
				got, err := answer(t, s, "SELECT COUNT(*) % 3, (SELECT COUNT(*) FROM t) - COUNT(*) FROM t")
				if err != nil || got != "0|0" {
					t.Errorf("got %q, %v", got, err)
				}
			}
		}()
	}
	group.Wait()
	check(t, d.NewSession(), []ask{{batch: "SELECT COUNT(*) FROM t", want: "600"}})
}

func BenchmarkScan(b *testing.B) {
	s := numbers(b, 1_000_000).NewSession()
	for _, batch := range []string{"SELECT id, s FROM n", "SELECT id, s FROM n WHERE id % 2 = 0", "SELECT s, SUM(id) FROM n GROUP BY s",
		"SELECT COUNT(*) FROM n a JOIN n b ON a.id = b.id"} {
		b.Run(batch, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				err := s.Execute(context.Background(), batch, nil, func(r Result) error {
					for {
						if _, err := r.Rows.Next(context.Background()); err == io.EOF {
							return nil
						} else if err != nil {
							return err
						}
					}
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestCorrelatedSubqueriesLookUp would take 4·10^8 steps if every subquery read its whole table.
func TestCorrelatedSubqueriesLookUp(t *testing.T) {
	s := numbers(t, 20_000).NewSession()
	check(t, s, []ask{
		{batch: "SELECT COUNT(*) FROM n a WHERE EXISTS (SELECT 1 FROM n b WHERE b.id = a.id + 10000 AND b.s = a.s)", want: "10000"},
		{batch: "SELECT SUM((SELECT b.id FROM n b WHERE a.id = b.id) - a.id) FROM n a WHERE a.id < 10", fails: 130},
		{batch: "SELECT COUNT(*) FROM n a WHERE NOT EXISTS (SELECT 1 FROM (SELECT id + 1 AS k FROM n) AS b WHERE b.k = a.id AND a.id IS NOT NULL)", want: "1"},
		{batch: "SELECT SUM(d.x) FROM n a CROSS APPLY (SELECT b.id - a.id AS x FROM n b WHERE b.id = a.id) AS d", want: "0"},
	})
}
