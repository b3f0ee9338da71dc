package tdstest

import (
	"encoding/binary"
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// decode turns a parameter's bytes into its value. It reports false for a length that the type does not have.
func (p paramType) decode(b []byte) (engine.Value, bool) {
	switch p.typ.Kind {
	case engine.Varchar, engine.Char:
		return engine.String16(p.coll.varchar(b)), true
	case engine.NVarchar, engine.NChar:
		return engine.String16(utf16Units(b)), len(b)%2 == 0
	case engine.Varbinary, engine.Binary:
		return slices.Clone(b), true
	case engine.Decimal:
		return decodeDecimal(b, p.typ.Scale)
	case engine.Date:
		if len(b) != 3 {
			return nil, false
		}
		return dayTime(decodeUint(b), 0), true
	case engine.Time:
		return time.Duration(p.decodeTime(b)), len(b) == timeSize(p.typ.Scale)
	case engine.DateTime2:
		return p.decodeDateTime2(b)
	case engine.DateTimeOffset:
		return p.decodeDateTimeOffset(b)
	}
	return decodePlain(p.typ.Kind, b)
}

// decodePlain decodes the types of fixed lengths.
func decodePlain(kind engine.Kind, b []byte) (engine.Value, bool) {
	x := decodeUint(b)
	size := len(b)
	switch kind {
	case engine.Bit:
		return x != 0, size == 1
	case engine.TinyInt:
		return int64(x), size == 1
	case engine.SmallInt:
		return int64(int16(x)), size == 2
	case engine.Int:
		return int64(int32(x)), size == 4
	case engine.BigInt:
		return int64(x), size == 8
	case engine.Real:
		return math.Float32frombits(uint32(x)), size == 4
	case engine.Float:
		return math.Float64frombits(x), size == 8
	case engine.SmallMoney:
		return engine.Dec{Unscaled: big.NewInt(int64(int32(x))), Scale: 4}, size == 4
	case engine.Money:
		return engine.Dec{Unscaled: big.NewInt(int64(x<<32 | x>>32)), Scale: 4}, size == 8
	case engine.SmallDateTime:
		return time.Unix(year1900+int64(x&0xffff)*secondsPerDay+int64(x>>16)*60, 0).UTC(), size == 4
	case engine.DateTime:
		return decodeDateTime(x), size == 8
	case engine.UniqueIdentifier:
		if size != 16 {
			return nil, false
		}
		u := engine.UUID{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6]}
		copy(u[8:], b[8:])
		return u, true
	}
	return nil, false
}

// decodeUint reads up to eight bytes, the low ones first.
func decodeUint(b []byte) uint64 {
	var full [8]byte
	copy(full[:], b)
	return binary.LittleEndian.Uint64(full[:])
}

func decodeDecimal(b []byte, scale int) (engine.Value, bool) {
	if len(b) < 2 || len(b) > 17 {
		return nil, false
	}
	digits := slices.Clone(b[1:])
	slices.Reverse(digits)
	x := new(big.Int).SetBytes(digits)
	if b[0] == 0 {
		x.Neg(x)
	}
	return engine.Dec{Unscaled: x, Scale: scale}, true
}

// dayTime is a day since 0001-01-01 and nanoseconds of it.
func dayTime(day uint64, nanos int64) time.Time {
	return time.Unix(yearOne+int64(day)*secondsPerDay, nanos).UTC()
}

// decodeDateTime reads days since 1900 (low half) and three-hundredths of a second, to the millisecond that the type shows.
func decodeDateTime(x uint64) time.Time {
	day, ticks := int64(int32(x)), int64(x>>32)
	millis := (ticks*10 + 1) / 3
	return time.Unix(year1900+day*secondsPerDay, 0).Add(time.Duration(millis) * time.Millisecond).UTC()
}

func (p paramType) decodeTime(b []byte) int64 { return int64(decodeUint(b)) * timeUnit[p.typ.Scale] }

func (p paramType) decodeDateTime2(b []byte) (engine.Value, bool) {
	n := timeSize(p.typ.Scale)
	if len(b) != n+3 {
		return nil, false
	}
	return dayTime(decodeUint(b[n:]), p.decodeTime(b[:n])), true
}

func (p paramType) decodeDateTimeOffset(b []byte) (engine.Value, bool) {
	n := timeSize(p.typ.Scale)
	if len(b) != n+5 {
		return nil, false
	}
	offset := int(int16(binary.LittleEndian.Uint16(b[n+3:])))
	t := dayTime(decodeUint(b[n:n+3]), p.decodeTime(b[:n]))
	return t.In(time.FixedZone("", offset*60)), true
}
