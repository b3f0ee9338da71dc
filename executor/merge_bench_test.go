package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// prepared is a reader of batches that are in memory.
type prepared struct{ recs []arrow.Record }

func (p *prepared) Next(context.Context) (arrow.Record, error) {
	if len(p.recs) == 0 {
		return nil, io.EOF
	}
	rec := p.recs[0]
	p.recs = p.recs[1:]
	return rec, nil
}

func (p *prepared) Stats() connectors.Stats { return connectors.Stats{} }
func (p *prepared) Close() error            { return nil }

// BenchmarkOrderedMerge merges eight sorted streams of 131,072 rows by a bigint key: rows of all streams alternate, or come in runs of 1,000 of one stream.
func BenchmarkOrderedMerge(b *testing.B) {
	const streams, batches, rows = 8, 8, 16 * 1024
	schema := arrow.NewSchema([]arrow.Field{{Name: "k", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "v", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)
	for _, run := range []int64{1, 1000} {
		b.Run(fmt.Sprintf("runs=%d", run), func(b *testing.B) {
			spec := MergeSpec{Schema: schema, Keys: []SortKey{{Column: 0}}}
			for s := range streams {
				var recs []arrow.Record
				rb := array.NewRecordBuilder(memory.DefaultAllocator, schema)
				for i := range int64(batches * rows) {
					rb.Field(0).(*array.Int64Builder).Append((i/run*streams+int64(s))*run + i%run)
					rb.Field(1).(*array.Int64Builder).Append(i)
					if (i+1)%rows == 0 {
						recs = append(recs, rb.NewRecord())
					}
				}
				rb.Release()
				open := func(context.Context) (connectors.Reader, error) { return &prepared{recs}, nil }
				spec.Sources = append(spec.Sources, Source{Shard: fmt.Sprint("s", s), Open: open})
			}
			b.ReportAllocs()
			for b.Loop() {
				m, err := NewOrderedMerge(spec)
				if err != nil {
					b.Fatal(err)
				}
				n := int64(0)
				for err == nil {
					var rec arrow.Record
					if rec, err = m.Next(b.Context()); err == nil {
						n += rec.NumRows()
						rec.Release()
					}
				}
				if !errors.Is(err, io.EOF) || n != streams*batches*rows {
					b.Fatal(n, err)
				}
				if err := m.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*streams*batches*rows/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}
