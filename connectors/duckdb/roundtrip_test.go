package duckdb

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

var wideType = &arrow.Decimal256Type{Precision: 76, Scale: 38}

// edgeColumn is a type with values at its edges, in the JSON form that array.FromJSON reads or by a builder.
type edgeColumn struct {
	typ   arrow.DataType
	build func(b array.Builder)
}

func appending[B any, T any](add func(B, T), vals ...T) func(array.Builder) {
	return func(b array.Builder) {
		for _, v := range vals {
			add(any(b).(B), v)
		}
	}
}

func decimals(precision, scale int32) edgeColumn {
	top := decimal128.GetMaxValue(precision)
	return edgeColumn{&arrow.Decimal128Type{Precision: precision, Scale: scale}, appending((*array.Decimal128Builder).Append,
		top, top.Negate(), decimal128.FromI64(0), decimal128.FromI64(1), decimal128.FromI64(-1))}
}

func edgeColumns() []edgeColumn {
	top256 := decimal256.GetMaxValue(76)
	return []edgeColumn{
		{arrow.FixedWidthTypes.Boolean, appending((*array.BooleanBuilder).Append, true, false, true)},
		{arrow.PrimitiveTypes.Int16, appending((*array.Int16Builder).Append, math.MinInt16, math.MaxInt16, 0)},
		{arrow.PrimitiveTypes.Int32, appending((*array.Int32Builder).Append, math.MinInt32, math.MaxInt32, 0)},
		{arrow.PrimitiveTypes.Int64, appending((*array.Int64Builder).Append, math.MinInt64, math.MaxInt64, 0)},
		{arrow.PrimitiveTypes.Float32, appending((*array.Float32Builder).Append, float32(math.Inf(1)),
			float32(math.Inf(-1)), math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Copysign(0, -1)))},
		{arrow.PrimitiveTypes.Float64, appending((*array.Float64Builder).Append, math.Inf(1), math.Inf(-1),
			math.MaxFloat64, math.SmallestNonzeroFloat64, math.Copysign(0, -1), 0.1)},
		{arrow.BinaryTypes.String, appending((*array.StringBuilder).Append, "", "twelve bytes", "thirteen byte", "é東京🏝",
			strings.Repeat("long €", 5000), "a\x01b")},
		{arrow.BinaryTypes.Binary, appending((*array.BinaryBuilder).Append, []byte{}, []byte{0, 255, 0},
			make([]byte, 12), make([]byte, 13), make([]byte, 70_000))},
		{arrow.FixedWidthTypes.Date32, appending((*array.Date32Builder).Append, 0, -1, 2932896, -719162-366,
			math.MaxInt32, math.MinInt32)},
		{arrow.FixedWidthTypes.Time64us, appending((*array.Time64Builder).Append, 0, 86399999999, 86400000000)},
		{&arrow.TimestampType{Unit: arrow.Microsecond}, appending((*array.TimestampBuilder).Append, 0, -1,
			-210866803200000000, 9214646400000000000, math.MaxInt64, math.MinInt64)},
		{&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, appending((*array.TimestampBuilder).Append, 0, -1,
			9214646400000000000, math.MaxInt64, math.MinInt64)},
		{arrow.FixedWidthTypes.MonthDayNanoInterval, appending((*array.MonthDayNanoIntervalBuilder).Append,
			arrow.MonthDayNanoInterval{}, arrow.MonthDayNanoInterval{Months: -14, Days: 40, Nanoseconds: -1000},
			arrow.MonthDayNanoInterval{Months: math.MaxInt32, Days: math.MinInt32, Nanoseconds: math.MaxInt64 / 1000 * 1000})},
		{&arrow.FixedSizeBinaryType{ByteWidth: 16}, appending((*array.FixedSizeBinaryBuilder).Append,
			make([]byte, 16), []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
			[]byte("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"))},
		decimals(4, 0), decimals(4, 4), decimals(5, 2), decimals(9, 9), decimals(10, 3), decimals(15, 2), decimals(18, 0),
		decimals(19, 1), decimals(38, 0), decimals(38, 38),
		{wideType, appending((*array.Decimal256Builder).Append, top256, top256.Negate(), decimal256.FromI64(0),
			decimal256.FromI64(1), decimal256.FromI64(-1), decimal256.FromI64(math.MinInt64))},
	}
}

// edgeArray repeats the edge values with NULLs between them until there are rows rows.
func edgeArray(alloc memory.Allocator, col edgeColumn, rows int, nulls bool) arrow.Array {
	b := array.NewBuilder(alloc, col.typ)
	defer b.Release()
	for b.Len() < rows {
		if nulls {
			b.AppendNull()
		}
		col.build(b)
	}
	arr := b.NewArray()
	defer arr.Release()
	return array.NewSlice(arr, 0, int64(rows))
}

func TestRoundTrip(t *testing.T) {
	r := newResidual(t, ResidualOptions{})
	for _, col := range edgeColumns() {
		for _, shape := range []struct {
			rows, from int
			nulls      bool
			batch      int
		}{
			{1, 0, false, 0}, {10, 0, true, 0}, {10, 3, true, 4}, {5000, 0, true, 0}, {5000, 2049, true, 1000}, {4096, 5, false, 1},
		} {
			if shape.rows > 100 && (col.typ.ID() == arrow.BINARY || col.typ.ID() == arrow.STRING) {
				shape.rows, shape.from = shape.rows/10, shape.from/10
			}
			t.Run(fmt.Sprintf("%s/%+v", col.typ, shape), func(t *testing.T) {
				alloc := checkedAllocator(t)
				whole := edgeArray(alloc, col, shape.rows, shape.nulls)
				defer whole.Release()
				arr := array.NewSlice(whole, int64(shape.from), int64(shape.rows))
				defer arr.Release()
				checkRoundTrip(t, r, alloc, arr, shape.batch)
			})
		}
	}
}

// checkRoundTrip sends an array through DuckDB between two empty batches.
func checkRoundTrip(t *testing.T, r *Residual, alloc memory.Allocator, arr arrow.Array, batch int) {
	schema := schemaOf(field("v", arr.DataType()))
	empty := array.NewSlice(arr, 0, 0)
	defer empty.Release()
	src := &records{schema: schema}
	for _, a := range []arrow.Array{empty, arr, empty} {
		rec := array.NewRecord(schema, []arrow.Array{a}, int64(a.Len()))
		defer rec.Release()
		src.recs = append(src.recs, rec)
	}
	recs, err := collect(t, r, ResidualQuery{SQL: "SELECT v FROM in0", Inputs: []Input{{Name: "in0", Source: src}},
		Schema: schema, BatchRows: batch, Alloc: alloc})
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, rec := range recs {
		n := int(rec.NumRows())
		if batch > 0 && n > batch {
			t.Fatalf("a batch of %d rows, at most %d asked for", n, batch)
		}
		if !array.SliceEqual(arr, int64(at), int64(at+n), rec.Column(0), 0, int64(n)) {
			t.Fatalf("rows from %d differ", at)
		}
		at += n
	}
	if at != arr.Len() {
		t.Fatalf("%d rows came back of %d", at, arr.Len())
	}
}

func TestAllNullRoundTrip(t *testing.T) {
	r := newResidual(t, ResidualOptions{})
	for _, col := range edgeColumns() {
		alloc := checkedAllocator(t)
		arr := array.MakeArrayOfNull(alloc, col.typ, 2050)
		checkRoundTrip(t, r, alloc, arr, 0)
		arr.Release()
	}
}

func TestEmptyInput(t *testing.T) {
	r := newResidual(t, ResidualOptions{})
	src := &records{schema: schemaOf(field("v", arrow.BinaryTypes.String))}
	q := ResidualQuery{SQL: "SELECT v FROM in0", Inputs: []Input{{Name: "in0", Source: src}}, Schema: src.schema}
	recs, err := collect(t, r, q)
	if err != nil || len(recs) != 0 {
		t.Fatalf("%d batches, %v", len(recs), err)
	}
}

// TestWideOrder checks that the bytes of wide numerics sort as the numbers do.
func TestWideOrder(t *testing.T) {
	top := decimal256.GetMaxValue(76)
	ascending := []decimal256.Num{top.Negate(), decimal256.FromI64(-2), decimal256.FromI64(-1), decimal256.FromI64(0),
		decimal256.FromI64(1), decimal256.FromI64(math.MaxInt64), top}
	var last []byte
	for i, x := range ascending {
		b := appendWide(nil, x)
		if i > 0 && string(last) >= string(b) {
			t.Errorf("value %d does not sort after the one before", i)
		}
		if wideFromBytes(b) != x {
			t.Errorf("value %d comes back as %s", i, wideFromBytes(b).ToString(38))
		}
		last = b
	}
}
