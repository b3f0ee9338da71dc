package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/conformance"
)

func TestConformance(t *testing.T) { conformance.Run(t, harness(t, database(t))) }

// harness is the suite's for a database.
func harness(t *testing.T, dsn string) conformance.Harness {
	t.Helper()
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
		Exec:  exec,
		Write: exec,
		Cut: func(tb testing.TB) {
			exec(tb, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		},
		Open: func(tb testing.TB) connectors.Connector {
			tb.Helper()
			c, err := Open(connectors.Config{Shard: "eu-1", DSN: dsn})
			if err != nil {
				tb.Fatal(err)
			}
			return c
		},
		Literal: func(typ, text string) (string, bool) {
			return "CAST('" + strings.ReplaceAll(text, "'", "''") + "' AS " + typ + ")", true
		},
		Series: func(n int) string { return fmt.Sprintf("SELECT generate_series(1::bigint, %d) AS n", n) },
		Endless: "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b " +
			"HAVING count(*) < 0",
		DivisionByZero: "SELECT g / (g - 2000) FROM generate_series(1, 3000::bigint) g",
		Overflow:       "SELECT 9223372036854775807 + g FROM generate_series(0, 3::bigint) g",
		BadCast:        "SELECT CAST(t AS bigint) FROM (VALUES ('1'), ('secret-cell')) v(t)",
		TextColumn:     "SELECT 'secret-cell'::text AS n",
	}
}
