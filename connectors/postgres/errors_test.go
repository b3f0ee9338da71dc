package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
)

const password = "s3cr3t-Pa55"

// chain is everything an error and its causes say.
func chain(err error) string {
	var b strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&b, "%v\n%+v\n", err, err)
	}
	return b.String()
}

func TestMalformedDSN(t *testing.T) {
	for _, dsn := range []string{
		"postgres://u:" + password + "@host:port/db", "postgres://u:" + password + "%zz@host/db",
		"host=h password=" + password + " sslmode=perhaps", "host=h password='" + password, "nonsense " + password,
		"postgres://u:pa/" + password + "@host/db", "host=h port=99999999 password=" + password,
	} {
		_, err := Open(connectors.Config{Shard: "eu-1", DSN: dsn})
		e := asError(t, err)
		if e.Class != connectors.ClassConfig || strings.Contains(chain(err), password) {
			t.Errorf("%v", chain(err))
		}
	}
}

func TestUnreachable(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	lock(t)
	locked := strings.Replace(cluster(t).DSN, "atoll@", "locked:"+password+"@", 1)
	for name, tc := range map[string]struct {
		dsn, text string
		class     connectors.Class
	}{
		"refused":       {"postgres://u:" + password + "@127.0.0.1:1/db?sslmode=disable", "refused", connectors.ClassUnavailable},
		"unresolved":    {"postgres://u:" + password + "@no-such-host.invalid/db", "resolved", connectors.ClassUnavailable},
		"no socket":     {"host=" + gone + " user=u password=" + password, "socket", connectors.ClassUnavailable},
		"password":      {locked, "login refused", connectors.ClassAuth},
		"no database":   {strings.Replace(cluster(t).DSNFor("nowhere"), "atoll@", "atoll:"+password+"@", 1), "does not exist", connectors.ClassConfig},
		"no such login": {strings.Replace(cluster(t).DSN, "atoll@", "nobody:"+password+"@", 1), "login refused", connectors.ClassAuth},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShard(t, connectors.Config{DSN: tc.dsn, ConnectTimeout: 5 * time.Second}, nil)
			_, err := s.Query(context.Background(), connectors.Statement{SQL: "SELECT 1::int8", Schema: oneInt})
			e := asError(t, err)
			if e.Class != tc.class || !strings.Contains(e.Text, tc.text) {
				t.Errorf("class %q: %v", e.Class, chain(err))
			}
			if said := chain(err); strings.Contains(said, password) || strings.Contains(err.Error(), tc.dsn) {
				t.Errorf("the DSN shows: %s", said)
			}
			if _, err := s.Calibrate(context.Background()); asError(t, err).Class != tc.class {
				t.Errorf("Calibrate: %v", err)
			}
		})
	}
}

// lock makes a role that needs a password, which is not ours.
func lock(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	hba := filepath.Join(cluster(t).Dir, "data", "pg_hba.conf")
	rules, err := os.ReadFile(hba)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(rules), "locked") {
		if err := os.WriteFile(hba, append([]byte("local all locked scram-sha-256\n"), rules...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, sql := range []string{"DROP ROLE IF EXISTS locked", "CREATE ROLE locked LOGIN PASSWORD 'another'", "SELECT pg_reload_conf()"} {
		if err := cluster(t).Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	bad := strings.Replace(cluster(t).DSN, "atoll@", "locked:wrong@", 1)
	eventually(t, 10*time.Second, "the server asks for a password", func() bool {
		c, err := pgconn.Connect(ctx, bad)
		if err == nil {
			return c.Close(ctx) != nil
		}
		return true
	})
}

func TestServerErrors(t *testing.T) {
	dsn := database(t, "CREATE TABLE hidden (a int)", "CREATE TABLE seen (a int8)", "INSERT INTO seen VALUES (1), (2)",
		"DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN", "GRANT SELECT ON seen TO reader")
	s := openShard(t, connectors.Config{DSN: strings.Replace(dsn, "atoll@", "reader@", 1)}, nil)
	for sql, want := range map[string]connectors.Class{
		"SELECT a FROM hidden":                             connectors.ClassPermission,
		"SELECT a FROM nowhere":                            connectors.ClassSchema,
		"SELECT b FROM seen":                               connectors.ClassSchema,
		"SELECT lower(a) FROM seen":                        connectors.ClassSchema,
		"SELECT 1/(a-1) FROM seen":                         connectors.ClassData,
		"SELECT (SELECT a FROM seen)":                      connectors.ClassData,
		"SELECT CAST(a || 'secret' AS int8) FROM seen":     connectors.ClassData,
		"SELECT date '2026-02-30'":                         connectors.ClassData,
		"SELECT FROM WHERE":                                connectors.ClassInternal,
		"INSERT INTO seen VALUES (1) RETURNING a":          connectors.ClassPermission,
		"SELECT 1::int8; SELECT 2::int8":                   connectors.ClassInternal,
		"SELECT pg_cancel_backend(pg_backend_pid())::int8": connectors.ClassSchema,
	} {
		_, _, err := values(t, s, connectors.Statement{SQL: sql, Schema: oneInt})
		e := asError(t, err)
		if e.Class != want || strings.Contains(err.Error(), "secret") || e.Shard != "eu-1" {
			t.Errorf("%s: class %q: %v", sql, e.Class, err)
		}
	}
	cancelSelf := "SELECT a FROM seen, pg_cancel_backend(pg_backend_pid()), pg_sleep(5)"
	if _, _, err := values(t, s, connectors.Statement{SQL: cancelSelf, Schema: oneInt}); asError(t, err).Class != connectors.ClassCancelled {
		t.Errorf("cancelled by somebody else: %v", err)
	}
	killSelf := "SELECT a FROM seen, pg_terminate_backend(pg_backend_pid()), pg_sleep(5)"
	if _, _, err := values(t, s, connectors.Statement{SQL: killSelf, Schema: oneInt}); asError(t, err).Class != connectors.ClassUnavailable {
		t.Errorf("killed by somebody else: %v", err)
	}
	if got, _ := mustValues(t, s, connectors.Statement{SQL: "SELECT a FROM seen ORDER BY a", Schema: oneInt}); got != "1 2" {
		t.Errorf("afterwards: %s", got)
	}
}

func TestClassesOfSQLStates(t *testing.T) {
	for code, want := range map[string]connectors.Class{
		"08006": connectors.ClassUnavailable, "57P03": connectors.ClassUnavailable, "28P01": connectors.ClassAuth,
		"40001": connectors.ClassConflict, "40P01": connectors.ClassConflict, "53300": connectors.ClassLimit,
		"53200": connectors.ClassLimit, "42704": connectors.ClassSchema, "2201E": connectors.ClassData,
		"55P03": connectors.ClassTimeout, "57014": connectors.ClassCancelled, "XX000": connectors.ClassInternal, "": connectors.ClassInternal,
	} {
		err := serverError("s", &pgconn.PgError{Code: code, Message: "row (secret)"})
		if connectors.ClassOf(err) != want || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %q: %v", code, connectors.ClassOf(err), err)
		}
	}
	timeout := serverError("s", &pgconn.PgError{Code: "57014", Message: "canceling statement due to statement timeout"})
	if connectors.ClassOf(timeout) != connectors.ClassTimeout {
		t.Error(timeout)
	}
}
