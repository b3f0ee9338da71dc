package postgres

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"

	"github.com/atoll-sql/atoll/connectors"
)

const (
	// PostgreSQL counts days and microseconds from 2000-01-01, Arrow from 1970-01-01.
	epochDays   = 10957
	epochMicros = epochDays * 24 * 60 * 60 * 1_000_000
	dayMicros   = 24 * 60 * 60 * 1_000_000
)

// sizes gives the length of fixed-size wire values.
var sizes = [...]int{
	kindInt16: 2, kindInt32: 4, kindInt64: 8, kindInt16To32: 2, kindInt16To64: 2, kindInt32To64: 4,
	kindFloat32: 4, kindFloat64: 8, kindFloat32To64: 4, kindBool: 1,
	kindDate: 4, kindTime: 8, kindTimestamp: 8, kindInterval: 16, kindUUID: 16,
}

// decode stores one value that is not NULL.
func (c *column) decode(row int, raw []byte) error {
	if int(c.kind) < len(sizes) && sizes[c.kind] != 0 && sizes[c.kind] != len(raw) {
		return c.malformed()
	}
	switch c.kind {
	case kindInt64:
		c.i64[row] = int64(binary.BigEndian.Uint64(raw))
	case kindInt32, kindFloat32: // a float's bits are its bits
		c.i32[row] = int32(binary.BigEndian.Uint32(raw))
	case kindText, kindBytea:
		c.setBytes(row, raw)
	case kindNumeric128:
		return c.numeric128(row, raw)
	case kindTimestamp:
		return c.timestamp(row, int64(binary.BigEndian.Uint64(raw)))
	case kindDate:
		return c.date(row, int32(binary.BigEndian.Uint32(raw)))
	case kindFloat64:
		c.i64[row] = int64(binary.BigEndian.Uint64(raw))
	case kindBool:
		bitutil.SetBitTo(c.bytes, row, raw[0] != 0)
	case kindInt16:
		c.i16[row] = int16(binary.BigEndian.Uint16(raw))
	case kindUUID:
		copy(c.bytes[row*16:], raw)
	default:
		return c.decodeRare(row, raw)
	}
	return nil
}

// decodeRare is decode for the kinds that a hot loop seldom meets.
func (c *column) decodeRare(row int, raw []byte) error {
	switch c.kind {
	case kindInt16To32:
		c.i32[row] = int32(int16(binary.BigEndian.Uint16(raw)))
	case kindInt16To64:
		c.i64[row] = int64(int16(binary.BigEndian.Uint16(raw)))
	case kindInt32To64:
		c.i64[row] = int64(int32(binary.BigEndian.Uint32(raw)))
	case kindFloat32To64:
		wide := float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))
		c.i64[row] = int64(math.Float64bits(wide))
	case kindTime:
		c.i64[row] = int64(binary.BigEndian.Uint64(raw))
		if c.i64[row] < 0 || c.i64[row] > dayMicros {
			return c.malformed()
		}
	case kindJSONB:
		if len(raw) == 0 || raw[0] != 1 { // the format's version
			return c.malformed()
		}
		c.setBytes(row, raw[1:])
	case kindInterval:
		return c.interval(row, raw)
	case kindNumeric256:
		return c.numeric256(row, raw)
	case kindInteger128, kindInteger256:
		return c.integer(row, raw)
	default:
		return c.malformed()
	}
	return nil
}

// date stores days; Arrow has no infinite dates, so the ends of int32 stand for them as on the wire.
func (c *column) date(row int, days int32) error {
	if days != math.MaxInt32 && days != math.MinInt32 {
		if days > math.MaxInt32-epochDays-1 {
			return c.fault("22008", connectors.DataMessage("22008"))
		}
		days += epochDays
	}
	c.i32[row] = days
	return nil
}

// timestamp stores microseconds; the ends of int64 are the infinities, as on the wire.
func (c *column) timestamp(row int, micros int64) error {
	if micros != math.MaxInt64 && micros != math.MinInt64 {
		if micros > math.MaxInt64-epochMicros-1 {
			return c.fault("22008", "timestamp out of range: after 294247-01-10 04:00:54 no timestamp[us] exists")
		}
		micros += epochMicros
	}
	c.i64[row] = micros
	return nil
}

func (c *column) interval(row int, raw []byte) error {
	micros := int64(binary.BigEndian.Uint64(raw))
	if micros > math.MaxInt64/1000 || micros < math.MinInt64/1000 {
		return c.fault("22015", "interval out of range: its time part exceeds 292 years")
	}
	c.intervals[row] = arrow.MonthDayNanoInterval{
		Months:      int32(binary.BigEndian.Uint32(raw[12:])),
		Days:        int32(binary.BigEndian.Uint32(raw[8:])),
		Nanoseconds: micros * 1000,
	}
	return nil
}

func (c *column) numeric128(row int, raw []byte) error {
	if v, ok := shortNumeric(raw, c.scale); ok && (v < c.bound && v > -c.bound) {
		c.d128[row] = decimal128.FromI64(v)
		return nil
	}
	v, negative, fault := parseNumeric(raw, c.scale, c.precision)
	if fault != numericOK {
		return c.numericFault(fault)
	}
	n := decimal128.New(int64(v[1]), v[0])
	if negative {
		n = n.Negate()
	}
	c.d128[row] = n
	return nil
}

func (c *column) numeric256(row int, raw []byte) error {
	v, negative, fault := parseNumeric(raw, c.scale, c.precision)
	if fault != numericOK {
		return c.numericFault(fault)
	}
	c.d256[row] = v.signed(negative)
	return nil
}

// integer widens a whole number to a decimal.
func (c *column) integer(row int, raw []byte) error {
	var n int64
	switch len(raw) {
	case 2:
		n = int64(int16(binary.BigEndian.Uint16(raw)))
	case 4:
		n = int64(int32(binary.BigEndian.Uint32(raw)))
	case 8:
		n = int64(binary.BigEndian.Uint64(raw))
	default:
		return c.malformed()
	}
	magnitude := uint64(n)
	if n < 0 {
		magnitude = -magnitude
	}
	v := u256{magnitude}
	if v.mulPow10(c.scale) || !v.below(c.precision) {
		return c.numericFault(numericTooLarge)
	}
	if c.kind == kindInteger256 {
		c.d256[row] = v.signed(n < 0)
		return nil
	}
	c.d128[row] = decimal128.New(int64(v[1]), v[0])
	if n < 0 {
		c.d128[row] = c.d128[row].Negate()
	}
	return nil
}

func (v u256) signed(negative bool) decimal256.Num {
	n := decimal256.New(v[3], v[2], v[1], v[0])
	if negative {
		n = n.Negate()
	}
	return n
}

// fault is an error about a value of this column.
func (c *column) fault(state, text string) error {
	return columnError(connectors.ClassData, state, text, c.field.Name)
}

func (c *column) malformed() error {
	return columnError(connectors.ClassInternal, "08P01", "the server sent a value of unexpected form", c.field.Name)
}

func (c *column) numericFault(f numericFault) error {
	switch f {
	case numericNaN:
		return c.fault("22003", "numeric NaN has no decimal form")
	case numericInfinite:
		return c.fault("22003", "numeric infinity has no decimal form")
	case numericInexact, numericTooLarge:
		return c.fault("22003", connectors.DataMessage("22003")+": a numeric does not fit "+c.field.Type.String())
	}
	return c.malformed()
}
