package merge

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
)

// The benchmarks merge partial rows as atoll bench merge does, results included. rows/cpu-s, which does not suffer from what else the machine does, is the
// figure of interest; it counts the second core as well, where garbage is collected beside the merge.

func BenchmarkHashMerge(b *testing.B) {
	for _, name := range []string{Sums, Avg, Text} {
		benchmarkState(b, name)
	}
}

func BenchmarkHLLMerge(b *testing.B) { benchmarkState(b, HLL) }

func BenchmarkOrderedMerge(b *testing.B) {
	benchmarkState(b, Ordered)
	benchmarkState(b, TopN)
}

func benchmarkState(b *testing.B, name string) {
	o, err := Options{Seed: 1}.complete()
	if err != nil {
		b.Fatal(err)
	}
	if testing.Short() {
		o.Rows = 100_000
	}
	for _, groups := range o.Groups {
		b.Run(fmt.Sprintf("%s/groups=%d", name, groups), func(b *testing.B) {
			s, err := stateOf(name, o.Limit)
			if err != nil {
				b.Fatal(err)
			}
			in := makeInput(s, o, groups)
			defer in.release()
			m := &ours{s, in}
			rows, before := 0, processor()
			b.ReportAllocs()
			for b.Loop() {
				if err := m.merge(b.Context(), func(arrow.Record) error { return nil }); err != nil {
					b.Fatal(err)
				}
				rows += in.rows
			}
			b.ReportMetric(float64(rows)/(processor()-before).Seconds(), "rows/cpu-s")
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
