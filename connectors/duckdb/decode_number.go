package duckdb

import (
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	duck "github.com/duckdb/duckdb-go-bindings"
)

type integer interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

type float interface{ ~float32 | ~float64 }

// number is a type whose values are whole numbers times a power of ten.
type number struct {
	storage duck.Type // the integer type that holds it
	digits  int32     // most decimal digits of the integer
	scale   int32
}

// storages gives the decimal digits of each integer type; the two widest can hold a digit more than a decimal128.
var storages = map[duck.Type]int32{
	duck.TypeTinyInt: 3, duck.TypeSmallInt: 5, duck.TypeInteger: 10, duck.TypeBigInt: 19, duck.TypeHugeInt: 39,
	duck.TypeUTinyInt: 3, duck.TypeUSmallInt: 5, duck.TypeUInteger: 10, duck.TypeUBigInt: 20, duck.TypeUHugeInt: 39,
}

func (d duckType) isNumber() bool { return d.id == duck.TypeDecimal || storages[d.id] > 0 }

func (d duckType) number() number {
	if d.id == duck.TypeDecimal {
		return number{storage: d.internal, digits: d.width, scale: d.scale}
	}
	return number{storage: d.id, digits: storages[d.id]}
}

// integerDecoder decodes any integer into any integer, with a check where the wanted one is narrower.
func integerDecoder(have duckType, want arrow.DataType) decoder {
	if have.id == duck.TypeDecimal {
		return nil
	}
	switch want.ID() {
	case arrow.INT16:
		return toInteger[int16](have.id, want, math.MinInt16, math.MaxInt16)
	case arrow.INT32:
		return toInteger[int32](have.id, want, math.MinInt32, math.MaxInt32)
	case arrow.INT64:
		return toInteger[int64](have.id, want, math.MinInt64, math.MaxInt64)
	}
	return nil
}

func toInteger[D integer](have duck.Type, want arrow.DataType, low, high int64) decoder {
	switch have {
	case duck.TypeTinyInt:
		return fixed(widen[int8, D])
	case duck.TypeUTinyInt:
		return fixed(widen[uint8, D])
	case duck.TypeSmallInt:
		return narrowing[int16, D](want, low, high)
	case duck.TypeUSmallInt:
		return narrowing[uint16, D](want, low, high)
	case duck.TypeInteger:
		return narrowing[int32, D](want, low, high)
	case duck.TypeUInteger:
		return narrowing[uint32, D](want, low, high)
	case duck.TypeBigInt:
		return narrowing[int64, D](want, low, high)
	case duck.TypeUBigInt:
		return fixed(func(dst []D, src []uint64, v vector) error {
			for i, x := range src {
				if x > uint64(high) && v.valid(i) {
					return outOfRange(want)
				}
				dst[i] = D(x)
			}
			return nil
		})
	case duck.TypeHugeInt:
		return fixed(func(dst []D, src []hugeint, v vector) error {
			for i, x := range src {
				n := int64(x.lower)
				if (x.upper != n>>63 || n < low || n > high) && v.valid(i) {
					return outOfRange(want)
				}
				dst[i] = D(n)
			}
			return nil
		})
	}
	return nil
}

// narrowing converts between integers of up to 64 signed bits; the range check is skipped where it cannot fail.
func narrowing[S, D integer](want arrow.DataType, low, high int64) decoder {
	if sizeOf[S]() < sizeOf[D]() {
		return fixed(widen[S, D])
	}
	return fixed(func(dst []D, src []S, v vector) error {
		for i, x := range src {
			if n := int64(x); (n < low || n > high) && v.valid(i) {
				return outOfRange(want)
			}
			dst[i] = D(x)
		}
		return nil
	})
}

// decimalDecoder decodes a number into a decimal128 of at least its scale.
func decimalDecoder(have duckType, want *arrow.Decimal128Type) decoder {
	n := have.number()
	up := want.Scale - n.scale
	if up < 0 || up > maxDigits {
		return nil
	}
	free := want.Precision - up // digits left for the number before it is scaled up
	if n.storage == duck.TypeHugeInt && up == 0 && n.digits <= want.Precision {
		return fixed(same[hugeint])
	}
	return numbers(n.storage, func(x decimal128.Num) (decimal128.Num, error) {
		if n.digits > free && !fits128(x, free) {
			return x, outOfRange(want)
		}
		if up == 0 {
			return x, nil
		}
		return x.IncreaseScaleBy(up), nil
	})
}

// wideDecoder decodes a number into a wide numeric.
func wideDecoder(have duckType) decoder {
	n := have.number()
	return numbers(n.storage, func(x decimal128.Num) (decimal256.Num, error) {
		if !fits128(x, maxDigits) {
			return decimal256.Num{}, outOfRange("numeric")
		}
		return decimal256.FromDecimal128(x).IncreaseScaleBy(wideScale - n.scale), nil
	})
}

// fits128 reports whether x has at most digits decimal digits.
func fits128(x decimal128.Num, digits int32) bool {
	if digits <= 0 {
		return x.Sign() == 0
	}
	end := decimal128.GetScaleMultiplier(int(digits))
	return x.Less(end) && x.Greater(end.Negate())
}

// numbers decodes whole numbers of any storage through one conversion.
func numbers[D any](storage duck.Type, convert func(decimal128.Num) (D, error)) decoder {
	switch storage {
	case duck.TypeTinyInt:
		return each(func(x int8) (D, error) { return convert(decimal128.FromI64(int64(x))) })
	case duck.TypeSmallInt:
		return each(func(x int16) (D, error) { return convert(decimal128.FromI64(int64(x))) })
	case duck.TypeInteger:
		return each(func(x int32) (D, error) { return convert(decimal128.FromI64(int64(x))) })
	case duck.TypeBigInt:
		return each(func(x int64) (D, error) { return convert(decimal128.FromI64(x)) })
	case duck.TypeUTinyInt:
		return each(func(x uint8) (D, error) { return convert(decimal128.FromI64(int64(x))) })
	case duck.TypeUSmallInt:
		return each(func(x uint16) (D, error) { return convert(decimal128.FromI64(int64(x))) })
	case duck.TypeUInteger:
		return each(func(x uint32) (D, error) { return convert(decimal128.FromI64(int64(x))) })
	case duck.TypeUBigInt:
		return each(func(x uint64) (D, error) { return convert(decimal128.FromU64(x)) })
	case duck.TypeHugeInt:
		return each(func(x hugeint) (D, error) { return convert(decimalFromHugeint(x)) })
	}
	return nil
}

// each applies a conversion that may fail to every value that is not NULL.
func each[S, D any](convert func(S) (D, error)) decoder {
	return fixed(func(dst []D, src []S, v vector) (err error) {
		for i, x := range src {
			if v.valid(i) {
				if dst[i], err = convert(x); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// putUUID writes a UUID's sixteen bytes. DuckDB keeps it as a HUGEINT with the top bit flipped, to sort right.
func putUUID(dst *[16]byte, x hugeint) {
	words := viewAs[uint64](dst[:])
	words[0] = bits.ReverseBytes64(uint64(x.upper) ^ 1<<63)
	words[1] = bits.ReverseBytes64(x.lower)
}
