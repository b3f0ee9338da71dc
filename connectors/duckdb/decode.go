package duckdb

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"
	duck "github.com/duckdb/duckdb-go-bindings"
)

// decoder copies runs of rows of one column into an Arrow array of rows rows. It leaves nothing allocated
// when it fails.
type decoder func(alloc memory.Allocator, want arrow.DataType, runs []vector, rows int) (arrow.Array, error)

// valueError is a value that does not fit what the caller wants, with the SQLSTATE PostgreSQL gives it.
type valueError struct{ state, text string }

func (e *valueError) Error() string { return e.text }

func outOfRange(want any) error {
	return &valueError{"22003", fmt.Sprintf("a value is out of range for %v", want)}
}

// decoderFor chooses the decoder of a column, or says that there is no conversion.
func decoderFor(have duckType, want arrow.DataType) (decoder, error) {
	var dec decoder
	switch {
	case have.id == duck.TypeSQLNull:
		dec = decodeNulls
	case have.isNumber() && arrow.IsInteger(want.ID()):
		dec = integerDecoder(have, want)
	case have.isNumber() && want.ID() == arrow.DECIMAL128:
		dec = decimalDecoder(have, want.(*arrow.Decimal128Type))
	case have.isNumber() && isWide(want):
		dec = wideDecoder(have)
	default:
		dec = plainDecoder(have.id, want)
	}
	if dec == nil {
		return nil, fmt.Errorf("DuckDB's %s has no conversion to %s", have, want)
	}
	return dec, nil
}

// plainDecoder serves the types of which each has one counterpart. Nil means that these two do not match.
func plainDecoder(have duck.Type, want arrow.DataType) decoder {
	if have == duck.TypeFloat && want.ID() == arrow.FLOAT64 {
		return fixed(widen[float32, float64])
	}
	if id, err := logicalTypeID(want); err != nil || id != have {
		return nil
	}
	switch have {
	case duck.TypeBoolean:
		return decodeBools
	case duck.TypeVarchar:
		return decodeStrings
	case duck.TypeBlob:
		if isWide(want) {
			return fixed(wideFromBlob)
		}
		return decodeStrings
	case duck.TypeDate:
		return fixed(fixInfinity[int32](-math.MaxInt32, math.MinInt32))
	case duck.TypeTimestamp, duck.TypeTimestampTZ:
		return fixed(fixInfinity[int64](-math.MaxInt64, math.MinInt64))
	case duck.TypeInterval:
		return fixed(arrowIntervals)
	case duck.TypeUUID:
		return fixed(arrowUUIDs)
	case duck.TypeFloat:
		return fixed(same[float32])
	case duck.TypeDouble:
		return fixed(same[float64])
	case duck.TypeTime:
		return fixed(same[int64])
	}
	return nil
}

// fixed makes a decoder of a conversion between values of fixed width. S and D have the layouts of DuckDB's and
// Arrow's type. The conversion may write anything under a NULL but must not fail because of what lies there.
func fixed[S, D any](convert func(dst []D, src []S, v vector) error) decoder {
	return func(alloc memory.Allocator, want arrow.DataType, runs []vector, rows int) (arrow.Array, error) {
		buf := newBuffer(alloc, rows*sizeOf[D]())
		defer buf.Release()
		dst := viewAs[D](buf.Bytes())
		for _, v := range runs {
			if err := convert(dst[:v.n], values[S](v), v); err != nil {
				return nil, err
			}
			blank(dst[:v.n], v)
			dst = dst[v.n:]
		}
		return makeArray(alloc, want, runs, rows, buf), nil
	}
}

// blank clears what lies under NULLs: DuckDB leaves there what a CASE has decided not to show, and a batch goes on to the caller.
func blank[D any](dst []D, v vector) {
	if v.validity == nil {
		return
	}
	for i := range dst {
		if !v.valid(i) {
			clear(dst[i : i+1])
		}
	}
}

// makeArray makes an array of value buffers, which stay the caller's to release.
func makeArray(alloc memory.Allocator, want arrow.DataType, runs []vector, rows int, bufs ...*memory.Buffer) arrow.Array {
	validity, nulls := joinValidity(alloc, runs, rows)
	if validity != nil {
		defer validity.Release()
	}
	data := array.NewData(want, rows, append([]*memory.Buffer{validity}, bufs...), nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

func decodeNulls(alloc memory.Allocator, want arrow.DataType, _ []vector, rows int) (arrow.Array, error) {
	return array.MakeArrayOfNull(alloc, want, rows), nil
}

func decodeBools(alloc memory.Allocator, want arrow.DataType, runs []vector, rows int) (arrow.Array, error) {
	buf := newBuffer(alloc, int(bitutil.BytesForBits(int64(rows))))
	defer buf.Release()
	bits := buf.Bytes()
	clear(bits)
	at := 0
	for _, v := range runs {
		for i, b := range values[byte](v) {
			if v.valid(i) { // what lies under a NULL stays here, see blank
				bits[at>>3] |= (b & 1) << (at & 7)
			}
			at++
		}
	}
	return makeArray(alloc, want, runs, rows, buf), nil
}

func decodeStrings(alloc memory.Allocator, want arrow.DataType, runs []vector, rows int) (arrow.Array, error) {
	offsets := newBuffer(alloc, (rows+1)*sizeOf[int32]())
	defer offsets.Release()
	size, err := stringOffsets(viewAs[int32](offsets.Bytes()), runs)
	if err != nil {
		return nil, err
	}
	data := newBuffer(alloc, size)
	defer data.Release()
	dst := data.Bytes()
	for _, v := range runs {
		strs := values[stringT](v)
		for i := range strs {
			if v.valid(i) {
				dst = dst[copy(dst, strs[i].bytes()):]
			}
		}
	}
	return makeArray(alloc, want, runs, rows, offsets, data), nil
}

// stringOffsets fills the offsets of the strings of the runs and returns their total size.
func stringOffsets(offsets []int32, runs []vector) (int, error) {
	size, at := 0, 1
	offsets[0] = 0
	for _, v := range runs {
		for i, s := range values[stringT](v) {
			if v.valid(i) {
				size += int(s.length)
			}
			if size > math.MaxInt32 {
				return 0, &valueError{"54000", "the texts of one batch exceed 2 GiB; read with fewer rows per batch"}
			}
			offsets[at] = int32(size)
			at++
		}
	}
	return size, nil
}

func same[T any](dst, src []T, _ vector) error {
	copy(dst, src)
	return nil
}

func widen[S, D integer | float](dst []D, src []S, _ vector) error {
	for i, x := range src {
		dst[i] = D(x)
	}
	return nil
}

// fixInfinity copies integers, replacing one end of the range by another.
func fixInfinity[T int32 | int64](from, to T) func(dst, src []T, _ vector) error {
	return func(dst, src []T, _ vector) error {
		for i, x := range src {
			if x == from {
				x = to
			}
			dst[i] = x
		}
		return nil
	}
}

const nanosPerMicro = 1000

func arrowIntervals(dst []arrow.MonthDayNanoInterval, src []interval, v vector) error {
	for i, x := range src {
		if (x.micros > math.MaxInt64/nanosPerMicro || x.micros < math.MinInt64/nanosPerMicro) && v.valid(i) {
			return &valueError{"22015", "an interval's time exceeds 292 years"}
		}
		dst[i] = arrow.MonthDayNanoInterval{Months: x.months, Days: x.days, Nanoseconds: x.micros * nanosPerMicro}
	}
	return nil
}

func arrowUUIDs(dst [][16]byte, src []hugeint, _ vector) error {
	for i, x := range src {
		putUUID(&dst[i], x)
	}
	return nil
}

func wideFromBlob(dst []decimal256.Num, src []stringT, v vector) error {
	for i := range src {
		if !v.valid(i) {
			continue
		}
		b := src[i].bytes()
		if len(b) != wideBytes {
			return &valueError{"22P03", fmt.Sprintf("a numeric is carried by %d bytes instead of %d", len(b), wideBytes)}
		}
		dst[i] = wideFromBytes(b)
	}
	return nil
}

func decimalFromHugeint(x hugeint) decimal128.Num { return decimal128.New(x.upper, x.lower) }
