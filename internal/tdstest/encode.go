package tdstest

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// encoder appends a value that is not NULL as c travels. It reports false where the value is none of c's type, or does
// not fit it.
type encoder func(c *column, b []byte, v engine.Value) ([]byte, bool)

// row appends a row: ROW, or NBCROW where a value is NULL. It reports false if values are none for columns, in which case
// half a row may stand at the buffer's end; other errors are the connection's.
func (p *packetWriter) row(columns []column, values []engine.Value) (bool, error) {
	if len(values) != len(columns) {
		return false, fmt.Errorf("tdstest: a row of %d values for %d columns", len(values), len(columns))
	}
	if slices.Contains(values, nil) {
		p.buf = append(p.buf, tokenNBCRow)
		at := len(p.buf)
		p.buf = append(p.buf, make([]byte, (len(values)+7)/8)...)
		for i, v := range values {
			if v == nil {
				p.buf[at+i/8] |= 1 << (i % 8)
			}
		}
	} else {
		p.buf = append(p.buf, tokenRow)
	}
	for i := range columns {
		if values[i] == nil {
			continue
		}
		c := &columns[i]
		var ok bool
		if p.buf, ok = c.encode(c, p.buf, values[i]); !ok {
			return false, fmt.Errorf("tdstest: column %q is no %T that its type holds", c.name, values[i])
		}
	}
	return true, p.spill()
}

// length appends the one-byte length of a value of a type that needs one.
func (c *column) length(b []byte) []byte {
	if c.fixed {
		return b
	}
	return append(b, byte(c.size))
}

func encodeBit(c *column, b []byte, v engine.Value) ([]byte, bool) {
	x, ok := v.(bool)
	b = c.length(b)
	if x {
		return append(b, 1), ok
	}
	return append(b, 0), ok
}

func encodeInt(c *column, b []byte, v engine.Value) ([]byte, bool) {
	x, ok := v.(int64)
	b = c.length(b)
	switch c.size {
	case 1:
		return append(b, byte(x)), ok && x == int64(byte(x))
	case 2:
		return binary.LittleEndian.AppendUint16(b, uint16(x)), ok && x == int64(int16(x))
	case 4:
		return binary.LittleEndian.AppendUint32(b, uint32(x)), ok && x == int64(int32(x))
	}
	return binary.LittleEndian.AppendUint64(b, uint64(x)), ok
}

func encodeReal(c *column, b []byte, v engine.Value) ([]byte, bool) {
	x, ok := v.(float32)
	return binary.LittleEndian.AppendUint32(c.length(b), math.Float32bits(x)), ok
}

func encodeFloat(c *column, b []byte, v engine.Value) ([]byte, bool) {
	x, ok := v.(float64)
	return binary.LittleEndian.AppendUint64(c.length(b), math.Float64bits(x)), ok
}

// encodeMoney writes ten-thousandths; of eight bytes the upper four come first.
func encodeMoney(c *column, b []byte, v engine.Value) ([]byte, bool) {
	d, ok := v.(engine.Dec)
	if !ok || d.Unscaled == nil || d.Scale != 4 || !d.Unscaled.IsInt64() {
		return b, false
	}
	x := d.Unscaled.Int64()
	b = c.length(b)
	if c.size == 8 {
		b = binary.LittleEndian.AppendUint32(b, uint32(x>>32))
	} else if x != int64(int32(x)) {
		return b, false
	}
	return binary.LittleEndian.AppendUint32(b, uint32(x)), true
}

func encodeDecimal(c *column, b []byte, v engine.Value) ([]byte, bool) {
	d, ok := v.(engine.Dec)
	if !ok || d.Unscaled == nil || d.Scale > c.typ.Scale {
		return b, false
	}
	x := d.Unscaled
	if d.Scale < c.typ.Scale {
		x = new(big.Int).Mul(x, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(c.typ.Scale-d.Scale)), nil))
	}
	if x.BitLen() > 8*(c.size-1) {
		return b, false
	}
	sign := byte(1)
	if x.Sign() < 0 {
		sign = 0
	}
	b = append(b, byte(c.size), sign)
	const word = 32 << (^big.Word(0) >> 63) / 8 // bytes
	words := x.Bits()
	for i := range c.size - 1 {
		if at := i / word; at < len(words) {
			b = append(b, byte(words[at]>>(8*(i%word))))
		} else {
			b = append(b, 0)
		}
	}
	return b, true
}

// encodeGUID writes the first three groups of the text form with their low bytes first.
func encodeGUID(c *column, b []byte, v engine.Value) ([]byte, bool) {
	u, ok := v.(engine.UUID)
	b = append(b, 16, u[3], u[2], u[1], u[0], u[5], u[4], u[7], u[6])
	return append(b, u[8:]...), ok
}

const (
	secondsPerDay = 86400
	// yearOne is 0001-01-01 and year1900 is 1900-01-01, in seconds of Unix time.
	yearOne  = -62135596800
	year1900 = -2208988800
)

// dayAndNanos splits a time into days since epoch and nanoseconds of the day, by its UTC fields.
func dayAndNanos(t time.Time, epoch int64) (day, nanos int64) {
	s := t.Unix() - epoch
	day = s / secondsPerDay
	if s%secondsPerDay < 0 {
		day--
	}
	return day, (s-day*secondsPerDay)*int64(time.Second) + int64(t.Nanosecond())
}

// timeUnit is the nanoseconds in one unit of a time of some scale.
var timeUnit = [8]int64{1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 100}

func appendTime(b []byte, scale int, nanos int64) []byte {
	x := nanos / timeUnit[scale]
	for range timeSize(scale) {
		b = append(b, byte(x))
		x >>= 8
	}
	return b
}

func appendDay(b []byte, day int64) []byte {
	return append(b, byte(day), byte(day>>8), byte(day>>16))
}

const maxDay = 3652058 // 9999-12-31

func encodeDate(c *column, b []byte, v engine.Value) ([]byte, bool) {
	t, ok := v.(time.Time)
	day, _ := dayAndNanos(t, yearOne)
	return appendDay(append(b, 3), day), ok && day >= 0 && day <= maxDay
}

func encodeTime(c *column, b []byte, v engine.Value) ([]byte, bool) {
	d, ok := v.(time.Duration)
	return appendTime(append(b, byte(c.size)), c.typ.Scale, int64(d)), ok && d >= 0 && d < 24*time.Hour
}

func encodeDateTime2(c *column, b []byte, v engine.Value) ([]byte, bool) {
	t, ok := v.(time.Time)
	day, nanos := dayAndNanos(t, yearOne)
	return appendDay(appendTime(append(b, byte(c.size)), c.typ.Scale, nanos), day), ok && day >= 0 && day <= maxDay
}

// encodeDateTimeOffset writes the UTC time, then the zone in minutes.
func encodeDateTimeOffset(c *column, b []byte, v engine.Value) ([]byte, bool) {
	b, ok := encodeDateTime2(c, b, v)
	if !ok {
		return b, false
	}
	_, offset := v.(time.Time).Zone()
	return binary.LittleEndian.AppendUint16(b, uint16(int16(offset/60))), true
}

// encodeDateTime writes days since 1900 and three-hundredths of a second.
func encodeDateTime(c *column, b []byte, v engine.Value) ([]byte, bool) {
	t, ok := v.(time.Time)
	day, nanos := dayAndNanos(t, year1900)
	ticks := (nanos*3 + 5e6) / 1e7
	if ticks == 300*secondsPerDay {
		day, ticks = day+1, 0
	}
	b = binary.LittleEndian.AppendUint32(c.length(b), uint32(int32(day)))
	return binary.LittleEndian.AppendUint32(b, uint32(ticks)), ok
}

func encodeSmallDateTime(c *column, b []byte, v engine.Value) ([]byte, bool) {
	t, ok := v.(time.Time)
	day, nanos := dayAndNanos(t, year1900)
	b = binary.LittleEndian.AppendUint16(c.length(b), uint16(day))
	return binary.LittleEndian.AppendUint16(b, uint16(nanos/int64(time.Minute))), ok && day >= 0 && day <= math.MaxUint16
}
