package mssql

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/tdstest"
)

// slack is for machines that do many things at once.
const slack = 2 * time.Second

// sleepy gives its first row after a very long time.
var sleepy = "SELECT x.a AS a FROM (" + counting(9) + ") AS x WHERE x.a < 0"

// running counts the server's statements that are neither answered nor stopped.
func running(srv *tdstest.Server) (n int) {
	for _, s := range srv.Statements() {
		if !s.Done {
			n++
		}
	}
	return n
}

// expectStopped checks that a cancelled statement returned soon and was stopped at the server by ATTENTION.
func expectStopped(t *testing.T, srv *tdstest.Server, err error, took time.Duration) {
	t.Helper()
	if took > 250*time.Millisecond+slack || !errors.Is(err, context.Canceled) {
		t.Errorf("%v after %s", err, took)
	}
	eventually(t, slack, "the server is idle", func() bool { return running(srv) == 0 })
	if sent := srv.Statements(); len(sent) != 1 || !sent[0].Attention {
		t.Errorf("%+v", sent)
	}
}

func TestCancelIsPrompt(t *testing.T) {
	srv := server(t)
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	one := connectors.Statement{SQL: "SELECT CAST(1 AS bigint) AS a", Schema: oneInt}
	mustValues(t, s, one)
	logins := len(srv.Logins())
	t.Run("before the first row", func(t *testing.T) {
		srv.ClearRecord()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		time.AfterFunc(50*time.Millisecond, cancel)
		start := time.Now()
		_, err := s.Query(ctx, connectors.Statement{SQL: sleepy, Schema: oneInt})
		expectStopped(t, srv, err, time.Since(start)-50*time.Millisecond)
	})
	for _, by := range []string{"the query's context", "the call's context"} {
		t.Run(by, func(t *testing.T) {
			srv.ClearRecord()
			queryCtx, nextCtx := context.Background(), context.Background()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if by == "the query's context" {
				queryCtx = ctx
			} else {
				nextCtx = ctx
			}
			r, err := s.Query(queryCtx, connectors.Statement{SQL: counting(9), Schema: oneInt, BatchRows: 1 << 30})
			if err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(50*time.Millisecond, cancel)
			start := time.Now()
			for err == nil {
				_, err = r.Next(nextCtx)
			}
			took := time.Since(start) - 50*time.Millisecond
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			expectStopped(t, srv, err, took)
		})
	}
	mustValues(t, s, one)
	if n := len(srv.Logins()); logins != 1 || n > 0 {
		t.Errorf("cancelling cost connections: %d logins, then %d", logins, n)
	}
}

// TestCancelBeforeClose: nobody reads any more when the context ends.
func TestCancelBeforeClose(t *testing.T) {
	srv := server(t)
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	ctx, cancel := context.WithCancel(context.Background())
	r, err := s.Query(ctx, connectors.Statement{SQL: counting(9), Schema: oneInt})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	eventually(t, slack, "the statement stopped", func() bool { return running(srv) == 0 })
}

// TestCloseStopsTheStatement closes readers whose rows are still coming.
func TestCloseStopsTheStatement(t *testing.T) {
	srv := server(t)
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	ctx := context.Background()
	for i := range 4 {
		r, err := s.Query(ctx, connectors.Statement{Schema: oneInt, BatchRows: 10, SQL: counting(9)})
		if err != nil {
			t.Fatal(err)
		}
		for range i {
			if _, err := r.Next(ctx); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		if err := r.Close(); err != nil || time.Since(start) > time.Second {
			t.Errorf("Close: %v after %s", err, time.Since(start))
		}
	}
	eventually(t, slack+settleLimit, "the server is idle", func() bool { return running(srv) == 0 })
}

// TestDeafServer: a server that does not answer holds nobody up for long.
func TestDeafServer(t *testing.T) {
	srv := server(t)
	s := openShard(t, connectors.Config{DSN: srv.DSN(), ConnectTimeout: 300 * time.Millisecond})
	stmt := connectors.Statement{SQL: "SELECT CAST(1 AS bigint) AS a", Schema: oneInt}
	mustValues(t, s, stmt)
	srv.FailStatements(tdstest.Fault{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := s.Query(ctx, stmt); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > settleLimit+slack {
		t.Errorf("%v after %s", err, time.Since(start))
	}
	mustValues(t, s, stmt)
	fresh := openShard(t, connectors.Config{DSN: srv.DSN(), ConnectTimeout: 300 * time.Millisecond})
	srv.FailLogins(tdstest.Fault{Delay: time.Hour})
	_, err := fresh.Query(context.Background(), stmt)
	if e := asError(t, err); e.Class != connectors.ClassUnavailable || time.Since(start) > settleLimit+3*slack {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

// TestCancelHitsNobodyElse cancels statements at random moments while others use the same few connections.
func TestCancelHitsNobodyElse(t *testing.T) {
	srv := server(t)
	s := openShard(t, connectors.Config{DSN: srv.DSN(), MaxConns: 3})
	var wg sync.WaitGroup
	stmt := connectors.Statement{SQL: counting(3), Schema: oneInt, BatchRows: 300}
	for i := range 3 {
		wg.Go(func() {
			for j := range 30 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration((i*41+j*267)%8000)*time.Microsecond)
				_, err := read(ctx, s, stmt)
				if err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("cancelled: %v", err)
				}
				cancel()
			}
		})
		wg.Go(func() {
			for range 30 {
				if n, err := read(context.Background(), s, stmt); err != nil || n != 1000 {
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

func TestPoolBoundsConnections(t *testing.T) {
	srv := server(t)
	s := openShard(t, connectors.Config{DSN: srv.DSN(), MaxConns: 2})
	ctx := context.Background()
	stmt := connectors.Statement{SQL: "SELECT CAST(1 AS bigint) AS a", Schema: oneInt}
	var open []connectors.Reader
	for range 2 {
		r, err := s.Query(ctx, stmt)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, r)
	}
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if _, err := s.Query(short, stmt); connectors.ClassOf(err) != connectors.ClassTimeout {
		t.Errorf("a third connection: %v", err)
	}
	for _, r := range open {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	mustValues(t, s, stmt)
	if n := srv.Connections(); n > 2 {
		t.Errorf("%d connections", n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Query(ctx, stmt); err == nil {
		t.Error("a closed connector answers")
	}
	eventually(t, slack, "the connections are closed", func() bool { return srv.Connections() == 0 })
}
