package bench_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/bench/world"
	"github.com/atoll-sql/atoll/internal/faultproxy"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

const hedgeShards = 8

// BenchmarkHedge answers a global aggregate over 8 PostgreSQL shards of which one has a replica, in turns while that one's own server works as ever and while it answers
// 5 % of its statements a second later. It reports percentiles of both, and
//
//	p99/p99      of the answers with the fault, over those without, in the same run
//	hedges       of the faulty shard's statements
//	alone-p99-ms of the answers with the fault where there is no replica
func BenchmarkHedge(b *testing.B) {
	rows, blocks, block, known := 50_000, 20, 100, 400
	if testing.Short() {
		rows, blocks, block, known = 5_000, 1, 20, 100
	}
	dsns := paymentShards(b, hedgeShards, rows)
	own, replica := throughProxy(b, dsns[0], 1), throughProxy(b, dsns[0], 2)
	dsns[0] = own.dsn
	alone := world.HashConfig("postgres", dsns, "payments")
	line := fmt.Sprintf("dsn: %q}", own.dsn)
	hedged := strings.Replace(alone, line, fmt.Sprintf("dsn: %q, max_staleness: any, replicas: {s0-b: {region: %s, dsn: %q}}}", own.dsn, world.Turns[0], replica.dsn), 1)
	e, without := openEngine(b, hedged), openEngine(b, alone)
	sql := reports[0].sql
	slow := faultproxy.Faults{StallShare: 0.05, StallBy: time.Second}
	answers(b, e, sql, known) // so that it knows how long its shards take
	for b.Loop() {
		var calm, gale []float64
		hedges := 0
		for range blocks {
			own.set(b, faultproxy.Faults{})
			took, n := answers(b, e, sql, block)
			calm, hedges = append(calm, took...), hedges+n
			own.set(b, slow)
			took, n = answers(b, e, sql, block)
			gale, hedges = append(gale, took...), hedges+n
		}
		bare, _ := answers(b, without, sql, 2*block)
		own.set(b, faultproxy.Faults{})
		b.ReportMetric(report.Percentile(calm, 50), "p50-ms")
		b.ReportMetric(report.Percentile(calm, 99), "p99-ms")
		b.ReportMetric(report.Percentile(gale, 50), "fault-p50-ms")
		b.ReportMetric(report.Percentile(gale, 99), "fault-p99-ms")
		b.ReportMetric(report.Percentile(gale, 99)/report.Percentile(calm, 99), "p99/p99")
		b.ReportMetric(float64(hedges)/float64(len(calm)+len(gale)), "hedges")
		b.ReportMetric(report.Percentile(bare, 99), "alone-p99-ms")
		b.Logf("%d statements were stalled", own.proxy.Struck())
	}
}

// answers asks again and again, and returns the milliseconds that each answer took, and how many statements were hedged.
func answers(b *testing.B, e *atoll.Engine, sql string, n int) (took []float64, hedged int) {
	b.Helper()
	for range n {
		start := time.Now()
		st := drain(b, e, sql)
		took = append(took, time.Since(start).Seconds()*1e3)
		for _, s := range st.Shards {
			if s.Hedged {
				hedged++
			}
		}
	}
	return took, hedged
}

// proxied is a server behind a proxy.
type proxied struct {
	proxy *faultproxy.Proxy
	dsn   string
}

// throughProxy leads to a cluster's own database through a proxy, which the benchmark's end closes.
func throughProxy(b *testing.B, dsn string, seed uint64) proxied {
	b.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		b.Fatal(err)
	}
	q := u.Query()
	p, err := faultproxy.Listen(faultproxy.Options{Network: "unix", Address: q.Get("host") + "/.s.PGSQL." + q.Get("port"), Seed: seed})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := p.Close(); err != nil {
			b.Error(err)
		}
	})
	return proxied{p, "postgres://" + pgtest.User + "@" + p.Addr() + u.Path + "?sslmode=disable"}
}

func (p proxied) set(b *testing.B, f faultproxy.Faults) {
	b.Helper()
	if err := p.proxy.Set(f); err != nil {
		b.Fatal(err)
	}
}
