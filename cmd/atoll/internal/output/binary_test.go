package output

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

func readArrow(b []byte) ([]arrow.Record, error) {
	r, err := ipc.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	defer r.Release()
	var recs []arrow.Record
	for r.Next() {
		r.Record().Retain()
		recs = append(recs, r.Record())
	}
	return recs, r.Err()
}

func readParquet(b []byte) ([]arrow.Record, error) {
	f, err := file.NewParquetReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{BatchSize: 1 << 20}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	t, err := r.ReadTable(context.Background())
	if err != nil {
		return nil, err
	}
	defer t.Release()
	tr := array.NewTableReader(t, t.NumRows())
	defer tr.Release()
	var recs []arrow.Record
	for tr.Next() {
		tr.Record().Retain()
		recs = append(recs, tr.Record())
	}
	return recs, tr.Err()
}

func TestArrowRoundTrip(t *testing.T) {
	rec := edgeRows(t, memory.DefaultAllocator)
	defer rec.Release()
	got, err := readArrow([]byte(render(t, Arrow, rec, rec)))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || !got[1].Schema().Equal(everyType) {
		t.Fatalf("%d records of %s", len(got), got[0].Schema())
	}
	if a, b := render(t, CSV, got[1]), render(t, CSV, rec); a != b {
		t.Errorf("got %s\nwant %s", a, b)
	}
}

func TestArrowWithoutRowsKeepsItsSchema(t *testing.T) {
	rec := texts(memory.DefaultAllocator, "a")
	out := []byte(render(t, Arrow, rec))
	r, err := ipc.NewReader(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if !r.Schema().Equal(rec.Schema()) {
		t.Errorf("schema %s", r.Schema())
	}
	var empty bytes.Buffer
	w, _ := New(Arrow, &empty, rec.Schema(), Options{})
	if err := w.Close(); err != nil || empty.Len() == 0 {
		t.Errorf("no schema without a batch: %d bytes, %v", empty.Len(), err)
	}
}

func TestParquetRoundTrip(t *testing.T) {
	rec := edgeRows(t, memory.DefaultAllocator)
	defer rec.Release()
	got, err := readParquet([]byte(render(t, Parquet, rec, rec)))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].NumRows() != 10 {
		t.Fatalf("%d records", len(got))
	}
	want := render(t, CSV, rec)
	_, rows, _ := strings.Cut(want, "\r\n")
	if out := render(t, CSV, got[0]); out != want+rows {
		t.Errorf("got %s\nwant %s", out, want+rows)
	}
}

// The Parquet writer must not look at a batch's memory after Write: it belongs to the shard's reader.
func TestParquetKeepsNothingOfABatch(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{plain("t", arrow.BinaryTypes.String), plain("d", &arrow.Decimal128Type{Precision: 30, Scale: 2})}, nil)
	var out bytes.Buffer
	w, err := New(Parquet, &out, schema, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"first", "other"} {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		b.Field(0).(*array.StringBuilder).Append(word)
		b.Field(1).(*array.Decimal128Builder).AppendNull()
		rec := b.NewRecord()
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
		scramble(rec)
		b.Release()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out.Bytes(), []byte("\xa5\xa5")) {
		t.Error("the file holds scrambled memory")
	}
	recs, err := readParquet(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if got := render(t, CSV, recs[0]); got != "t,d\r\nfirst,\r\nother,\r\n" {
		t.Errorf("got %q", got)
	}
}

func scramble(rec arrow.Record) {
	for _, c := range rec.Columns() {
		for _, b := range c.Data().Buffers() {
			if b != nil {
				for i := range b.Bytes() {
					b.Bytes()[i] = 0xa5
				}
			}
		}
	}
}

func TestParquetRowGroupsAreBounded(t *testing.T) {
	values := make([]string, 50000)
	for i := range values {
		values[i] = strings.Repeat("x", i%7)
	}
	rec := texts(memory.DefaultAllocator, "a", values...)
	recs := []arrow.Record{rec, rec, rec, rec, rec, rec}
	f, err := file.NewParquetReader(strings.NewReader(render(t, Parquet, recs...)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.NumRows() != 300000 || f.NumRowGroups() < 3 {
		t.Errorf("%d rows in %d groups", f.NumRows(), f.NumRowGroups())
	}
}

func TestParquetMakesNamesUnique(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{plain("a", arrow.PrimitiveTypes.Int32), plain("a", arrow.PrimitiveTypes.Int32)}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range 2 {
		b.Field(i).(*array.Int32Builder).Append(int32(i))
	}
	recs, err := readParquet([]byte(render(t, Parquet, b.NewRecord())))
	if err != nil {
		t.Fatal(err)
	}
	if got := render(t, CSV, recs[0]); got != "a,a_2\r\n0,1\r\n" {
		t.Errorf("got %q", got)
	}
}
