package bench_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

const (
	crowdShards  = 8
	crowdQueries = 64
	crowdRows    = 20_000              // of one shard
	crowdMemory  = 512 << 20           // that the process may take
	crowdTotal   = crowdMemory / 4 * 3 // limits.total_memory, as docs/failure.md says
	crowdFile    = "ATOLL_TEST_CROWD"  // the configuration of the child, if this process is one
)

// crowdKinds are queries that each hold tens of megabytes at the coordinator, where nothing keeps them from it.
var crowdKinds = []struct{ name, sql string }{
	{"group", "SELECT note, count(*), sum(v), min(k) FROM items GROUP BY note"},
	{"sort", "SELECT k, note FROM items ORDER BY note, k"},
	{"window", "SELECT k, row_number() OVER (ORDER BY note, k) FROM items"},
	{"join", "SELECT a.k, b.note FROM items a JOIN items b ON b.k = a.other"},
	{"distinct", "SELECT count(DISTINCT note), count(DISTINCT other) FROM items"},
	{"except", "SELECT note FROM items WHERE v < 900 EXCEPT SELECT note FROM items WHERE v >= 900"},
}

// crowdOutcome is what became of one query, or of the whole child.
type crowdOutcome struct {
	Kind  int    `json:"kind"`
	Rows  int64  `json:"rows"`
	Sum   uint64 `json:"sum"` // of the rows, in any order
	Error string `json:"error,omitempty"`
	State string `json:"state,omitempty"`
	Limit string `json:"limit,omitempty"`

	Peak   int64 `json:"peak,omitempty"` // most memory that the process ever had, in bytes; only in the last line
	Queued int64 `json:"queued,omitempty"`
}

// TestCrowd asks 64 heavy queries over 8 shards at once in a process of its own, which may take 512 MiB. Each must be answered as one PostgreSQL
// with all rows answers it, or fail by the name of a limit; and the process must never have had more.
func TestCrowd(t *testing.T) {
	if os.Getenv(crowdFile) != "" || testing.Short() {
		t.Skip("it takes a process of its own, and half a minute")
	}
	if _, err := peakOf(os.Getpid()); err != nil {
		t.Skip("the system does not tell the peak of a process's memory: ", err)
	}
	text, oracle := newCrowd(t)
	want := make([]crowdOutcome, len(crowdKinds))
	for i, k := range crowdKinds {
		want[i] = askedOracle(t, oracle, k.sql)
	}
	began := time.Now()
	outcomes, peak := runCrowd(t, text)
	answered, limits := 0, map[string]int{}
	for _, o := range outcomes {
		switch {
		case o.Error == "" && o.Rows == want[o.Kind].Rows && o.Sum == want[o.Kind].Sum:
			answered++
		case o.Error == "":
			t.Errorf("%s: %d rows of sum %x, the oracle has %d of %x", crowdKinds[o.Kind].name, o.Rows, o.Sum, want[o.Kind].Rows, want[o.Kind].Sum)
		case o.Limit != "" && strings.Contains(o.Error, o.Limit) || o.State == "53200" && strings.Contains(o.Error, "memory"):
			limits[crowdKinds[o.Kind].name+": "+o.Error]++
		default:
			t.Errorf("%s: %s (%s): no limit is named", crowdKinds[o.Kind].name, o.Error, o.State)
		}
	}
	if len(outcomes) != crowdQueries {
		t.Errorf("of %d queries %d ended", crowdQueries, len(outcomes))
	}
	if peak > crowdMemory {
		t.Errorf("the process had %d MiB, and was allowed %d", peak>>20, crowdMemory>>20)
	}
	t.Logf("%d of %d answered in %s, peak %d MiB of %d", answered, crowdQueries, time.Since(began).Round(time.Millisecond), peak>>20, crowdMemory>>20)
	for text, n := range limits {
		t.Logf("%d × %s", n, text)
	}
}

// newCrowd makes the shards, and one database with all rows.
func newCrowd(t *testing.T) (text string, oracle *pgx.Conn) {
	t.Helper()
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pgtest.StopShared() })
	ctx := t.Context()
	text = "version: 1\ncoordinator: {region: home}\nregions: {home: {}}\nshards:\n"
	var places []string
	load := func(db string, from, to int) string {
		dsn, err := clusters[0].CreateDatabase(ctx, db)
		if err == nil {
			err = clusters[0].ExecIn(ctx, db, fmt.Sprintf(`
CREATE TABLE items (s integer NOT NULL, k bigint NOT NULL, other bigint NOT NULL, v integer NOT NULL, note text COLLATE "C" NOT NULL);
INSERT INTO items SELECT s, s * 1000000 + n, ((s + 3) %% %[3]d) * 1000000 + (n * 7919) %% %[4]d, n %% 1000, repeat(md5((s * 31 + n)::text), 5)
FROM generate_series(%[1]d, %[2]d) s, generate_series(0, %[4]d - 1) n; ANALYZE items`, from, to, crowdShards, crowdRows))
		}
		if err != nil {
			t.Fatal(err)
		}
		return dsn
	}
	for i := range crowdShards {
		text += fmt.Sprintf("  s%d: {region: home, driver: postgres, dsn: %q}\n", i, load(fmt.Sprint("crowd", i), i, i))
		places = append(places, fmt.Sprintf("s%d: [%d]", i, i))
	}
	text += "tables:\n  items: {sharding: {strategy: lookup, key: [s], map: {" + strings.Join(places, ", ") + "}}}\n" +
		fmt.Sprintf("limits: {total_memory: %dMiB, queue: 10m, timeout: 20m}\n", crowdTotal>>20)
	if oracle, err = pgx.Connect(ctx, load("crowd_all", 0, crowdShards-1)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = oracle.Close(context.Background()) })
	return text, oracle
}

func askedOracle(t *testing.T, c *pgx.Conn, sql string) (out crowdOutcome) {
	t.Helper()
	rows, err := c.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			t.Fatal(err)
		}
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = fmt.Sprint(v)
		}
		out.add(texts)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return out
}

func (o *crowdOutcome) add(row []string) {
	h := fnv.New64a()
	for _, v := range row {
		h.Write([]byte(v + "\x00"))
	}
	o.Rows++
	o.Sum += h.Sum64()
}

// runCrowd runs the child and returns what became of its queries, and the most memory that it had.
func runCrowd(t *testing.T, text string) (outcomes []crowdOutcome, peak int64) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrowdChild$", "-test.timeout=20m")
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "GOMEMLIMIT=") }), crowdFile+"="+text)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("the process did not end in order: %v\n%.4000s\n%.4000s", err, stderr.String(), stdout.String())
	}
	lines := bufio.NewScanner(&stdout)
	for lines.Scan() {
		var o crowdOutcome
		if json.Unmarshal(lines.Bytes(), &o) != nil {
			continue // the test's own
		}
		if o.Peak > 0 {
			peak = o.Peak
			continue
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, peak
}

// TestCrowdChild is the process that TestCrowd starts.
func TestCrowdChild(t *testing.T) {
	text := os.Getenv(crowdFile)
	if text == "" {
		t.Skip("it is run by TestCrowd")
	}
	debug.SetMemoryLimit(config.GoShare(crowdTotal)) // as cmd/atoll does
	cfg, err := atoll.ParseConfig([]byte(text), t.TempDir(), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	e, err := atoll.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	out := json.NewEncoder(os.Stdout)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range crowdQueries {
		wg.Go(func() {
			o := askedCrowd(t.Context(), e, i%len(crowdKinds), fmt.Sprint("user", i%5))
			mu.Lock()
			defer mu.Unlock()
			_ = out.Encode(o)
		})
	}
	wg.Wait()
	if l := e.Load(); l != (atoll.Load{}) {
		t.Errorf("after the last query: %+v", l)
	}
	peak, err := peakOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	_ = out.Encode(crowdOutcome{Peak: peak})
}

func askedCrowd(ctx context.Context, e *atoll.Engine, kind int, user string) (o crowdOutcome) {
	o.Kind = kind
	fail := func(err error) crowdOutcome {
		o.Error = err.Error()
		var ae *atoll.Error
		if errors.As(err, &ae) {
			o.State, o.Limit = ae.SQLState, ae.Limit
			o.Error += " " + ae.Hint
		}
		return o
	}
	r, err := e.As(atoll.Caller{User: user}).Query(ctx, crowdKinds[kind].sql)
	if err != nil {
		return fail(err)
	}
	defer r.Release()
	for r.Next() {
		rec := r.Record()
		for i := range int(rec.NumRows()) {
			row := make([]string, rec.NumCols())
			for c := range row {
				row[c] = rec.Column(c).ValueStr(i)
			}
			o.add(row)
		}
	}
	if r.Err() != nil {
		return fail(r.Err())
	}
	o.Queued = r.Stats().Queued.Milliseconds()
	return o
}

// peakOf is the most physical memory that a process ever had, in bytes.
func peakOf(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("no VmHWM")
}
