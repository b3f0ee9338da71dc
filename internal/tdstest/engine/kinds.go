package engine

import (
	"math"
	"strings"
)

func isText(k Kind) bool     { return k == Char || k == Varchar || k == NChar || k == NVarchar }
func isUnicode(k Kind) bool  { return k == NChar || k == NVarchar }
func isInteger(k Kind) bool  { return k == TinyInt || k == SmallInt || k == Int || k == BigInt }
func isMoney(k Kind) bool    { return k == Money || k == SmallMoney }
func isFloating(k Kind) bool { return k == Real || k == Float }
func isBytes(k Kind) bool    { return k == Binary || k == Varbinary || k == RowVersion }
func isNumber(k Kind) bool {
	return k == Bit || isInteger(k) || k == Decimal || isMoney(k) || isFloating(k)
}
func isOldTime(k Kind) bool  { return k == DateTime || k == SmallDateTime }
func isNewTime(k Kind) bool  { return k == Date || k == Time || k == DateTime2 || k == DateTimeOffset }
func isTemporal(k Kind) bool { return isOldTime(k) || isNewTime(k) }

// maxOf and minOf bound the integer kinds.
var (
	maxOf = map[Kind]int64{TinyInt: 255, SmallInt: math.MaxInt16, Int: math.MaxInt32, BigInt: math.MaxInt64}
	minOf = map[Kind]int64{TinyInt: 0, SmallInt: math.MinInt16, Int: math.MinInt32, BigInt: math.MinInt64}
)

// integerBytes is the width of an integer kind.
var integerBytes = map[Kind]int{Bit: 1, TinyInt: 1, SmallInt: 2, Int: 4, BigInt: 8}

// exactDigits is how many digits and how many of them behind the point an exact number has where it meets a decimal.
func exactDigits(t Type) (precision, scale int) {
	switch t.Kind {
	case Bit:
		return 1, 0
	case TinyInt:
		return 3, 0
	case SmallInt:
		return 5, 0
	case Int:
		return 10, 0
	case BigInt:
		return 19, 0
	case Money:
		return 19, 4
	case SmallMoney:
		return 10, 4
	}
	return t.Precision, t.Scale
}

// fractionDigits is the number of fraction digits of a temporal type's seconds.
func fractionDigits(t Type) int {
	switch t.Kind {
	case DateTime:
		return 3
	case Time, DateTime2, DateTimeOffset:
		return t.Scale
	}
	return 0
}

// rank is the data type precedence; the higher one's type is taken.
var rank = map[Kind]int{
	Unreadable: 100, DateTimeOffset: 27, DateTime2: 26, DateTime: 25, SmallDateTime: 24, Date: 23, Time: 22, Float: 21, Real: 20, Decimal: 19,
	Money: 18, SmallMoney: 17, BigInt: 16, Int: 15, SmallInt: 14, TinyInt: 13, Bit: 12, RowVersion: 9, UniqueIdentifier: 8,
	NVarchar: 7, NChar: 6, Varchar: 5, Char: 4, Varbinary: 3, Binary: 2,
}

func lowerASCII(s string) string { return strings.ToLower(s) }
