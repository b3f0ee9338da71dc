package engine

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// toText is the conversion to char, varchar, nchar and nvarchar. A text or a date that is too long is cut; a number that is
// too long is '*' (small integers to char and varchar) or error 8115.
func toText(v Value, from, to Type, style int) (Value, *Error) {
	var s String16
	switch v := v.(type) {
	case String16:
		s = v
	case []byte:
		var err *Error
		if s, err = textOfBytes(v, from, to, style); err != nil {
			return nil, err
		}
	case time.Time, time.Duration:
		text, err := formatTemporal(v, from, to, style)
		if err != nil {
			return nil, err
		}
		s = NewString16(text)
	default:
		text, err := formatScalar(v, from, to, style)
		if err != nil {
			return nil, err
		}
		s = NewString16(text)
		if to.Length >= 0 && len(s) > to.Length {
			return numberTooLong(s, from, to)
		}
	}
	return FitText(s, to), nil
}

// FitText is s as type t holds it: in its code page, cut to its length, padded if it is char or nchar.
func FitText(s String16, t Type) String16 {
	if !isUnicode(t.Kind) {
		s = toCodePage(s, t.Collation)
	}
	if t.Length < 0 {
		return s
	}
	s = cut(s, t.Length, t)
	if t.Kind != Char && t.Kind != NChar {
		return s
	}
	missing := t.Length - storedLength(s, t)
	if missing <= 0 {
		return s
	}
	padded := make(String16, len(s), len(s)+missing)
	copy(padded, s)
	for range missing {
		padded = append(padded, ' ')
	}
	return padded
}

func numberTooLong(s String16, from, to Type) (Value, *Error) {
	switch k := from.Kind; {
	case (k == Int || k == SmallInt || k == TinyInt) && !isUnicode(to.Kind):
		return FitText(String16{'*'}, to), nil
	case k == UniqueIdentifier:
		return nil, valueError(8170, "Insufficient result space to convert uniqueidentifier value to char.")
	case isMoney(k):
		return nil, valueError(234, "There is insufficient result space to convert a money value to %s.", TypeName(to))
	case k == BigInt || k == Int || k == SmallInt || k == TinyInt:
		return nil, overflow("expression", to)
	}
	return nil, overflow(numericName(from), to)
}

func formatScalar(v Value, from, to Type, style int) (string, *Error) {
	switch v := v.(type) {
	case bool:
		return strconv.FormatInt(bitOf(v), 10), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case Dec:
		if isMoney(from.Kind) {
			return formatMoney(v, style), nil
		}
		return v.String(), nil
	case float64:
		return formatFloat(v, style, 16, 17)
	case float32:
		return formatFloat(float64(v), style, 16, 9)
	case UUID:
		return v.String(), nil
	}
	return "", notServed("conversion from %s to %s", TypeName(from), TypeName(to))
}

// String is u in upper case, as SQL Server writes it.
func (u UUID) String() string {
	h := strings.ToUpper(hex.EncodeToString(u[:]))
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// formatMoney has two digits behind the point, or four in style 2 and 126; style 1 has thousands separators.
func formatMoney(d Dec, style int) string {
	if style == 2 || style == 126 {
		return d.String()
	}
	s := d.Round(2).String()
	if style != 1 {
		return s
	}
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 6; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// formatFloat: style 0 has at most six digits, 1 eight, 2 sixteen, 3 all that tell one float from another. Exponents have
// three digits.
func formatFloat(f float64, style, long, lossless int) (string, *Error) {
	switch style {
	case -1, 0:
		if f == 0 {
			return "0", nil
		}
		return wideExponent(formatG(f, 6)), nil
	case 1:
		return wideExponent(strconv.FormatFloat(f, 'e', 7, 64)), nil
	case 2:
		return wideExponent(strconv.FormatFloat(f, 'e', long-1, 64)), nil
	case 3, 126, 128, 129:
		return wideExponent(strconv.FormatFloat(f, 'e', lossless-1, 64)), nil
	}
	return "", valueError(281, "%d is not a valid style number when converting from float to a character string.", style)
}

// wideExponent turns e+07 into e+007.
func wideExponent(s string) string {
	i := strings.IndexByte(s, 'e')
	if i < 0 {
		return s
	}
	n, _ := strconv.Atoi(s[i+1:])
	sign := '+'
	if n < 0 {
		sign, n = '-', -n
	}
	return fmt.Sprintf("%se%c%03d", s[:i], sign, n)
}

// textOfBytes: style 0 takes the bytes as characters, 1 writes them in hexadecimal after 0x, 2 without.
func textOfBytes(b []byte, from, to Type, style int) (String16, *Error) {
	switch style {
	case -1, 0:
		if isUnicode(to.Kind) {
			return fromUTF16Bytes(b), nil
		}
		return decode(b, to.Collation), nil
	case 1, 2:
		s := strings.ToUpper(hex.EncodeToString(b))
		if style == 1 {
			s = "0x" + s
		}
		return NewString16(s), nil
	}
	return nil, valueError(281, "%d is not a valid style number when converting from %s to a character string.", style, TypeName(from))
}
