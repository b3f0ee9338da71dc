package atoll

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/faultproxy"
)

// endedBy holds that a statement fails by a limit, and that the error says by which.
func endedBy(t *testing.T, err error, limit, saying string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.SQLState != "57014" || e.Limit != limit || !strings.Contains(e.Text, saying) {
		t.Errorf("%v, want %s: %s", err, limit, saying)
	}
}

// TestPhases holds that each phase of a query has a limit of its own, that what ends it names the limit, and that nothing goes on at the servers.
func TestPhases(t *testing.T) {
	s := calmSea(t)
	x := newStrait(t, s.server)
	s.dsn["br-1"] = x.dsn("calm_br")
	t.Run("timeout", func(t *testing.T) {
		s.limits = "limits: {timeout: 150ms}\n"
		e := s.open(t)
		for _, sql := range []string{"SELECT count(*) FROM slow", "SELECT id FROM slow ORDER BY id", "SELECT a.id FROM slow a JOIN endless b ON a.id = b.id + 1"} {
			_, err := ask(t.Context(), e, sql)
			endedBy(t, err, "limits.timeout", "did not end in time: limits.timeout allows 150ms")
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v is no context's end", err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := ask(ctx, e, "SELECT count(*) FROM slow"); err == nil || strings.Contains(err.Error(), "limits.timeout") || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the caller's own deadline: %v", err)
		}
		s.idle(t, 2*time.Second)
	})
	t.Run("planning", func(t *testing.T) {
		s.limits = "limits: {planning: 200ms, timeout: 20s}\n"
		x.down()
		e := s.open(t)
		x.set(faultproxy.Faults{Silent: true})
		start := time.Now()
		_, err := ask(t.Context(), e, "SELECT count(*) FROM people")
		endedBy(t, err, "limits.planning", "not planned in time: limits.planning allows 200ms")
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("that took %s", took)
		}
		x.up()
		for i := 0; ; i++ { // connecting and asking for tables may itself take that long on a busy machine
			got, err := ask(t.Context(), e, "SELECT count(*) FROM people")
			if err == nil && got == "5" {
				break
			}
			if i == 50 || err == nil {
				t.Fatalf("%q, %v", got, err)
			}
		}
	})
	t.Run("shard", func(t *testing.T) {
		s.limits = "limits: {shard_timeout: 150ms}\n"
		e := s.open(t)
		_, err := ask(t.Context(), e, "SELECT count(*) FROM slow WHERE coop = 3")
		var ae *Error
		if !errors.As(err, &ae) || ae.SQLState != "57014" || ae.Shard != "br-1" || !strings.Contains(ae.Text, "limits.shard_timeout") {
			t.Error(err)
		}
		s.idle(t, 2*time.Second)
		answers(t, e, "SELECT count(*) FROM people WHERE coop = 3", "2")
	})
}

// TestOverran holds that an error which says more than that time ran out stays.
func TestOverran(t *testing.T) {
	limit := &timeLimit{"limits.timeout", "late"}
	ctx, cancel := context.WithDeadlineCause(t.Context(), time.Now().Add(-time.Second), limit)
	defer cancel()
	shard := func(class connectors.Class, state string) error {
		return fmt.Errorf("while reading: %w", connectors.NewError("eu-1", class, state, "text", context.DeadlineExceeded))
	}
	for _, c := range []struct {
		err   error
		named bool
	}{
		{context.DeadlineExceeded, true}, {fmt.Errorf("x: %w", context.Canceled), true}, {shard(connectors.ClassCancelled, "57014"), true},
		{wrapError(context.DeadlineExceeded), true}, {errors.New("x"), false}, {shard(connectors.ClassTimeout, "57014"), false},
		{shard(connectors.ClassUnknown, "08007"), false}, {shard(connectors.ClassUnavailable, "08006"), false},
		{&Error{SQLState: "40003", Text: "unknown", cause: context.DeadlineExceeded}, false},
		{&Error{SQLState: "57014", Text: "the queue", Limit: "limits.queue", cause: context.DeadlineExceeded}, false},
	} {
		err := overran(ctx, c.err)
		var e *Error
		if named := errors.As(err, &e) && e.Limit == "limits.timeout"; named != c.named || !c.named && !errors.Is(err, c.err) {
			t.Errorf("%v became %v", c.err, err)
		}
	}
	if err := overran(t.Context(), context.Canceled); err != context.Canceled {
		t.Error(err)
	}
	own, stop := context.WithTimeout(ctx, 0)
	defer stop()
	if err := overran(own, context.DeadlineExceeded); err == context.DeadlineExceeded {
		t.Error("the limit that ended first is not named")
	}
}

// TestWriteOverran holds that a write which waits for somebody's lock ends by the limit, names it, and leaves nothing behind.
func TestWriteOverran(t *testing.T) {
	s := newSea(t, "overran", "")
	s.limits = "limits: {timeout: 300ms}\n"
	e := s.open(t)
	answers(t, e, "SELECT count(*) FROM people", "5")
	done := make(chan error, 1)
	locked := make(chan struct{})
	go func() {
		done <- s.server.ExecIn(t.Context(), "overran_br", "BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)")
	}()
	go func() {
		defer close(locked)
		for s.server.ExecIn(t.Context(), "overran_br", "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'people'::regclass) THEN RAISE 'not yet'; END IF; END $$") != nil {
			if t.Context().Err() != nil {
				return
			}
		}
	}()
	<-locked
	_, err := e.Exec(t.Context(), "UPDATE people SET id = id + 1 WHERE coop = 3")
	endedBy(t, err, "limits.timeout", "did not end in time")
	if err := s.server.ExecIn(t.Context(), "overran_br", "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND pid <> pg_backend_pid()"); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("the lock was not given up")
	}
	s.idle(t, 2*time.Second)
	answers(t, e, "SELECT sum(id) FROM people WHERE coop = 3", "63")
}
