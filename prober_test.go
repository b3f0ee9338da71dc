package atoll

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors/duckdb"
)

// openWatched opens an engine over a shard with a replica and one without, whose statements are seen.
func openWatched(t *testing.T, health string) (*Engine, *taps) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"a", "a2", "b"} {
		if err := duckdb.Exec(t.Context(), filepath.Join(dir, name+".duckdb"), "CREATE TABLE t (n INTEGER)"); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := ParseConfig([]byte(`version: 1
coordinator: {region: r}
regions: {r: {}}
shards:
  a: {region: r, driver: duckdb, dsn: a.duckdb, max_staleness: any, replicas: {a2: {region: r, dsn: a2.duckdb}}}
  b: {region: r, driver: duckdb, dsn: b.duckdb}
tables: {t: {sharding: {strategy: single, shard: a}}}
`+health), dir, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	l := &taps{}
	l.set()
	e, err := Open(t.Context(), cfg, WithDriver("duckdb", l.open))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, l
}

// TestProbes: the servers of shards with replicas are probed, others only where health.every is set or they fail.
func TestProbes(t *testing.T) {
	e, l := openWatched(t, "")
	eventually(t, 30*time.Second, "a and a2 are probed", func() bool { return l.asked("SELECT 1 AS one") == "a a2" })
	eventually(t, 30*time.Second, "a2 is known to be alike", func() bool { return e.Health()[1].Unread == "" })
	l.set("b")
	e.top.Load().byName["b"].conn.Probe(t.Context()) // as a query that fails would
	eventually(t, 30*time.Second, "the failure is known", func() bool { h := e.Health()[2]; return h.Shard == "b" && h.LastError != nil && h.Failures > 0 })
	l.set()
	eventually(t, 30*time.Second, "b is probed since it failed", func() bool { return strings.HasSuffix(l.asked("SELECT 1 AS one"), "b") })
	eventually(t, 30*time.Second, "b works again", func() bool { return e.Health()[2].Failures == 0 })

	_, l = openWatched(t, "health: {every: 100ms}")
	eventually(t, 30*time.Second, "all are probed", func() bool { return l.asked("SELECT 1 AS one") == "a a2 b" })
	l.set()
	eventually(t, 30*time.Second, "all are probed again", func() bool { return l.asked("SELECT 1 AS one") == "a a2 b" })
}

// TestProbesPause: an engine that is asked nothing leaves its servers alone, until it is asked something.
func TestProbesPause(t *testing.T) {
	e, l := openWatched(t, "health: {every: 100ms}")
	e.prober.close()
	p := newProber(e)
	p.idle = time.Millisecond
	e.prober = p
	p.begin()
	eventually(t, 30*time.Second, "it pauses", p.paused.Load)
	p.probes.Wait() // those that had begun
	l.set()
	p.idle = time.Hour // it looks at that when it is woken
	p.asked()
	eventually(t, 30*time.Second, "it goes on", func() bool { return l.asked("SELECT 1 AS one") == "a a2 b" && !p.paused.Load() })
}
