package postgres

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

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

// cluster returns one of the servers that all tests of the package share.
func cluster(tb testing.TB, i int) *pgtest.Cluster {
	tb.Helper()
	all, err := pgtest.Shared(2)
	if err != nil {
		tb.Fatal(err)
	}
	return all[i]
}

const password = "hunter2-of-the-map"

// database makes an empty database on a server, named after the test, and returns its DSN, in which there is a password that the server does not ask for.
func database(tb testing.TB, i int) string {
	tb.Helper()
	dsn, err := cluster(tb, i).CreateDatabase(tb.Context(), dbName(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return withPassword(dsn)
}

func dbName(tb testing.TB) string {
	return strings.ToLower(strings.NewReplacer("/", "_", " ", "_").Replace(tb.Name()))
}

func withPassword(dsn string) string {
	joint := "?"
	if strings.Contains(dsn, "?") {
		joint = "&"
	}
	return dsn + joint + "password=" + password
}

func open(tb testing.TB, o Options) *Store {
	tb.Helper()
	s, err := Open(o)
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

// run runs SQL in the database of a test.
func run(tb testing.TB, i int, sql string) {
	tb.Helper()
	if err := cluster(tb, i).ExecIn(tb.Context(), dbName(tb), sql); err != nil {
		tb.Fatal(err)
	}
}
