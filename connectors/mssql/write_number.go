package mssql

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// exact is what a column of an exact number holds: whole multiples of 10^-scale between two bounds, given as such multiples.
type exact struct {
	scale     int
	low, high *big.Int
}

// exactOf is what the column holds. Money is stored as a count of ten-thousandths.
func exactOf(c targetColumn) exact {
	within := func(scale int, low, high int64) exact { return exact{scale, big.NewInt(low), big.NewInt(high)} }
	switch c.typ {
	case "tinyint":
		return within(0, 0, math.MaxUint8)
	case "smallint":
		return within(0, math.MinInt16, math.MaxInt16)
	case "int":
		return within(0, math.MinInt32, math.MaxInt32)
	case "bigint":
		return within(0, math.MinInt64, math.MaxInt64)
	case "smallmoney":
		return within(4, math.MinInt32, math.MaxInt32)
	case "money":
		return within(4, math.MinInt64, math.MaxInt64)
	}
	high := new(big.Int).Sub(powerOfTen(c.precision), big.NewInt(1))
	return exact{c.scale, new(big.Int).Neg(high), high}
}

func powerOfTen(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func (c *outgoing) fromNumber() bool {
	e := exactOf(c.to)
	if c.to.typ == "money" || c.to.typ == "smallmoney" { // by way of a decimal, which has no doubtful ways of reading text
		c.sql = func(cells []string) string {
			return "CAST(CAST(" + cells[0] + " AS decimal(19,4)) AS " + c.to.typ + ")"
		}
	}
	switch values := c.array.(type) {
	case *array.Int16:
		c.fromInteger(e, func(i int) int64 { return int64(values.Value(i)) })
	case *array.Int32:
		c.fromInteger(e, func(i int) int64 { return int64(values.Value(i)) })
	case *array.Int64:
		c.fromInteger(e, values.Value)
	case *array.Decimal128:
		c.fromDecimal(e, int(c.field.Type.(*arrow.Decimal128Type).Scale), func(i int) *big.Int { return values.Value(i).BigInt() })
	case *array.Decimal256:
		c.fromDecimal(e, int(c.field.Type.(*arrow.Decimal256Type).Scale), func(i int) *big.Int { return values.Value(i).BigInt() })
	default:
		return false
	}
	return true
}

func (c *outgoing) fromInteger(e exact, value func(i int) int64) {
	unit := powerOfTen(e.scale)
	low, high := new(big.Int).Quo(e.low, unit), new(big.Int).Quo(e.high, unit) // towards zero, and so within
	bounded := func(v int64) bool {
		n := big.NewInt(v)
		return n.Cmp(low) >= 0 && n.Cmp(high) <= 0
	}
	if low.IsInt64() && high.IsInt64() {
		from, to := low.Int64(), high.Int64()
		bounded = func(v int64) bool { return v >= from && v <= to }
	}
	c.put = func(b []byte, i int) ([]byte, error) {
		v := value(i)
		if !bounded(v) {
			return b, c.refuse("22003", "a number does not fit")
		}
		b = append(b, '"')
		return append(strconv.AppendInt(b, v, 10), '"', ','), nil
	}
}

func (c *outgoing) fromDecimal(e exact, scale int, value func(i int) *big.Int) {
	factor := powerOfTen(max(scale-e.scale, e.scale-scale))
	c.put = func(b []byte, i int) ([]byte, error) {
		v, rest := value(i), new(big.Int)
		if scale > e.scale {
			v, rest = new(big.Int).QuoRem(v, factor, rest)
		} else {
			v = new(big.Int).Mul(v, factor)
		}
		switch {
		case rest.Sign() != 0:
			return b, c.refuse("22003", "a number has more digits behind the point than")
		case v.Cmp(e.low) < 0 || v.Cmp(e.high) > 0:
			return b, c.refuse("22003", "a number does not fit")
		}
		return plain(b, scaled(v, e.scale)), nil
	}
}

// scaled writes v / 10^scale.
func scaled(v *big.Int, scale int) string {
	digits := new(big.Int).Abs(v).String()
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if v.Sign() < 0 {
		return "-" + digits
	}
	return digits
}
