package postgres

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// dataRow is the body of a DataRow of so many equal values.
func dataRow(columns int, value []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(columns))
	for range columns {
		b = binary.BigEndian.AppendUint32(b, uint32(len(value)))
		b = append(b, value...)
	}
	return b
}

// BenchmarkDecode puts rows of four values of a type, as the server sends them, into Arrow batches: an operation is a batch, and nothing is read from a
// connection. Allocations are of a batch.
func BenchmarkDecode(b *testing.B) {
	eight := binary.BigEndian.AppendUint64(nil, 0x0102030405)
	for _, c := range []struct {
		name  string
		kind  kind
		typ   arrow.DataType
		value []byte
	}{
		{"bigint", kindInt64, arrow.PrimitiveTypes.Int64, eight},
		{"integer", kindInt32, arrow.PrimitiveTypes.Int32, eight[4:]},
		{"double", kindFloat64, arrow.PrimitiveTypes.Float64, eight},
		{"numeric(15,2)", kindNumeric128, &arrow.Decimal128Type{Precision: 15, Scale: 2}, wireNumeric(1, 0, 12, 3456, 7800)},
		{"numeric(38,10)", kindNumeric128, &arrow.Decimal128Type{Precision: 38, Scale: 10}, wireNumeric(5, 0, 12, 3456, 7890, 1234, 5678, 9012, 3456, 7890, 1200)},
		{"text short", kindText, arrow.BinaryTypes.String, []byte("v12345")},
		{"text long", kindText, arrow.BinaryTypes.String, []byte(strings.Repeat("abcdefghij", 20))},
		{"date", kindDate, arrow.FixedWidthTypes.Date32, eight[4:]},
		{"timestamptz", kindTimestamp, arrow.FixedWidthTypes.Timestamp_us, eight},
		{"boolean", kindBool, arrow.FixedWidthTypes.Boolean, []byte{1}},
		{"uuid", kindUUID, &arrow.FixedSizeBinaryType{ByteWidth: 16}, append(eight, eight...)},
		{"bytea", kindBytea, arrow.BinaryTypes.Binary, []byte(strings.Repeat("x", 32))},
	} {
		b.Run(c.name, func(b *testing.B) {
			const columns = 4
			var fields []arrow.Field
			var kinds []kind
			for range columns {
				fields, kinds = append(fields, arrow.Field{Name: "v", Type: c.typ, Nullable: true}), append(kinds, c.kind)
			}
			rows := newBatch(connectors.Statement{Schema: arrow.NewSchema(fields, nil), Alloc: memory.DefaultAllocator, BatchRows: connectors.DefaultBatchRows}, kinds)
			defer rows.free()
			body, decoded := dataRow(columns, c.value), 0
			b.ReportAllocs()
			for b.Loop() {
				for !rows.full() {
					if err := rows.append(body); err != nil {
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
