package engine

import "strings"

// systemType is a row of sys.types.
type systemType struct {
	name      string
	system    int // system_type_id
	user      int // user_type_id
	kind      Kind
	length    int // max_length, precision and scale as the type's row has them
	precision int
	scale     int
}

// systemTypes are the built-in types under the vendor's numbers. Decimal stands before numeric, its synonym.
var systemTypes = []systemType{
	{"image", 34, 34, Unreadable, 16, 0, 0}, {"text", 35, 35, Unreadable, 16, 0, 0}, {"uniqueidentifier", 36, 36, UniqueIdentifier, 16, 0, 0},
	{"date", 40, 40, Date, 3, 10, 0}, {"time", 41, 41, Time, 5, 16, 7}, {"datetime2", 42, 42, DateTime2, 8, 27, 7},
	{"datetimeoffset", 43, 43, DateTimeOffset, 10, 34, 7}, {"tinyint", 48, 48, TinyInt, 1, 3, 0}, {"smallint", 52, 52, SmallInt, 2, 5, 0},
	{"int", 56, 56, Int, 4, 10, 0}, {"smalldatetime", 58, 58, SmallDateTime, 4, 16, 0}, {"real", 59, 59, Real, 4, 24, 0},
	{"money", 60, 60, Money, 8, 19, 4}, {"datetime", 61, 61, DateTime, 8, 23, 3}, {"float", 62, 62, Float, 8, 53, 0},
	{"sql_variant", 98, 98, Unreadable, 8016, 0, 0}, {"ntext", 99, 99, Unreadable, 16, 0, 0}, {"bit", 104, 104, Bit, 1, 1, 0},
	{"decimal", 106, 106, Decimal, 17, 38, 38}, {"numeric", 108, 108, Decimal, 17, 38, 38}, {"smallmoney", 122, 122, SmallMoney, 4, 10, 4},
	{"bigint", 127, 127, BigInt, 8, 19, 0}, {"hierarchyid", 240, 128, Unreadable, 892, 0, 0}, {"geometry", 240, 129, Unreadable, -1, 0, 0},
	{"geography", 240, 130, Unreadable, -1, 0, 0}, {"varbinary", 165, 165, Varbinary, 8000, 0, 0}, {"varchar", 167, 167, Varchar, 8000, 0, 0},
	{"binary", 173, 173, Binary, 8000, 0, 0}, {"char", 175, 175, Char, 8000, 0, 0}, {"timestamp", 189, 189, RowVersion, 8, 0, 0},
	{"nvarchar", 231, 231, NVarchar, 8000, 0, 0}, {"nchar", 239, 239, NChar, 8000, 0, 0}, {"xml", 241, 241, Unreadable, -1, 0, 0},
	{"json", 244, 244, Unreadable, -1, 0, 0}, {"sysname", 231, 256, NVarchar, 256, 0, 0},
}

// systemTypeOf is the row of a type.
func systemTypeOf(t Type) systemType {
	for _, s := range systemTypes {
		if s.kind == t.Kind && (t.Kind != Unreadable || strings.EqualFold(s.name, t.Name)) {
			return s
		}
	}
	return systemType{name: t.Name, system: 240, user: 1000, kind: Unreadable, length: -1}
}

// facets are max_length in bytes, precision and scale of a column, as sys.columns shows them.
func facets(t Type) (length, precision, scale int) {
	s := systemTypeOf(t)
	length, precision, scale = s.length, s.precision, s.scale
	switch t.Kind {
	case Char, Varchar, Binary, Varbinary:
		length = t.Length
	case NChar, NVarchar:
		if length = t.Length; length > 0 {
			length *= 2
		}
	case Decimal:
		precision, scale = t.Precision, t.Scale
		length = 17
		for i, digits := range []int{9, 19, 28} {
			if t.Precision <= digits {
				length = 5 + 4*i
				break
			}
		}
	case Time, DateTime2, DateTimeOffset:
		scale = t.Scale
		length -= []int{2, 2, 2, 1, 1, 0, 0, 0}[t.Scale]
		precision -= 7 - t.Scale
		if t.Scale == 0 {
			precision--
		}
	}
	return length, precision, scale
}
