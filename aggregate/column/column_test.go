package column

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// samples are columns in ascending order of PostgreSQL, NULL last, without equal neighbours.
var samples = []struct {
	dt     arrow.DataType
	values []string
}{
	{arrow.FixedWidthTypes.Boolean, []string{"false", "true", "NULL"}},
	{arrow.PrimitiveTypes.Int16, []string{"-32768", "-1", "0", "32767", "NULL"}},
	{arrow.PrimitiveTypes.Int32, []string{"-2147483648", "-1", "0", "2147483647", "NULL"}},
	{arrow.PrimitiveTypes.Int64, []string{"-9223372036854775808", "-1", "0", "9223372036854775807", "NULL"}},
	{arrow.PrimitiveTypes.Float32, []string{"-inf", "-1.5", "0", "1e-30", "inf", "nan", "NULL"}},
	{arrow.PrimitiveTypes.Float64, []string{"-inf", "-1e300", "-5e-324", "0", "5e-324", "1", "inf", "nan", "NULL"}},
	{&arrow.Decimal128Type{Precision: 38, Scale: 2}, []string{"-999999999999999999999999999999999999.99", "-0.01", "0", "184467440737095516.16", "999999999999999999999999999999999999.99", "NULL"}},
	{&arrow.Decimal256Type{Precision: 76, Scale: 38}, []string{"-100000000000000000000", "-0.5", "0", "0.5", "100000000000000000000", "NULL"}},
	{arrow.FixedWidthTypes.Date32, []string{"0001-01-01", "1969-12-31", "1970-01-01", "9999-12-31", "NULL"}},
	{arrow.FixedWidthTypes.Time64us, []string{"00:00:00", "23:59:59.999999", "NULL"}},
	{&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, []string{"1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "NULL"}},
	{arrow.BinaryTypes.String, []string{"", " ", "A", "A\x00", "A\x00B", "AB", "a", "é", "NULL"}},
	{arrow.BinaryTypes.Binary, []string{"", "AA==", "AAA=", "AQ==", "/w==", "NULL"}},
	{&arrow.FixedSizeBinaryType{ByteWidth: 2}, []string{"AAA=", "AAE=", "//8=", "NULL"}},
}

func build(t *testing.T, alloc memory.Allocator, dt arrow.DataType, values []string) arrow.Array {
	t.Helper()
	b := array.NewBuilder(alloc, dt)
	defer b.Release()
	for _, v := range values {
		if v == "NULL" {
			b.AppendNull()
		} else if err := b.AppendValueFromString(v); err != nil {
			t.Fatal(dt, v, err)
		}
	}
	return b.NewArray()
}

func TestEncoderOrders(t *testing.T) {
	for _, s := range samples {
		a := build(t, memory.DefaultAllocator, s.dt, s.values)
		for _, k := range []Key{{}, {Desc: true}, {NullsFirst: true}, {Desc: true, NullsFirst: true}} {
			k.Field.Type = s.dt
			e, err := NewEncoder([]Key{k})
			if err != nil {
				t.Fatal(err)
			}
			var out Encoded
			e.Encode([]arrow.Array{a}, a.Len(), &out)
			for i := range a.Len() {
				for j := range a.Len() {
					if got := bytes.Compare(out.Row(i), out.Row(j)); got != wantOrder(a, k, i, j) {
						t.Errorf("%s %+v: %s and %s compare as %d", s.dt, k, s.values[i], s.values[j], got)
					}
				}
			}
		}
	}
}

// wantOrder relies on the samples being in ascending order with one NULL at the end.
func wantOrder(a arrow.Array, k Key, i, j int) int {
	order := cmp.Compare(i, j)
	if a.IsNull(i) != a.IsNull(j) {
		if k.NullsFirst {
			return -order
		}
		return order
	}
	if k.Desc {
		return -order
	}
	return order
}

func TestEncoderEquals(t *testing.T) {
	floats := array.NewFloat64Builder(memory.DefaultAllocator)
	odd := math.Float64frombits(0xfff8000000000001)
	floats.AppendValues([]float64{0, math.Copysign(0, -1), math.NaN(), odd}, nil)
	spans := array.NewMonthDayNanoIntervalBuilder(memory.DefaultAllocator)
	day := int64(24 * 3600 * 1e9)
	spans.AppendValues([]arrow.MonthDayNanoInterval{
		{Months: 1}, {Days: 30}, {Days: -1}, {Nanoseconds: -day},
	}, nil)
	for _, a := range []arrow.Array{floats.NewArray(), spans.NewArray()} {
		e, err := NewEncoder([]Key{{Field: arrow.Field{Type: a.DataType()}}})
		if err != nil {
			t.Fatal(err)
		}
		var out Encoded
		e.Encode([]arrow.Array{a}, 4, &out)
		if !bytes.Equal(out.Row(0), out.Row(1)) || !bytes.Equal(out.Row(2), out.Row(3)) || bytes.Equal(out.Row(0), out.Row(2)) {
			t.Errorf("%s: %x", a.DataType(), out.buf)
		}
	}
}

func TestEncoderRefuses(t *testing.T) {
	if _, err := NewEncoder([]Key{{Field: arrow.Field{Name: "l", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)}}}); err == nil {
		t.Fatal("a list is no key")
	}
	if _, err := NewVector(memory.DefaultAllocator, arrow.ListOf(arrow.PrimitiveTypes.Int64)); err == nil {
		t.Fatal("a list cannot be collected")
	}
}

// TestVector appends random ranges and rows of slices and compares with the source, value by value.
func TestVector(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, s := range samples {
		for _, nulls := range []bool{true, false} {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			values := []string{}
			for range 50 {
				n := len(s.values)
				if !nulls {
					n-- // the last one is NULL
				}
				values = append(values, s.values[rng.IntN(n)])
			}
			src := build(t, alloc, s.dt, values)
			part := array.NewSlice(src, 7, 41)
			checkVector(t, alloc, part, rng)
			part.Release()
			src.Release()
			alloc.AssertSize(t, 0)
		}
	}
}

func checkVector(t *testing.T, alloc memory.Allocator, src arrow.Array, rng *rand.Rand) {
	t.Helper()
	v, err := NewVector(alloc, src.DataType())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Release()
	for range 2 { // the second time after Array, on the emptied vector
		var want []int
		for range 10 {
			if rng.IntN(2) == 0 {
				from := rng.IntN(src.Len())
				to := from + rng.IntN(src.Len()-from+1)
				for i := from; i < to; i++ {
					want = append(want, i)
				}
				err = v.AppendRange(src, from, to)
			} else {
				rows := make([]int32, rng.IntN(9))
				for i := range rows {
					rows[i] = int32(rng.IntN(src.Len()))
					want = append(want, int(rows[i]))
				}
				err = v.AppendRows(src, rows)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if v.Len() != len(want) || v.Bytes() <= 0 {
			t.Fatalf("%d rows in %d bytes, want %d", v.Len(), v.Bytes(), len(want))
		}
		checkRows(t, v.Array(), src, want)
	}
}

func checkRows(t *testing.T, got, src arrow.Array, want []int) {
	t.Helper()
	defer got.Release()
	nulls := 0
	for i, w := range want {
		if src.IsNull(w) {
			nulls++
		}
		if got.IsNull(i) != src.IsNull(w) || got.ValueStr(i) != src.ValueStr(w) {
			t.Fatalf("%s: row %d is %s, want %s", src.DataType(), i, got.ValueStr(i), src.ValueStr(w))
		}
	}
	if got.Len() != len(want) || got.NullN() != nulls {
		t.Fatalf("%d rows with %d NULLs, want %d with %d", got.Len(), got.NullN(), len(want), nulls)
	}
}

func TestEmptyVector(t *testing.T) {
	for _, s := range samples {
		v, err := NewVector(memory.DefaultAllocator, s.dt)
		if err != nil {
			t.Fatal(err)
		}
		if a := v.Array(); a.Len() != 0 {
			t.Fatal(a)
		}
	}
}

func TestVectorTooLarge(t *testing.T) {
	v, err := NewVector(memory.DefaultAllocator, arrow.BinaryTypes.String)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := v.growText(1, math.MaxInt32+1); !errors.Is(err, ErrTooLarge) {
		t.Fatal(err)
	}
}
