package postgres

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/atoll-sql/atoll/connectors"
)

// kind is one way from a value on the wire to a value in an Arrow buffer.
type kind uint8

const (
	kindNone kind = iota
	kindInt16
	kindInt32
	kindInt64
	kindInt16To32
	kindInt16To64
	kindInt32To64
	kindFloat32
	kindFloat64
	kindFloat32To64
	kindBool
	kindNumeric128
	kindNumeric256
	kindInteger128
	kindInteger256
	kindText
	kindJSONB
	kindBytea
	kindDate
	kindTime
	kindTimestamp
	kindInterval
	kindUUID
)

// firstUserOID is the lowest number that types made by users have.
const firstUserOID = 16384

// Type numbers that pgtype does not name.
const (
	oidName    = pgtype.NameOID
	oidUnknown = pgtype.UnknownOID
	oidChar    = pgtype.QCharOID // "char", one byte
)

var oidNames = map[uint32]string{
	pgtype.BoolOID: "boolean", pgtype.ByteaOID: "bytea", pgtype.Int2OID: "smallint", pgtype.Int4OID: "integer",
	pgtype.Int8OID: "bigint", pgtype.Float4OID: "real", pgtype.Float8OID: "double precision",
	pgtype.NumericOID: "numeric", pgtype.TextOID: "text", pgtype.VarcharOID: "character varying",
	pgtype.BPCharOID: "character", oidName: "name", oidUnknown: "unknown", pgtype.DateOID: "date",
	pgtype.TimeOID: "time without time zone", pgtype.TimetzOID: "time with time zone",
	pgtype.TimestampOID: "timestamp without time zone", pgtype.TimestamptzOID: "timestamp with time zone",
	pgtype.IntervalOID: "interval", pgtype.UUIDOID: "uuid", pgtype.JSONOID: "json", pgtype.JSONBOID: "jsonb",
	pgtype.OIDOID: "oid", pgtype.XMLOID: "xml",
}

// typeName returns PostgreSQL's name of a type, for messages.
func typeName(oid uint32) string {
	if name, ok := oidNames[oid]; ok {
		return name
	}
	return fmt.Sprintf("type number %d", oid)
}

// conversions gives, per Arrow type, the wire types that become it without loss.
var conversions = map[arrow.Type]map[uint32]kind{
	arrow.INT16: {pgtype.Int2OID: kindInt16},
	arrow.INT32: {pgtype.Int2OID: kindInt16To32, pgtype.Int4OID: kindInt32},
	arrow.INT64: {pgtype.Int2OID: kindInt16To64, pgtype.Int4OID: kindInt32To64, pgtype.Int8OID: kindInt64},

	arrow.FLOAT32: {pgtype.Float4OID: kindFloat32},
	arrow.FLOAT64: {pgtype.Float4OID: kindFloat32To64, pgtype.Float8OID: kindFloat64},
	arrow.BOOL:    {pgtype.BoolOID: kindBool},

	arrow.DECIMAL128: {pgtype.NumericOID: kindNumeric128,
		pgtype.Int2OID: kindInteger128, pgtype.Int4OID: kindInteger128, pgtype.Int8OID: kindInteger128},
	arrow.DECIMAL256: {pgtype.NumericOID: kindNumeric256,
		pgtype.Int2OID: kindInteger256, pgtype.Int4OID: kindInteger256, pgtype.Int8OID: kindInteger256},

	arrow.STRING: {pgtype.TextOID: kindText, pgtype.VarcharOID: kindText, pgtype.BPCharOID: kindText,
		oidName: kindText, oidUnknown: kindText, oidChar: kindText, pgtype.JSONOID: kindText, pgtype.JSONBOID: kindJSONB},
	arrow.BINARY:            {pgtype.ByteaOID: kindBytea},
	arrow.FIXED_SIZE_BINARY: {pgtype.UUIDOID: kindUUID},

	arrow.DATE32:                  {pgtype.DateOID: kindDate},
	arrow.TIME64:                  {pgtype.TimeOID: kindTime},
	arrow.TIMESTAMP:               {pgtype.TimestampOID: kindTimestamp, pgtype.TimestamptzOID: kindTimestamp},
	arrow.INTERVAL_MONTH_DAY_NANO: {pgtype.IntervalOID: kindInterval},
}

// kindFor picks the conversion from a wire type to an Arrow type; kindNone if there is none.
func kindFor(oid uint32, want arrow.DataType) kind {
	switch t := want.(type) {
	case *arrow.TimestampType:
		if t.Unit != arrow.Microsecond || (t.TimeZone != "") != (oid == pgtype.TimestamptzOID) {
			return kindNone
		}
	case *arrow.Time64Type:
		if t.Unit != arrow.Microsecond {
			return kindNone
		}
	case arrow.DecimalType:
		if p, s := t.GetPrecision(), t.GetScale(); s < 0 || p < s || p < 1 || p > 76 || t.ID() == arrow.DECIMAL128 && p > 38 {
			return kindNone
		}
	case *arrow.FixedSizeBinaryType:
		if t.ByteWidth != 16 {
			return kindNone
		}
	}
	return conversions[want.ID()][oid]
}

// unknownTypesError asks for user-defined types to be looked up before the statement is tried again.
type unknownTypesError struct{ oids []uint32 }

func (e *unknownTypesError) Error() string { return "result columns of user-defined types" }

// planColumns decides for each column of the schema how it is decoded.
func (s *shard) planColumns(have []wireColumn, want *arrow.Schema) ([]kind, error) {
	if len(have) != want.NumFields() {
		return nil, connectors.NewError(s.name, connectors.ClassSchema, "",
			fmt.Sprintf("the shard returns %d columns where %d are expected", len(have), want.NumFields()), nil)
	}
	kinds := make([]kind, len(have))
	var unknown []uint32
	for i, col := range have {
		field := want.Field(i)
		kinds[i] = kindFor(col.oid, field.Type)
		if kinds[i] == kindNone && col.oid >= firstUserOID && field.Type.ID() == arrow.STRING {
			switch isText, known := s.textual(col.oid); {
			case !known:
				unknown = append(unknown, col.oid)
				continue
			case isText:
				kinds[i] = kindText
			}
		}
		if kinds[i] == kindNone {
			e := noConversion(field.Name, typeName(col.oid), field.Type.String())
			e.Shard = s.name
			return nil, e
		}
	}
	if unknown != nil {
		return nil, &unknownTypesError{unknown}
	}
	return kinds, nil
}

// textual reports whether a user-defined type is sent as text, as enums are.
func (s *shard) textual(oid uint32) (isText, known bool) {
	s.typesMu.RLock()
	defer s.typesMu.RUnlock()
	isText, known = s.texts[oid]
	return isText, known
}
