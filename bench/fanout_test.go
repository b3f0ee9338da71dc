package bench_test

import (
	"context"
	"testing"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/fanout"
	"github.com/atoll-sql/atoll/bench/planning"
	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/bench/world"
)

const fanoutShards = 8

// reports are global reports: the pseudo-column of the first makes the SQL of shards in different regions differ, that of the second is the same for all.
var reports = []struct{ name, sql string }{
	{"report", planning.Report},
	{"report_shared_text", "SELECT country, count(*), sum(amount) FROM payments GROUP BY country"},
}

// BenchmarkFanout answers a global report over 8 PostgreSQL servers, and sends the same fragments with pgx alone, in
// turn; `atoll bench fanout` measures more of it. It reports medians of
//
//	overhead/slowest  our time from text to last row / the slowest shard's own statement time, in the same run
//	overhead/bare     our time / the slowest statement of the pgx run beside it, planning included in ours
//	planning-µs       of our time
func BenchmarkFanout(b *testing.B) {
	rows, rounds := 400_000, 11
	if testing.Short() {
		rows, rounds = 40_000, 3
	}
	dsns := paymentShards(b, fanoutShards, rows)
	e := openEngine(b, world.HashConfig("postgres", dsns, "payments"))
	for _, q := range reports {
		b.Run(q.name, func(b *testing.B) { benchmarkFanout(b, e, dsns, q.sql, rounds) })
	}
}

func benchmarkFanout(b *testing.B, e *atoll.Engine, dsns []string, sql string, rounds int) {
	ctx := context.Background()
	ask := func() fanout.Asked {
		a, err := fanout.Ask(ctx, e, sql)
		if err != nil {
			b.Fatal(err)
		}
		return a
	}
	bare, err := fanout.OpenBare(ctx, e, dsns, sql)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := bare.Close(); err != nil {
			b.Error(err)
		}
	})
	askBare := func() time.Duration {
		took, err := bare.Ask(ctx)
		if err != nil {
			b.Fatal(err)
		}
		return took
	}
	ask() // connects and prepares, as bare has
	askBare()
	var slowest, overSlowest, overBare, planning []float64
	for b.Loop() {
		for range rounds {
			ours, theirs := ask(), askBare()
			slowest = append(slowest, ours.Slowest().Seconds()*1e3)
			overSlowest = append(overSlowest, ours.Overhead())
			overBare = append(overBare, ours.Took.Seconds()/theirs.Seconds())
			planning = append(planning, float64(ours.Stats.Planning.Nanoseconds())/1e3)
		}
	}
	b.ReportMetric(report.Median(slowest), "slowest-ms")
	b.ReportMetric(report.Median(overSlowest), "overhead/slowest")
	b.ReportMetric(report.Median(overBare), "overhead/bare")
	b.ReportMetric(report.Median(planning), "planning-µs")
}
