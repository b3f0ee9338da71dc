package engine

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"time"
)

// toBytes is the conversion to binary, varbinary and rowversion. Numbers stand at the end of what they are padded to, all
// else at the beginning; what is too long is cut on the same side as it is padded.
func toBytes(v Value, from, to Type, style int) (Value, *Error) {
	var b []byte
	left := false // numbers are padded and cut at the left
	switch v := v.(type) {
	case []byte:
		b = v
	case String16:
		var err *Error
		if b, err = bytesOfText(v, from, to, style); err != nil {
			return nil, err
		}
	case UUID:
		b = uuidStored(v)
	default:
		var err *Error
		if b, err = bytesOfScalar(v, from, to); err != nil {
			return nil, err
		}
		left = isNumber(from.Kind) && from.Kind != Decimal || isOldTime(from.Kind)
	}
	return fitBytes(b, to, left), nil
}

func fitBytes(b []byte, t Type, left bool) []byte {
	n := t.Length
	if t.Kind == RowVersion {
		n = 8
	}
	switch {
	case n < 0 || len(b) == n:
		return b
	case len(b) > n && left:
		return b[len(b)-n:]
	case len(b) > n:
		return b[:n]
	case t.Kind == Varbinary:
		return b
	}
	padded := make([]byte, n)
	if left {
		copy(padded[n-len(b):], b)
	} else {
		copy(padded, b)
	}
	return padded
}

// bytesOfText: style 0 takes the characters' bytes, 1 reads hexadecimal after 0x, 2 hexadecimal alone.
func bytesOfText(s String16, from, to Type, style int) ([]byte, *Error) {
	switch style {
	case -1, 0:
		if isUnicode(from.Kind) {
			return utf16Bytes(s), nil
		}
		return encode(s, from.Collation), nil
	case 1, 2:
		if style == 1 {
			if len(s) < 2 || s[0] != '0' || s[1] != 'x' && s[1] != 'X' {
				return nil, notConverted(from, to)
			}
			s = s[2:]
		}
		b, ok := hexBytes(s, false)
		if !ok {
			return nil, notConverted(from, to)
		}
		return b, nil
	}
	return nil, valueError(281, "%d is not a valid style number when converting from %s to %s.", style, TypeName(from), TypeName(to))
}

// hexBytes reads hexadecimal digits; a constant may have an odd number of them.
func hexBytes(s String16, odd bool) ([]byte, bool) {
	text := s.String()
	if odd && len(text)%2 == 1 {
		text = "0" + text
	}
	b, err := hex.DecodeString(text)
	return b, err == nil
}

// uuidStored is the 16 bytes SQL Server stores: the first three groups little-endian. It is its own inverse.
func uuidStored(u UUID) []byte {
	return []byte{u[3], u[2], u[1], u[0], u[5], u[4], u[7], u[6], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]}
}

func bytesOfScalar(v Value, from, to Type) ([]byte, *Error) {
	switch v := v.(type) {
	case bool:
		return []byte{byte(bitOf(v))}, nil
	case int64:
		b := binary.BigEndian.AppendUint64(nil, uint64(v))
		return b[8-integerBytes[from.Kind]:], nil
	case float64:
		return binary.BigEndian.AppendUint64(nil, math.Float64bits(v)), nil
	case float32:
		return binary.BigEndian.AppendUint32(nil, math.Float32bits(v)), nil
	case Dec:
		if from.Kind == SmallMoney {
			return binary.BigEndian.AppendUint32(nil, uint32(v.Unscaled.Int64())), nil
		}
		if from.Kind == Money {
			return binary.BigEndian.AppendUint64(nil, uint64(v.Unscaled.Int64())), nil
		}
		return decimalBytes(v, from), nil
	case time.Time:
		if from.Kind == DateTime {
			days, ticks := datetimeParts(v)
			return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(days)), uint32(ticks)), nil
		}
		if from.Kind == Date {
			n := daysBetween(dayOne, v)
			return []byte{byte(n), byte(n >> 8), byte(n >> 16)}, nil
		}
	}
	return nil, notServed("conversion from %s to %s", TypeName(from), TypeName(to))
}

// decimalBytes is the stored form: precision, scale, 0, sign, and the number little-endian in whole words.
func decimalBytes(d Dec, t Type) []byte {
	b := []byte{byte(t.Precision), byte(t.Scale), 0, 1}
	if d.Unscaled.Sign() < 0 {
		b[3] = 0
	}
	n := new(big.Int).Abs(d.Unscaled).Bytes()
	for i := len(n) - 1; i >= 0; i-- {
		b = append(b, n[i])
	}
	for len(b) == 4 || len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// toUUID reads the text form, braces allowed, whatever follows its 36 characters ignored; or 16 stored bytes.
func toUUID(v Value, from, to Type) (Value, *Error) {
	switch v := v.(type) {
	case UUID:
		return v, nil
	case []byte:
		var stored UUID
		copy(stored[:], v)
		return UUID(uuidStored(stored)), nil
	case String16:
		text := v.String()
		braced := len(text) >= 38 && text[0] == '{' && text[37] == '}'
		if braced {
			text = text[1:37]
		}
		if u, ok := parseUUID(text); ok {
			return u, nil
		}
		return nil, valueError(8169, "Conversion failed when converting from a character string to uniqueidentifier.")
	}
	return nil, notServed("conversion from %s to %s", TypeName(from), TypeName(to))
}

func parseUUID(s string) (UUID, bool) {
	var u UUID
	if len(s) < 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return u, false
	}
	b, err := hex.DecodeString(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:36])
	if err != nil {
		return u, false
	}
	copy(u[:], b)
	return u, true
}
