package postgres

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/connectors"
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

// cluster returns the server that all tests of the package share.
func cluster(tb testing.TB) *pgtest.Cluster {
	tb.Helper()
	cs, err := pgtest.Shared(1)
	if err != nil {
		tb.Fatal(err)
	}
	return cs[0]
}

// database makes an empty database named after the test, with setup run in it, and returns its DSN.
func database(tb testing.TB, setup ...string) string {
	tb.Helper()
	name := strings.ToLower(strings.NewReplacer("/", "_", " ", "_").Replace(tb.Name()))
	dsn, err := cluster(tb).CreateDatabase(context.Background(), name)
	if err != nil {
		tb.Fatal(err)
	}
	for _, sql := range setup {
		if err := cluster(tb).ExecIn(context.Background(), name, sql); err != nil {
			tb.Fatalf("%s: %v", sql, err)
		}
	}
	return dsn
}

// openShard opens a connector that closes with the test.
func openShard(tb testing.TB, cfg connectors.Config, adjust func(*pgconn.Config)) *shard {
	tb.Helper()
	if cfg.Shard == "" {
		cfg.Shard = "eu-1"
	}
	s, err := open(cfg, adjust)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}
