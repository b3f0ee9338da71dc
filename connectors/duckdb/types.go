package duckdb

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	duck "github.com/duckdb/duckdb-go-bindings"
)

// wideBytes is the width of a wide numeric's BLOB, and wideScale the scale of the integer in it.
const (
	wideBytes = 32
	wideScale = 38
)

// maxDigits is the most digits a DuckDB DECIMAL or an Arrow decimal128 holds.
const maxDigits = 38

// vectorRows is the most rows of one of DuckDB's vectors. It is a constant of the linked library, checked
// when a database is opened.
const vectorRows = 2048

// isWide reports whether a type is the wide numeric.
func isWide(t arrow.DataType) bool {
	d, ok := t.(*arrow.Decimal256Type)
	return ok && d.Precision == 76 && d.Scale == wideScale
}

// simpleTypes maps an Arrow type to DuckDB's where the kind alone decides.
var simpleTypes = map[arrow.Type]duck.Type{
	arrow.BOOL:                    duck.TypeBoolean,
	arrow.INT16:                   duck.TypeSmallInt,
	arrow.INT32:                   duck.TypeInteger,
	arrow.INT64:                   duck.TypeBigInt,
	arrow.FLOAT32:                 duck.TypeFloat,
	arrow.FLOAT64:                 duck.TypeDouble,
	arrow.STRING:                  duck.TypeVarchar,
	arrow.BINARY:                  duck.TypeBlob,
	arrow.DATE32:                  duck.TypeDate,
	arrow.INTERVAL_MONTH_DAY_NANO: duck.TypeInterval,
}

// logicalType returns the DuckDB type that carries an Arrow type in and out of Atoll's own functions and
// inputs. The caller destroys it.
func logicalType(t arrow.DataType) (duck.LogicalType, error) {
	if d, ok := t.(*arrow.Decimal128Type); ok {
		if d.Precision < 1 || d.Precision > maxDigits || d.Scale < 0 || d.Scale > d.Precision {
			return duck.LogicalType{}, fmt.Errorf("no DuckDB type for Arrow type %s", t)
		}
		return duck.CreateDecimalType(uint8(d.Precision), uint8(d.Scale)), nil
	}
	id, err := logicalTypeID(t)
	if err != nil {
		return duck.LogicalType{}, err
	}
	return duck.CreateLogicalType(id), nil
}

func logicalTypeID(t arrow.DataType) (duck.Type, error) {
	if id, ok := simpleTypes[t.ID()]; ok {
		return id, nil
	}
	switch t := t.(type) {
	case *arrow.Time64Type:
		if t.Unit == arrow.Microsecond {
			return duck.TypeTime, nil
		}
	case *arrow.TimestampType:
		switch {
		case t.Unit == arrow.Microsecond && t.TimeZone == "":
			return duck.TypeTimestamp, nil
		case t.Unit == arrow.Microsecond && t.TimeZone == "UTC":
			return duck.TypeTimestampTZ, nil
		}
	case *arrow.FixedSizeBinaryType:
		if t.ByteWidth == 16 {
			return duck.TypeUUID, nil
		}
	case *arrow.Decimal256Type:
		if isWide(t) {
			return duck.TypeBlob, nil
		}
	}
	return duck.TypeInvalid, fmt.Errorf("no DuckDB type for Arrow type %s", t)
}

// duckType is the type of one of DuckDB's vectors, as far as decoding needs it.
type duckType struct {
	id       duck.Type
	internal duck.Type // of a DECIMAL: the integer type that holds it
	width    int32     // of a DECIMAL
	scale    int32     // of a DECIMAL
}

// describeType reads a logical type and destroys it.
func describeType(t duck.LogicalType) duckType {
	defer duck.DestroyLogicalType(&t)
	d := duckType{id: duck.GetTypeId(t)}
	if d.id == duck.TypeDecimal {
		d.internal = duck.DecimalInternalType(t)
		d.width = int32(duck.DecimalWidth(t))
		d.scale = int32(duck.DecimalScale(t))
	}
	return d
}

// typeNames names the types a statement may return, for messages.
var typeNames = map[duck.Type]string{
	duck.TypeBoolean: "BOOLEAN", duck.TypeTinyInt: "TINYINT", duck.TypeSmallInt: "SMALLINT",
	duck.TypeInteger: "INTEGER", duck.TypeBigInt: "BIGINT", duck.TypeHugeInt: "HUGEINT",
	duck.TypeUTinyInt: "UTINYINT", duck.TypeUSmallInt: "USMALLINT", duck.TypeUInteger: "UINTEGER",
	duck.TypeUBigInt: "UBIGINT", duck.TypeUHugeInt: "UHUGEINT", duck.TypeFloat: "FLOAT",
	duck.TypeDouble: "DOUBLE", duck.TypeDecimal: "DECIMAL", duck.TypeVarchar: "VARCHAR", duck.TypeBlob: "BLOB",
	duck.TypeDate: "DATE", duck.TypeTime: "TIME", duck.TypeTimeTZ: "TIMETZ", duck.TypeTimestamp: "TIMESTAMP",
	duck.TypeTimestampTZ: "TIMESTAMPTZ", duck.TypeTimestampS: "TIMESTAMP_S", duck.TypeTimestampMS: "TIMESTAMP_MS",
	duck.TypeTimestampNS: "TIMESTAMP_NS", duck.TypeInterval: "INTERVAL", duck.TypeUUID: "UUID",
	duck.TypeEnum: "ENUM", duck.TypeList: "LIST", duck.TypeStruct: "STRUCT", duck.TypeMap: "MAP",
	duck.TypeArray: "ARRAY", duck.TypeUnion: "UNION", duck.TypeBit: "BIT", duck.TypeSQLNull: "NULL",
}

func (d duckType) String() string {
	if d.id == duck.TypeDecimal {
		return fmt.Sprintf("DECIMAL(%d,%d)", d.width, d.scale)
	}
	if n, ok := typeNames[d.id]; ok {
		return n
	}
	return fmt.Sprintf("DuckDB type %d", d.id)
}
