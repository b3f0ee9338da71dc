package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/bench/world"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

const cancelShards = 8

// BenchmarkCancel ends queries over 8 shards in every phase, in random order, and measures from there until no server runs anything for
// Atoll any more, as the servers tell themselves. It reports percentiles over all phases, the slowest phase's median, and
//
//	p99/limit   of the time until all are idle, over the 200 ms that it may take
//	p50/bare    of that time, over what the drivers themselves take to end one statement on each of 8 servers, in turn
//	kept        how many of the connections that were there before the end are there after it
func BenchmarkCancel(b *testing.B) {
	b.Run("postgres", func(b *testing.B) { benchmarkCancel(b, newPGCancel(b)) })
	b.Run("sqlserver", func(b *testing.B) { benchmarkCancel(b, newMSCancel(b)) })
}

// cancelled is a fleet of servers whose queries are ended.
type cancelled interface {
	engine() *atoll.Engine
	phases() []phase
	// busy counts what runs on the servers.
	busy(b *testing.B) int
	// bare ends statements without a row on all servers by the driver's own means, and returns how long that takes.
	bare(b *testing.B) time.Duration
	// sessions names the connections that are open.
	sessions(b *testing.B) map[string]bool
}

// phase is one way in which a query is when it ends.
type phase struct {
	name string
	sql  string
	// batches is how many of the answer are read before the end, which comes by releasing the result if it is less than 0; ready says that the phase is reached.
	batches int
	ready   func(b *testing.B) bool
	write   bool
	prepare func(b *testing.B) (after func())
}

func benchmarkCancel(b *testing.B, f cancelled) {
	rounds := 40
	if testing.Short() {
		rounds = 2
	}
	phases := f.phases()
	took := map[string][]float64{}
	var all, bare []float64
	before, kept := 0, 0
	for b.Loop() {
		for range rounds {
			for _, i := range rand.Perm(len(phases)) {
				p := phases[i]
				d, had, has := cancelOnce(b, f, p)
				took[p.name] = append(took[p.name], d.Seconds()*1e3)
				all = append(all, d.Seconds()*1e3)
				before, kept = before+had, kept+has
			}
			bare = append(bare, f.bare(b).Seconds()*1e3)
		}
	}
	slowest := 0.0
	for _, p := range phases {
		p50 := report.Percentile(took[p.name], 50)
		slowest = max(slowest, p50)
		b.Logf("%-45s p50 %6.1f ms  p99 %6.1f ms  of %d", p.name, p50, report.Percentile(took[p.name], 99), len(took[p.name]))
	}
	p50, p99 := report.Percentile(all, 50), report.Percentile(all, 99)
	b.ReportMetric(p50, "p50-ms")
	b.ReportMetric(p99, "p99-ms")
	b.ReportMetric(p99/200, "p99/limit")
	b.ReportMetric(report.Percentile(bare, 50), "bare-p50-ms")
	b.ReportMetric(p50/report.Percentile(bare, 50), "p50/bare")
	b.ReportMetric(slowest, "slowest-phase-p50-ms")
	b.ReportMetric(float64(kept)/float64(max(before, 1)), "kept")
}

// cancelOnce brings a query into a phase and ends it. It returns how long the servers took to be idle, and how many connections there were before
// the end and are left of them.
func cancelOnce(b *testing.B, f cancelled, p phase) (took time.Duration, had, has int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if p.prepare != nil {
		defer p.prepare(b)()
	}
	var g sync.WaitGroup
	defer func() {
		cancel()
		g.Wait()
	}()
	release := func() {}
	switch {
	case p.write:
		g.Go(func() { _, _ = f.engine().Exec(ctx, p.sql) }) // it fails by its end
	case p.batches == 0:
		g.Go(func() {
			if r, err := f.engine().Query(ctx, p.sql); err == nil {
				for r.Next() {
				}
				r.Release()
			}
		})
	default:
		r, err := f.engine().Query(ctx, p.sql)
		if err != nil {
			b.Fatal(err)
		}
		for range max(p.batches, -p.batches) {
			if !r.Next() {
				b.Fatal(r.Err())
			}
		}
		release = sync.OnceFunc(r.Release)
		defer release()
	}
	for limit := time.Now().Add(20 * time.Second); !p.ready(b); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			b.Fatalf("%s: the phase is not reached, %d are busy", p.name, f.busy(b))
		}
	}
	there := f.sessions(b)
	start := time.Now()
	if p.batches < 0 {
		release()
	} else {
		cancel()
	}
	for f.busy(b) > 0 {
		if time.Since(start) > 20*time.Second {
			b.Fatalf("%s: servers are busy 20 s after the end", p.name)
		}
		time.Sleep(time.Millisecond)
	}
	took = time.Since(start)
	g.Wait()
	release()
	left := f.sessions(b)
	for s := range there {
		if left[s] {
			has++
		}
	}
	return took, len(there), has
}

// pgCancel is one server with a database per shard.
type pgCancel struct {
	e     *atoll.Engine
	watch *pgx.Conn
	locks []*pgx.Conn
}

func newPGCancel(b *testing.B) *pgCancel {
	b.Helper()
	ctx := context.Background()
	c := pgtest.Start(b, 1, "max_connections=100")[0]
	f := &pgCancel{watch: connectPG(b, c.DSN)}
	dsns := make([]string, cancelShards)
	for i := range dsns {
		name := fmt.Sprintf("s%d", i)
		dsn, err := c.CreateDatabase(ctx, name)
		if err != nil {
			b.Fatal(err)
		}
		dsns[i] = dsn
		// Statements that never end by themselves: without a row, computing, sending on and on.
		if err := c.ExecIn(ctx, name, `CREATE VIEW slow AS SELECT g::bigint AS id FROM generate_series(1, 3) g WHERE pg_sleep(600) IS NOT NULL;
			CREATE VIEW heavy AS SELECT a * b AS id FROM generate_series(1::bigint, 30000000) a(a), generate_series(1, 100000) b(b);
			CREATE VIEW endless AS SELECT a * b AS id FROM generate_series(1, 100000) b(b), generate_series(1::bigint, 30000) a(a);
			CREATE TABLE w (id bigint PRIMARY KEY)`); err != nil {
			b.Fatal(err)
		}
		f.locks = append(f.locks, connectPG(b, dsn))
	}
	f.e = openEngine(b, world.HashConfig("postgres", dsns, "slow", "heavy", "endless", "w"))
	return f
}

func connectPG(b *testing.B, dsn string) *pgx.Conn {
	b.Helper()
	c, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	return c
}

func (f *pgCancel) bare(b *testing.B) time.Duration {
	b.Helper()
	var g sync.WaitGroup
	for _, c := range f.locks {
		g.Go(func() { _, _ = c.Exec(context.Background(), "SELECT pg_sleep(600)") }) // it fails by its end
	}
	others := "application_name <> 'atoll' AND state = 'active' AND wait_event = 'PgSleep'"
	var n int
	counted := func() int {
		if err := f.watch.QueryRow(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE "+others).Scan(&n); err != nil {
			b.Fatal(err)
		}
		return n
	}
	for counted() < len(f.locks) {
		time.Sleep(time.Millisecond)
	}
	start := time.Now()
	for _, c := range f.locks {
		g.Go(func() { _ = c.PgConn().CancelRequest(context.Background()) }) // where it fails the statement goes on, which is seen
	}
	for counted() > 0 {
		time.Sleep(time.Millisecond)
	}
	took := time.Since(start)
	g.Wait()
	return took
}

func (f *pgCancel) engine() *atoll.Engine { return f.e }

func (f *pgCancel) count(b *testing.B, where string) (n int) {
	b.Helper()
	err := f.watch.QueryRow(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'atoll' AND "+where).Scan(&n)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func (f *pgCancel) busy(b *testing.B) int { return f.count(b, "state <> 'idle'") }

func (f *pgCancel) sessions(b *testing.B) map[string]bool {
	b.Helper()
	rows, err := f.watch.Query(context.Background(), "SELECT pid::text FROM pg_stat_activity WHERE application_name = 'atoll'")
	if err != nil {
		b.Fatal(err)
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.Fatal(err)
	}
	out := map[string]bool{}
	for _, p := range pids {
		out[p] = true
	}
	return out
}

func (f *pgCancel) phases() []phase {
	are := func(n int, where string) func(b *testing.B) bool {
		return func(b *testing.B) bool { return f.count(b, where) >= n }
	}
	active, blocked := "state = 'active'", "wait_event = 'ClientWrite'"
	ids := make([]string, 64)
	for i := range ids {
		ids[i] = fmt.Sprintf("(%d)", i+1)
	}
	locked := func(b *testing.B) func() {
		each := func(sql string) {
			for _, c := range f.locks {
				if _, err := c.Exec(context.Background(), sql); err != nil {
					b.Fatal(err)
				}
			}
		}
		each("BEGIN; LOCK TABLE w IN ACCESS EXCLUSIVE MODE")
		return func() { each("ROLLBACK") }
	}
	return []phase{
		{name: "starting", sql: "SELECT count(*), sum(id) FROM slow", ready: randomly},
		{name: "no row yet", sql: "SELECT count(*), sum(id) FROM slow", ready: are(cancelShards, active)},
		{name: "computing", sql: "SELECT count(*), sum(id) FROM heavy", ready: are(cancelShards, active)},
		{name: "streaming", sql: "SELECT id FROM endless", ready: are(cancelShards, active)},
		{name: "streaming, consumer stopped", sql: "SELECT id FROM endless", batches: 1, ready: are(cancelShards, blocked)},
		{name: "streaming in order, consumer stopped", sql: "SELECT id FROM endless LIMIT 1000000", batches: 1, ready: are(cancelShards, blocked)},
		{name: "result released", sql: "SELECT id FROM endless", batches: -1, ready: are(cancelShards, blocked)},
		{name: "several statements in a snapshot", sql: "SELECT a.id FROM slow a JOIN slow b ON a.id = b.id + 1", ready: are(cancelShards, active)},
		{name: "a second statement in a snapshot", sql: "SELECT a.id FROM slow a JOIN w b ON a.id = b.id + 1", ready: are(cancelShards, active)},
		{name: "a write that waits for a lock", sql: "INSERT INTO w (id) VALUES " + strings.Join(ids, ", "), write: true, prepare: locked,
			ready: are(1, "wait_event_type = 'Lock'")},
	}
}

// randomly is somewhere within the first moments of a query.
func randomly(*testing.B) bool {
	time.Sleep(rand.N(4 * time.Millisecond))
	return true
}

// msCancel is a server per shard.
type msCancel struct {
	e       *atoll.Engine
	servers []*tdstest.Server
	direct  []*sql.DB
}

func newMSCancel(b *testing.B) *msCancel {
	b.Helper()
	f := &msCancel{}
	dsns := make([]string, cancelShards)
	for i := range dsns {
		s := tdstest.Start(b, tdstest.WithEngine(engine.Options{AllowSnapshot: true}))
		for _, table := range []string{"slow", "endless"} {
			values := make([]string, 1000)
			for i := range values {
				values[i] = fmt.Sprintf("(%d)", i)
			}
			for _, sql := range []string{"CREATE TABLE " + table + " (id bigint)", "INSERT INTO " + table + " (id) VALUES " + strings.Join(values, ", ")} {
				if err := s.Exec(context.Background(), sql); err != nil {
					b.Fatal(err)
				}
			}
		}
		s.FailStatements(tdstest.Fault{Times: -1, Match: "[dbo].[slow]", Delay: time.Hour})
		s.FailStatements(tdstest.Fault{Times: -1, Match: "[dbo].[endless]", AfterRows: 900, Delay: time.Hour})
		f.servers, dsns[i] = append(f.servers, s), fmt.Sprintf("${ATOLL_BENCH_DSN_%d}", i)
		db, err := sql.Open("sqlserver", s.DSN())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			if err := db.Close(); err != nil {
				b.Error(err)
			}
		})
		f.direct = append(f.direct, db)
		b.Setenv(fmt.Sprintf("ATOLL_BENCH_DSN_%d", i), s.DSN())
	}
	f.e = openEngine(b, world.HashConfig("sqlserver", dsns, "slow", "endless"), atoll.WithBatchRows(256))
	return f
}

// bare of the test servers is a single statement with nothing of Atoll's in between.
func (f *msCancel) bare(b *testing.B) time.Duration {
	b.Helper()
	var g sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for i, s := range f.servers {
		s.ClearRecord()
		g.Go(func() { _, _ = f.direct[i].ExecContext(ctx, "SELECT id FROM [dbo].[slow]") }) // it fails by its end
	}
	for f.busy(b) < len(f.servers) {
		time.Sleep(time.Millisecond)
	}
	start := time.Now()
	cancel()
	for f.busy(b) > 0 {
		time.Sleep(time.Millisecond)
	}
	took := time.Since(start)
	g.Wait()
	return took
}

func (f *msCancel) engine() *atoll.Engine { return f.e }

func (f *msCancel) busy(*testing.B) (n int) {
	for _, s := range f.servers {
		for _, stmt := range s.Statements() {
			if !stmt.Done {
				n++
			}
		}
	}
	return n
}

func (f *msCancel) sessions(*testing.B) map[string]bool {
	out := map[string]bool{}
	for i, s := range f.servers {
		for j := range s.Connections() {
			out[fmt.Sprint(i, " ", j)] = true
		}
	}
	return out
}

func (f *msCancel) phases() []phase {
	are := func(n int) func(b *testing.B) bool { return func(b *testing.B) bool { return f.busy(b) >= n } }
	forget := func(*testing.B) func() {
		for _, s := range f.servers {
			s.ClearRecord()
		}
		return func() {}
	}
	all := []phase{
		{name: "starting", sql: "SELECT count(*), sum(id) FROM slow", ready: randomly},
		{name: "no row yet", sql: "SELECT count(*), sum(id) FROM slow", ready: are(cancelShards)},
		{name: "streaming", sql: "SELECT id FROM endless", ready: are(cancelShards)},
		{name: "streaming, consumer stopped", sql: "SELECT id FROM endless", batches: 1, ready: are(cancelShards)},
		{name: "result released", sql: "SELECT id FROM endless", batches: -1, ready: are(cancelShards)},
		{name: "several statements in a snapshot", sql: "SELECT a.id FROM slow a JOIN slow b ON a.id = b.id + 1", ready: are(cancelShards)},
	}
	for i := range all {
		all[i].prepare = forget
	}
	return all
}
