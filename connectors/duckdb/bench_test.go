package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// repeated yields one record many times.
type repeated struct {
	rec   arrow.Record
	times int
}

func (r *repeated) Schema() *arrow.Schema { return r.rec.Schema() }

func (r *repeated) Next(context.Context) (arrow.Record, error) {
	if r.times == 0 {
		return nil, io.EOF
	}
	r.times--
	return r.rec, nil
}

func sampleRecord(b *testing.B, rows int) arrow.Record {
	g := &generated{alloc: memory.DefaultAllocator, n: rows, batch: rows}
	rec, err := g.Next(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	return rec
}

func exhaust(b *testing.B, rd connectors.Reader, err error) (rows int64) {
	for err == nil {
		var rec arrow.Record
		if rec, err = rd.Next(context.Background()); err == nil {
			rows += rec.NumRows()
		}
	}
	if !errors.Is(err, io.EOF) {
		b.Fatal(err)
	}
	if err := rd.Close(); err != nil {
		b.Fatal(err)
	}
	return rows
}

// BenchmarkSmallQuery is the cost of one residual query over three rows, from prepare to close.
func BenchmarkSmallQuery(b *testing.B) {
	rec := sampleRecord(b, 3)
	for name, q := range map[string]ResidualQuery{
		"table name": {SQL: "SELECT id, val FROM in0 ORDER BY id DESC"},
		"function":   {SQL: "SELECT id, val FROM atoll_input('in0') ORDER BY id DESC"},
		"group": {SQL: "SELECT count(*) AS c, sum(val) / count(*) AS v FROM in0 WHERE id > 0 GROUP BY name " +
			"HAVING count(*) > 0 ORDER BY c DESC NULLS FIRST LIMIT 10"},
		"args": {SQL: "SELECT id, val FROM in0 WHERE id < $1::BIGINT ORDER BY id", Args: []connectors.Arg{{Text: "2"}}},
	} {
		b.Run(name, func(b *testing.B) {
			r := newResidual(b, ResidualOptions{})
			q.Schema = schemaOf(field("id", arrow.PrimitiveTypes.Int64), field("val", arrow.PrimitiveTypes.Float64))
			for b.Loop() {
				q.Inputs = []Input{{Name: "in0", Source: &repeated{rec, 1}}}
				rd, err := r.Query(context.Background(), q)
				exhaust(b, rd, err)
			}
		})
	}
}

// BenchmarkIn is reading inputs into DuckDB: rows per second of three columns.
func BenchmarkIn(b *testing.B) {
	rec := sampleRecord(b, 16384)
	for name, sql := range map[string]string{
		"numbers": "SELECT sum(id)::BIGINT + sum(val)::BIGINT FROM in0",
		"texts":   "SELECT sum(length(name))::BIGINT FROM in0",
	} {
		b.Run(name, func(b *testing.B) {
			r := newResidual(b, ResidualOptions{})
			const times = 200
			for b.Loop() {
				rd, err := r.Query(context.Background(), ResidualQuery{SQL: sql, Schema: bigint,
					Inputs: []Input{{Name: "in0", Source: &repeated{rec, times}}}})
				exhaust(b, rd, err)
			}
			b.ReportMetric(float64(b.N)*times*16384/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}

// BenchmarkThrough is an input that comes out again as it is.
func BenchmarkThrough(b *testing.B) {
	rec := sampleRecord(b, 16384)
	r := newResidual(b, ResidualOptions{})
	const times = 100
	for b.Loop() {
		rd, err := r.Query(context.Background(), ResidualQuery{SQL: "SELECT * FROM in0", Schema: generatedSchema,
			Inputs: []Input{{Name: "in0", Source: &repeated{rec, times}}}})
		exhaust(b, rd, err)
	}
	b.ReportMetric(float64(b.N)*times*16384/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

// BenchmarkOut is reading a shard's file: columns of the usual types, all together and four of each alone.
func BenchmarkOut(b *testing.B) {
	rows := 2_000_000
	if testing.Short() {
		rows = 20_000
	}
	types := []struct {
		name, value string
		typ         arrow.DataType
	}{
		{"bigint", "range", arrow.PrimitiveTypes.Int64},
		{"integer", "range::INTEGER", arrow.PrimitiveTypes.Int32},
		{"numeric(15,2)", "(range / 100)::DECIMAL(15,2)", &arrow.Decimal128Type{Precision: 15, Scale: 2}},
		{"text", "'text ' || range", arrow.BinaryTypes.String},
		{"date", "DATE '2020-01-01' + (range % 1000)::INTEGER", arrow.FixedWidthTypes.Date32},
		{"timestamp", "make_timestamp(range)", &arrow.TimestampType{Unit: arrow.Microsecond}},
		{"double", "range / 7", arrow.PrimitiveTypes.Float64},
		{"boolean", "range % 3 = 0", arrow.FixedWidthTypes.Boolean},
		{"uuid", "md5(range::VARCHAR)::UUID", &arrow.FixedSizeBinaryType{ByteWidth: 16}},
		{"bytea", "unhex(sha256(range::VARCHAR))", arrow.BinaryTypes.Binary},
	}
	path := filepath.Join(b.TempDir(), "out.duckdb")
	var columns []string
	for i, t := range types {
		columns = append(columns, fmt.Sprintf("%s AS c%d", t.value, i))
	}
	if err := Exec(context.Background(), path, fmt.Sprintf("CREATE TABLE t AS SELECT %s FROM range(%d)", strings.Join(columns, ", "), rows)); err != nil {
		b.Fatal(err)
	}
	c := newShard(b, path)
	read := func(name, list string, fields ...arrow.Field) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rd, err := c.Query(context.Background(), connectors.Statement{SQL: "SELECT " + list + " FROM t", Schema: schemaOf(fields...)})
				if n := exhaust(b, rd, err); n != int64(rows) {
					b.Fatal(n)
				}
			}
			b.ReportMetric(float64(b.N)*float64(rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
	var first []arrow.Field
	for i, t := range types[:6] {
		first = append(first, field(fmt.Sprintf("c%d", i), t.typ))
	}
	read("six", "c0, c1, c2, c3, c4, c5", first...)
	for i, t := range types {
		name := fmt.Sprintf("c%d", i)
		f := field(name, t.typ)
		read(t.name, strings.Join([]string{name, name, name, name}, ", "), f, f, f, f)
	}
}

// BenchmarkFunction is a function of ours over a million rows.
func BenchmarkFunction(b *testing.B) {
	add := int64Function("test_add", 2, true, nil)
	add.Eval = func(alloc memory.Allocator, args []arrow.Array, rows int) (arrow.Array, error) {
		bld := array.NewInt64Builder(alloc)
		defer bld.Release()
		bld.Reserve(rows)
		x, y := args[0].(*array.Int64).Int64Values(), args[1].(*array.Int64).Int64Values()
		for i := range rows {
			bld.UnsafeAppend(x[i] + y[i])
		}
		return bld.NewArray(), nil
	}
	r := newResidual(b, ResidualOptions{}, add)
	for b.Loop() {
		rd, err := r.Query(context.Background(), ResidualQuery{SQL: "SELECT sum(test_add(range, range))::BIGINT FROM range(1000000)", Schema: bigint})
		exhaust(b, rd, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "Mrows/s")
}
