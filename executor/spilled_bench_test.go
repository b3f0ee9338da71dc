package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/executor/spill"
)

// manyRows yields rows of random groups, one batch again and again with other keys.
type manyRows struct {
	operator
	rows, groups int
	rng          *rand.Rand
	keys         *array.Int64Builder
	rest         []arrow.Array
}

const benchBatch = 8192

func newManyRows(schema *arrow.Schema, rows, groups int) *manyRows {
	m := &manyRows{operator: operator{schema: schema}, rows: rows, groups: groups, rng: rand.New(rand.NewPCG(1, 1)), keys: array.NewInt64Builder(memory.DefaultAllocator)}
	counts, sums := array.NewInt64Builder(memory.DefaultAllocator), array.NewFloat64Builder(memory.DefaultAllocator)
	for i := range benchBatch {
		counts.Append(1)
		sums.Append(float64(i))
	}
	m.rest = []arrow.Array{counts.NewArray(), sums.NewArray()}
	return m
}

func (m *manyRows) Next(ctx context.Context) (arrow.Record, error) {
	return m.next(ctx, func(context.Context) (arrow.Record, error) {
		if m.rows <= 0 {
			return nil, io.EOF
		}
		m.rows -= benchBatch
		m.keys.Reserve(benchBatch)
		for range benchBatch {
			m.keys.UnsafeAppend(m.rng.Int64N(int64(m.groups)))
		}
		keys := m.keys.NewArray()
		defer keys.Release()
		return array.NewRecord(m.schema, append([]arrow.Array{keys}, m.rest...), benchBatch), nil
	})
}

func (m *manyRows) Close() error { m.shut(); return nil }

// BenchmarkSpill groups 8 M rows, 28 bytes each in memory, into 4 M groups with room for all of them, and with room for a quarter; an eighth of them under -short.
func BenchmarkSpill(b *testing.B) {
	count, err := aggregate.Lookup("count", nil, false)
	if err != nil {
		b.Fatal(err)
	}
	sum, err := aggregate.Lookup("sum", []arrow.DataType{tFloat64}, false)
	if err != nil {
		b.Fatal(err)
	}
	spec := spillSpec([]arrow.DataType{tInt64}, count, sum)
	spec.Input = arrow.NewSchema(spec.Input.Fields()[1:], nil)
	spec.Keys, spec.Aggs[0].Inputs, spec.Aggs[1].Inputs = []int{0}, []int{1}, []int{2}
	rows, room := 8<<20, int64(64<<20)
	if testing.Short() {
		rows, room = rows/8, room/8
	}
	for _, c := range []struct {
		name  string
		limit int64
		seal  bool
	}{{"memory", 0, false}, {"clear", room, false}, {"sealed", room, true}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				sp, err := spill.Open(spill.Options{Dir: b.TempDir(), Encrypt: c.seal})
				if err != nil {
					b.Fatal(err)
				}
				spec.MaxBytes = c.limit
				account := NewAccount(0)
				a, err := NewHashAggregate(newManyRows(spec.Input, rows, rows/2), GroupsSpec{Hash: spec, Alloc: account.Allocator(memory.DefaultAllocator), Account: account, Space: sp})
				if err != nil {
					b.Fatal(err)
				}
				groups := int64(0)
				for {
					rec, err := a.Next(context.Background())
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					groups += rec.NumRows()
				}
				b.ReportMetric(float64(groups), "groups")
				b.ReportMetric(float64(sp.Peak())/1e6, "MB-on-disk")
				b.ReportMetric(float64(account.Peak())/1e6, "MB-held")
				if err := errors.Join(a.Close(), sp.Close()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkChunks writes and reads chunks of 256 KiB.
func BenchmarkChunks(b *testing.B) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "a", Type: tInt64}, {Name: "b", Type: tInt64}}, nil)
	rb := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range 16 << 10 {
		rb.Field(0).(*array.Int64Builder).Append(int64(i))
		rb.Field(1).(*array.Int64Builder).Append(int64(i))
	}
	rec := rb.NewRecord()
	for _, seal := range []bool{false, true} {
		b.Run(fmt.Sprint("sealed=", seal), func(b *testing.B) {
			sp, err := spill.Open(spill.Options{Dir: b.TempDir(), Encrypt: seal})
			if err != nil {
				b.Fatal(err)
			}
			defer sp.Close()
			f, err := sp.Create()
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(256 << 10)
			for b.Loop() {
				c, err := f.Write(rec)
				if err != nil {
					b.Fatal(err)
				}
				got, err := f.Read(memory.DefaultAllocator, c, schema)
				if err != nil {
					b.Fatal(err)
				}
				got.Release()
				if f.Size() > 1<<30 {
					f.Close()
					if f, err = sp.Create(); err != nil {
						b.Fatal(err)
					}
				}
			}
			f.Close()
		})
	}
}
