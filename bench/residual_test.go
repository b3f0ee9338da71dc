package bench_test

import (
	"testing"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/bench/world"
)

// small are reports over a few thousand rows, without and with work for the residual engine above the merge.
var small = []struct{ name, sql string }{
	{"merged", "SELECT country, count(*), sum(amount) FROM payments GROUP BY country"},
	{"sorted", "SELECT country, count(*), sum(amount) FROM payments GROUP BY country ORDER BY sum(amount) DESC"},
	{"computed", "SELECT country, count(*), sum(amount) / count(*) AS mean FROM payments GROUP BY country ORDER BY 3 DESC LIMIT 3"},
}

// BenchmarkResidual answers a small report whose merge is the end of it, and the same with a step in the residual engine, in
// turn. It reports the median time of each, and what the step adds.
func BenchmarkResidual(b *testing.B) {
	e := openEngine(b, world.HashConfig("postgres", paymentShards(b, 3, 1000), "payments"))
	rounds := 400
	if testing.Short() {
		rounds = 50
	}
	took := make([][]float64, len(small))
	for _, q := range small {
		drain(b, e, q.sql) // connects, prepares, opens the residual engine
	}
	for b.Loop() {
		for range rounds {
			for i, q := range small {
				took[i] = append(took[i], microseconds(b, e, q.sql))
			}
		}
	}
	for i, q := range small {
		b.ReportMetric(report.Median(took[i]), q.name+"-µs")
	}
	b.ReportMetric(report.Median(took[1])-report.Median(took[0]), "sort-adds-µs")
	b.ReportMetric(report.Median(took[2])-report.Median(took[0]), "compute-adds-µs")
}

func microseconds(b *testing.B, e *atoll.Engine, sql string) float64 {
	b.Helper()
	start := time.Now()
	drain(b, e, sql)
	return time.Since(start).Seconds() * 1e6
}
