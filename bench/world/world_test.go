package world_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/load"
	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/bench/world"
)

// start starts a world that the test's end closes.
func start(t testing.TB, o world.Options) *world.World {
	t.Helper()
	w, err := world.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := os.Stat(w.Dir()); !os.IsNotExist(err) {
			t.Errorf("its folder is still there: %v", err)
		}
	})
	return w
}

func open(t testing.TB, w *world.World, shards int) *atoll.Engine {
	t.Helper()
	e, err := w.Open(t.Context(), shards)
	if err != nil {
		t.Fatalf("%v\n%s", err, w.Config(shards))
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// asked returns the answer of an engine as texts, a row each.
func asked(t testing.TB, e *atoll.Engine, sql string) (rows []string) {
	t.Helper()
	r, err := e.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	for r.Next() {
		rec := r.Record()
		for i := range int(rec.NumRows()) {
			var row []string
			for c := range int(rec.NumCols()) {
				row = append(row, rec.Column(c).ValueStr(i))
			}
			rows = append(rows, strings.Join(row, "|"))
		}
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return rows
}

// askedServer is asked of a server itself.
func askedServer(t testing.TB, s peers.Server, sql string) (rows []string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	got, err := c.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	rows, err = pgx.CollectRows(got, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

const everything = "SELECT id, member, grp, bucket, amount, country FROM payments ORDER BY id"

// joined is everything as one text a row, for a server.
const joined = "SELECT concat_ws('|', id, member, grp, bucket, trim_scale(amount), country) FROM payments ORDER BY id"

func TestWorld(t *testing.T) {
	w := start(t, world.Options{Shards: 3, Rows: 400, Groups: 7, Seed: 5, Single: true, FDW: true, TCP: true, Keys: true, Progress: func(l string) { t.Log(l) }})
	want := askedServer(t, w.Single, joined)
	if len(want) != 1200 || w.Rows(0) != 1200 || w.Rows(2) != 800 {
		t.Fatalf("the single server has %d rows, the world says %d, and %d of two shards", len(want), w.Rows(0), w.Rows(2))
	}
	all := open(t, w, 0)
	if got := asked(t, all, everything); !slices.Equal(got, want) {
		t.Errorf("three shards answer with %d rows, first %q; the single server's first is %q", len(got), got[0], want[0])
	}
	two := open(t, w, 2)
	if got := asked(t, two, everything); !slices.Equal(got, want[:800]) {
		t.Errorf("two shards answer with %d rows", len(got))
	}
	for i, s := range w.Shards {
		for _, id := range []int64{s.First, s.Last} { // asked of one shard alone, if the map is right
			for _, e := range []*atoll.Engine{all, two} {
				want := "[1]"
				if e == two && i == 2 {
					want = "[0]"
				}
				if got := asked(t, e, fmt.Sprintf("SELECT count(*) FROM payments WHERE id = %d", id)); fmt.Sprint(got) != want {
					t.Errorf("there are %s rows of id %d, not %s", got, id, want)
				}
			}
		}
		if got := askedServer(t, s.Server, joined); !slices.Equal(got, want[400*i:400*i+400]) {
			t.Errorf("shard %s has not the rows from %d to %d", s.Name, s.First, s.Last)
		}
		if got := askedServer(t, s.Server, "SELECT count(DISTINCT grp)::text || min(grp) || max(grp) FROM payments"); got[0] != "706" {
			t.Errorf("shard %s has groups %s", s.Name, got)
		}
	}
	for _, s := range append(w.Peers().Shards, w.Single, w.FDW) {
		s.DSN = fmt.Sprintf("postgres://%s@%s:%d/postgres?sslmode=disable", s.User, s.Host, s.Port)
		if got := askedServer(t, s, "SELECT 'here'"); got[0] != "here" {
			t.Errorf("by TCP it answers %s", got)
		}
	}
	if got := askedServer(t, w.FDW, "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'"); got[0] != "0" {
		t.Errorf("the server for foreign tables has %s tables", got)
	}
	for workers, server := range map[string]peers.Server{"2": w.Single, "0": w.Shards[0].Server} { // shards use all processors together, and the single server by itself
		if got := askedServer(t, server, "SHOW max_parallel_workers_per_gather"); got[0] != workers {
			t.Errorf("%s workers for a query, not %s", got, workers)
		}
	}
	if used, err := w.ProcessorTime(0); err != nil || used < 0 {
		t.Error(used, err)
	}
	if text := fmt.Sprint(w.Settings()); !strings.Contains(text, "shared_buffers=16384kB") || !strings.Contains(text, "400 a shard") {
		t.Error(text)
	}
}

// TestPeers asks foreign tables over the shards, declared as the world says.
func TestPeers(t *testing.T) {
	w := start(t, world.Options{Shards: 2, Rows: 50, Single: true, FDW: true})
	var answers []string
	for _, name := range []string{peers.PostgreSQL, peers.FDW} {
		p, about, err := peers.Open(t.Context(), name, w.Peers(), peers.Options{})
		if err != nil || p == nil {
			t.Fatalf("%s: %v, missing: %s", name, err, about.Missing)
		}
		all := ""
		for _, sql := range []string{
			"SELECT country, count(*), sum(amount), min(id), max(id) FROM payments GROUP BY country ORDER BY country",
			"SELECT id, bucket FROM payments WHERE id = 1", "SELECT id FROM payments WHERE id = 50", "SELECT id FROM payments WHERE id = 51", "SELECT id FROM payments WHERE id = 100",
		} {
			reply, err := p.Ask(t.Context(), sql, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			all += fmt.Sprintln(reply.Answer.Rows)
		}
		answers = append(answers, all)
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if answers[0] != answers[1] || len(answers[0]) < 80 {
		t.Errorf("the single server answers %s, foreign tables %s", answers[0], answers[1])
	}
}

// TestRows says what follows from the seed, on either engine, and how the columns are spread.
func TestRows(t *testing.T) {
	o := world.Options{Shards: 3, Rows: 20_000, Total: true, Seed: 1<<63 + 9, Groups: 10}
	postgres := start(t, o)
	want := asked(t, open(t, postgres, 0), everything)
	if n := len(want); n != 20_000 {
		t.Fatalf("%d rows", n)
	}
	o.Driver, o.Shards = world.DuckDB, 2
	files := start(t, o)
	if got := asked(t, open(t, files, 0), everything); !slices.Equal(got, want) {
		t.Errorf("files have %d rows, first %q; servers %d, first %q", len(got), got[0], len(want), want[0])
	}
	o.Seed++
	if got := asked(t, open(t, start(t, o), 0), everything); slices.Equal(got, want) {
		t.Error("another seed makes the same rows")
	}
	for i, s := range postgres.Shards {
		if n := s.Last - s.First + 1; n != 6667 && n != 6666 {
			t.Errorf("shard %d has %d rows", i, n)
		}
	}
	e := open(t, files, 0)
	for _, c := range []struct {
		sql      string
		low, top int // of 20,000
	}{
		{"SELECT count(*) FROM payments WHERE bucket < 100", 150, 250},
		{"SELECT count(*) FROM payments WHERE bucket >= 5000", 9700, 10_300},
		{"SELECT count(*) FROM payments WHERE bucket < 5000 AND amount < 5000", 4800, 5200},
		{"SELECT count(*) FROM payments WHERE bucket < 5000 AND member < 25000", 4800, 5200},
		{"SELECT count(*) FROM payments WHERE bucket < 5000 AND country = 'BR'", 2350, 2650},
		{"SELECT count(*) FROM payments WHERE bucket NOT BETWEEN 0 AND 9999 OR member NOT BETWEEN 0 AND 49999 OR amount NOT BETWEEN 0 AND 9999.99", 0, 0},
		{"SELECT count(*) FROM payments WHERE country IN ('DE', 'BR', 'US', 'FR')", 20_000, 20_000},
		{"SELECT count(DISTINCT member) FROM payments", 15_000, 18_000}, // 16,484 of 50,000 are expected of 20,000 draws
		{"SELECT count(DISTINCT grp) FROM payments", 10, 10},
	} {
		var n int
		if _, err := fmt.Sscan(asked(t, e, c.sql)[0], &n); err != nil || n < c.low || n > c.top {
			t.Errorf("%s: %d, not from %d to %d (%v)", c.sql, n, c.low, c.top, err)
		}
	}
}

// TestDistance moves shards apart while they are asked. That it takes so long at least does not depend on how fast anything is.
func TestDistance(t *testing.T) {
	w := start(t, world.Options{Shards: 2, Rows: 10, Proxies: true})
	e := open(t, w, 0)
	asked(t, e, everything) // connects
	if text := w.Config(0); !strings.Contains(text, "s1: {region: home,") {
		t.Error(text)
	}
	far := load.Even(120 * time.Millisecond)
	if err := w.SetProfile(far); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	asked(t, e, everything)
	if took := time.Since(begin); took < 120*time.Millisecond {
		t.Errorf("at a distance of 120 ms it took %s", took)
	}
	if text := w.Config(0); !strings.Contains(text, "coordinator: {region: home}") || !strings.Contains(text, "s1: {region: away,") {
		t.Error(text)
	}
	if err := w.SetProfile(load.Profile{Name: "bad"}); err == nil {
		t.Error("a profile without regions was taken")
	}
	europe, err := load.ProfileNamed("europe")
	if err == nil {
		err = w.SetProfile(europe)
	}
	if err != nil {
		t.Fatal(err)
	}
	if w.Shards[1].Region != "switzerlandnorth" || !strings.Contains(fmt.Sprint(w.Settings()), "learn.microsoft.com") {
		t.Error(w.Shards, w.Settings())
	}
	if err := w.Heal(); err != nil {
		t.Error(err)
	}
	if got := asked(t, open(t, w, 0), "SELECT DISTINCT atoll_region FROM payments"); fmt.Sprint(got) != "[home]" {
		t.Error(got)
	}
}

// TestNear says that a world without proxies cannot be moved apart.
func TestNear(t *testing.T) {
	w := start(t, world.Options{Driver: world.DuckDB, Rows: 1})
	if err := w.SetProfile(load.Even(time.Millisecond)); err == nil || !strings.Contains(err.Error(), "Options.Proxies") {
		t.Error(err)
	}
	if err := w.SetProfile(load.Even(0)); err != nil || w.Shards[0].Region != "away" {
		t.Error(err, w.Shards)
	}
	if used, err := w.ProcessorTime(0); used != 0 || err != nil {
		t.Error(used, err)
	}
}

const policy = `version: 1
entities: {member: {payments: member}}
rules:
- {id: totals, effect: allow, from: [eastus, brazilsouth], to: [germanywestcentral], tables: [payments], columns: [amount], form: aggregate,
   filter_columns: [country], aggregate: {functions: [count, sum], group_by: [country], entity: member, min: 2}}
`

// TestPolicy holds a world to a residency policy: sums leave, rows do not.
func TestPolicy(t *testing.T) {
	atlantic, err := load.ProfileNamed("atlantic")
	if err != nil {
		t.Fatal(err)
	}
	for i := range atlantic.Regions {
		atlantic.Regions[i].RoundTrip = 0 // so that nobody waits
	}
	w := start(t, world.Options{Driver: world.DuckDB, Shards: 3, Rows: 100, Profile: atlantic, Policy: policy})
	e := open(t, w, 0)
	if got := asked(t, e, "SELECT country, sum(amount) FROM payments GROUP BY country"); len(got) != 4 {
		t.Error(got)
	}
	if _, err := e.Query(t.Context(), "SELECT id FROM payments"); err == nil {
		t.Error("rows left a region")
	}
}

// TestStopped starts worlds that cannot come to be, and finds nothing of them.
func TestStopped(t *testing.T) {
	tmp := t.TempDir()
	if err := os.Chmod(tmp, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", tmp)
	ctx, cancel := context.WithCancel(t.Context())
	o := world.Options{Shards: 2, Rows: 10, Proxies: true, Progress: func(string) { cancel() }}
	if w, err := world.Start(ctx, o); err == nil {
		t.Error("it started, though its context ended when the first shard was there:", w.Close())
	}
	if _, err := world.Start(t.Context(), world.Options{Settings: []string{"no_such_parameter=1"}}); err == nil || !strings.Contains(err.Error(), "shard s0") ||
		!strings.Contains(err.Error(), "no_such_parameter") {
		t.Errorf("the error is %v", err)
	}
	left, err := fs.Glob(os.DirFS(tmp), "atoll-world-*")
	if err != nil || len(left) > 0 {
		t.Errorf("there are still %s (%v)", left, err)
	}
}
