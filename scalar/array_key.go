package scalar

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"strings"
)

// arrayKey appends bytes that compare as PostgreSQL orders arrays of a type: by their elements, a NULL after every value and
// a shorter array before its extensions, then by the number of dimensions, their lengths and their lower bounds.
func arrayKey(dst []byte, elem string, a Array) ([]byte, error) {
	var err error
	for _, it := range a.Items {
		if it.Null {
			dst = append(dst, 2)
			continue
		}
		if dst, err = itemKey(append(dst, 1), elem, it.Text); err != nil {
			return nil, err
		}
	}
	dst = append(dst, 0, byte(len(a.Dims)))
	for _, n := range a.Dims {
		dst = binary.BigEndian.AppendUint32(dst, uint32(n))
	}
	for _, n := range a.Lower {
		dst = binary.BigEndian.AppendUint32(dst, uint32(int32(n))^1<<31)
	}
	return dst, nil
}

// itemKey appends bytes that compare as the values of a type do, none of them the beginning of another's.
func itemKey(dst []byte, elem, s string) ([]byte, error) {
	switch elem {
	case "bool":
		v, err := parseBool(s)
		if v {
			return append(dst, 1), err
		}
		return append(dst, 0), err
	case "int2", "int4", "int8":
		n, err := parseInt(s, 64)
		return signedKey(dst, n), err
	case "float4", "float8":
		f, err := parseFloat(s, 64)
		return floatKey(dst, f), err
	case "numeric":
		return numericKey(dst, s)
	case "date":
		n, err := parseDate(s)
		return signedKey(dst, int64(n)), err
	case "time":
		n, err := parseTime(s)
		return signedKey(dst, int64(n)), err
	case "timestamp", "timestamptz":
		n, err := parseStamp(s, elem == "timestamptz")
		return signedKey(dst, int64(n)), err
	case "interval":
		return spanKey(dst, s)
	}
	return append(append(dst, s...), 0), nil // text, uuid, and bytea in hexadecimal
}

func signedKey(dst []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(n)^1<<63)
}

// floatKey orders NaN after everything and takes -0 for 0: the bit that differs is set in both.
func floatKey(dst []byte, f float64) []byte {
	bits := math.Float64bits(f)
	switch {
	case f != f:
		bits = math.MaxUint64
	case f < 0:
		bits = ^bits
	default:
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(dst, bits)
}

// numericKey is a sign, a decimal exponent and digits. NaN comes after infinity.
func numericKey(dst []byte, s string) ([]byte, error) {
	switch strings.ToLower(s) {
	case "nan":
		return append(dst, 6), nil
	case "infinity":
		return append(dst, 5), nil
	case "-infinity":
		return append(dst, 1), nil
	}
	d, err := ParseDecimal(s)
	if err != nil {
		return nil, err
	}
	v := d.int()
	if v.Sign() == 0 {
		return append(dst, 3), nil
	}
	digits := new(big.Int).Abs(v).Append(nil, 10)
	exponent := len(digits) - d.scale
	digits = append(bytes.TrimRight(digits, "0"), 0)
	start := len(dst)
	dst = append(binary.BigEndian.AppendUint32(append(dst, 4), uint32(int32(exponent))^1<<31), digits...)
	if v.Sign() < 0 {
		dst[start] = 2
		for i := start + 1; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	return dst, nil
}

// spanKey orders intervals by their length, a month being thirty days.
func spanKey(dst []byte, s string) ([]byte, error) {
	v, err := parseInterval(s)
	if err != nil {
		return nil, err
	}
	length := big.NewInt(v.months*30 + v.days)
	length.Mul(length, big.NewInt(usPerDay))
	length.Add(length, big.NewInt(v.us))
	var b [16]byte
	length.Add(length, new(big.Int).Lsh(big.NewInt(1), 127)).FillBytes(b[:])
	return append(dst, b[:]...), nil
}

// sameItem is PostgreSQL's IS NOT DISTINCT FROM of two elements.
func sameItem(elem string, a, b ArrayItem) (bool, error) {
	if a.Null || b.Null || a.Text == b.Text {
		return a.Null == b.Null, nil
	}
	if textual(elem) {
		return false, nil
	}
	c, err := compareItems(elem, a.Text, b.Text)
	return c == 0, err
}

// textual reports a type of which different canonical texts are different values.
func textual(elem string) bool {
	switch elem {
	case "float4", "float8", "numeric", "interval":
		return false
	}
	return true
}

func compareItems(elem, a, b string) (int, error) {
	ka, err := itemKey(nil, elem, a)
	if err != nil {
		return 0, err
	}
	kb, err := itemKey(nil, elem, b)
	return bytes.Compare(ka, kb), err
}
