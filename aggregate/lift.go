package aggregate

import (
	"math"
	"math/big"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// lift computes what a shard would send as partial p for groups of one value each. vals holds no NULL. The
// caller releases the array.
func lift(alloc memory.Allocator, p Partial, vals arrow.Array) (arrow.Array, error) {
	n := vals.Len()
	switch p.Op {
	case OpCount:
		return fixedArray(alloc, p.Type, n, func(int) (int64, bool) { return 1, true }), nil
	case OpSum, OpFloatMean:
		return liftSum(alloc, p.Type, vals)
	case OpFloatM2:
		floats := float64s(vals)
		return fixedArray(alloc, p.Type, n, func(i int) (float64, bool) {
			if isSpecial(floats[i]) {
				return math.NaN(), true
			}
			return 0, true
		}), nil
	case OpSumSquares:
		return liftSquares(alloc, vals)
	}
	vals.Retain()
	return vals, nil
}

func liftSum(alloc memory.Allocator, to arrow.DataType, vals arrow.Array) (arrow.Array, error) {
	n := vals.Len()
	switch {
	case to.ID() == arrow.FLOAT64:
		floats := float64s(vals)
		return fixedArray(alloc, to, n, func(i int) (float64, bool) { return floats[i], true }), nil
	case to.ID() == arrow.INT64 && vals.DataType().ID() == arrow.INT16:
		a := vals.(*array.Int16)
		return fixedArray(alloc, to, n, func(i int) (int64, bool) { return int64(a.Value(i)), true }), nil
	case to.ID() == arrow.INT64 && vals.DataType().ID() == arrow.INT32:
		a := vals.(*array.Int32)
		return fixedArray(alloc, to, n, func(i int) (int64, bool) { return int64(a.Value(i)), true }), nil
	case to.ID() == arrow.DECIMAL128 && vals.DataType().ID() == arrow.INT64:
		return fixedArray(alloc, to, n, func(i int) ([2]uint64, bool) {
			v := vals.(*array.Int64).Value(i)
			return [2]uint64{uint64(v), uint64(v >> 63)}, true
		}), nil
	case to.ID() == arrow.DECIMAL256 && vals.DataType().ID() == arrow.DECIMAL128:
		factor := pow10(38 - scaleOf(vals.DataType()))
		return wideArray(alloc, n, func(i int) *big.Int {
			v := vals.(*array.Decimal128).Value(i).BigInt()
			return v.Mul(v, factor)
		})
	case to.ID() == vals.DataType().ID(): // decimals of the same scale, the sum's being the wider
		d := vals.Data()
		return makeArray(to, n, 0, d.Buffers()...), nil
	}
	return nil, errWrongColumn(to, vals)
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// liftSquares squares exact numerics; a square of more than 38 fraction digits is an error.
func liftSquares(alloc memory.Allocator, vals arrow.Array) (arrow.Array, error) {
	at, scale := bigs(vals)
	if at == nil {
		return nil, errWrongColumn(Wide, vals)
	}
	up := scale*2 - 38
	factor, rest := pow10(max(up, -up)), new(big.Int)
	exact := true
	out, err := wideArray(alloc, vals.Len(), func(i int) *big.Int {
		v := at(i)
		v.Mul(v, v)
		if up <= 0 {
			return v.Mul(v, factor)
		}
		v.QuoRem(v, factor, rest)
		exact = exact && rest.Sign() == 0
		return v
	})
	if err == nil && !exact {
		out.Release()
		return nil, outOfRange("the square of a numeric has more digits than Atoll holds")
	}
	return out, err
}

// bigs reads exact numerics as unscaled integers of a scale.
func bigs(vals arrow.Array) (at func(i int) *big.Int, scale int) {
	switch a := vals.(type) {
	case *array.Int16:
		return func(i int) *big.Int { return big.NewInt(int64(a.Value(i))) }, 0
	case *array.Int32:
		return func(i int) *big.Int { return big.NewInt(int64(a.Value(i))) }, 0
	case *array.Int64:
		return func(i int) *big.Int { return big.NewInt(a.Value(i)) }, 0
	case *array.Decimal128:
		return func(i int) *big.Int { return a.Value(i).BigInt() }, scaleOf(a.DataType())
	case *array.Decimal256:
		return func(i int) *big.Int { return a.Value(i).BigInt() }, scaleOf(a.DataType())
	}
	return nil, 0
}

// wideArray makes a column of [Wide] from unscaled integers of scale 38.
func wideArray(alloc memory.Allocator, n int, at func(i int) *big.Int) (arrow.Array, error) {
	fits := true
	out := fixedArray(alloc, Wide, n, func(i int) ([4]uint64, bool) {
		w, ok := wideWords(at(i))
		fits = fits && ok
		return w, true
	})
	if !fits {
		out.Release()
		return nil, outOfRange("numeric result has more digits than Atoll holds")
	}
	return out, nil
}

// wideWords is v in two's complement, lowest word first; false if it has more than 76 digits.
func wideWords(v *big.Int) ([4]uint64, bool) {
	if v.BitLen() > 255 {
		return [4]uint64{}, false
	}
	mag := fromBig(new(big.Int).Abs(v))
	if !mag.fits(true) {
		return [4]uint64{}, false
	}
	if v.Sign() < 0 {
		var neg int320
		neg.subtract(mag)
		mag = neg
	}
	return [4]uint64(mag[:4]), true
}

// takeRows copies rows of an array.
func takeRows(alloc memory.Allocator, src arrow.Array, rows []int32) (arrow.Array, error) {
	v, err := column.NewVector(alloc, src.DataType())
	if err != nil {
		return nil, err
	}
	defer v.Release()
	if err := v.AppendRows(src, rows); err != nil {
		return nil, err
	}
	return v.Array(), nil
}
