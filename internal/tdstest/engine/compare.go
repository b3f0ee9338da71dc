package engine

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"math/big"
	"time"
	"unicode/utf16"
)

// Compare compares two values that are not NULL and of the one type t. Texts compare by t's collation, the shorter padded
// with spaces whatever the collation. It fails (402) for types that cannot be compared.
func Compare(a, b Value, t Type) (int, *Error) {
	if t.Kind == Unreadable {
		return 0, valueError(402, "The data types %s and %s are incompatible in the equal to operator.", t.Name, t.Name)
	}
	return compareValues(a, b, t), nil
}

// CompareForOrder compares as ORDER BY does: NULL comes first and equals NULL.
func CompareForOrder(a, b Value, t Type) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return compareValues(a, b, t)
}

func compareValues(a, b Value, t Type) int {
	switch a := a.(type) {
	case bool:
		return cmp.Compare(bitOf(a), bitOf(b.(bool)))
	case int64:
		return cmp.Compare(a, b.(int64))
	case float64:
		return cmp.Compare(a, b.(float64))
	case float32:
		return cmp.Compare(a, b.(float32))
	case Dec:
		return a.Cmp(b.(Dec))
	case String16:
		return collationOf(t.Collation).compare(a, b.(String16), isUnicode(t.Kind))
	case []byte:
		return compareBytes(a, b.([]byte))
	case time.Time:
		return a.Compare(b.(time.Time))
	case time.Duration:
		return cmp.Compare(a, b.(time.Duration))
	case UUID:
		return compareUUID(a, b.(UUID))
	}
	return 0
}

func bitOf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// compareBytes pads the shorter with zero bytes.
func compareBytes(a, b []byte) int { return bytes.Compare(trimZeros(a), trimZeros(b)) }

func trimZeros(b []byte) []byte { return bytes.TrimRight(b, "\x00") }

// uuidOrder is the order in which SQL Server compares the bytes of a uniqueidentifier, given in their text order: the last
// group first, then the fourth, the third, the second, the first. The first three are stored little-endian and compared as
// stored, so backwards.
var uuidOrder = [16]int{10, 11, 12, 13, 14, 15, 8, 9, 7, 6, 5, 4, 3, 2, 1, 0}

func compareUUID(a, b UUID) int {
	for _, i := range uuidOrder {
		if c := cmp.Compare(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

func trimSpaces(s String16) String16 {
	for len(s) > 0 && s[len(s)-1] == ' ' {
		s = s[:len(s)-1]
	}
	return s
}

func (c *collation) compare(a, b String16, unicode bool) int {
	if !c.binary {
		if c.caseful || !asciiLetters(a) || !asciiLetters(b) {
			return bytes.Compare(c.sortKey(nil, trimSpaces(a)), c.sortKey(nil, trimSpaces(b)))
		}
		return compareFolded(trimSpaces(a), trimSpaces(b))
	}
	for i := range max(len(a), len(b)) {
		x, y := unitAt(a, i), unitAt(b, i)
		if x == y {
			continue
		}
		if c.utf8 && !unicode { // UTF-8 order is code point order: surrogates stand above U+E000..U+FFFF
			x, y = codePointOrder(x), codePointOrder(y)
		}
		return cmp.Compare(x, y)
	}
	return 0
}

// unitAt is the i-th unit of s padded with spaces.
func unitAt(s String16, i int) uint16 {
	if i < len(s) {
		return s[i]
	}
	return ' '
}

func codePointOrder(u uint16) uint16 {
	switch {
	case utf16.IsSurrogate(rune(u)):
		return u + 0x2000
	case u >= 0xE000:
		return u - 0x800
	}
	return u
}

// asciiLetters reports whether s is of letters, digits and spaces only, whose folded comparison needs no keys.
func asciiLetters(s String16) bool {
	for _, u := range s {
		if u != ' ' && (u < '0' || u > 'z' || u > '9' && u < 'A' || u > 'Z' && u < 'a') {
			return false
		}
	}
	return true
}

func compareFolded(a, b String16) int {
	for i := range min(len(a), len(b)) {
		if x, y := lowerUnit(a[i]), lowerUnit(b[i]); x != y {
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

func lowerUnit(u uint16) uint16 {
	if u >= 'A' && u <= 'Z' {
		return u + 'a' - 'A'
	}
	return u
}

// GroupKey appends bytes that are equal exactly for values of type t that SQL Server puts in one group. Two NULLs are equal.
func GroupKey(b []byte, v Value, t Type) []byte {
	if v == nil {
		return append(b, 0)
	}
	b = append(b, 1)
	switch v := v.(type) {
	case bool:
		return append(b, byte(bitOf(v)))
	case int64:
		return binary.BigEndian.AppendUint64(b, uint64(v))
	case float64:
		return binary.BigEndian.AppendUint64(b, math.Float64bits(v+0)) // -0 + 0 is 0: one group
	case float32:
		return binary.BigEndian.AppendUint32(b, math.Float32bits(v+0))
	case Dec:
		return appendCounted(b, decimalKey(v))
	case String16:
		return appendCounted(b, collationOf(t.Collation).groupKey(trimSpaces(v)))
	case []byte:
		return appendCounted(b, trimZeros(v))
	case time.Time:
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(b, uint64(v.Unix())), uint32(v.Nanosecond()))
	case time.Duration:
		return binary.BigEndian.AppendUint64(b, uint64(v))
	case UUID:
		return append(b, v[:]...)
	}
	return b
}

func appendCounted(b, key []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(key))), key...)
}

// decimalKey is the same for 1.0 and 1.00.
func decimalKey(d Dec) []byte {
	n, scale := new(big.Int).Set(d.Unscaled), d.Scale
	ten, q, r := big.NewInt(10), new(big.Int), new(big.Int)
	for n.Sign() != 0 && scale > 0 {
		if q.QuoRem(n, ten, r); r.Sign() != 0 {
			break
		}
		n.Set(q)
		scale--
	}
	if n.Sign() == 0 {
		scale = 0
	}
	return append([]byte{byte(scale), byte(n.Sign() + 1)}, n.Bytes()...)
}

func (c *collation) groupKey(s String16) []byte {
	if !c.binary {
		return c.sortKey(nil, s)
	}
	b := make([]byte, 0, 2*len(s))
	for _, u := range s {
		b = binary.BigEndian.AppendUint16(b, u)
	}
	return b
}
