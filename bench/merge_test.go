package bench

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate"
)

// BenchmarkHashMerge merges partial rows of two integer sums by one bigint key, on one core, results
// included. rows/cpu-s, which does not suffer from what else the machine does, is the figure of interest.
func BenchmarkHashMerge(b *testing.B) {
	for _, groups := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("groups=%d", groups), func(b *testing.B) { benchmarkHashMerge(b, groups) })
	}
}

func benchmarkHashMerge(b *testing.B, groups int) {
	spec, err := twoSums()
	if err != nil {
		b.Fatal(err)
	}
	batches := partialRows(spec.Input, groups, 128, 16*1024)
	rows, before := 0, cpuTime(b)
	b.ReportAllocs()
	for b.Loop() {
		n, err := mergeAll(spec, batches)
		if err != nil {
			b.Fatal(err)
		}
		rows += n
	}
	b.ReportMetric(float64(rows)/(cpuTime(b)-before).Seconds(), "rows/cpu-s")
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// cpuTime is the processor time that this process has used.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// twoSums is SELECT k, sum(a), sum(b) … GROUP BY k over integer columns.
func twoSums() (aggregate.HashSpec, error) {
	sum, err := aggregate.Lookup("sum", []arrow.DataType{arrow.PrimitiveTypes.Int32}, false)
	if err != nil {
		return aggregate.HashSpec{}, err
	}
	k := arrow.Field{Name: "k", Type: arrow.PrimitiveTypes.Int64, Nullable: true}
	return aggregate.HashSpec{
		Input:  arrow.NewSchema([]arrow.Field{k, sum.PartialField(0, "a"), sum.PartialField(0, "b")}, nil),
		Keys:   []int{0},
		Output: arrow.NewSchema([]arrow.Field{k, sum.Field("a"), sum.Field("b")}, nil),
		Aggs: []aggregate.Agg{
			{Function: sum, Inputs: []int{1}, Name: "a", Field: sum.Field("a")},
			{Function: sum, Inputs: []int{2}, Name: "b", Field: sum.Field("b")},
		},
	}, nil
}

func partialRows(schema *arrow.Schema, groups, batches, rows int) []arrow.Record {
	rng := rand.New(rand.NewPCG(1, 2))
	var out []arrow.Record
	for range batches {
		rb := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for range rows {
			rb.Field(0).(*array.Int64Builder).Append(int64(rng.IntN(groups)) * 1_000_003)
			rb.Field(1).(*array.Int64Builder).Append(rng.Int64N(1000))
			rb.Field(2).(*array.Int64Builder).Append(rng.Int64N(1000))
		}
		out = append(out, rb.NewRecord())
		rb.Release()
	}
	return out
}

// mergeAll returns how many rows it merged.
func mergeAll(spec aggregate.HashSpec, batches []arrow.Record) (int, error) {
	h, err := aggregate.NewHash(memory.DefaultAllocator, spec)
	if err != nil {
		return 0, err
	}
	defer h.Release()
	rows := 0
	for _, rec := range batches {
		if err := h.Consume(context.Background(), rec); err != nil {
			return 0, err
		}
		rows += int(rec.NumRows())
	}
	r := h.Results(16 * 1024)
	defer r.Close()
	for {
		if _, err := r.Next(); err == io.EOF {
			return rows, nil
		} else if err != nil {
			return 0, err
		}
	}
}
