package failover_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/conformance"
	"github.com/atoll-sql/atoll/connectors/failover"
	"github.com/atoll-sql/atoll/connectors/postgres"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := pgtest.StopShared(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// TestConformance holds that a shard of servers keeps the promises of the port, with one server and with a choice. The second one is the same server again: it
// has the same rows, and a replica's standing.
func TestConformance(t *testing.T) {
	for _, replicas := range []int{0, 1} {
		t.Run(fmt.Sprintf("replicas=%d", replicas), func(t *testing.T) { conformance.Run(t, harness(t, replicas)) })
	}
}

func harness(t *testing.T, replicas int) conformance.Harness {
	t.Helper()
	all, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	dsn, err := all[0].CreateDatabase(t.Context(), fmt.Sprintf("failover_%d", replicas))
	if err != nil {
		t.Fatal(err)
	}
	exec := func(tb testing.TB, statements ...string) {
		tb.Helper()
		ctx := context.Background()
		conn, err := pgconn.Connect(ctx, dsn)
		if err != nil {
			tb.Fatal(err)
		}
		defer conn.Close(ctx)
		for _, sql := range statements {
			if err := conn.Exec(ctx, sql).Close(); err != nil {
				tb.Fatalf("%s: %v", sql, err)
			}
		}
	}
	return conformance.Harness{
		Exec: exec, Write: exec,
		Cut: func(tb testing.TB) {
			exec(tb, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		},
		Open: func(tb testing.TB) connectors.Connector {
			s := open(tb, failover.Options{MaxStaleness: -1}, dsn, strings.Fields(strings.Repeat(dsn+" ", replicas))...)
			s.Probe(context.Background())
			return s
		},
		Literal: func(typ, text string) (string, bool) {
			return "CAST('" + strings.ReplaceAll(text, "'", "''") + "' AS " + typ + ")", true
		},
		Series:         func(n int) string { return fmt.Sprintf("SELECT generate_series(1::bigint, %d) AS n", n) },
		Endless:        "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b HAVING count(*) < 0",
		DivisionByZero: "SELECT g / (g - 2000) FROM generate_series(1, 3000::bigint) g",
		Overflow:       "SELECT 9223372036854775807 + g FROM generate_series(0, 3::bigint) g",
		BadCast:        "SELECT CAST(t AS bigint) FROM (VALUES ('1'), ('secret-cell')) v(t)",
		TextColumn:     "SELECT 'secret-cell'::text AS n",
	}
}

// open makes a shard of PostgreSQL servers, whose replicas are called b, c, ….
func open(tb testing.TB, o failover.Options, primary string, replicas ...string) *failover.Shard {
	tb.Helper()
	end := func(name, dsn string) failover.Endpoint {
		c, err := postgres.Open(connectors.Config{Shard: "eu-1", DSN: dsn})
		if err != nil {
			tb.Fatal(err)
		}
		return failover.Endpoint{Name: name, Conn: c}
	}
	var ends []failover.Endpoint
	for i, dsn := range replicas {
		ends = append(ends, end(string(rune('b'+i)), dsn))
	}
	return failover.New("eu-1", end("", primary), ends, o)
}
