package mssql

import (
	sqldriver "database/sql/driver"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// BenchmarkDecode puts rows of four values of a type, as the driver gives them, into Arrow batches: an operation is a batch, and nothing is read from a
// connection. Allocations are of a batch, without the driver's own.
func BenchmarkDecode(b *testing.B) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, native string
		typ          arrow.DataType
		value        sqldriver.Value
	}{
		{"bigint", "BIGINT", arrow.PrimitiveTypes.Int64, int64(4711)},
		{"integer", "INT", arrow.PrimitiveTypes.Int32, int64(4711)},
		{"double", "FLOAT", arrow.PrimitiveTypes.Float64, 47.11},
		{"numeric(15,2)", "DECIMAL", dec(15, 2), []byte("123456.78")},
		{"numeric(38,10)", "DECIMAL", dec(38, 10), []byte("1234567890123456789012.3456789012")},
		{"text short", "NVARCHAR", arrow.BinaryTypes.String, "v12345"},
		{"text long", "NVARCHAR", arrow.BinaryTypes.String, strings.Repeat("abcdefghij", 20)},
		{"date", "DATE", arrow.FixedWidthTypes.Date32, noon.Truncate(24 * time.Hour)},
		{"timestamptz", "DATETIMEOFFSET", instant, noon},
		{"boolean", "BIT", arrow.FixedWidthTypes.Boolean, true},
		{"uuid", "UNIQUEIDENTIFIER", uuidType, []byte("0123456789abcdef")},
		{"varbinary", "VARBINARY", arrow.BinaryTypes.Binary, []byte(strings.Repeat("x", 32))},
	} {
		b.Run(c.name, func(b *testing.B) {
			k := chooseKind(c.native, c.typ)
			if k == kindNone {
				b.Fatalf("no conversion of %s", c.native)
			}
			field := arrow.Field{Name: "v", Type: c.typ, Nullable: true}
			values := []sqldriver.Value{c.value, c.value, c.value, c.value}
			rows := newBatch(connectors.Statement{Schema: arrow.NewSchema([]arrow.Field{field, field, field, field}, nil), Alloc: memory.DefaultAllocator,
				BatchRows: connectors.DefaultBatchRows}, []kind{k, k, k, k})
			defer rows.free()
			decoded := 0
			b.ReportAllocs()
			for b.Loop() {
				for !rows.full() {
					if err := rows.append(values); err != nil {
						b.Fatal(err)
					}
				}
				decoded += rows.rows
				rows.take().Release()
			}
			b.ReportMetric(float64(decoded)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}
