package conformance

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// testWriteCancel ends the context of writes that wait for another transaction.
func testWriteCancel(t *testing.T, w Writes) {
	c := w.table(t, 2)
	holder := c.begin(t)
	c.exec(t, holder, "UPDATE conformance_writes SET n = 1 WHERE id = 1")
	insert(t, holder, "conformance_writes", record(t, writesSchema, []string{"3", "1", "NULL"}))
	for _, delay := range []time.Duration{0, time.Millisecond, 100 * time.Millisecond} {
		for name, write := range map[string]func(context.Context, connectors.Tx) error{
			"Exec": func(ctx context.Context, tx connectors.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE conformance_writes SET n = 2 WHERE id = 1", nil)
				return err
			},
			"Insert": func(ctx context.Context, tx connectors.Tx) error {
				_, err := tx.Insert(ctx, "conformance_writes", record(t, writesSchema, []string{"3", "2", "NULL"}))
				return err
			},
		} {
			w.part(t, fmt.Sprintf("%s after %s", name, delay), func(t *testing.T) {
				if !w.Waits && name == "Insert" {
					t.Skip("the engine finds this out when it commits")
				}
				tx := c.begin(t)
				c.exec(t, tx, "UPDATE conformance_writes SET n = 2 WHERE id = 2")
				ctx, cancel := context.WithCancel(testContext(t))
				defer cancel()
				timer := time.AfterFunc(delay, cancel)
				defer timer.Stop()
				err := write(ctx, tx)
				if w.Waits || !errors.Is(err, context.Canceled) {
					expectStopped(t, w, err)
				}
				tx.Rollback()
			})
		}
	}
	commit(t, holder)
	expectRows(t, "everybody", c, `1 1 "before"`, `2 0 "before"`, "3 1 NULL")
}

// expectStopped is what becomes of a write that cannot go on.
func expectStopped(t *testing.T, w Writes, err error) {
	t.Helper()
	switch {
	case err == nil:
		t.Error("a write over another transaction's succeeds")
	case w.Waits && !errors.Is(err, context.Canceled):
		t.Errorf("a cancelled write says %v", err)
	case !w.Waits && connectors.ClassOf(err) != connectors.ClassConflict:
		t.Errorf("a write over another transaction's says %v", err)
	}
}

// testConflict has two transactions of which only one can win.
func testConflict(t *testing.T, w Writes) {
	c := w.table(t, 2)
	one, two := c.begin(t), c.begin(t)
	c.exec(t, one, "UPDATE conformance_writes SET n = 1 WHERE id = 1")
	c.exec(t, two, "UPDATE conformance_writes SET n = 2 WHERE id = 2")
	ctx := testContext(t)
	var mu sync.Mutex
	var errs []error
	cross := func(tx connectors.Tx, id, n int) {
		_, err := tx.Exec(ctx, fmt.Sprintf("UPDATE conformance_writes SET n = %d WHERE id = %d", n, id), nil)
		if err == nil {
			err = tx.Commit(ctx)
		}
		tx.Rollback()
		mu.Lock()
		defer mu.Unlock()
		errs = append(errs, err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { cross(one, 2, 1) })
	wg.Go(func() { cross(two, 1, 2) })
	wg.Wait()
	lost := 0
	for _, err := range errs {
		if err == nil {
			continue
		}
		lost++
		if e := mustBeError(t, err); e.Class != connectors.ClassConflict {
			t.Errorf("the loser is told %s: %v", e.Class, err)
		}
	}
	switch got := rows(t, c); {
	case lost == 0:
		t.Errorf("both succeed: %v", got)
	case lost == 2: // where nobody waits, each may find the other's row taken
		expectRows(t, "everybody", c, `1 0 "before"`, `2 0 "before"`)
		if w.Waits {
			t.Error("neither succeeds")
		}
	case got[0][2] != got[1][2] || got[0][2] == '0':
		t.Errorf("the rows are of both: %v", got)
	}
}

// testTxConnections holds that a transaction takes one connection and, whatever became of it, gives it back.
func testTxConnections(t *testing.T, w Writes) {
	c := w.table(t, 1)
	conns := 4
	if p, ok := c.Connector.(connectors.Pooled); ok {
		conns = p.MaxConns()
	}
	for round := range 3 {
		txs := make([]connectors.Tx, conns)
		for i := range txs {
			txs[i] = c.begin(t)
		}
		short, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		if _, err := c.to.Begin(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("round %d: one more transaction than connections: %v", round, err)
		}
		cancel()
		for i, tx := range txs {
			gone, cancel := context.WithCancel(testContext(t))
			switch (i + round) % 5 {
			case 0:
				commit(t, tx)
			case 1:
				if _, err := tx.Exec(gone, "UPDATE conformance_no_such_table SET n = 1", nil); err == nil {
					t.Error("a table that is not there was written")
				}
			case 2:
				cancel()
				if _, err := tx.Exec(gone, "UPDATE conformance_writes SET n = 1", nil); !errors.Is(err, context.Canceled) {
					t.Errorf("a write whose context has ended: %v", err)
				}
			case 3:
				cancel()
				if err := tx.Commit(gone); !errors.Is(err, context.Canceled) {
					t.Errorf("a commit whose context has ended: %v", err)
				}
			}
			cancel()
			tx.Rollback()
		}
	}
	expectRows(t, "everybody", c, `1 0 "before"`)
}

// testConcurrentWrites lets transactions run side by side that all write one row, and each one of its own.
func testConcurrentWrites(t *testing.T, w Writes) {
	c := w.table(t, 1)
	const writers, rounds = 4, 8
	ctx := testContext(t)
	var wg sync.WaitGroup
	for i := range writers {
		own := make([]arrow.Record, rounds)
		for round := range own {
			own[round] = record(t, writesSchema, []string{strconv.Itoa(100 + i*rounds + round), "NULL", `"own"`})
		}
		wg.Go(func() {
			for _, rec := range own {
				err := increment(ctx, c, rec)
				for connectors.ClassOf(err) == connectors.ClassConflict {
					err = increment(ctx, c, rec)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	got := rows(t, c)
	if len(got) != 1+writers*rounds || got[0] != fmt.Sprintf(`1 %d "before"`, writers*rounds) {
		t.Errorf("%d rows, the first %s", len(got), got[0])
	}
}

// increment counts in the row that all write, and adds a row.
func increment(ctx context.Context, c writer, own arrow.Record) error {
	tx, err := c.to.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if n, err := tx.Exec(ctx, "UPDATE conformance_writes SET n = n + 1 WHERE id = 1", nil); err != nil || n != 1 {
		return notOne(n, err)
	}
	if n, err := tx.Insert(ctx, "conformance_writes", own); err != nil || n != 1 {
		return notOne(n, err)
	}
	return tx.Commit(ctx)
}

// notOne is the error of a write of one row that failed, or says that it wrote another number.
func notOne(n int64, err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%d rows were written instead of one", n)
}
