package shardmap

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"
	"math"
	"strconv"
	"strings"
)

// ValueKind is the kind of a key value. Types that compare and hash alike share a kind: integers of any
// width are one, and so are text and varchar.
type ValueKind uint8

const (
	NoValue          ValueKind = iota // the zero Value: no value at all
	IntValue                          // smallint, integer, bigint
	TextValue                         // text, varchar; character(n) without its padding
	UUIDValue                         // uuid
	DateValue                         // date
	BoolValue                         // boolean
	TimestampValue                    // timestamp without time zone
	TimestampTZValue                  // timestamp with time zone
)

// String returns the PostgreSQL type that stands for the kind.
func (k ValueKind) String() string {
	names := [...]string{"nothing", "bigint", "text", "uuid", "date", "boolean",
		"timestamp without time zone", "timestamp with time zone"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// discrete reports whether each value has a next one, one unit of n higher.
func (k ValueKind) discrete() bool { return k != TextValue && k != UUIDValue && k != NoValue }

// Value is one key value, never NULL. Values are comparable with == and usable as map keys; two values are
// equal exactly if PostgreSQL calls them equal and they are of one kind. The zero Value is no value.
type Value struct {
	kind ValueKind
	n    int64  // integer; days or microseconds since 1970-01-01; 0 or 1; a UUID's low half
	hi   uint64 // a UUID's high half
	text string
}

// Int makes an integer value.
func Int(n int64) Value { return Value{kind: IntValue, n: n} }

// Text makes a text value; its order is bytewise.
func Text(s string) Value { return Value{kind: TextValue, text: s} }

// UUID makes a uuid value.
func UUID(b [16]byte) Value {
	return Value{kind: UUIDValue, hi: binary.BigEndian.Uint64(b[:8]), n: int64(binary.BigEndian.Uint64(b[8:]))}
}

// Date makes a date from days since 1970-01-01; MaxInt32 and MinInt32 are the infinities.
func Date(days int32) Value { return Value{kind: DateValue, n: int64(days)} }

// Bool makes a boolean value.
func Bool(b bool) Value {
	if b {
		return Value{kind: BoolValue, n: 1}
	}
	return Value{kind: BoolValue}
}

// Timestamp makes a timestamp without time zone from microseconds since 1970-01-01; MaxInt64 and MinInt64
// are the infinities.
func Timestamp(us int64) Value { return Value{kind: TimestampValue, n: us} }

// TimestampTZ makes a timestamp with time zone from microseconds since 1970-01-01 UTC; MaxInt64 and
// MinInt64 are the infinities.
func TimestampTZ(us int64) Value { return Value{kind: TimestampTZValue, n: us} }

// Kind returns the value's kind.
func (v Value) Kind() ValueKind { return v.kind }

// Compare orders two values of one kind as PostgreSQL does under the C collation: negative, zero or
// positive. Values of different kinds are ordered by kind, which means nothing to SQL.
func Compare(a, b Value) int {
	switch {
	case a.kind != b.kind:
		return cmp.Compare(a.kind, b.kind)
	case a.kind == TextValue:
		return strings.Compare(a.text, b.text)
	case a.kind == UUIDValue:
		if c := cmp.Compare(a.hi, b.hi); c != 0 {
			return c
		}
		return cmp.Compare(uint64(a.n), uint64(b.n))
	}
	return cmp.Compare(a.n, b.n)
}

// Hash is a hash for tables in memory, in nanoseconds; it means nothing beyond the process. Where a value lives follows from other bytes.
func (v Value) Hash(seed maphash.Seed) uint64 {
	switch v.kind {
	case TextValue:
		return maphash.String(seed, v.text)
	case UUIDValue:
		return maphash.Comparable(seed, [2]uint64{v.hi, uint64(v.n)})
	}
	return maphash.Comparable(seed, v.n)
}

// String returns the value in PostgreSQL's text form.
func (v Value) String() string {
	switch v.kind {
	case IntValue:
		return strconv.FormatInt(v.n, 10)
	case TextValue:
		return v.text
	case BoolValue:
		return strconv.FormatBool(v.n == 1)
	case DateValue:
		return formatDate(v.n)
	case TimestampValue:
		return formatTimestamp(v.n)
	case TimestampTZValue:
		if v.n == math.MaxInt64 || v.n == math.MinInt64 {
			return formatTimestamp(v.n)
		}
		return formatTimestamp(v.n) + "+00"
	case UUIDValue:
		h := hex.EncodeToString(v.appendCanonical(nil))
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	}
	return ""
}

// appendCanonical appends the bytes that are hashed for the value. They are part of the map's contract,
// since rows have been placed by them: integers, days and microseconds are 8 bytes, two's complement,
// big-endian; a boolean is one byte, 0 or 1; a uuid its 16 bytes; text its UTF-8 bytes.
func (v Value) appendCanonical(b []byte) []byte {
	switch v.kind {
	case TextValue:
		return append(b, v.text...)
	case UUIDValue:
		return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, v.hi), uint64(v.n))
	case BoolValue:
		return append(b, byte(v.n))
	}
	return binary.BigEndian.AppendUint64(b, uint64(v.n))
}
