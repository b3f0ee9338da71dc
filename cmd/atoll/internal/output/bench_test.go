package output

import (
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// payments is a batch like those of the benchmark in the issue: bigint, integer, numeric(15,2), text, date, timestamptz.
func payments(rows int) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		plain("id", arrow.PrimitiveTypes.Int64),
		plain("member", arrow.PrimitiveTypes.Int32),
		plain("amount", &arrow.Decimal128Type{Precision: 15, Scale: 2}),
		plain("note", arrow.BinaryTypes.String),
		plain("due", arrow.FixedWidthTypes.Date32),
		plain("paid", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}),
	}, nil))
	defer b.Release()
	for i := range rows {
		b.Field(0).(*array.Int64Builder).Append(int64(i) * 1_000_003)
		b.Field(1).(*array.Int32Builder).Append(int32(i % 5000))
		b.Field(2).(*array.Decimal128Builder).Append(decimal128.FromI64(int64(i*37%1_000_000) - 5000))
		if i%10 == 0 {
			b.Field(3).AppendNull()
		} else {
			b.Field(3).(*array.StringBuilder).Append(fmt.Sprintf("monthly fee, unit %d", i%100))
		}
		b.Field(4).(*array.Date32Builder).Append(arrow.Date32(19000 + i%1000))
		b.Field(5).(*array.TimestampBuilder).Append(arrow.Timestamp(1.7e15 + float64(i)*1e6))
	}
	return b.NewRecord()
}

// BenchmarkWrite reports rows/s of six columns per format.
func BenchmarkWrite(b *testing.B) {
	rec := payments(16 << 10)
	defer rec.Release()
	for _, format := range Formats {
		b.Run(string(format), func(b *testing.B) {
			w, err := New(format, io.Discard, rec.Schema(), Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := w.Write(rec); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rec.NumRows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
