package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// sample is a report such as a benchmark makes, of invented figures, the same ones for the same seed.
func sample(t testing.TB, seed uint64) *Report {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 9))
	around := func(center, spread float64, n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = center * (1 + spread*random.NormFloat64())
		}
		return out
	}
	r := &Report{
		Format: Format, Bench: "fanout", Started: time.Date(2026, 11, 23, 22, 48, 35, 0, time.UTC), Took: 3*time.Minute + 12*time.Second, Seed: seed,
		Machine:  Machine{Processor: "Some Processor 9000", Processors: 2, Memory: "8000000 kB", System: "linux/amd64", Go: "go1.26"},
		Versions: []Setting{{"atoll", "0.9"}, {"PostgreSQL", "15.8"}},
		Settings: []Setting{{"rows per shard", "400000"}, {"query", "SELECT region, count(*), sum(amount) FROM payments GROUP BY region"}, {"shared_buffers", "128MB"}},
		Peers: []Peer{{Name: "single PostgreSQL", Version: "15.8", Setup: "all rows in one table", Start: 1200 * time.Millisecond, Equal: 22, Checked: 22},
			{Name: "Trino", Missing: "there is no Java on this machine: install a JDK 23, or name the tarball with --trino"}},
		Goals: []Goal{{Text: "overhead over the slowest shard, 8 local shards", Unit: Ratio, Seen: 1.034, Bound: 1.10},
			{Text: "the same with 40 ms between regions", Unit: Ratio, Seen: 1.104, Bound: 1.05},
			{Text: "merged partial rows", Unit: RowsPerS, Seen: 12.4e6, Bound: 10e6, AtLeast: true},
			{Text: "TPC-H in total, Trino / Atoll", Unit: Ratio, Bound: 5, AtLeast: true, Unknown: "Trino is missing"}},
		Borders: []Border{{Query: "report", From: "eu", To: "us", Form: "aggregate", Rows: 12, Bytes: 1884}, {Query: "report", From: "ap", To: "us", Form: "aggregate", Rows: 12, Bytes: 1790},
			{Query: "pull", From: "eu", To: "us", Form: "rows", Rows: 120_000, Bytes: 14_400_000}, {Query: "pull", From: "ap", To: "us", Form: "rows", Rows: 90_000, Bytes: 9_100_000}},
		Notes: []string{"All servers share the processors of this machine.", "Closed loop: a query begins when the one before it ended."},
	}
	for _, shards := range []int{1, 2, 4, 8, 16, 32, 64} {
		label := []Label{{"shards", fmt.Sprint(shards)}, {"profile", "local"}}
		for _, p := range []string{"local", "regions"} {
			label = []Label{label[0], {"profile", p}}
			base := 0.004
			if p == "regions" {
				base = 0.044
			}
			h := NewHistogram()
			for range 3000 {
				slowest := 0.0
				for range shards {
					slowest = max(slowest, base+0.0008*random.ExpFloat64())
				}
				if err := h.RecordValue(int64(slowest * 1e9)); err != nil {
					t.Fatal(err)
				}
			}
			text, err := Encode(h)
			if err != nil {
				t.Fatal(err)
			}
			r.Series = append(r.Series, Series{Name: "latency", Labels: label, Unit: Seconds, Better: Lower, Values: around(base+0.0005*math.Log2(float64(shards)+1), 0.04, 7), Histogram: text})
		}
		r.Series = append(r.Series, Series{Name: "overhead over the slowest shard", Labels: label[:1], Unit: Ratio, Better: Lower, Values: around(1.01+0.003*float64(shards), 0.01, 7)})
	}
	r.Series = append(r.Series, Series{Name: "rows into Arrow", Labels: []Label{{"engine", "postgres"}, {"type", "bigint"}}, Unit: RowsPerS, Better: Higher, Values: around(4.2e6, 0.05, 5)},
		Series{Name: "rows into Arrow", Labels: []Label{{"engine", "duckdb"}, {"type", "bigint"}}, Unit: RowsPerS, Better: Higher, Failed: "the engine refused the type"},
		Series{Name: "TPC-H query", Labels: []Label{{"peer", "postgres_fdw"}, {"query", "17"}}, Unit: Seconds, Better: Lower, Values: []float64{60, 60, 60}, AtLeast: true})
	r.Charts = sampleCharts(random)
	r.Timelines = []Timeline{sampleTimeline(random)}
	return r
}

func sampleCharts(random *rand.Rand) []Chart {
	shards := []float64{1, 2, 4, 8, 16, 32, 64}
	tail := Chart{Name: "tail", Title: "How the tail grows with the number of shards", Kind: Lines, X: "shards", Y: "queries slower than one shard's p99 (share)", LogX: true}
	measured, computed := Line{Name: "measured"}, Line{Name: "1−(1−p)^n", Dashed: true}
	for _, n := range shards {
		v := 1 - math.Pow(0.99, n)
		seen := v * (1 + 0.1*random.NormFloat64())
		measured.X, measured.Y = append(measured.X, n), append(measured.Y, seen)
		measured.Low, measured.High = append(measured.Low, seen*0.9), append(measured.High, seen*1.15)
		computed.X, computed.Y = append(computed.X, n), append(computed.Y, v)
	}
	tail.Lines = []Line{measured, computed}
	breakdown := Chart{Name: "breakdown", Title: "Where the time goes", Kind: Stacked, X: "shards", Y: "median, s"}
	ratios := Chart{Name: "peer-ratios", Title: "TPC-H: how many times as long as Atoll", Kind: Bars, X: "query", Y: "ratio", LogY: true}
	for _, n := range shards {
		breakdown.Categories = append(breakdown.Categories, fmt.Sprint(n))
	}
	for i, phase := range []string{"planning", "first batch", "slowest shard", "merge", "output"} {
		l := Line{Name: phase}
		for _, n := range shards {
			l.Y = append(l.Y, []float64{0.0002, 0.001, 0.004, 0.0003, 0.0001}[i]*(1+0.1*n))
		}
		breakdown.Lines = append(breakdown.Lines, l)
	}
	for q := range 22 {
		ratios.Categories = append(ratios.Categories, fmt.Sprintf("q%d", q+1))
	}
	for _, peer := range []string{"single PostgreSQL", "postgres_fdw", "Trino"} {
		l := Line{Name: peer, Dashed: peer == "Trino"}
		for range 22 {
			y := math.Exp(random.NormFloat64())
			l.Y, l.Low, l.High = append(l.Y, y), append(l.Low, y*0.9), append(l.High, y*1.2)
		}
		ratios.Lines = append(ratios.Lines, l)
	}
	ratios.Lines[1].Y[3], ratios.Lines[1].Low[3] = 0, 0
	return []Chart{tail, breakdown, ratios}
}

func sampleTimeline(random *rand.Rand) Timeline {
	at := func(ms float64) time.Duration { return time.Duration(ms * 1e6) }
	t := Timeline{Name: "gantt", Title: "One query over 8 shards in three regions", Query: "SELECT region, count(*), sum(amount) FROM payments GROUP BY region",
		Lanes: []Lane{{Name: "coordinator", Region: "us", Spans: []Span{{"planning", 0, at(0.4)}, {"merge", at(46), at(47.2)}, {"output", at(47.2), at(47.5)}}}}}
	for i := range 8 {
		begin := 0.4 + 0.05*float64(i)
		first := begin + 30*random.Float64()
		t.Lanes = append(t.Lanes, Lane{Name: fmt.Sprintf("shard%d", i+1), Region: []string{"us", "eu", "ap"}[i%3],
			Spans: []Span{{"first batch", at(begin), at(first)}, {"rows", at(first), at(first + 15*random.Float64())}}})
	}
	return t
}
