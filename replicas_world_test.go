package atoll

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/pgtest"
)

// twin is a world of two shards, a and b, which are databases of one PostgreSQL server, and of a server that follows it and has a replica of each. The
// replicas are in the coordinator's region and the shards are not, so that the replicas are read wherever nothing speaks against it.
type twin struct {
	dir              string
	env              map[string]string
	primary, standby *pgtest.Cluster
}

const twinHead = `version: 1
coordinator: {region: near}
regions: {near: {jurisdiction: J}, far: {jurisdiction: J}}
map: {store: file, path: map.yaml, ttl: 1ms}
health: {every: 100ms}
`

const twinShards = `shards:
  a: {region: far, driver: postgres, dsn: "${A}", max_staleness: STALE, replicas: {a2: {region: near, dsn: "${A2}"}}}
  b: {region: far, driver: postgres, dsn: "${B}", max_staleness: STALE, replicas: {b2: {region: near, dsn: "${B2}"}}}
tables:
  coops: {sharding: {strategy: lookup, key: [id], map: {a: [A_KEYS], b: [B_KEYS]}}}
  payments: {sharding: {key: [coop]}, colocated_with: coops}
`

// newTwin makes the world: coops 1 to 4, of which a has 1 and 2, each with ten payments.
func newTwin(t *testing.T) *twin {
	t.Helper()
	w := &twin{dir: t.TempDir(), env: map[string]string{}}
	w.primary = pgtest.Start(t, 1, append([]string{"wal_receiver_status_interval=1"}, pgtest.Replicating...)...)[0]
	for name, keys := range map[string][2]int{"a": {1, 2}, "b": {3, 4}} {
		dsn, err := w.primary.CreateDatabase(t.Context(), name)
		w.must(t, err)
		w.env[strings.ToUpper(name)] = dsn
		w.must(t, w.primary.ExecIn(t.Context(), name, fmt.Sprintf(`CREATE TABLE coops (id bigint NOT NULL PRIMARY KEY, name text);
			CREATE TABLE payments (coop bigint NOT NULL, no integer NOT NULL, amount bigint, PRIMARY KEY (coop, no));
			INSERT INTO coops SELECT g, 'coop ' || g FROM generate_series(%[1]d, %[2]d) g;
			INSERT INTO payments SELECT c, n, c * n FROM generate_series(%[1]d, %[2]d) c, generate_series(1, 10) n`, keys[0], keys[1])))
	}
	var err error
	w.standby, err = w.primary.NewStandby()
	w.must(t, err)
	t.Cleanup(func() { w.must(t, w.standby.Stop()) })
	w.env["A2"], w.env["B2"] = w.standby.DSNFor("a"), w.standby.DSNFor("b")
	return w
}

func (w *twin) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write puts a version of the map into its store. What changes is replaced in it, old and new by turns.
func (w *twin) write(t *testing.T, version int, staleness, aKeys, bKeys string, changes ...string) {
	t.Helper()
	text := strings.NewReplacer(changes...).Replace(twinShards)
	text = strings.NewReplacer("STALE", staleness, "A_KEYS", aKeys, "B_KEYS", bKeys).Replace(fmt.Sprintf("map_version: %d\n", version) + text)
	w.must(t, os.WriteFile(filepath.Join(w.dir, "map.yaml"), []byte(text), 0o600))
}

func (w *twin) open(t *testing.T, head string, opts ...Option) *Engine {
	t.Helper()
	cfg, err := ParseConfig([]byte(head), w.dir, func(name string) (string, bool) { v, ok := w.env[name]; return v, ok })
	w.must(t, err)
	e, err := Open(t.Context(), cfg, opts...)
	w.must(t, err)
	t.Cleanup(func() { w.must(t, e.Close()) })
	return e
}

// replay stops or goes on replaying the primary's log at the standby.
func (w *twin) replay(t *testing.T, on bool) {
	t.Helper()
	if on {
		w.must(t, w.standby.Exec(t.Context(), "SELECT pg_wal_replay_resume()"))
		return
	}
	w.must(t, w.standby.Exec(t.Context(), "SELECT pg_wal_replay_pause()"))
	w.until(t, "the standby pauses", func() bool {
		return w.standby.Exec(t.Context(), "SELECT 1 / (pg_get_wal_replay_pause_state() = 'paused')::int") == nil
	})
}

// until waits for a condition.
func (w *twin) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("in vain: until " + what)
		}
	}
}

// reads answers a query, and tells which servers the rows are of: a, a2, b, b2.
func (w *twin) reads(ctx context.Context, e *Engine, sql string) (answer, servers string, err error) {
	r, err := e.Query(ctx, sql)
	if err != nil {
		return "", "", err
	}
	defer r.Release()
	rows := readLines(r)
	var names []string
	for _, s := range r.Stats().Shards {
		name, region := s.Shard, "far"
		if s.Replica != "" {
			name, region = s.Replica, "near"
		}
		if s.Region != region {
			return "", "", fmt.Errorf("server %s is said to be in %s", name, s.Region)
		}
		names = append(names, name)
	}
	return strings.Join(rows, "; "), strings.Join(names, " "), r.Err()
}

// untilRead waits until a query is answered by these servers. Its answer may not be another one at any time.
func (w *twin) untilRead(t *testing.T, e *Engine, sql, servers, want string) {
	t.Helper()
	w.until(t, sql+" is answered by "+servers, func() bool {
		answer, by, err := w.reads(t.Context(), e, sql)
		if err != nil || answer != want {
			t.Fatalf("%s gives %q of %s, want %q: %v", sql, answer, by, want, err)
		}
		return by == servers
	})
}
