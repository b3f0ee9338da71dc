package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

// TestPosition follows a primary and its standby: what is committed before the primary is asked, the standby has once it has reached that position, and
// not while it has not. A standby that is promoted writes a log of its own.
func TestPosition(t *testing.T) {
	primary := pgtest.Start(t, 1, pgtest.Replicating...)[0]
	exec(t, primary, "CREATE TABLE t (n bigint)", "CHECKPOINT")
	standby, err := primary.NewStandby()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.Stop(); err != nil {
			t.Error(err)
		}
	})
	p := openShard(t, connectors.Config{DSN: primary.DSNFor("postgres")}, nil)
	s := openShard(t, connectors.Config{DSN: standby.DSNFor("postgres")}, nil)
	at := func(c *shard) connectors.Position {
		t.Helper()
		p, err := connectors.Positioned(c).Position(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	count := connectors.Statement{SQL: "SELECT count(*) FROM t", Schema: oneInt}
	reaches := func(want connectors.Position) {
		t.Helper()
		eventually(t, time.Minute, "the standby gets there", func() bool { return at(s).Offset >= want.Offset })
	}
	for n := range int64(3) {
		exec(t, primary, "INSERT INTO t VALUES (1)")
		want := at(p)
		if want.Replica || want.Log == "" {
			t.Fatalf("%+v", want)
		}
		reaches(want)
		if have := at(s); !have.Replica || have.Log != want.Log {
			t.Errorf("the standby is at %+v, the primary at %+v", have, want)
		}
		if got := numbers(t, s, count); got != n+1 {
			t.Errorf("%d rows, want %d", got, n+1)
		}
	}
	exec(t, standby, "SELECT pg_wal_replay_pause()")
	eventually(t, time.Minute, "the standby pauses", func() bool {
		return standby.Exec(t.Context(), "SELECT 1 / (pg_get_wal_replay_pause_state() = 'paused')::int") == nil
	})
	exec(t, primary, "INSERT INTO t VALUES (1)")
	want := at(p)
	if have := at(s); have.Offset >= want.Offset || numbers(t, s, count) != 3 {
		t.Errorf("paused at %+v, the primary is at %+v", have, want)
	}
	exec(t, standby, "SELECT pg_wal_replay_resume()")
	reaches(want)
	// A segment that has just begun: the next record goes behind a header, the last one ended before it.
	exec(t, primary, "SELECT pg_switch_wal()")
	reaches(at(p))
	old := at(p)
	exec(t, standby, "SELECT pg_promote()")
	if have := at(s); have.Replica || have.Log == old.Log || !strings.HasPrefix(have.Log, strings.Fields(old.Log)[0]) {
		t.Errorf("promoted at %+v, before %+v", have, old)
	}
}

func exec(t *testing.T, c *pgtest.Cluster, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if err := c.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// numbers is the one number that a statement returns.
func numbers(t *testing.T, s *shard, stmt connectors.Statement) (n int64) {
	t.Helper()
	if err := s.ask(t.Context(), stmt.SQL, stmt.Schema.Fields(), nil, func(r row) { n = r.int(0) }); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestWithoutHeader lists positions behind headers of the log: pages of 8 KiB, segments of 16 MiB.
func TestWithoutHeader(t *testing.T) {
	const page, segment = 8192, 16 << 20
	for at, want := range map[uint64]uint64{
		segment + 40: segment, segment + page + 24: segment + page, segment + 24: segment + 24, segment + page + 40: segment + page + 40,
		segment: segment, segment + 48: segment + 48, 3*segment + 5*page + 8: 3*segment + 5*page + 8,
	} {
		if got := withoutHeader(at, page, segment); got != want {
			t.Errorf("%d became %d, want %d", at, got, want)
		}
	}
}
