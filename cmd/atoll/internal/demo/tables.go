package demo

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Table is one table of one shard.
type Table struct {
	Name    string
	Schema  *arrow.Schema // fields that are not nullable are NOT NULL columns
	Batches []arrow.Record
}

// Release releases the batches.
func (t *Table) Release() {
	for _, b := range t.Batches {
		b.Release()
	}
	t.Batches = nil
}

// batchRows bounds the rows of a batch.
const batchRows = 16 * 1024

var (
	int16Type = arrow.PrimitiveTypes.Int16
	int32Type = arrow.PrimitiveTypes.Int32
	int64Type = arrow.PrimitiveTypes.Int64
	textType  = arrow.BinaryTypes.String
	dateType  = arrow.FixedWidthTypes.Date32
	boolType  = arrow.FixedWidthTypes.Boolean
	timeType  = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
)

func numeric(precision, scale int32) arrow.DataType {
	return &arrow.Decimal128Type{Precision: precision, Scale: scale}
}

func column(name string, t arrow.DataType) arrow.Field { return arrow.Field{Name: name, Type: t} }

func nullable(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

var schemas = map[string]*arrow.Schema{
	"currencies": arrow.NewSchema([]arrow.Field{
		column("code", textType), column("name", textType), column("minor_units", int16Type), column("eur_rate", numeric(12, 6)),
	}, nil),
	"cooperatives": arrow.NewSchema([]arrow.Field{
		column("id", int32Type), column("name", textType), column("city", textType), column("country", textType), column("founded", dateType),
	}, nil),
	"units": arrow.NewSchema([]arrow.Field{
		column("id", int32Type), column("cooperative_id", int32Type), column("label", textType), column("floor", int16Type),
		column("area_m2", numeric(6, 1)), column("monthly_fee", numeric(10, 2)),
	}, nil),
	"members": arrow.NewSchema([]arrow.Field{
		column("id", int32Type), column("cooperative_id", int32Type), column("unit_id", int32Type), column("name", textType),
		nullable("email", textType), column("tax_id", textType), column("joined", dateType), nullable("left_on", dateType),
		nullable("consent", boolType),
	}, nil),
	"payments": arrow.NewSchema([]arrow.Field{
		column("id", int64Type), column("cooperative_id", int32Type), column("member_id", int32Type), column("amount", numeric(12, 2)),
		column("currency", textType), column("due", dateType), nullable("paid_at", timeType), nullable("method", textType),
		nullable("note", textType),
	}, nil),
}

// rowWriter collects the rows of one table into batches.
type rowWriter struct {
	table Table
	b     *array.RecordBuilder
	rows  int
}

func newRowWriter(mem memory.Allocator, name string) *rowWriter {
	return &rowWriter{table: Table{Name: name, Schema: schemas[name]}, b: array.NewRecordBuilder(mem, schemas[name])}
}

// end closes a row to which every column has been appended.
func (w *rowWriter) end() {
	w.rows++
	if w.rows%batchRows == 0 {
		w.table.Batches = append(w.table.Batches, w.b.NewRecord())
	}
}

// finish returns the table; the writer is spent.
func (w *rowWriter) finish() Table {
	if w.rows%batchRows != 0 {
		w.table.Batches = append(w.table.Batches, w.b.NewRecord())
	}
	w.b.Release()
	return w.table
}

// Columns by index. A wrong index or type is a mistake in this package that its first test finds.
func (w *rowWriter) int16(i int, v int16)       { w.b.Field(i).(*array.Int16Builder).Append(v) }
func (w *rowWriter) int32(i int, v int32)       { w.b.Field(i).(*array.Int32Builder).Append(v) }
func (w *rowWriter) int64(i int, v int64)       { w.b.Field(i).(*array.Int64Builder).Append(v) }
func (w *rowWriter) text(i int, v string)       { w.b.Field(i).(*array.StringBuilder).Append(v) }
func (w *rowWriter) date(i int, v arrow.Date32) { w.b.Field(i).(*array.Date32Builder).Append(v) }
func (w *rowWriter) bool(i int, v bool)         { w.b.Field(i).(*array.BooleanBuilder).Append(v) }
func (w *rowWriter) null(i int)                 { w.b.Field(i).AppendNull() }
