package tpch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

// TestCancel stops a run in each of its phases: nothing that it started is left, nor any file.
func TestCancel(t *testing.T) {
	for _, at := range []string{"filling", "postgres_fdw: lineitem", "query 6:"} {
		before := leftovers(t)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Run(ctx, Options{
			Scale: 0.01, Shards: 1, Peers: []string{Atoll, peers.FDW}, Queries: []int{6, 18}, Rounds: 100, Timeout: time.Minute,
			Progress: func(line string) {
				if strings.HasPrefix(line, at) {
					cancel()
				}
			},
		})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("stopped at %q: %v", at, err)
		}
		if after := leftovers(t); after != before {
			t.Errorf("stopped at %q, it left:\n%s\nwhere there was:\n%s", at, after, before)
		}
	}
}

// leftovers lists the processes that this one has started and the directories of its servers.
func leftovers(t *testing.T) string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"/proc/self/task/*/children", filepath.Join(os.TempDir(), "atoll-pg-*")} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if strings.HasSuffix(f, "children") {
				text, err := os.ReadFile(f)
				if err != nil {
					continue // a thread that has ended
				}
				f = string(text)
			} else if !strings.Contains(f, fmt.Sprintf("-%d-", os.Getpid())) {
				continue // of another process
			}
			if f != "" {
				out = append(out, f)
			}
		}
	}
	return strings.Join(out, "\n")
}

// TestSettle: a statement that runs on is ended, so that it takes nothing from the next one; sessions without one are left alone.
func TestSettle(t *testing.T) {
	c := pgtest.Start(t, 1)[0]
	if _, err := c.CreateDatabase(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	connect := func() *pgx.Conn {
		conn, err := pgx.Connect(t.Context(), c.DSNFor(database))
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	idle, running := connect(), connect()
	ended := make(chan error, 1)
	go func() { ended <- exec(context.Background(), running, "select pg_sleep(600)") }()
	for busy := 0; busy == 0; time.Sleep(10 * time.Millisecond) {
		if err := idle.QueryRow(t.Context(), "select count(*) from pg_stat_activity where wait_event = 'PgSleep'").Scan(&busy); err != nil {
			t.Fatal(err)
		}
	}
	if err := (&servers{single: c}).settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "57014") {
		t.Errorf("the statement ended with %v", err)
	}
	for _, conn := range []*pgx.Conn{idle, running} {
		if err := exec(t.Context(), conn, "select 1"); err != nil {
			t.Error(err)
		}
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
}
