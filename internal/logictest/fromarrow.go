package logictest

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// typeKey is the metadata key that names a PostgreSQL type which its Arrow type alone does not; it repeats
// connectors.TypeKey so that this package depends on no other.
const typeKey = "atoll.type"

// FromArrow returns the answer that a schema and its record batches hold. It copies what it needs; the
// records stay the caller's.
func FromArrow(schema *arrow.Schema, records []arrow.Record) (Answer, error) {
	var answer Answer
	for _, field := range schema.Fields() {
		name, err := typeName(field)
		if err != nil {
			return Answer{}, err
		}
		answer.Columns = append(answer.Columns, field.Name)
		answer.Types = append(answer.Types, name)
	}
	for _, record := range records {
		rows, err := AppendRows(nil, answer.Types, record)
		if err != nil {
			return Answer{}, err
		}
		answer.Rows = append(answer.Rows, rows...)
	}
	return answer, nil
}

// AppendRows appends the rows of one record, whose columns have the given PostgreSQL types, in canonical form.
func AppendRows(rows [][]Cell, types []string, record arrow.Record) ([][]Cell, error) {
	if int(record.NumCols()) != len(types) {
		return nil, fmt.Errorf("a batch has %d columns, the schema %d", record.NumCols(), len(types))
	}
	for r := range int(record.NumRows()) {
		row := make([]Cell, len(types))
		for c, typ := range types {
			column := record.Column(c)
			if column.IsNull(r) {
				row[c].Null = true
				continue
			}
			text, err := cellText(typ, column, r)
			if err != nil {
				return nil, fmt.Errorf("column %q: %w", record.ColumnName(c), err)
			}
			row[c].Text = text
		}
		rows = append(rows, row)
	}
	return rows, nil
}

var arrowNames = map[arrow.Type]string{
	arrow.INT16: "smallint", arrow.INT32: "integer", arrow.INT64: "bigint",
	arrow.FLOAT32: "real", arrow.FLOAT64: "double precision", arrow.BOOL: "boolean",
	arrow.DECIMAL128: "numeric", arrow.DECIMAL256: "numeric", arrow.BINARY: "bytea",
	arrow.DATE32: "date", arrow.TIME64: "time without time zone", arrow.INTERVAL_MONTH_DAY_NANO: "interval",
}

func typeName(field arrow.Field) (string, error) {
	meta, _ := field.Metadata.GetValue(typeKey)
	switch t := field.Type.(type) {
	case *arrow.StringType:
		switch meta {
		case "":
			return "text", nil
		case "json", "jsonb":
			return meta, nil
		case "bpchar":
			return "character", nil
		}
		if elem, ok := strings.CutSuffix(meta, "[]"); ok {
			elem, _, _ = strings.Cut(elem, "(")
			return elem + "[]", nil
		}
	case *arrow.TimestampType:
		if t.Unit == arrow.Microsecond && t.TimeZone == "" {
			return "timestamp without time zone", nil
		}
		if t.Unit == arrow.Microsecond && t.TimeZone == "UTC" {
			return "timestamp with time zone", nil
		}
	case *arrow.FixedSizeBinaryType:
		if t.ByteWidth == 16 && meta == "uuid" {
			return "uuid", nil
		}
	default:
		if name, known := arrowNames[field.Type.ID()]; known {
			return name, nil
		}
	}
	return "", fmt.Errorf("column %q has the Arrow type %s (%s %q), which stands for no PostgreSQL type", field.Name, field.Type, typeKey, meta)
}

// cellText writes the value at row r, which is not NULL, in canonical form.
func cellText(typ string, column arrow.Array, r int) (string, error) {
	switch a := column.(type) {
	case *array.Int16:
		return strconv.FormatInt(int64(a.Value(r)), 10), nil
	case *array.Int32:
		return strconv.FormatInt(int64(a.Value(r)), 10), nil
	case *array.Int64:
		return strconv.FormatInt(a.Value(r), 10), nil
	case *array.Float32:
		return floatText(float64(a.Value(r)), 32), nil
	case *array.Float64:
		return floatText(a.Value(r), 64), nil
	case *array.Boolean:
		return strconv.FormatBool(a.Value(r)), nil
	case *array.String:
		return strings.Clone(a.Value(r)), nil // the value points into the record's memory
	case *array.Binary:
		return `\x` + hex.EncodeToString(a.Value(r)), nil
	case *array.Decimal128:
		return decimalText(a.Value(r).BigInt(), a.DataType().(*arrow.Decimal128Type).Scale), nil
	case *array.Decimal256:
		return decimalText(a.Value(r).BigInt(), a.DataType().(*arrow.Decimal256Type).Scale), nil
	case *array.FixedSizeBinary:
		return uuidText(a.Value(r)), nil
	case *array.Date32:
		return dateText(int32(a.Value(r))), nil
	case *array.Time64:
		return timeText(int64(a.Value(r))), nil
	case *array.Timestamp:
		return timestampText(int64(a.Value(r)), typ == "timestamp with time zone"), nil
	case *array.MonthDayNanoInterval:
		return intervalText(a.Value(r))
	}
	return "", fmt.Errorf("no text form for the Arrow type %s", column.DataType())
}

func decimalText(unscaled *big.Int, scale int32) string {
	digits := new(big.Int).Abs(unscaled).String()
	sign := ""
	if unscaled.Sign() < 0 {
		sign = "-"
	}
	if scale <= 0 {
		return sign + digits
	}
	for len(digits) <= int(scale) {
		digits = "0" + digits
	}
	point := len(digits) - int(scale)
	return canonicalNumeric(sign + digits[:point] + "." + digits[point:])
}

func uuidText(b []byte) string {
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
