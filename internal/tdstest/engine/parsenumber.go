package engine

import (
	"math"
	"strconv"
	"strings"
)

// trimmed is s without spaces at both ends.
func trimmed(s String16) string { return strings.Trim(s.String(), " ") }

// parseInteger reads a text as an integer: spaces around it and a sign are allowed, a point or an exponent are not; a
// text without digits is 0.
func parseInteger(s String16, from, to Type) (Value, *Error) {
	text := trimmed(s)
	digits := strings.TrimLeft(text, " ")
	negative := strings.HasPrefix(digits, "-")
	if negative || strings.HasPrefix(digits, "+") {
		digits = strings.TrimLeft(digits[1:], " ")
	}
	if strings.Trim(digits, "0123456789") != "" {
		if to.Kind == BigInt {
			return nil, notConverted(from, to)
		}
		return nil, conversionFailed(from, to, s)
	}
	if digits == "" {
		return int64(0), nil
	}
	if negative {
		digits = "-" + digits
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < minOf[to.Kind] || n > maxOf[to.Kind] {
		return nil, parsedTooLarge(s, from, to)
	}
	return n, nil
}

func parsedTooLarge(s String16, from, to Type) *Error {
	switch to.Kind {
	case BigInt:
		return overflow(TypeName(from), to)
	case Int:
		return valueError(248, "The conversion of the %s value '%s' overflowed an int column.", TypeName(from), s)
	}
	return valueError(244, "The conversion of the %s value '%s' overflowed an INT%d column. Use a larger integer column.",
		TypeName(from), s, integerBytes[to.Kind])
}

func parseBit(s String16, from, to Type) (Value, *Error) {
	switch text := trimmed(s); strings.ToLower(text) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		if strings.Trim(strings.TrimLeft(text, "+-"), "0123456789") != "" {
			return nil, conversionFailed(from, to, s)
		}
		return strings.Trim(text, "+-0") != "", nil
	}
}

// parseDecimal reads plain notation only; an exponent or an empty text is error 8114.
func parseDecimal(s String16, from, to Type) (Dec, *Error) {
	d, ok := ParseDec(trimmed(s))
	if !ok {
		return d, notConverted(from, to)
	}
	return d, nil
}

// parseMoney also allows a dollar sign, thousands separators and an empty text, which is 0.
func parseMoney(s String16, from, to Type) (Dec, *Error) {
	text := strings.ReplaceAll(strings.Replace(trimmed(s), "$", "", 1), ",", "")
	if text == "" {
		return NewDec(0, 4), nil
	}
	d, ok := ParseDec(text)
	if !ok {
		return d, valueError(235, "Cannot convert a char value to money. The char value has incorrect syntax.")
	}
	return d, nil
}

// parseFloat reads plain and scientific notation; an empty text is 0.
func parseFloat(s String16, from, to Type) (float64, *Error) {
	text := trimmed(s)
	if text == "" {
		return 0, nil
	}
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, notConverted(from, to)
	}
	if n := len(text); text[n-1] == 'e' || text[n-1] == 'E' { // "1e" is 1
		text = text[:n-1]
	}
	f, err := strconv.ParseFloat(text, 64)
	if math.IsInf(f, 0) {
		return 0, overflow(TypeName(from), to)
	}
	if err != nil {
		return 0, notConverted(from, to)
	}
	return f, nil
}

// formatG is f with n significant digits, shortest form.
func formatG(f float64, n int) string { return strconv.FormatFloat(f, 'g', n, 64) }
