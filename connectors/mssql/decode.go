package mssql

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"

	"github.com/atoll-sql/atoll/connectors"
)

const daySeconds = 24 * 60 * 60

// decode appends one value that is not NULL and returns the size of what is not of fixed size.
func (c *column) decode(value any) (int, error) {
	switch v := value.(type) {
	case int64:
		return 0, c.integer(v)
	case string:
		return len(v), c.text(v)
	case []byte:
		return len(v), c.raw(v)
	case time.Time:
		return 0, c.time(v)
	case float64:
		return 0, c.float(v)
	case bool:
		if b, ok := c.builder.(*array.BooleanBuilder); ok && c.kind == kindBool {
			b.Append(v)
			return 0, nil
		}
	}
	return 0, c.malformed()
}

func (c *column) integer(v int64) error {
	switch c.kind {
	case kindInt64:
		c.builder.(*array.Int64Builder).Append(v)
	case kindInt32:
		if v != int64(int32(v)) {
			return c.outOfRange()
		}
		c.builder.(*array.Int32Builder).Append(int32(v))
	case kindInt16:
		if v != int64(int16(v)) {
			return c.outOfRange()
		}
		c.builder.(*array.Int16Builder).Append(int16(v))
	case kindIntDecimal:
		magnitude := uint64(v)
		if v < 0 {
			magnitude = -magnitude
		}
		n := u256{magnitude}
		if n.mulPow10(c.scale) || !n.below(c.precision) {
			return c.outOfRange()
		}
		c.decimal(n, v < 0)
	default:
		return c.malformed()
	}
	return nil
}

func (c *column) float(v float64) error {
	switch c.kind {
	case kindFloat64:
		c.builder.(*array.Float64Builder).Append(v)
	case kindFloat32:
		c.builder.(*array.Float32Builder).Append(float32(v))
	default:
		return c.malformed()
	}
	return nil
}

// text appends a value that the driver has decoded to UTF-8.
func (c *column) text(s string) error {
	switch c.kind {
	case kindNText:
		if strings.Contains(s, "\uFFFD") {
			return c.fault("22021", connectors.DataMessage("22021")+
				": a text is no valid UTF-16, or has U+FFFD, which the driver puts in place of what is none")
		}
	case kindText:
		for i := range len(s) {
			if s[i] >= utf8.RuneSelf {
				return c.fault("22021", connectors.DataMessage("22021")+
					": a varchar that is not ASCII cannot be read exactly, it has to be cast to nvarchar")
			}
		}
	case kindTextDecimal:
		return c.sum(s)
	default:
		return c.malformed()
	}
	c.builder.(*array.StringBuilder).Append(s)
	return nil
}

func (c *column) raw(v []byte) error {
	switch c.kind {
	case kindDecimal:
		return c.number(v)
	case kindDecimalInt:
		return c.whole(v)
	case kindUTF16:
		var ok bool
		if c.scratch, ok = appendUTF16(c.scratch[:0], v); !ok {
			return c.fault("22021", connectors.DataMessage("22021")+": a text has an unpaired surrogate, which is no valid UTF-16")
		}
		c.builder.(*array.StringBuilder).BinaryBuilder.Append(c.scratch)
	case kindBinary:
		c.builder.(*array.BinaryBuilder).Append(v)
	case kindUUID:
		if len(v) != 16 {
			return c.malformed()
		}
		// The server stores the first three groups with the lowest byte first.
		u := [16]byte{v[3], v[2], v[1], v[0], v[5], v[4], v[7], v[6], v[8], v[9], v[10], v[11], v[12], v[13], v[14], v[15]}
		c.builder.(*array.FixedSizeBinaryBuilder).Append(u[:])
	default:
		return c.malformed()
	}
	return nil
}

func (c *column) time(t time.Time) error {
	if t.Nanosecond()%1000 != 0 {
		return c.fault("22008", connectors.DataMessage("22008")+": a value is finer than a microsecond")
	}
	switch c.kind {
	case kindTimestamp:
		c.builder.(*array.TimestampBuilder).Append(arrow.Timestamp(t.UnixMicro()))
	case kindDate:
		days := t.Unix() / daySeconds // a date is at midnight, so this is exact before 1970 as well
		c.builder.(*array.Date32Builder).Append(arrow.Date32(days))
	case kindTime:
		micros := (t.Unix()-time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix())*1_000_000 + int64(t.Nanosecond()/1000)
		c.builder.(*array.Time64Builder).Append(arrow.Time64(micros))
	default:
		return c.malformed()
	}
	return nil
}

// number appends a decimal given as text.
func (c *column) number(text []byte) error {
	if v, negative, ok := shortDecimal(text, c.scale); ok && v < c.bound {
		if b, narrow := c.builder.(*array.Decimal128Builder); narrow {
			n := decimal128.FromU64(v)
			if negative {
				n = n.Negate()
			}
			b.Append(n)
			return nil
		}
		c.decimal(u256{v}, negative)
		return nil
	}
	v, negative, fault := parseDecimal(text, c.scale, c.precision)
	if fault != numberOK {
		return c.numberFault(fault)
	}
	c.decimal(v, negative)
	return nil
}

// whole appends an integer given as a decimal's text.
func (c *column) whole(text []byte) error {
	v, negative, fault := parseDecimal(text, 0, maxShortDigits+1)
	if fault != numberOK {
		return c.numberFault(fault)
	}
	limit := uint64(math.MaxInt64)
	if negative {
		limit++
	}
	if v[0] > limit || v[1]|v[2]|v[3] != 0 {
		return c.outOfRange()
	}
	n := int64(v[0])
	if negative {
		n = -n
	}
	c.kind = narrowKind(c.field.Type)
	defer func() { c.kind = kindDecimalInt }()
	return c.integer(n)
}

func narrowKind(t arrow.DataType) kind {
	switch t.ID() {
	case arrow.INT16:
		return kindInt16
	case arrow.INT32:
		return kindInt32
	}
	return kindInt64
}

// sum appends the sum of the numbers in text, one or two of them with a semicolon between: so a shard sends what its own
// decimals are too narrow for.
func (c *column) sum(text string) error {
	first, second, two := strings.Cut(text, ";")
	v, negative, fault := parseDecimal([]byte(first), c.scale, c.precision)
	if fault == numberOK && two {
		var w u256
		var minus bool
		if w, minus, fault = parseDecimal([]byte(second), c.scale, c.precision); fault == numberOK {
			v, negative = add(v, negative, w, minus)
		}
	}
	if fault == numberOK && !v.below(c.precision) {
		fault = numberTooLarge
	}
	if fault != numberOK {
		return c.numberFault(fault)
	}
	c.decimal(v, negative)
	return nil
}

// decimal appends a decimal of the column's scale, which fits.
func (c *column) decimal(v u256, negative bool) {
	switch b := c.builder.(type) {
	case *array.Decimal128Builder:
		n := decimal128.New(int64(v[1]), v[0])
		if negative {
			n = n.Negate()
		}
		b.Append(n)
	case *array.Decimal256Builder:
		b.Append(v.signed(negative))
	}
}

// fault is an error about a value of this column.
func (c *column) fault(state, text string) error {
	return columnError(connectors.ClassData, state, text, c.field.Name)
}

func (c *column) malformed() error {
	return columnError(connectors.ClassInternal, "08P01", "the driver gave a value of unexpected form", c.field.Name)
}

func (c *column) outOfRange() error {
	return c.fault("22003", connectors.DataMessage("22003")+": a number does not fit "+c.field.Type.String())
}

func (c *column) numberFault(f numberFault) error {
	if f == numberMalformed {
		return c.malformed()
	}
	return c.outOfRange()
}
