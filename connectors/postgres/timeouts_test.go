package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/atoll-sql/atoll/connectors"
)

// limitNow asks for the limit that the asking statement has, in milliseconds.
var limitNow = connectors.Statement{Schema: oneInt, SQL: "SELECT setting::int8 FROM pg_catalog.pg_settings WHERE name = 'statement_timeout'"}

// TestServerEndsStatements holds that the server itself ends what takes too long, that this is told from a cancelled statement, and that the connection serves on.
func TestServerEndsStatements(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t), StatementTimeout: 150 * time.Millisecond}, nil)
	_, _, err := values(t, s, connectors.Statement{SQL: sleepy, Schema: oneInt})
	if e := asError(t, err); e.Class != connectors.ClassTimeout || e.SQLState != "57014" || !strings.Contains(e.Text, "150ms: limits.shard_timeout") {
		t.Error(e)
	}
	x := beginTx(t, s)
	_, err = x.Exec(writeContext(t), "SELECT pg_sleep(60)", nil)
	if e := asError(t, err); e.Class != connectors.ClassTimeout || e.SQLState != "57014" {
		t.Error(e)
	}
	x.Rollback()
	operator := watch(t)
	slow := openShard(t, connectors.Config{DSN: cluster(t).DSNFor("testserverendsstatements"), StatementTimeout: time.Minute}, nil)
	done := make(chan error, 1)
	go func() {
		_, _, err := values(t, slow, connectors.Statement{SQL: sleepy, Schema: oneInt})
		done <- err
	}()
	eventually(t, slack, "the statement was cancelled", func() bool {
		n, _ := mustValues(t, operator, connectors.Statement{Schema: oneInt, SQL: "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE datname = 'testserverendsstatements' AND state = 'active'"})
		return n != "0"
	})
	if e := asError(t, <-done); e.Class != connectors.ClassCancelled || e.SQLState != "57014" {
		t.Error(e)
	}
	eventually(t, slack, "all connections serve on", func() bool { return s.pool.Settled() && len(s.pool.Idle()) > 0 })
}

// TestExpiredInAnyLanguage holds that a server whose messages are not English is understood.
func TestExpiredInAnyLanguage(t *testing.T) {
	storno := &pgconn.PgError{Code: "57014", Message: "storniere Anfrage wegen Zeitüberschreitung der Anfrage"}
	var late *expiredError
	if !errors.As(expired(storno, time.Now().Add(-time.Second), time.Second), &late) {
		t.Error("a statement ended at its limit looks cancelled")
	}
	if errors.As(expired(storno, time.Now().Add(-time.Second), time.Minute), &late) || errors.As(expired(storno, time.Now(), 0), &late) {
		t.Error("a cancelled statement looks as if it had taken too long")
	}
}

// TestDeadlineTravels holds that a deadline sooner than the session's limit goes to the server, in the same round trip, and outlives its statement nowhere.
func TestDeadlineTravels(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t), StatementTimeout: time.Minute}, nil)
	ask := func(q func(context.Context, connectors.Statement) (connectors.Reader, error), limit time.Duration) (int, int) {
		t.Helper()
		ctx, cancel := context.WithCancel(context.Background())
		if limit > 0 {
			ctx, cancel = context.WithTimeout(ctx, limit)
		}
		defer cancel()
		r, err := q(ctx, limitNow)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		rec, err := r.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		n := rec.Column(0).(*array.Int64).Value(0)
		if _, err := r.Next(ctx); err.Error() != "EOF" {
			t.Fatal(err)
		}
		return int(n), r.Stats().RoundTrips
	}
	sooner := func(n int) bool { return n > 10_000 && n <= 20_600 && n%100 == 0 }
	snap := s.Snapshot(func() error { return nil })
	defer snap.Close()
	for what, q := range map[string]func(context.Context, connectors.Statement) (connectors.Reader, error){"alone": s.Query, "in a snapshot": snap.Query} {
		ask(q, 0)
		for _, c := range []struct {
			limit time.Duration
			holds func(int) bool
		}{
			{0, func(n int) bool { return n == 60_000 }}, {20 * time.Second, sooner}, {0, func(n int) bool { return n == 60_000 }},
			{time.Hour, func(n int) bool { return n == 60_000 }},
		} {
			n, trips := ask(q, c.limit)
			if !c.holds(n) || trips != 1 {
				t.Errorf("%s with %s: the server's limit is %d, %d round trips", what, c.limit, n, trips)
			}
		}
	}
	endless := openShard(t, connectors.Config{DSN: cluster(t).DSNFor("testdeadlinetravels")}, nil)
	if n, _ := ask(endless.Query, 20*time.Second); !sooner(n) {
		t.Errorf("with a deadline only: %d", n)
	}
	if n, _ := ask(endless.Query, 0); n != 0 {
		t.Errorf("with nothing: %d", n)
	}
}

// greeting is a connection whose first message goes through a hook, which returns what to send, or what to answer in the server's place.
type greeting struct {
	net.Conn
	edit   func([]byte) (send, answer []byte)
	begun  bool
	answer *bytes.Reader
}

func (g *greeting) Write(p []byte) (int, error) {
	if g.begun {
		return g.Conn.Write(p)
	}
	g.begun = true
	send, answer := g.edit(p)
	if answer != nil {
		g.answer = bytes.NewReader(answer)
		return len(p), nil
	}
	_, err := g.Conn.Write(send)
	return len(p), err
}

func (g *greeting) Read(p []byte) (int, error) {
	if g.answer != nil {
		return g.answer.Read(p)
	}
	return g.Conn.Read(p)
}

// through has every connection of a shard edited.
func through(edit func([]byte) (send, answer []byte)) func(*pgconn.Config) {
	return func(cfg *pgconn.Config) {
		dial := cfg.DialFunc
		cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &greeting{Conn: c, edit: edit}, nil
		}
	}
}

// unknown answers to a parameter of the session as a server that does not know it, or a pooler, does.
func unknown(t *testing.T, code, format, name string) func([]byte) ([]byte, []byte) {
	return func(p []byte) ([]byte, []byte) {
		if !bytes.Contains(p, []byte(name+"\x00")) {
			return p, nil
		}
		out, err := (&pgproto3.ErrorResponse{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: code, Message: strings.ReplaceAll(format, "%", name)}).Encode(nil)
		if err != nil {
			t.Error(err)
		}
		return nil, out
	}
}

// stripped keeps a parameter to itself, as a pooler does that is told to ignore it.
func stripped(name string) func([]byte) ([]byte, []byte) {
	return func(p []byte) ([]byte, []byte) {
		at := bytes.Index(p, []byte("\x00"+name+"\x00"))
		if at < 0 {
			return p, nil
		}
		end := at + 1 + len(name) + 1
		end += bytes.IndexByte(p[end:], 0)
		out := append(bytes.Clone(p[:at]), p[end:]...)
		binary.BigEndian.PutUint32(out, uint32(len(out)))
		return out, nil
	}
}

// TestLimitsWithoutSession holds that the limit reaches the server where its sessions do not take it.
func TestLimitsWithoutSession(t *testing.T) {
	dsn := database(t)
	for _, c := range []struct {
		name   string
		edit   func([]byte) ([]byte, []byte)
		framed bool
	}{
		{"an old server", unknown(t, "42704", `unrecognized configuration parameter "%"`, "client_connection_check_interval"), false},
		{"a pooler", unknown(t, "08P01", "unsupported startup parameter: %", statementTimeout), true},
		{"a pooler that complains of another", unknown(t, "08P01", "unsupported startup parameter: %", "tcp_keepalives_idle"), true},
		{"a pooler that ignores it", stripped(statementTimeout), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openShard(t, connectors.Config{DSN: dsn, StatementTimeout: 30 * time.Second}, through(c.edit))
			caps, err := s.Calibrate(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if s.limits.framed.Load() != c.framed {
				t.Errorf("each statement brings its limit along: %v", !c.framed)
			}
			if f := caps.Findings[len(caps.Findings)-1]; f.Name != "statement timeout" || strings.Contains(f.Value, "with each statement") != c.framed {
				t.Errorf("%+v", f)
			}
			if n, stats := mustValues(t, s, limitNow); n != "30000" || stats.RoundTrips != 1 {
				t.Errorf("the server's limit is %s after %d round trips", n, stats.RoundTrips)
			}
			x := beginTx(t, s)
			r, err := x.Query(writeContext(t), limitNow)
			if err != nil {
				t.Fatal(err)
			}
			rec, err := r.Next(writeContext(t))
			if err != nil || rec.Column(0).ValueStr(0) != "30000" {
				t.Errorf("in a transaction that writes: %v, %v", rec, err)
			}
		})
	}
	s := openShard(t, connectors.Config{DSN: dsn}, through(unknown(t, "42704", `unrecognized configuration parameter "%"`, "search_path")))
	if _, _, err := values(t, s, limitNow); err == nil {
		t.Error("a session without a parameter that it needs was begun")
	}
}

// TestBlockedWriteEnds holds that a write which waits for somebody's lock ends with its context, whatever it is, that the server stops it, and that the connection
// comes back.
func TestBlockedWriteEnds(t *testing.T) {
	dsn := database(t, "CREATE TABLE w (v bigint)", "INSERT INTO w VALUES (1)")
	s := openShard(t, connectors.Config{DSN: dsn, MaxConns: 2}, nil)
	watcher := watch(t)
	rec := rowsOf(t, 100_000)
	for name, do := range map[string]func(ctx context.Context, x *tx) error{
		"exec": func(ctx context.Context, x *tx) error {
			_, err := x.Exec(ctx, "UPDATE w SET v = v + 1", nil)
			return err
		},
		"copy": func(ctx context.Context, x *tx) error {
			_, err := x.Insert(ctx, "w", rec)
			return err
		},
		"query": func(ctx context.Context, x *tx) error {
			r, err := x.Query(ctx, connectors.Statement{SQL: "SELECT v FROM w FOR UPDATE", Schema: oneInt})
			if err != nil {
				return err
			}
			defer r.Close()
			_, err = r.Next(ctx)
			return err
		},
	} {
		for _, how := range []string{"deadline", "cancel"} {
			t.Run(name+" "+how, func(t *testing.T) {
				locker := beginTx(t, s)
				if _, err := locker.Exec(writeContext(t), "LOCK TABLE w IN ACCESS EXCLUSIVE MODE", nil); err != nil {
					t.Fatal(err)
				}
				x := beginTx(t, s)
				ctx, cancel := context.WithCancel(context.Background())
				if how == "deadline" {
					ctx, cancel = context.WithTimeout(context.Background(), 300*time.Millisecond)
				}
				defer cancel()
				done := make(chan error, 1)
				go func() { done <- do(ctx, x) }()
				eventually(t, slack, "it waits for the lock", func() bool { return waiting(t, watcher) == "1" })
				if how == "cancel" {
					cancel()
				}
				select {
				case err := <-done:
					if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
						t.Errorf("it ended with %v", err)
					}
				case <-time.After(10 * time.Second):
					t.Fatal("it goes on after its context has ended")
				}
				x.Rollback()
				eventually(t, slack, "the server has stopped it", func() bool { return waiting(t, watcher) == "0" })
				locker.Rollback()
				eventually(t, slack, "both connections are back", func() bool { return s.pool.Settled() && len(s.pool.Idle()) == 2 })
			})
		}
	}
}

// waiting counts the sessions that wait for a lock.
func waiting(t *testing.T, watcher *shard) string {
	n, _ := mustValues(t, watcher, connectors.Statement{Schema: oneInt,
		SQL: "SELECT count(*) FROM pg_stat_activity WHERE datname = 'testblockedwriteends' AND wait_event_type = 'Lock'"})
	return n
}

// rowsOf is a record of n numbers v.
func rowsOf(t *testing.T, n int) arrow.Record {
	t.Helper()
	b := array.NewInt64Builder(memory.DefaultAllocator)
	defer b.Release()
	for i := range n {
		b.Append(int64(i))
	}
	column := b.NewArray()
	defer column.Release()
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "v", Type: arrow.PrimitiveTypes.Int64}}, nil), []arrow.Array{column}, int64(n))
	t.Cleanup(rec.Release)
	return rec
}

// TestVanishedCoordinator holds that the server ends what a coordinator left behind that is gone, though the statement sends nothing that would tell.
func TestVanishedCoordinator(t *testing.T) {
	dsn := database(t)
	watcher := watch(t)
	s := openShard(t, connectors.Config{DSN: dsn}, nil)
	for name, want := range watchful {
		stmt := connectors.Statement{SQL: "SELECT current_setting($1)", Schema: oneText, Args: []connectors.Arg{{Text: name}}}
		if got, _ := mustValues(t, s, stmt); got != want && got != "0" { // a socket file has no keepalives
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	quick := openShard(t, connectors.Config{DSN: dsn + "&client_connection_check_interval=100ms"}, nil)
	r, err := quick.Query(t.Context(), connectors.Statement{SQL: sleepy, Schema: oneInt})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, slack, "it runs", func() bool { return busy(t, watcher, "testvanishedcoordinator") == "1" })
	if err := r.(*reader).run.conn.net.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*slack, "the server has ended it", func() bool { return busy(t, watcher, "testvanishedcoordinator") == "0" })
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
