package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// Kind is a PostgreSQL base type.
type Kind uint8

// The kinds. Unknown is the type of a string literal or NULL that has not met a context yet.
const (
	Unknown Kind = iota
	Bool
	Int2
	Int4
	Int8
	Numeric
	Float4
	Float8
	Text
	Bpchar
	Bytea
	Date
	Time
	Timestamp
	TimestampTZ
	Interval
	UUID
	JSON
	JSONB
	// Array is a PostgreSQL array; Type.Elem says of what.
	Array
	numKinds
)

var kindNames = [numKinds]string{
	"unknown", "boolean", "smallint", "integer", "bigint", "numeric", "real", "double precision", "text",
	"character", "bytea", "date", "time without time zone", "timestamp without time zone",
	"timestamp with time zone", "interval", "uuid", "json", "jsonb", "array",
}

var kindAliases = map[string]Kind{
	"bool": Bool, "int2": Int2, "int4": Int4, "int": Int4, "int8": Int8, "decimal": Numeric,
	"float4": Float4, "float8": Float8, "float": Float8, "varchar": Text, "character varying": Text,
	"bpchar": Bpchar, "char": Bpchar, "time": Time, "timestamp": Timestamp, "timestamptz": TimestampTZ,
}

func init() {
	for k := Bool; k < Array; k++ {
		kindAliases[kindNames[k]] = k
	}
}

// String returns PostgreSQL's name of the kind.
func (k Kind) String() string { return kindNames[k] }

// Type is a PostgreSQL type. For Numeric, Precision and Scale bound the values (in decimal digits): for a
// column they are declared, for an expression they are derived; Precision 0 means unconstrained.
// They are 0 for every other kind. Elem is the kind of an array's elements, Precision and Scale are theirs then;
// like in PostgreSQL the number of dimensions is not part of the type. Types are comparable.
type Type struct {
	Kind      Kind
	Precision int
	Scale     int
	Elem      Kind
}

// MaxNarrow is the most digits of a numeric that Arrow's decimal128 holds.
const MaxNarrow = 38

// WideScale is the scale at which numerics wider than MaxNarrow travel, in decimal256(76,38).
const WideScale = 38

// T makes a type without modifiers.
func T(k Kind) Type { return Type{Kind: k} }

// NumericType makes a numeric of p digits, s of them after the point; one that decimal128 cannot hold
// becomes unconstrained.
func NumericType(p, s int) Type {
	if p <= 0 || p > MaxNarrow || s < 0 || s > p {
		return Type{Kind: Numeric}
	}
	return Type{Kind: Numeric, Precision: p, Scale: s}
}

// Wide reports whether t is a numeric that travels as decimal256(76,38).
func (t Type) Wide() bool { return t.Kind == Numeric && t.Precision == 0 }

// IsInteger reports smallint, integer and bigint.
func (t Type) IsInteger() bool { return t.Kind >= Int2 && t.Kind <= Int8 }

// IntegerDigits are the most decimal digits that an integer of each kind has.
var IntegerDigits = map[Kind]int{Int2: 5, Int4: 10, Int8: 19}

// IsFloat reports real and double precision.
func (t Type) IsFloat() bool { return t.Kind == Float4 || t.Kind == Float8 }

// IsNumber reports integers, numeric and floats.
func (t Type) IsNumber() bool { return t.Kind >= Int2 && t.Kind <= Float8 }

// String returns PostgreSQL's name of the type.
func (t Type) String() string {
	if t.Kind == Array {
		return t.Element().String() + "[]"
	}
	if t.Kind == Numeric && t.Precision > 0 {
		return fmt.Sprintf("numeric(%d,%d)", t.Precision, t.Scale)
	}
	return t.Kind.String()
}

// ParseType reads PostgreSQL's name of a type, with modifiers. A modifier that Atoll does not model (the n of
// varchar(n)) is dropped; numeric(p,s) beyond decimal128 becomes unconstrained numeric.
func ParseType(name string) (Type, error) {
	base, mods := strings.TrimSpace(strings.ToLower(name)), ""
	if elem, ok := strings.CutSuffix(base, "[]"); ok {
		return parseArrayType(name, elem)
	}
	if i := strings.IndexByte(base, '('); i >= 0 {
		j := strings.IndexByte(base, ')')
		if j < i {
			return Type{}, fmt.Errorf("type %q: unbalanced parentheses", name)
		}
		base, mods = strings.TrimSpace(base[:i])+base[j+1:], base[i+1:j]
	}
	k, ok := kindAliases[base]
	if !ok {
		return Type{}, fmt.Errorf("type %q is not supported", name)
	}
	if k != Numeric || mods == "" {
		return T(k), nil
	}
	ps, ss, _ := strings.Cut(mods, ",")
	p, err := strconv.Atoi(strings.TrimSpace(ps))
	s := 0
	if err == nil && ss != "" {
		s, err = strconv.Atoi(strings.TrimSpace(ss))
	}
	if err != nil {
		return Type{}, fmt.Errorf("type %q: modifiers are not numbers", name)
	}
	return NumericType(p, s), nil
}

var arrowTypes = [numKinds]arrow.DataType{
	Unknown:     arrow.BinaryTypes.String,
	Bool:        arrow.FixedWidthTypes.Boolean,
	Int2:        arrow.PrimitiveTypes.Int16,
	Int4:        arrow.PrimitiveTypes.Int32,
	Int8:        arrow.PrimitiveTypes.Int64,
	Float4:      arrow.PrimitiveTypes.Float32,
	Float8:      arrow.PrimitiveTypes.Float64,
	Text:        arrow.BinaryTypes.String,
	Bpchar:      arrow.BinaryTypes.String,
	Bytea:       arrow.BinaryTypes.Binary,
	Date:        arrow.FixedWidthTypes.Date32,
	Time:        arrow.FixedWidthTypes.Time64us,
	Timestamp:   &arrow.TimestampType{Unit: arrow.Microsecond},
	TimestampTZ: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"},
	Interval:    arrow.FixedWidthTypes.MonthDayNanoInterval,
	UUID:        &arrow.FixedSizeBinaryType{ByteWidth: 16},
	JSON:        arrow.BinaryTypes.String,
	JSONB:       arrow.BinaryTypes.String,
	Array:       arrow.BinaryTypes.String,
}

// Arrow returns the Arrow type that values of t travel in.
func (t Type) Arrow() arrow.DataType {
	if t.Kind != Numeric {
		return arrowTypes[t.Kind]
	}
	if t.Wide() {
		return &arrow.Decimal256Type{Precision: 76, Scale: WideScale}
	}
	return &arrow.Decimal128Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}
}

var markedKinds = map[Kind]string{UUID: "uuid", JSON: "json", JSONB: "jsonb", Bpchar: "bpchar"}

// Field returns a nullable Arrow field of type t, with the metadata that tells PostgreSQL's type apart.
func (t Type) Field(name string) arrow.Field {
	f := arrow.Field{Name: name, Type: t.Arrow(), Nullable: true}
	mark := markedKinds[t.Kind]
	if t.Wide() {
		mark = "numeric"
	}
	if t.Kind == Array {
		mark = t.String()
	}
	if mark != "" {
		f.Metadata = arrow.MetadataFrom(map[string]string{connectors.TypeKey: mark})
	}
	return f
}

// TypeOf is the inverse of Field.
func TypeOf(f arrow.Field) (Type, error) {
	if mark, ok := f.Metadata.GetValue(connectors.TypeKey); ok {
		return ParseType(mark)
	}
	if d, ok := f.Type.(*arrow.Decimal128Type); ok {
		return NumericType(int(d.Precision), int(d.Scale)), nil
	}
	for k := Bool; k < numKinds; k++ {
		if k != Numeric && arrow.TypeEqual(arrowTypes[k], f.Type) {
			return T(k), nil
		}
	}
	return Type{}, fmt.Errorf("field %q: no PostgreSQL type for Arrow's %s", f.Name, f.Type)
}
