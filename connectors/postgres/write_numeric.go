package postgres

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/atoll-sql/atoll/connectors"
)

// amount is a number on its way to the server: its value is ±magnitude / 10^scale.
type amount struct {
	magnitude u256
	scale     int
	negative  bool
}

// amounts reads the values of an array of whole numbers or decimals.
func amounts(from arrow.Array) func(row int) amount {
	switch a := from.(type) {
	case *array.Int16:
		return func(row int) amount { return wholeAmount(int64(a.Value(row))) }
	case *array.Int32:
		return func(row int) amount { return wholeAmount(int64(a.Value(row))) }
	case *array.Int64:
		return func(row int) amount { return wholeAmount(a.Value(row)) }
	case *array.Decimal128:
		scale := int(a.DataType().(*arrow.Decimal128Type).Scale)
		return func(row int) amount {
			v := a.Value(row)
			negative := v.Sign() < 0
			if negative {
				v = v.Negate()
			}
			return amount{u256{v.LowBits(), uint64(v.HighBits())}, scale, negative}
		}
	case *array.Decimal256:
		scale := int(a.DataType().(*arrow.Decimal256Type).Scale)
		return func(row int) amount {
			v := a.Value(row)
			negative := v.Sign() < 0
			if negative {
				v = v.Negate()
			}
			return amount{v.Array(), scale, negative}
		}
	}
	return nil
}

func wholeAmount(v int64) amount {
	magnitude := uint64(v)
	if v < 0 {
		magnitude = -magnitude
	}
	return amount{u256{magnitude}, 0, v < 0}
}

// numberEncoder encodes whole numbers and decimals into columns of whole numbers and numeric.
func numberEncoder(from arrow.Array, f arrow.Field, to target) encoder {
	value := amounts(from)
	tooLarge := func() error {
		return misfit(f, "22003", connectors.DataMessage("22003")+": a number does not fit type "+to.native)
	}
	var low, high int64
	var size byte
	switch to.oid {
	case pgtype.Int2OID:
		low, high, size = math.MinInt16, math.MaxInt16, 2
	case pgtype.Int4OID:
		low, high, size = math.MinInt32, math.MaxInt32, 4
	case pgtype.Int8OID:
		low, high, size = math.MinInt64, math.MaxInt64, 8
	case pgtype.NumericOID:
		shown := scaleShown(from, f)
		return func(b []byte, row int) ([]byte, error) {
			v := value(row).reduced()
			if !v.fits(to.modifier) {
				return b, tooLarge()
			}
			return v.appendNumeric(b, shown), nil
		}
	default:
		return nil
	}
	return func(b []byte, row int) ([]byte, error) {
		v, ok := value(row).reduced().int64()
		if !ok || v < low || v > high {
			return b, tooLarge()
		}
		var word [8]byte
		binary.BigEndian.PutUint64(word[:], uint64(v))
		return append(append(b, 0, 0, 0, size), word[8-size:]...), nil
	}
}

// scaleShown is how many fraction digits a value shows at least: those of a decimal of fixed scale, none of an unconstrained one, which has lost the
// number that it was written with.
func scaleShown(from arrow.Array, f arrow.Field) int {
	d, ok := from.DataType().(arrow.DecimalType)
	if !ok || mark(f) == "numeric" {
		return 0
	}
	return max(int(d.GetScale()), 0)
}

// reduced is the same number without zeros at the end, so that scale is as small as can be, or below zero.
func (a amount) reduced() amount {
	if a.magnitude == (u256{}) {
		return amount{}
	}
	for step := 16; step > 0; step /= 2 {
		for {
			q, rest := a.magnitude.divMod(pow10[step])
			if rest != 0 {
				break
			}
			a.magnitude, a.scale = q, a.scale-step
		}
	}
	return a
}

// divMod divides by a number of 64 bits.
func (v u256) divMod(by uint64) (q u256, rest uint64) {
	for i := 3; i >= 0; i-- {
		q[i], rest = bits.Div64(rest, v[i], by)
	}
	return q, rest
}

// digits counts the decimal digits of the magnitude.
func (a amount) digits() int {
	n := 0
	for n < len(limits) && !a.magnitude.below(n) {
		n++
	}
	return n
}

// fits reports whether a numeric column of a modifier holds the reduced amount as it is, without rounding.
func (a amount) fits(modifier int32) bool {
	if modifier < modifierOffset {
		return true
	}
	packed := modifier - modifierOffset
	precision, scale := int(packed>>16&0xffff), int((packed&0x7ff^1024)-1024)
	return a.magnitude == u256{} || a.scale <= scale && a.digits()+scale-a.scale <= precision
}

// int64 is the reduced amount as a whole number.
func (a amount) int64() (int64, bool) {
	v := a.magnitude
	if a.scale > 0 || v.mulPow10(-a.scale) || v[1]|v[2]|v[3] != 0 {
		return 0, false
	}
	if a.negative {
		return -int64(v[0]), v[0] <= 1<<63
	}
	return int64(v[0]), v[0] < 1<<63
}

// appendNumeric appends the reduced amount as numeric.go describes it, with at least shown fraction digits to display.
func (a amount) appendNumeric(b []byte, shown int) []byte {
	groups, last := a.groups()
	sign := uint16(signPositive)
	if a.negative {
		sign = signNegative
	}
	b = binary.BigEndian.AppendUint32(b, uint32(numericHeader+2*len(groups)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(groups)))
	weight := 0
	if len(groups) > 0 {
		weight = last + len(groups) - 1
	}
	b = binary.BigEndian.AppendUint16(b, uint16(int16(weight)))
	b = binary.BigEndian.AppendUint16(b, sign)
	b = binary.BigEndian.AppendUint16(b, uint16(max(shown, a.scale, 0)))
	for _, g := range groups {
		b = binary.BigEndian.AppendUint16(b, g)
	}
	return b
}

// groups cuts the magnitude into digits of base 10000, the most significant first, and gives the weight of the last.
func (a amount) groups() (groups []uint16, last int) {
	v := a.magnitude
	if v == (u256{}) {
		return nil, 0
	}
	shift := (a.scale%4 + 4) % 4 // so many digits belong to the last group, which zeros fill up; 0 means that it is full
	last = -(a.scale + (4-shift)%4) / 4
	var rest uint64
	if shift > 0 {
		v, rest = v.divMod(pow10[shift])
		groups = append(groups, uint16(rest*pow10[4-shift]))
	}
	for v != (u256{}) {
		v, rest = v.divMod(10000)
		groups = append(groups, uint16(rest))
	}
	slices.Reverse(groups)
	return groups, last
}
