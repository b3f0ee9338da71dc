package engine

import (
	"math/big"
	"strings"
	"unicode/utf16"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// NewString16 is s in UTF-16.
func NewString16(s string) String16 { return String16(utf16.Encode([]rune(s))) }

// String is s in UTF-8; an unpaired surrogate becomes U+FFFD.
func (s String16) String() string { return string(utf16.Decode(s)) }

// maxDigits is the greatest precision of a decimal.
const maxDigits = 38

// The greatest lengths of bounded types.
const (
	maxBytes = 8000
	maxUnits = 4000
)

var kindNames = [...]string{
	Bit: "bit", TinyInt: "tinyint", SmallInt: "smallint", Int: "int", BigInt: "bigint", Decimal: "decimal", Money: "money",
	SmallMoney: "smallmoney", Real: "real", Float: "float", Char: "char", Varchar: "varchar", NChar: "nchar", NVarchar: "nvarchar",
	Binary: "binary", Varbinary: "varbinary", Date: "date", Time: "time", DateTime: "datetime", SmallDateTime: "smalldatetime",
	DateTime2: "datetime2", DateTimeOffset: "datetimeoffset", UniqueIdentifier: "uniqueidentifier", RowVersion: "timestamp",
}

// TypeName is the type's name without facets, as error messages write it.
func TypeName(t Type) string {
	if t.Kind == Unreadable {
		return t.Name
	}
	if t.IsNull() {
		return "NULL"
	}
	if t.Length == -1 {
		return kindNames[t.Kind] + "(max)"
	}
	return kindNames[t.Kind]
}

var typeKinds = map[string]Kind{
	"bit": Bit, "tinyint": TinyInt, "smallint": SmallInt, "int": Int, "integer": Int, "bigint": BigInt, "decimal": Decimal, "dec": Decimal,
	"numeric": Decimal, "money": Money, "smallmoney": SmallMoney, "real": Real, "float": Float, "double precision": Float,
	"char": Char, "character": Char, "varchar": Varchar, "char varying": Varchar, "character varying": Varchar,
	"nchar": NChar, "national char": NChar, "national character": NChar,
	"nvarchar": NVarchar, "national char varying": NVarchar, "national character varying": NVarchar, "sysname": NVarchar,
	"binary": Binary, "varbinary": Varbinary, "binary varying": Varbinary, "date": Date, "time": Time, "datetime": DateTime,
	"smalldatetime": SmallDateTime, "datetime2": DateTime2, "datetimeoffset": DateTimeOffset, "uniqueidentifier": UniqueIdentifier,
	"rowversion": RowVersion, "timestamp": RowVersion,
	"text": Unreadable, "ntext": Unreadable, "image": Unreadable, "xml": Unreadable, "sql_variant": Unreadable,
	"geography": Unreadable, "geometry": Unreadable, "hierarchyid": Unreadable, "json": Unreadable, "vector": Unreadable,
}

// ParseType is the declared type t, of a column, a parameter or an OPENJSON column: lengths not given are 1. Character types
// take the collation. Errors: 2715 for an unknown type, 1001, 1002, 2716, 2717, 2750, 2751 and 131 for facets out of range.
func ParseType(t tsql.TypeName, collation string) (Type, *Error) { return parseType(t, collation, 1) }

// CastType is the type of CAST(x AS t) where x is of type from: lengths not given are 30, and a character type takes the
// collation of a character x, else the database's.
func CastType(t tsql.TypeName, from Type, database string) (Type, *Error) {
	if isText(from.Kind) && from.Collation != "" {
		database = from.Collation
	}
	return parseType(t, database, 30)
}

func parseType(t tsql.TypeName, collation string, length int) (Type, *Error) {
	kind, ok := typeKinds[t.Name]
	if !ok {
		return Type{}, valueError(2715, "Column, parameter, or variable #1: Cannot find data type %s.", t.Name)
	}
	switch {
	case t.Name == "sysname":
		if len(t.Args) > 0 {
			return Type{}, noFacet(t)
		}
		return Type{Kind: NVarchar, Length: 128, Collation: collation}, nil
	case kind == Decimal:
		return decimalType(t)
	case kind == Float:
		return floatType(t)
	case kind == Time || kind == DateTime2 || kind == DateTimeOffset:
		return fractionType(kind, t)
	case isText(kind) || kind == Binary || kind == Varbinary:
		return lengthType(kind, t, collation, length)
	case kind == Unreadable:
		return Type{Kind: Unreadable, Name: t.Name}, nil
	case len(t.Args) > 0:
		return Type{}, noFacet(t)
	case kind == RowVersion:
		return Type{Kind: RowVersion, Length: 8}, nil
	}
	return Type{Kind: kind}, nil
}

func noFacet(t tsql.TypeName) *Error {
	return valueError(2716, "Column, parameter, or variable #1: Cannot specify a column width on data type %s.", t.Name)
}

func decimalType(t tsql.TypeName) (Type, *Error) {
	d := Type{Kind: Decimal, Precision: 18}
	if len(t.Args) > 0 {
		d.Precision = t.Args[0]
	}
	if len(t.Args) > 1 {
		d.Scale = t.Args[1]
	}
	switch {
	case len(t.Args) > 2:
		return d, noFacet(t)
	case d.Precision > maxDigits:
		return d, valueError(2750, "Column or parameter #1: Specified column precision %d is greater than the maximum precision of 38.", d.Precision)
	case d.Precision < 1:
		return d, valueError(1001, "Line 1: Length or precision specification %d is invalid.", d.Precision)
	case d.Scale > d.Precision || d.Scale < 0:
		return d, valueError(192, "The scale must be less than or equal to the precision.")
	}
	return d, nil
}

func floatType(t tsql.TypeName) (Type, *Error) {
	if len(t.Args) == 0 {
		return Type{Kind: Float}, nil
	}
	switch n := t.Args[0]; {
	case len(t.Args) > 1:
		return Type{}, noFacet(t)
	case n < 1:
		return Type{}, valueError(1001, "Line 1: Length or precision specification %d is invalid.", n)
	case n <= 24:
		return Type{Kind: Real}, nil
	case n <= 53:
		return Type{Kind: Float}, nil
	default:
		return Type{}, valueError(2750, "Column or parameter #1: Specified column precision %d is greater than the maximum precision of 53.", n)
	}
}

func fractionType(kind Kind, t tsql.TypeName) (Type, *Error) {
	scale := 7
	if len(t.Args) > 1 {
		return Type{}, noFacet(t)
	}
	if len(t.Args) == 1 {
		scale = t.Args[0]
	}
	if scale < 0 || scale > 7 {
		return Type{}, valueError(1002, "Line 1: Specified scale %d is invalid.", scale)
	}
	return Type{Kind: kind, Scale: scale}, nil
}

func lengthType(kind Kind, t tsql.TypeName, collation string, length int) (Type, *Error) {
	if len(t.Args) > 1 {
		return Type{}, noFacet(t)
	}
	if len(t.Args) == 1 {
		length = t.Args[0]
	}
	most := maxBytes
	if isUnicode(kind) {
		most = maxUnits
	}
	switch {
	case length == -1 && (kind == Varchar || kind == NVarchar || kind == Varbinary):
	case length < 1:
		return Type{}, valueError(1001, "Line 1: Length or precision specification %d is invalid.", length)
	case length > most && isUnicode(kind):
		return Type{}, valueError(2717, "The size (%d) given to the parameter '%s' exceeds the maximum allowed (4000).", length, t.Name)
	case length > most:
		return Type{}, valueError(131, "The size (%d) given to the type '%s' exceeds the maximum allowed for any data type (8000).", length, t.Name)
	}
	if !isText(kind) {
		collation = ""
	}
	return Type{Kind: kind, Length: length, Collation: collation}, nil
}

// UntypedNull is the type of the constant NULL before its surroundings give it one. A column made of it is int (Settle).
var UntypedNull = Type{Kind: Int, Name: "NULL"}

// IsNull reports whether t is UntypedNull.
func (t Type) IsNull() bool { return t.Kind == Int && t.Name != "" }

// Settle is the type of a column made of an expression of type t: an untyped NULL is int, and an integer constant, whose
// digits count when a decimal meets it, becomes a plain int.
func Settle(t Type) Type {
	if t.Kind == Int {
		return Type{Kind: Int}
	}
	return t
}

// LiteralOf is LiteralIn the default collation.
func LiteralOf(l *tsql.Literal) (Value, Type, *Error) { return LiteralIn(l, DefaultCollation) }

// LiteralIn is the value and the type of a constant in a database of the collation. An integer that int does not hold is
// decimal, as in SQL Server (never bigint); characters that a 'varchar' constant's code page lacks become '?'.
func LiteralIn(l *tsql.Literal, collation string) (Value, Type, *Error) {
	switch l.Kind {
	case tsql.Null:
		return nil, UntypedNull, nil
	case tsql.Integer, tsql.Decimal:
		return numberLiteral(l)
	case tsql.Float:
		f, err := parseFloat(NewString16(l.Text), Type{Kind: Varchar}, Type{Kind: Float})
		return f, Type{Kind: Float}, err
	case tsql.Varchar:
		s := toCodePage(NewString16(l.Text), collation)
		t := Type{Kind: Varchar, Length: literalLength(byteLength(s, collation), maxBytes), Collation: collation}
		return s, t, nil
	case tsql.Nvarchar:
		s := NewString16(l.Text)
		return s, Type{Kind: NVarchar, Length: literalLength(len(s), maxUnits), Collation: collation}, nil
	default:
		b, ok := hexBytes(NewString16(l.Text), true)
		if !ok {
			return nil, Type{}, valueError(105, "Unclosed or malformed binary constant.")
		}
		return b, Type{Kind: Varbinary, Length: literalLength(len(b), maxBytes)}, nil
	}
}

func literalLength(n, most int) int {
	if n > most {
		return -1
	}
	return max(n, 1)
}

func numberLiteral(l *tsql.Literal) (Value, Type, *Error) {
	whole, fraction, _ := strings.Cut(l.Text, ".")
	whole = strings.TrimLeft(whole, "0")
	n, ok := new(big.Int).SetString("0"+whole+fraction, 10)
	if !ok {
		return nil, Type{}, valueError(102, "Incorrect syntax near '%s'.", l.Text)
	}
	if l.Kind == tsql.Integer && n.IsInt64() && n.Int64() <= maxOf[Int] {
		return n.Int64(), Type{Kind: Int, Precision: max(len(whole), 1)}, nil
	}
	digits := max(len(whole)+len(fraction), 1)
	if digits > maxDigits {
		return nil, Type{}, valueError(1007, "The number '%s' is out of the range for numeric representation (maximum precision 38).", l.Text)
	}
	return Dec{n, len(fraction)}, Type{Kind: Decimal, Precision: digits, Scale: len(fraction)}, nil
}
