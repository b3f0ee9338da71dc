package shardmap

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ParseValue reads a value of a PostgreSQL type from its text form. It accepts the types that may be keys:
// the integers, text, varchar(n), character(n), uuid, date, boolean and the two timestamps, by their
// standard names and usual aliases. Text that PostgreSQL itself may read in another way (other date styles,
// years BC, hexadecimal) is an error, so that a caller widens instead of guessing.
func ParseValue(pgType, text string) (Value, error) {
	base := baseType(pgType)
	var v Value
	var ok bool
	switch base {
	case "smallint":
		v, ok = parseInt(text, 16)
	case "integer":
		v, ok = parseInt(text, 32)
	case "bigint":
		v, ok = parseInt(text, 64)
	case "text":
		v, ok = Text(text), utf8.ValidString(text)
	case "character":
		v, ok = Text(strings.TrimRight(text, " ")), utf8.ValidString(text)
	case "uuid":
		v, ok = parseUUID(text)
	case "date":
		v, ok = parseDate(strings.TrimSpace(text))
	case "boolean":
		v, ok = parseBool(text)
	case "timestamp without time zone", "timestamp with time zone":
		v, ok = parseTimestamp(strings.TrimSpace(text), base == "timestamp with time zone")
	default:
		return Value{}, fmt.Errorf("%w: type %s cannot be a key", ErrKeyType, quote(pgType))
	}
	if !ok {
		return Value{}, fmt.Errorf("%w: %s is not a value of type %s", ErrKeyType, quote(text), base)
	}
	return v, nil
}

// KindOf returns the kind of values of a PostgreSQL type; false if the type cannot be a key.
func KindOf(pgType string) (ValueKind, bool) {
	k, ok := map[string]ValueKind{
		"smallint": IntValue, "integer": IntValue, "bigint": IntValue, "text": TextValue, "character": TextValue,
		"uuid": UUIDValue, "date": DateValue, "boolean": BoolValue,
		"timestamp without time zone": TimestampValue, "timestamp with time zone": TimestampTZValue,
	}[baseType(pgType)]
	return k, ok
}

// baseType strips modifiers and resolves aliases.
func baseType(pgType string) string {
	t := strings.ToLower(strings.TrimSpace(pgType))
	if open := strings.IndexByte(t, '('); open >= 0 {
		if end := strings.IndexByte(t, ')'); end > open {
			t = strings.TrimSpace(t[:open]) + t[end+1:]
		}
	}
	switch t {
	case "int2":
		return "smallint"
	case "int", "int4":
		return "integer"
	case "int8":
		return "bigint"
	case "varchar", "character varying":
		return "text"
	case "char", "bpchar":
		return "character"
	case "bool":
		return "boolean"
	case "timestamp":
		return "timestamp without time zone"
	case "timestamptz":
		return "timestamp with time zone"
	}
	return t
}

func parseInt(text string, bits int) (Value, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, bits)
	return Int(n), err == nil
}

func parseBool(text string) (Value, bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "t", "true", "on", "yes", "1":
		return Bool(true), true
	case "f", "false", "off", "no", "0":
		return Bool(false), true
	}
	return Value{}, false
}

func parseUUID(text string) (Value, bool) {
	s := strings.TrimSpace(text)
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		s = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 16 {
		return Value{}, false
	}
	return Value{kind: UUIDValue, hi: binary.BigEndian.Uint64(b[:8]), n: int64(binary.BigEndian.Uint64(b[8:]))}, true
}

// parseDate reads ISO 8601 dates with a year of four or more digits, and the infinities.
func parseDate(s string) (Value, bool) {
	switch strings.ToLower(s) {
	case "infinity":
		return Date(math.MaxInt32), true
	case "-infinity":
		return Date(math.MinInt32), true
	}
	days, ok := isoDays(s)
	return Value{kind: DateValue, n: days}, ok
}

// parseTimestamp reads `date`, `date time` and, with zone, `date time offset`, where a missing offset is UTC.
func parseTimestamp(s string, zone bool) (Value, bool) {
	kind := TimestampValue
	if zone {
		kind = TimestampTZValue
	}
	switch strings.ToLower(s) {
	case "infinity":
		return Value{kind: kind, n: math.MaxInt64}, true
	case "-infinity":
		return Value{kind: kind, n: math.MinInt64}, true
	}
	date, clock := s, ""
	if i := strings.IndexAny(s, " T"); i >= 0 {
		date, clock = s[:i], s[i+1:]
	}
	days, ok := isoDays(date)
	if !ok || days > 106_000_000 { // PostgreSQL's last timestamp lies in the year 294276
		return Value{}, false
	}
	us := days * microsPerDay
	if clock != "" {
		part, ok := parseClock(clock, zone)
		if !ok {
			return Value{}, false
		}
		us += part
	}
	return Value{kind: kind, n: us}, true
}
