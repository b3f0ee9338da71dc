package transfer

import (
	"encoding/hex"
	"math"
	"math/big"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// totals are what a reader brought: they must equal the engine's own.
type totals struct {
	rows, values, sum int64
}

// add adds a batch's rows.
func (t *totals) add(rec arrow.Record, columns []*kind) {
	t.rows += rec.NumRows()
	for c, k := range columns {
		a := rec.Column(c)
		for i := range a.Len() {
			if a.IsValid(i) {
				t.values++
				t.sum += k.digest(a, i)
			}
		}
	}
}

const modulus = 1_000_003

func digestInt64(a arrow.Array, i int) int64 { return a.(*array.Int64).Value(i) % modulus }

func digestInt32(a arrow.Array, i int) int64 { return int64(a.(*array.Int32).Value(i)) }

func digestFloat64(a arrow.Array, i int) int64 { return int64(math.Floor(a.(*array.Float64).Value(i))) }

// digestDecimal is of values that an int64 holds without their point.
func digestDecimal(a arrow.Array, i int) int64 {
	return int64(a.(*array.Decimal128).Value(i).LowBits())
}

// digestWide is what is before the point, modulo.
func digestWide(a arrow.Array, i int) int64 {
	n := a.(*array.Decimal128).Value(i).BigInt()
	n.Quo(n, wideScale)
	return n.Rem(n, wideModulus).Int64()
}

var wideScale, wideModulus = big.NewInt(10_000_000_000), big.NewInt(modulus)

func digestText(a arrow.Array, i int) int64 {
	v := a.(*array.String).Value(i)
	return int64(len(v)) + int64(v[len(v)-1])
}

func digestDate(a arrow.Array, i int) int64 { return int64(a.(*array.Date32).Value(i)) }

func digestTimestamp(a arrow.Array, i int) int64 {
	return int64(a.(*array.Timestamp).Value(i)) % modulus
}

func digestBoolean(a arrow.Array, i int) int64 {
	if a.(*array.Boolean).Value(i) {
		return 1
	}
	return 0
}

func digestFixed(a arrow.Array, i int) int64 { return lastDigit(a.(*array.FixedSizeBinary).Value(i)) }

func digestBytes(a arrow.Array, i int) int64 { return lastDigit(a.(*array.Binary).Value(i)) }

// lastDigit is the code of the last hexadecimal digit.
func lastDigit(v []byte) int64 {
	digits := hex.EncodeToString(v[len(v)-1:])
	return int64(digits[1])
}

// arrowBytes is the size of a batch's buffers, as far as they are filled.
func arrowBytes(rec arrow.Record) (n int64) {
	for _, c := range rec.Columns() {
		for _, b := range c.Data().Buffers() {
			if b != nil {
				n += int64(b.Len())
			}
		}
	}
	return n
}
