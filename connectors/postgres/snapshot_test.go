package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/conformance"
)

func never() error { return nil }

// asked lets helpers that ask a connector ask a snapshot.
type asked struct {
	connectors.Connector
	snapshot connectors.Snapshot
}

func (a asked) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return a.snapshot.Query(ctx, stmt)
}

func openSnapshot(t *testing.T, s *shard) asked {
	n := s.Snapshot(never)
	t.Cleanup(n.Close)
	return asked{s, n}
}

// TestConformanceWithoutExport runs the suite's snapshots against a server that exports none.
func TestConformanceWithoutExport(t *testing.T) {
	h := harness(t, database(t))
	usual := h.Open
	h.Open = func(tb testing.TB) connectors.Connector {
		c := usual(tb)
		c.(*shard).exportless.Store(true)
		return c
	}
	conformance.RunSnapshots(t, h)
}

// begun starts a statement and reads its first row, so that it is under way.
func begun(t *testing.T, c connectors.Connector) connectors.Reader {
	t.Helper()
	ctx := context.Background()
	r, err := c.Query(ctx, connectors.Statement{Schema: oneInt, BatchRows: 10, SQL: "SELECT generate_series(1::int8, 100000000)"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(ctx); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSnapshotRoundTrips counts, at the socket: statements of a snapshot cost one round trip each, whether they open it, take
// it over or run where it is kept.
func TestSnapshotRoundTrips(t *testing.T) {
	var line lineCounter
	s := openShard(t, connectors.Config{DSN: database(t)}, line.adjust)
	stmt := connectors.Statement{SQL: "SELECT $1::int8 + txid_current_if_assigned() IS NULL", Schema: schemaOf(arrow.FixedWidthTypes.Boolean), Args: []connectors.Arg{{Text: "1"}}}
	var warm []connectors.Reader
	for range 2 {
		warm = append(warm, begun(t, s))
	}
	for _, r := range warm {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, slack, "both connections are back", func() bool { return idle(s) == 2 })
	n := openSnapshot(t, s)
	line.take()
	for i := range 3 {
		if _, stats := mustValues(t, n, stmt); line.take() != 1 || stats.RoundTrips != 1 {
			t.Errorf("statement %d on the keeping connection: %d round trips", i, stats.RoundTrips)
		}
	}
	r, err := n.Query(context.Background(), connectors.Statement{SQL: "SELECT 1::int8", Schema: oneInt}) // now that one is busy
	if err != nil {
		t.Fatal(err)
	}
	line.take()
	for i := range 3 {
		if _, stats := mustValues(t, n, stmt); line.take() != 1 || stats.RoundTrips != 1 {
			t.Errorf("statement %d beside it: %d round trips", i, stats.RoundTrips)
		}
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func idle(s *shard) int { return len(s.pool.Idle()) }

// TestSnapshotTakesNoMoreConnections holds that as many connections are used as there are readers open at once.
func TestSnapshotTakesNoMoreConnections(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t, "CREATE TYPE mood AS ENUM ('sad', 'ok')"), MaxConns: 2}, nil)
	watcher := watch(t)
	for _, types := range []bool{false, true} {
		n := openSnapshot(t, s)
		for i := range 3 {
			r := begun(t, n)
			stmt := connectors.Statement{SQL: "SELECT 'ok'", Schema: oneText}
			if types { // which the connector has to ask about first
				stmt.SQL = "SELECT 'ok'::mood"
			}
			if got, _ := mustValues(t, n, stmt); got != "ok" {
				t.Errorf("%d: %s", i, got)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if got, _ := mustValues(t, n, stmt); got != "ok" {
				t.Errorf("%d: %s", i, got)
			}
		}
		n.snapshot.Close()
	}
	eventually(t, slack, "no transaction is left open", func() bool { return busy(t, watcher, strings.ToLower(t.Name())) == "0" })
}

// TestSnapshotLearnsTypes meets a type that the connector does not know in the statement that opens a snapshot, in one that
// follows it on its connection, and in one beside it.
func TestSnapshotLearnsTypes(t *testing.T) {
	for i, where := range []string{"opening", "following", "beside"} {
		t.Run(where, func(t *testing.T) {
			s := openShard(t, connectors.Config{DSN: database(t, "CREATE TYPE mood AS ENUM ('sad', 'ok')"), MaxConns: 2}, nil)
			n := openSnapshot(t, s)
			switch i {
			case 1:
				mustValues(t, n, connectors.Statement{SQL: "SELECT 1::int8", Schema: oneInt})
			case 2:
				defer begun(t, n).Close()
			}
			if got, _ := mustValues(t, n, connectors.Statement{SQL: "SELECT 'ok'::mood", Schema: oneText}); got != "ok" {
				t.Error(got)
			}
		})
	}
}

// TestSnapshotOutlivesPlans changes a table whose statement is prepared on the connection.
func TestSnapshotOutlivesPlans(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t, "CREATE TABLE t (a int4)", "INSERT INTO t VALUES (7)"), MaxConns: 1}, nil)
	stmt := connectors.Statement{SQL: "SELECT a FROM t", Schema: oneInt}
	name := strings.ToLower(t.Name())
	for i, change := range []string{"ALTER TABLE t ADD b int4", "ALTER TABLE t ALTER a TYPE int8", "ALTER TABLE t ALTER a TYPE int2"} {
		mustValues(t, s, stmt)
		if err := cluster(t).ExecIn(context.Background(), name, change); err != nil {
			t.Fatal(err)
		}
		n := openSnapshot(t, s)
		if i == 2 {
			mustValues(t, n, connectors.Statement{SQL: "SELECT 1::int8", Schema: oneInt})
		}
		if got, _ := mustValues(t, n, stmt); got != "7" {
			t.Errorf("after %s: %s", change, got)
		}
		n.snapshot.Close()
	}
}

// TestSnapshotLost ends the session that keeps the snapshot: what still has to be asked fails, rather than read another state.
func TestSnapshotLost(t *testing.T) {
	dsn := database(t)
	s := openShard(t, connectors.Config{DSN: dsn}, nil)
	pid := connectors.Statement{SQL: "SELECT pg_backend_pid()::int8", Schema: oneInt}
	for _, between := range []string{"while it is idle", "while it answers"} {
		t.Run(between, func(t *testing.T) {
			n := openSnapshot(t, s)
			keeper, _ := mustValues(t, n, pid)
			if between == "while it answers" {
				defer begun(t, n).Close()
			}
			if err := cluster(t).Exec(context.Background(), "SELECT pg_terminate_backend("+keeper+", 5000)"); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				_, _, err := values(t, n, pid)
				if e := asError(t, err); e.Class != connectors.ClassUnavailable || e.Shard != "eu-1" {
					t.Errorf("%v", err)
				}
			}
			mustValues(t, s, pid)
		})
	}
}

// TestServerClosesIdleConnectionOfSnapshot: a snapshot opens on a new connection where the idle one has died.
func TestServerClosesIdleConnectionOfSnapshot(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t)}, nil)
	stmt := connectors.Statement{SQL: "SELECT pg_backend_pid()::int8", Schema: oneInt}
	before, _ := mustValues(t, s, stmt)
	if err := cluster(t).Exec(context.Background(), "SELECT pg_terminate_backend("+before+", 5000)"); err != nil {
		t.Fatal(err)
	}
	if after, _ := mustValues(t, openSnapshot(t, s), stmt); before == after {
		t.Errorf("backend %s, then %s", before, after)
	}
}

// TestExportRefused asks with a login that may not export snapshots: its statements share one connection.
func TestExportRefused(t *testing.T) {
	role := "exportless"
	dsn := database(t, "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_export_snapshot() FROM PUBLIC",
		"DROP ROLE IF EXISTS "+role, "CREATE ROLE "+role+" LOGIN")
	s := openShard(t, connectors.Config{DSN: dsn}, func(cfg *pgconn.Config) { cfg.User = role })
	who := connectors.Statement{SQL: "SELECT current_user::text", Schema: oneText}
	if got, _ := mustValues(t, s, who); got != role {
		t.Fatalf("the login is %s", got)
	}
	for _, calibrated := range []bool{false, true} {
		if calibrated {
			caps, err := s.Calibrate(context.Background())
			if err != nil || fmt.Sprint(caps.Missing) != "[export_snapshot]" {
				t.Errorf("missing: %v, %v", caps.Missing, err)
			}
		}
		n := openSnapshot(t, s)
		ctx := context.Background()
		pid := connectors.Statement{SQL: "SELECT pg_backend_pid()::int8 FROM generate_series(1, 3)", Schema: oneInt}
		r, err := n.Query(ctx, pid)
		if err != nil {
			t.Fatal(err)
		}
		second, _ := mustValues(t, n, pid)
		rec, err := r.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if first := rec.Column(0).ValueStr(0); !strings.HasPrefix(second, first+" ") {
			t.Errorf("one statement ran on backend %s, the other on %s", first, second)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		n.snapshot.Close()
	}
}
