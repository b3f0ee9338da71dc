package scalar

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// form is how values of a type are hashed. The canonical bytes are the same for equal values on every engine; fast is of them or of the value.
type form[T any] struct {
	canonical func(dst []byte, v T) ([]byte, error)
	fast      func(d *digest, canonical []byte, v T) uint64
	// plain says that fast does not look at the canonical bytes.
	plain bool
}

// bytesHash is the fast hash of text: hashtextextended(x, 0).
func bytesHash[T any](_ *digest, canonical []byte, _ T) uint64 { return lookup3(canonical, 0) }

// hexHash is the fast hash of what is bytes: hashtextextended(encode(x, 'hex'), 0).
func hexHash[T any](d *digest, canonical []byte, _ T) uint64 {
	d.hex = hex.AppendEncode(d.hex[:0], canonical)
	return lookup3(d.hex, 0)
}

var (
	boolForm = form[bool]{plain: true,
		canonical: func(dst []byte, v bool) ([]byte, error) { return strconv.AppendInt(dst, bit(v), 10), nil },
		fast:      func(_ *digest, _ []byte, v bool) uint64 { return mixSeed(uint64(bit(v))) }}
	textForm   = form[string]{canonical: func(dst []byte, v string) ([]byte, error) { return append(dst, v...), nil }, fast: bytesHash[string]}
	bpcharForm = form[string]{canonical: func(dst []byte, v string) ([]byte, error) { return append(dst, strings.TrimRight(v, " ")...), nil }, fast: bytesHash[string]}
	byteaForm  = form[[]byte]{canonical: func(dst, v []byte) ([]byte, error) { return append(dst, v...), nil }, fast: hexHash[[]byte]}
	uuidForm   = form[[]byte]{canonical: func(dst, v []byte) ([]byte, error) { return appendUUIDBytes(dst, v), nil }, fast: func(_ *digest, _, v []byte) uint64 { return lookup3(v, 0) }, plain: true}
	jsonbForm  = form[string]{canonical: func(dst []byte, s string) ([]byte, error) {
		v, err := parseJSONB(s)
		if err != nil {
			return dst, err
		}
		return jsonbKey(dst, v), nil
	}, fast: hexHash[string]}
	dateForm     = form[arrow.Date32]{canonical: appendDays, fast: hexHash[arrow.Date32]}
	timeForm     = form[arrow.Time64]{canonical: func(dst []byte, v arrow.Time64) ([]byte, error) { return bigEndian(dst, int64(v)), nil }, fast: hexHash[arrow.Time64]}
	stampForm    = form[arrow.Timestamp]{canonical: appendMicros, fast: hexHash[arrow.Timestamp]}
	intervalForm = form[arrow.MonthDayNanoInterval]{canonical: appendSeconds, fast: bytesHash[arrow.MonthDayNanoInterval]}
)

func bit(v bool) int64 {
	if v {
		return 1
	}
	return 0
}

func bigEndian(dst []byte, v int64) []byte { return binary.BigEndian.AppendUint64(dst, uint64(v)) }

func intForm[T int16 | int32 | int64]() form[T] {
	return form[T]{plain: true,
		canonical: func(dst []byte, v T) ([]byte, error) { return strconv.AppendInt(dst, int64(v), 10), nil },
		fast:      func(_ *digest, _ []byte, v T) uint64 { return mixSeed(uint64(int64(v))) }}
}

// floatForm takes -0 for 0, and every NaN for one. Zero's fast hash is the seed, which is 0, in PostgreSQL.
func floatForm[T float32 | float64]() form[T] {
	return form[T]{
		canonical: func(dst []byte, v T) ([]byte, error) {
			return binary.BigEndian.AppendUint64(dst, floatBits(float64(v))), nil
		},
		plain: true,
		fast: func(_ *digest, _ []byte, v T) uint64 {
			n := floatBits(float64(v))
			if n == 0 {
				return 0
			}
			var b [8]byte
			binary.LittleEndian.PutUint64(b[:], n)
			return lookup3(b[:], 0)
		}}
}

// quietNaN is the NaN of C.
const quietNaN = 0x7ff8000000000000

func floatBits(v float64) uint64 {
	switch {
	case v != v:
		return quietNaN
	case v == 0:
		return 0
	}
	return math.Float64bits(v)
}

// The first day of 2000, from which PostgreSQL counts, in days and microseconds from 1970 on.
const (
	epochDays   = 10957
	epochMicros = epochDays * usPerDay
)

// appendDays writes the four bytes of PostgreSQL's binary form. Its infinities are the same numbers as here.
func appendDays(dst []byte, v arrow.Date32) ([]byte, error) {
	if v != math.MaxInt32 && v != math.MinInt32 {
		v -= epochDays
	}
	return binary.BigEndian.AppendUint32(dst, uint32(v)), nil
}

// appendMicros writes the eight bytes of PostgreSQL's binary form.
func appendMicros(dst []byte, v arrow.Timestamp) ([]byte, error) {
	if v != math.MaxInt64 && v != math.MinInt64 {
		v -= epochMicros
	}
	return bigEndian(dst, int64(v)), nil
}

// appendSeconds writes the length of an interval in seconds, a month being thirty days, as PostgreSQL compares intervals.
func appendSeconds(dst []byte, v arrow.MonthDayNanoInterval) ([]byte, error) {
	s := spanOf(v)
	us := big.NewInt(s.months*30 + s.days)
	us.Add(us.Mul(us, big.NewInt(usPerDay)), big.NewInt(s.us))
	return Decimal{coef: us, scale: 6}.trimmed().append(dst), nil
}

// decimalForm hashes exact numbers, which write appends in plain notation. What integers are written as is their canonical form, too.
func decimalForm[T any](write func(dst []byte, v T) []byte) form[T] {
	return form[T]{
		canonical: func(dst []byte, v T) ([]byte, error) {
			at := len(dst)
			dst = write(dst, v)
			if bytes.IndexByte(dst[at:], '.') >= 0 {
				dst = bytes.TrimRight(bytes.TrimRight(dst, "0"), ".")
			}
			return dst, nil
		},
		fast: numericHash[T],
	}
}

// narrowText writes decimals of a scale.
func narrowText(scale int) func(dst []byte, v decimal128.Num) []byte {
	return func(dst []byte, v decimal128.Num) []byte {
		if n := int64(v.LowBits()); v.HighBits() == n>>63 {
			return insertPoint(strconv.AppendInt(dst, n, 10), len(dst), scale)
		}
		return DecimalFrom128(v, scale).append(dst)
	}
}

// wholeText writes wide numerics.
func wholeText(dst []byte, v wide) []byte { return wideText(dst, v, 0) }

// numericHash is hashint4extended(0, hash_numeric_extended(x, CASE WHEN x < 0 THEN 1 ELSE 0 END)): alone, PostgreSQL's function leaves the sign
// out, and puts the place of the first digit into the lowest bits, so that 12 and 120000 would share a register of HyperLogLog.
func numericHash[T any](d *digest, text []byte, _ T) uint64 {
	seed := uint64(0)
	if text[0] == '-' {
		seed, text = 1, text[1:]
	}
	whole, frac, _ := bytes.Cut(text, []byte("."))
	d.digits = append(d.digits[:0], "000"[:(4-len(whole)%4)%4]...)
	d.digits = append(append(d.digits, whole...), frac...)
	weight := (len(whole) + 3) / 4
	for len(d.digits)%4 != 0 {
		d.digits = append(d.digits, '0')
	}
	d.hex = d.hex[:0] // the digits of base 10,000, two bytes each, as x86 and ARM keep them
	for i := 0; i < len(d.digits); i += 4 {
		g := d.digits[i : i+4]
		n := int(g[0]-'0')*1000 + int(g[1]-'0')*100 + int(g[2]-'0')*10 + int(g[3]-'0')
		if n == 0 && len(d.hex) == 0 {
			weight--
			continue
		}
		d.hex = append(d.hex, byte(n), byte(n>>8))
	}
	for len(d.hex) > 0 && d.hex[len(d.hex)-1] == 0 && d.hex[len(d.hex)-2] == 0 {
		d.hex = d.hex[:len(d.hex)-2]
	}
	if len(d.hex) == 0 {
		return mixSeed(seed - 1)
	}
	return mixSeed(lookup3(d.hex, seed) ^ uint64(int64(weight-1)))
}
