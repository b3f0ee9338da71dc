package atoll

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/faultproxy"
)

// slowTables never end by themselves: slow does not send a row, half sends some and then fails, endless sends on and on, stuck sends some and then nothing.
const slowTables = `  slow: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], us-1: [4]}}}
  half: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], us-1: [4]}}}
  endless: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], us-1: [4]}}}
  stuck: {sharding: {strategy: lookup, key: [coop], map: {br-1: [3]}}}
`

func slowViews() map[string]string {
	pg := `CREATE VIEW slow AS SELECT COOP AS coop, g::bigint AS id FROM generate_series(1, 3) g WHERE pg_sleep(60) IS NOT NULL;
		CREATE VIEW half AS SELECT COOP AS coop, 100 / (60000 - g)::bigint AS id, '` + planted + `'::text AS word FROM generate_series(1, 100000) g;
		CREATE VIEW endless AS SELECT COOP AS coop, a * b AS id FROM generate_series(1, 100000) b(b), generate_series(1::bigint, 30000) a(a);
		CREATE VIEW stuck AS SELECT COOP AS coop, g::bigint AS id FROM generate_series(1, 20000) g UNION ALL SELECT COOP, 0 WHERE pg_sleep(60) IS NOT NULL;`
	return map[string]string{
		"eu-1": strings.ReplaceAll(pg, "COOP", "1"), "br-1": strings.ReplaceAll(pg, "COOP", "3"),
		"us-1": `CREATE VIEW slow AS SELECT 4::integer AS coop, sum(a.range ^ b.range)::bigint AS id FROM range(1000000) a, range(1000000) b;
			CREATE VIEW half AS SELECT 4::integer AS coop, CASE WHEN range = 60000 THEN error('sqlstate:22012') ELSE range END::bigint AS id, '` + planted + `' AS word FROM range(100000);
			CREATE VIEW endless AS SELECT 4::integer AS coop, a.range * b.range AS id FROM range(100000) b, range(30000) a;`,
	}
}

// TestHalfway holds that a shard which fails after it sent rows ends the result with its error, and not as if that were all.
func TestHalfway(t *testing.T) {
	s := calmSea(t)
	e := s.open(t)
	for coop, shard := range map[string]string{"1": "eu-1", "4": "us-1"} {
		got, err := ask(t.Context(), e, "SELECT id, word FROM half WHERE coop = "+coop)
		var ae *Error
		if !errors.As(err, &ae) || ae.SQLState != "22012" || ae.Shard != shard || got == "" {
			t.Errorf("%s: %d bytes of rows and %v", shard, len(got), err)
			continue
		}
		discreet(t, ae.Error())
	}
	got, err := ask(t.Context(), e, "SELECT sum(id), min(word) FROM half")
	if err == nil || got != "" {
		t.Errorf("got %q and %v", got, err)
	}
	s.idle(t, time.Second)
}

// TestCancel holds that a query's end by its context stops what runs on every shard, and soon.
func TestCancel(t *testing.T) {
	s, tmp := calmSea(t), t.TempDir()
	t.Setenv("TMPDIR", tmp)
	e := s.open(t)
	for _, sql := range []string{
		"SELECT id FROM slow", "SELECT count(*), sum(id) FROM slow", "SELECT id FROM slow ORDER BY 1 LIMIT 3",
		"SELECT id FROM endless", "SELECT id FROM endless ORDER BY id", "SELECT DISTINCT id FROM endless",
		"SELECT a.id FROM endless a JOIN endless b ON a.id = b.id + 1",
	} {
		t.Run(sql, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			start := time.Now()
			_, err := ask(ctx, e, sql)
			if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 1500*time.Millisecond {
				t.Errorf("%v after %s", err, took)
			}
			s.idle(t, time.Second)
		})
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	empty(t, tmp)
}

// TestOvertaken holds that a request to cancel which reaches the server before the statement does is not lost.
func TestOvertaken(t *testing.T) {
	s := calmSea(t)
	x := newStrait(t, s.server)
	s.dsn["br-1"] = x.dsn("calm_br")
	e := s.open(t)
	answers(t, e, "SELECT id FROM people WHERE coop = 3 AND fee > 0", "31")
	x.set(faultproxy.Faults{Latency: 150 * time.Millisecond, Existing: true}) // requests to cancel come by connections of their own
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := ask(ctx, e, "SELECT id FROM slow WHERE coop = 3"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	time.Sleep(150 * time.Millisecond)
	x.up()
	s.idle(t, time.Second)
	answers(t, e, "SELECT id FROM people WHERE coop = 3 AND fee > 0", "31")
}

// empty checks that a folder for temporary files holds none.
func empty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		t.Errorf("%s is left over", f.Name())
	}
}

// TestTimeout holds that the configuration's timeout ends a query with a word of its own.
func TestTimeout(t *testing.T) {
	s := calmSea(t)
	s.limits = "limits: {timeout: 100ms}\n"
	e := s.open(t)
	fails(t, e, refused{sql: "SELECT count(*) FROM slow", state: "57014", saying: "did not end in time"})
	s.idle(t, time.Second)
	answers(t, e, "SELECT count(*) FROM people", "5")
}

// TestServerStops holds that a server's own limits are respected and reported.
func TestServerStops(t *testing.T) {
	s := newSea(t, "limit", slowTables, slowViews())
	s.exec(t, "br-1", "ALTER DATABASE limit_br SET statement_timeout = '100ms'; ALTER DATABASE limit_br SET lock_timeout = '50ms'")
	e := s.open(t)
	fails(t, e, refused{sql: "SELECT count(*) FROM slow WHERE coop = 3", state: "57014", shard: "br-1", saying: "timeout of the server"})
	ctx, release := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.server.ExecIn(ctx, "limit_br", "SET statement_timeout = 0; BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)")
	}()
	for s.server.ExecIn(t.Context(), "limit_br", "SELECT 1 FROM people") == nil { // until the lock is held
	}
	fails(t, e, refused{sql: "SELECT name FROM people WHERE coop = 3", state: "55P03", shard: "br-1", saying: "lock"})
	release()
	<-done // an error: it was cancelled
	for s.server.ExecIn(t.Context(), "limit_br", "SELECT 1 FROM people") != nil {
	}
	answers(t, e, "SELECT count(*) FROM people WHERE coop = 3", "2")
}

// TestDies holds that a connection which ends while its statement runs is reported as that shard's, stops the others, and
// does not spoil the next query.
func TestDies(t *testing.T) {
	s := calmSea(t)
	x := newStrait(t, s.server)
	s.dsn["br-1"] = x.dsn("calm_br")
	e := s.open(t)
	answers(t, e, "SELECT count(*) FROM people", "5")
	kill := func(call string) func() {
		return func() {
			s.exec(t, "eu-1", "SELECT "+call+"(pid) FROM pg_stat_activity WHERE datname = 'calm_br' AND state = 'active'")
		}
	}
	// A server that is waiting for its client to take more rows would go without a word.
	asleep := func(then func()) func() {
		return func() {
			s.exec(t, "eu-1", `DO $$ BEGIN
				WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = 'calm_br' AND wait_event = 'PgSleep') LOOP
					PERFORM pg_sleep(0.005), pg_stat_clear_snapshot();
				END LOOP; END $$`)
			then()
		}
	}
	for _, c := range []struct {
		name, table, state, saying string
		do                         func()
	}{ // once rows have come: before that it would be tried again
		{"terminated", "stuck", "57P01", "ended the connection", asleep(kill("pg_terminate_backend"))},
		{"cancelled by an operator", "stuck", "57014", "cancelled at the server", asleep(kill("pg_cancel_backend"))},
		{"cut off", "endless", "08006", "the connection broke", x.down},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := e.Query(t.Context(), "SELECT id FROM "+c.table+" WHERE coop = 3")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Release()
			for n := 0; r.Next(); n++ {
				if n == 0 {
					c.do()
				}
			}
			if err := r.Err(); stateOf(err) != c.state || !strings.Contains(err.Error(), "br-1") || !strings.Contains(err.Error(), c.saying) {
				t.Errorf("got %v, want %s of br-1, %q", err, c.state, c.saying)
			}
			if c.name == "cut off" {
				kill("pg_terminate_backend")() // the server cannot know
			}
			s.idle(t, time.Second)
		})
	}
	x.up()
	answers(t, e, "SELECT count(*) FROM people", "5")
}
