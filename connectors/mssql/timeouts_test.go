package mssql

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// TestWaitsForLocksAreBounded holds that every batch bounds its waits for locks where statements have a limit, in its own round trip, and none does otherwise.
func TestWaitsForLocksAreBounded(t *testing.T) {
	srv := server(t, "CREATE TABLE t (a bigint)")
	one := connectors.Statement{SQL: "SELECT CAST(@p1 AS bigint) AS a", Schema: oneInt, Args: []connectors.Arg{{Text: "1"}}}
	for limit, want := range map[time.Duration]string{0: "", 30 * time.Second: "SET LOCK_TIMEOUT 30000; "} {
		s := openShard(t, connectors.Config{DSN: srv.DSN(), StatementTimeout: limit})
		mustValues(t, s, one)
		srv.ClearRecord()
		n := openSnapshot(t, s)
		for _, c := range []connectors.Connector{s, n, n} {
			if _, stats := mustValues(t, c, one); stats.RoundTrips != 1 {
				t.Errorf("%d round trips", stats.RoundTrips)
			}
		}
		x, err := s.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		x.Rollback()
		heads := []string{want + underSnapshot, want + underSnapshot + " BEGIN TRANSACTION;", want + underSnapshot,
			want + "SET XACT_ABORT OFF; " + underCommit + " BEGIN TRANSACTION"}
		for i, text := range sentTexts(srv)[:len(heads)] {
			if text != heads[i] {
				t.Errorf("limit %s, batch %d: %q, want %q", limit, i, text, heads[i])
			}
		}
	}
}

// TestBlockedWriteEnds holds that a write which waits for somebody's lock ends by the limit, or with its context, and that the server stops it.
func TestBlockedWriteEnds(t *testing.T) {
	srv := server(t, "CREATE TABLE t (a bigint)", "INSERT INTO t (a) VALUES (1)")
	patient := openShard(t, connectors.Config{DSN: srv.DSN()})
	limited := openShard(t, connectors.Config{DSN: srv.DSN(), StatementTimeout: 100 * time.Millisecond})
	holder, err := patient.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Rollback()
	if _, err := holder.Exec(t.Context(), "UPDATE t SET a = a + 1", nil); err != nil {
		t.Fatal(err)
	}
	blocked := func(s *shard, ctx context.Context) error {
		x, err := s.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer x.Rollback()
		_, err = x.Exec(ctx, "UPDATE t SET a = a + 2", nil)
		return err
	}
	if e := asError(t, blocked(limited, t.Context())); e.Class != connectors.ClassTimeout || e.SQLState != "55P03" {
		t.Error(e)
	}
	srv.ClearRecord()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- blocked(patient, ctx) }()
	eventually(t, slack, "it waits", func() bool {
		for _, sent := range srv.Statements() {
			if !sent.Done && strings.Contains(sent.Text, "a + 2") {
				return true
			}
		}
		return false
	})
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	eventually(t, slack, "the server is idle", func() bool { return running(srv) == 0 })
}
