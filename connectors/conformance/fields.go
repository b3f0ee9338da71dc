package conformance

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

var plainTypes = map[string]arrow.DataType{
	"smallint":                    arrow.PrimitiveTypes.Int16,
	"integer":                     arrow.PrimitiveTypes.Int32,
	"bigint":                      arrow.PrimitiveTypes.Int64,
	"real":                        arrow.PrimitiveTypes.Float32,
	"double precision":            arrow.PrimitiveTypes.Float64,
	"boolean":                     arrow.FixedWidthTypes.Boolean,
	"text":                        arrow.BinaryTypes.String,
	"bytea":                       arrow.BinaryTypes.Binary,
	"date":                        arrow.FixedWidthTypes.Date32,
	"time without time zone":      arrow.FixedWidthTypes.Time64us,
	"timestamp without time zone": &arrow.TimestampType{Unit: arrow.Microsecond},
	"timestamp with time zone":    &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"},
	"interval":                    arrow.FixedWidthTypes.MonthDayNanoInterval,
}

var markedTypes = map[string]struct {
	typ    arrow.DataType
	marker string
}{
	"uuid":         {&arrow.FixedSizeBinaryType{ByteWidth: 16}, "uuid"},
	"json":         {arrow.BinaryTypes.String, "json"},
	"jsonb":        {arrow.BinaryTypes.String, "jsonb"},
	"numeric":      {&arrow.Decimal256Type{Precision: 76, Scale: 38}, "numeric"},
	"character(5)": {arrow.BinaryTypes.String, "bpchar"},
}

// field is the Arrow field by which Atoll carries a PostgreSQL type.
func field(name, typ string) arrow.Field {
	f := arrow.Field{Name: name, Nullable: true}
	if plain, ok := plainTypes[typ]; ok {
		f.Type = plain
		return f
	}
	if marked, ok := markedTypes[typ]; ok {
		f.Type = marked.typ
		f.Metadata = arrow.NewMetadata([]string{connectors.TypeKey}, []string{marked.marker})
		return f
	}
	var precision, scale int32
	if n, err := fmt.Sscanf(typ, "numeric(%d,%d)", &precision, &scale); n != 2 || err != nil {
		panic("conformance: no Arrow type for " + typ)
	}
	f.Type = &arrow.Decimal128Type{Precision: precision, Scale: scale}
	return f
}

func schemaOf(fields ...arrow.Field) *arrow.Schema { return arrow.NewSchema(fields, nil) }

// bigints is the schema of the suite's one-column statements.
var bigints = schemaOf(field("n", "bigint"))
