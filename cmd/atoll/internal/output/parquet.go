package output

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

// A row group is what the Parquet writer holds in memory. Wide rows close it early.
const (
	rowGroupRows  = 128 << 10
	rowGroupBytes = 64 << 20
)

// parquetWriter writes a Parquet file.
type parquetWriter struct {
	w      *pqarrow.FileWriter
	raw    io.Writer
	schema *arrow.Schema // the file's, where it differs from the result's
	texts  []int         // columns that become text
	bytes  int64         // Arrow bytes in the current row group
}

func newParquetWriter(w io.Writer, schema *arrow.Schema) (*parquetWriter, error) {
	if schema.NumFields() == 0 {
		return nil, fmt.Errorf("parquet has no form for a result without columns")
	}
	p := &parquetWriter{raw: w}
	names := make([]string, schema.NumFields())
	for i, f := range schema.Fields() {
		names[i] = f.Name
	}
	fields := make([]arrow.Field, schema.NumFields())
	for i, name := range uniqueNames(names) {
		fields[i] = schema.Field(i)
		fields[i].Name = name
		if fields[i].Type.ID() == arrow.INTERVAL_MONTH_DAY_NANO {
			fields[i].Type = arrow.BinaryTypes.String
			p.texts = append(p.texts, i)
		}
	}
	meta := schema.Metadata()
	p.schema = arrow.NewSchema(fields, &meta)
	return p, nil
}

// open writes the file's first bytes; it is delayed so that a query that fails early writes nothing.
func (p *parquetWriter) open() (err error) {
	if p.w != nil {
		return nil
	}
	opts := []parquet.WriterProperty{
		parquet.WithCompression(compress.Codecs.Zstd),
		parquet.WithMaxRowGroupLength(rowGroupRows),
		parquet.WithVersion(parquet.V2_LATEST),
		parquet.WithStoreDecimalAsInteger(true),
		parquet.WithStats(false),
	}
	for _, f := range p.schema.Fields() {
		if keepsNoValues(f.Type) {
			opts = append(opts, parquet.WithStatsFor(f.Name, true))
		}
	}
	p.w, err = pqarrow.NewFileWriter(p.schema, struct{ io.Writer }{p.raw}, parquet.NewWriterProperties(opts...),
		pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	return err
}

// keepsNoValues reports whether the Parquet writer's statistics copy the values of such a column. Those of byte arrays
// point into the batch, which is gone when the row group is written.
func keepsNoValues(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.Decimal128Type:
		return t.Precision <= 18 // stored as an integer
	case *arrow.StringType, *arrow.BinaryType, *arrow.FixedSizeBinaryType, *arrow.Decimal256Type:
		return false
	}
	return true
}

func (p *parquetWriter) Write(rec arrow.Record) error {
	if err := p.open(); err != nil {
		return err
	}
	cols := make([]arrow.Array, rec.NumCols())
	copy(cols, rec.Columns())
	for _, i := range p.texts {
		text := intervalTexts(cols[i].(*array.MonthDayNanoInterval))
		defer text.Release()
		cols[i] = text
	}
	out := array.NewRecord(p.schema, cols, rec.NumRows())
	defer out.Release()
	for _, c := range cols {
		p.bytes += arrayBytes(c)
	}
	if err := p.w.WriteBuffered(out); err != nil {
		return err
	}
	if p.bytes >= rowGroupBytes {
		p.bytes = 0
		p.w.NewBufferedRowGroup()
	}
	return nil
}

// arrayBytes estimates the memory that the values of an array take once copied.
func arrayBytes(a arrow.Array) int64 {
	switch a := a.(type) {
	case *array.String:
		return int64(len(a.ValueBytes())) + 4*int64(a.Len())
	case *array.Binary:
		return int64(len(a.ValueBytes())) + 4*int64(a.Len())
	}
	if t, ok := a.DataType().(arrow.FixedWidthDataType); ok {
		return int64(a.Len()) * int64(t.BitWidth()) / 8
	}
	return 0
}

func intervalTexts(a *array.MonthDayNanoInterval) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	var buf []byte
	for i := range a.Len() {
		if a.IsNull(i) {
			b.AppendNull()
			continue
		}
		buf = appendInterval(buf[:0], a.Value(i))
		b.Append(string(buf))
	}
	return b.NewArray()
}

func (p *parquetWriter) Close() error {
	if err := p.open(); err != nil {
		return err
	}
	return p.w.Close()
}

// Abort writes no footer: a Parquet file without one cannot be opened.
func (p *parquetWriter) Abort() error { return nil }
