package scalar

import (
	"encoding/hex"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
)

// Canonical reads text as PostgreSQL's input function of a type does, and returns the text that its output function
// gives for the value: the form of which there is one for each value. Types are named as in pg_text_…: bool, int2,
// int4, int8, float4, float8, numeric, bytea, uuid, date, time, timestamp, timestamptz, interval, json, jsonb; text of any other type is
// returned as it is. Errors are of type *Error.
func Canonical(typeName, s string) (string, error) {
	f, ok := canonicals[typeName]
	if !ok {
		return s, nil
	}
	out, err := f(s)
	if err != nil {
		return "", err
	}
	return string(out), nil
}

var canonicals = map[string]func(s string) ([]byte, error){
	"bool":        shown(parseBool, strconv.AppendBool),
	"int2":        canonicalInt(16),
	"int4":        canonicalInt(32),
	"int8":        canonicalInt(64),
	"float4":      shown(func(s string) (float32, error) { f, err := parseFloat(s, 32); return float32(f), err }, appendFloat4),
	"float8":      shown(func(s string) (float64, error) { return parseFloat(s, 64) }, appendFloat8),
	"numeric":     shown(ParseDecimal, func(dst []byte, d Decimal) []byte { return d.append(dst) }),
	"bytea":       shown(parseBytea, func(dst, v []byte) []byte { return hex.AppendEncode(append(dst, `\x`...), v) }),
	"uuid":        func(s string) ([]byte, error) { return appendUUID(nil, s) },
	"date":        shown(parseDate, appendDate),
	"time":        shown(parseTime, func(dst []byte, v arrow.Time64) []byte { return appendClock(dst, int64(v)) }),
	"timestamp":   canonicalStamp(false, ""),
	"timestamptz": canonicalStamp(true, "+00"),
	"interval":    shown(parseInterval, appendInterval),
	"json":        func(s string) ([]byte, error) { _, err := readJSON(s, false); return []byte(s), err },
	"jsonb":       shown(parseJSONB, appendJSONB),
}

func shown[T any](read func(string) (T, error), show func([]byte, T) []byte) func(string) ([]byte, error) {
	return func(s string) ([]byte, error) {
		v, err := read(s)
		if err != nil {
			return nil, err
		}
		return show(nil, v), nil
	}
}

func canonicalInt(size int) func(string) ([]byte, error) {
	return shown(func(s string) (int64, error) { return parseInt(s, size) }, func(dst []byte, v int64) []byte { return strconv.AppendInt(dst, v, 10) })
}

func canonicalStamp(zoned bool, zone string) func(string) ([]byte, error) {
	return shown(func(s string) (arrow.Timestamp, error) { return parseStamp(s, zoned) },
		func(dst []byte, v arrow.Timestamp) []byte { return appendStamp(dst, v, zone) })
}
