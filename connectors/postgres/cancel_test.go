package postgres

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// busy counts the server's sessions of a database that run something or sit in a transaction.
func busy(t *testing.T, watcher *shard, database string) string {
	t.Helper()
	n, _ := mustValues(t, watcher, connectors.Statement{Schema: oneInt, Args: []connectors.Arg{{Text: database}},
		SQL: "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND state <> 'idle' AND pid <> pg_backend_pid()"})
	return n
}

func watch(t *testing.T) *shard {
	return openShard(t, connectors.Config{Shard: "watcher", DSN: cluster(t).DSN}, nil)
}

const sleepy = "SELECT 1::int8 FROM pg_sleep(600)"

func TestCancelIsPrompt(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t)}, nil)
	watcher := watch(t)
	mustValues(t, s, connectors.Statement{SQL: "SELECT 1::int8", Schema: oneInt})
	for _, by := range []string{"the query's context", "the call's context"} {
		t.Run(by, func(t *testing.T) {
			queryCtx, nextCtx := context.Background(), context.Background()
			ctx, cancel := context.WithCancel(context.Background())
			if by == "the query's context" {
				queryCtx = ctx
			} else {
				nextCtx = ctx
			}
			r, err := s.Query(queryCtx, connectors.Statement{SQL: sleepy, Schema: oneInt})
			if err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(50*time.Millisecond, cancel)
			start := time.Now()
			_, err = r.Next(nextCtx)
			if took := time.Since(start); took > 250*time.Millisecond+slack {
				t.Errorf("Next returned after %s", took)
			}
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Next says %v", err)
			}
			eventually(t, 200*time.Millisecond+slack, "the server is idle", func() bool { return busy(t, watcher, "testcancelisprompt") == "0" })
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	pid := connectors.Statement{SQL: "SELECT pg_backend_pid()::int8", Schema: oneInt}
	mustValues(t, s, pid)
	eventually(t, 5*time.Second, "the connections are back", func() bool { return s.pool.Settled() && len(s.pool.Idle()) > 0 })
}

// slack is for machines that do many things at once.
const slack = 2 * time.Second

// TestCancelWithoutNext: nobody reads, yet the statement stops.
func TestCancelWithoutNext(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t)}, nil)
	watcher := watch(t)
	ctx, cancel := context.WithCancel(context.Background())
	r, err := s.Query(ctx, connectors.Statement{SQL: sleepy, Schema: oneInt})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	eventually(t, slack, "the statement runs", func() bool { return busy(t, watcher, "testcancelwithoutnext") == "1" })
	cancel()
	eventually(t, slack, "the statement stopped", func() bool { return busy(t, watcher, "testcancelwithoutnext") == "0" })
}

// TestCloseStopsTheStatement closes readers whose rows are still coming.
func TestCloseStopsTheStatement(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t)}, nil)
	watcher := watch(t)
	ctx := context.Background()
	for i := range 4 {
		r, err := s.Query(ctx, connectors.Statement{Schema: oneInt, BatchRows: 10, SQL: "SELECT generate_series(1::int8, 100000000)"})
		if err != nil {
			t.Fatal(err)
		}
		for range i {
			if _, err := r.Next(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	eventually(t, slack+settleLimit, "the server is idle", func() bool { return busy(t, watcher, "testclosestopsthestatement") == "0" })
}

// TestCancelHitsNobodyElse cancels statements at random moments while others use the same few connections.
func TestCancelHitsNobodyElse(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t), MaxConns: 3}, nil)
	var wg sync.WaitGroup
	stmt := connectors.Statement{SQL: "SELECT g::int8 FROM generate_series(1, 3000) g", Schema: oneInt, BatchRows: 500}
	for i := range 3 {
		wg.Go(func() {
			for j := range 40 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration((i*41+j*67)%4000)*time.Microsecond)
				_, err := read(ctx, s, stmt)
				if err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("cancelled: %v", err)
				}
				cancel()
			}
		})
		wg.Go(func() {
			for range 40 {
				if n, err := read(context.Background(), s, stmt); err != nil || n != 3000 {
					t.Errorf("bystander: %s rows, %v", strconv.Itoa(n), err)
				}
			}
		})
	}
	wg.Wait()
}

func read(ctx context.Context, s *shard, stmt connectors.Statement) (rows int, err error) {
	r, err := s.Query(ctx, stmt)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for {
		rec, err := r.Next(ctx)
		if err != nil {
			if err.Error() == "EOF" {
				return rows, nil
			}
			return rows, err
		}
		rows += int(rec.NumRows())
	}
}

// TestCancelKeepsConnections cancels statements in every state, over and over: the server is idle afterwards, and no connection was lost over it.
func TestCancelKeepsConnections(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t), MaxConns: 2}, nil)
	watcher := watch(t)
	idle := func() bool {
		return s.pool.Settled() && len(s.pool.Idle()) == 2 && busy(t, watcher, "testcancelkeepsconnections") == "0"
	}
	sessions := func() string {
		out, _ := mustValues(t, watcher, connectors.Statement{Schema: oneText, SQL: "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity WHERE datname = 'testcancelkeepsconnections'"})
		return out
	}
	endless := connectors.Statement{Schema: oneInt, BatchRows: 10, SQL: "SELECT a * b FROM generate_series(1, 100000) b(b), generate_series(1::int8, 30000) a(a)"}
	asleep := connectors.Statement{SQL: sleepy, Schema: oneInt}
	two := func(ask func(context.Context, connectors.Statement) (connectors.Reader, error)) func(context.Context) []connectors.Reader {
		return func(ctx context.Context) (out []connectors.Reader) {
			for _, stmt := range []connectors.Statement{endless, asleep} {
				r, err := ask(ctx, stmt)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, r)
			}
			return out
		}
	}
	for _, r := range two(s.Query)(t.Context()) { // opens both connections
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, 5*slack, "both connections are idle", idle)
	before := sessions()
	for round := range 10 {
		for name, ends := range map[string]func(cancel func(), r []connectors.Reader){
			"at once": func(cancel func(), _ []connectors.Reader) { cancel() },
			"before any read": func(cancel func(), _ []connectors.Reader) {
				time.Sleep(time.Duration(round) * time.Millisecond)
				cancel()
			},
			"half read": func(cancel func(), r []connectors.Reader) {
				if _, err := r[0].Next(t.Context()); err != nil {
					t.Error(err)
				}
				cancel()
			},
			"closed": func(func(), []connectors.Reader) {},
		} {
			snapshot := s.Snapshot(func() error { return nil })
			for i, ask := range []func(context.Context, connectors.Statement) (connectors.Reader, error){s.Query, snapshot.Query} {
				ctx, cancel := context.WithCancel(t.Context())
				readers := two(ask)(ctx)
				ends(cancel, readers)
				if i == 1 && round%2 == 0 {
					snapshot.Close() // before its readers
				}
				for _, r := range readers {
					if err := r.Close(); err != nil {
						t.Error(err)
					}
				}
				cancel()
			}
			snapshot.Close()
			eventually(t, 5*slack, name+": all is idle", idle)
			if after := sessions(); after != before {
				t.Fatalf("%s: the sessions were %s and are %s", name, before, after)
			}
		}
	}
}
