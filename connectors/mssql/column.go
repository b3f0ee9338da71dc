package mssql

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	driver "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/connectors"
)

// kind says how a column's values are decoded.
type kind uint8

const (
	kindNone       kind = iota
	kindInt16           // of int64
	kindInt32           // of int64
	kindInt64           // of int64
	kindIntDecimal      // a decimal of int64
	kindBool
	kindFloat32 // of float64, which holds a real
	kindFloat64
	kindDecimal     // of the number's text
	kindDecimalInt  // an int64 of a decimal's text
	kindTextDecimal // of nvarchar: a decimal, or two that are to be added
	kindNText       // of nvarchar
	kindText        // of varchar
	kindUTF16       // text of its UTF-16 bytes
	kindBinary
	kindUUID
	kindDate
	kindTime
	kindTimestamp
)

// families sorts the driver's names of the types that it can be right about.
var families = map[string]string{
	"TINYINT": "int", "SMALLINT": "int", "INT": "int", "BIGINT": "int", "BIT": "bit",
	"DECIMAL": "decimal", "MONEY": "decimal", "SMALLMONEY": "decimal", "REAL": "real", "FLOAT": "float",
	"NVARCHAR": "nvarchar", "NCHAR": "nvarchar", "VARCHAR": "varchar", "CHAR": "varchar",
	"VARBINARY": "binary", "BINARY": "binary", "UNIQUEIDENTIFIER": "uuid",
	"DATE": "date", "TIME": "time", "DATETIME": "datetime", "SMALLDATETIME": "datetime", "DATETIME2": "datetime",
	"DATETIMEOFFSET": "offset",
}

// conversions holds what is read as what.
var conversions = map[string]map[arrow.Type]kind{
	"int": {arrow.INT16: kindInt16, arrow.INT32: kindInt32, arrow.INT64: kindInt64,
		arrow.DECIMAL128: kindIntDecimal, arrow.DECIMAL256: kindIntDecimal},
	"bit": {arrow.BOOL: kindBool},
	"decimal": {arrow.DECIMAL128: kindDecimal, arrow.DECIMAL256: kindDecimal,
		arrow.INT16: kindDecimalInt, arrow.INT32: kindDecimalInt, arrow.INT64: kindDecimalInt},
	"real":     {arrow.FLOAT32: kindFloat32, arrow.FLOAT64: kindFloat64},
	"float":    {arrow.FLOAT64: kindFloat64},
	"nvarchar": {arrow.STRING: kindNText, arrow.DECIMAL128: kindTextDecimal, arrow.DECIMAL256: kindTextDecimal},
	"varchar":  {arrow.STRING: kindText, arrow.DECIMAL128: kindTextDecimal, arrow.DECIMAL256: kindTextDecimal},
	"binary":   {arrow.BINARY: kindBinary, arrow.STRING: kindUTF16},
	"uuid":     {arrow.FIXED_SIZE_BINARY: kindUUID},
	"date":     {arrow.DATE32: kindDate},
	"time":     {arrow.TIME64: kindTime},
	"datetime": {arrow.TIMESTAMP: kindTimestamp},
	"offset":   {arrow.TIMESTAMP: kindTimestamp},
}

// planColumns chooses, once per result, how each column is decoded.
func planColumns(rows *driver.Rows, schema *arrow.Schema) (kinds []kind, err error) {
	defer recovered(&err) // the driver panics over types it has no name for
	names := rows.Columns()
	if len(names) != schema.NumFields() {
		text := fmt.Sprintf("the shard returns %d columns where %d are expected", len(names), schema.NumFields())
		return nil, connectors.NewError("", connectors.ClassSchema, "", text, nil)
	}
	kinds = make([]kind, len(names))
	for i := range kinds {
		native := rows.ColumnTypeDatabaseTypeName(i)
		if kinds[i] = chooseKind(native, schema.Field(i).Type); kinds[i] == kindNone {
			return nil, noConversion(schema.Field(i).Name, native, schema.Field(i).Type.String())
		}
	}
	return kinds, nil
}

func chooseKind(native string, want arrow.DataType) kind {
	family := families[native]
	switch t := want.(type) {
	case *arrow.TimestampType:
		if t.Unit != arrow.Microsecond || (t.TimeZone != "") != (family == "offset") {
			return kindNone
		}
	case *arrow.Time64Type:
		if t.Unit != arrow.Microsecond {
			return kindNone
		}
	case *arrow.FixedSizeBinaryType:
		if t.ByteWidth != 16 {
			return kindNone
		}
	}
	return conversions[family][want.ID()]
}

// column collects the values of one result column.
type column struct {
	kind      kind
	field     arrow.Field
	precision int
	scale     int
	bound     uint64 // 10^precision, as far as shortDecimal goes
	builder   array.Builder
	scratch   []byte
}

func newColumn(k kind, field arrow.Field, alloc memory.Allocator) column {
	c := column{kind: k, field: field, builder: array.NewBuilder(alloc, field.Type)}
	switch t := field.Type.(type) {
	case *arrow.Decimal128Type:
		c.precision, c.scale = int(t.Precision), int(t.Scale)
	case *arrow.Decimal256Type:
		c.precision, c.scale = int(t.Precision), int(t.Scale)
	}
	c.bound = pow10[min(c.precision, maxShortDigits)]
	return c
}
