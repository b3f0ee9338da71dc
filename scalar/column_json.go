package scalar

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// ColumnJSON returns a function that appends value i of a column, which is not NULL, as to_jsonb writes it: numbers as JSON numbers with
// all of their digits (NaN and infinities, which JSON lacks, as strings), booleans as such, dates and timestamps in ISO 8601, all else as
// the string of its canonical text. A wide numeric comes without the zeros at its end. The column must outlive the function.
func ColumnJSON(column arrow.Array) (func(dst []byte, i int) ([]byte, error), error) {
	text, err := ColumnText(column)
	if err != nil {
		return nil, err
	}
	write := func(dst []byte, s string) ([]byte, error) { return appendJSONString(dst, s), nil }
	switch column.DataType().ID() {
	case arrow.BOOL:
		write = func(dst []byte, s string) ([]byte, error) { return append(dst, s...), nil }
	case arrow.INT16, arrow.INT32, arrow.INT64, arrow.DECIMAL128, arrow.DECIMAL256, arrow.FLOAT32, arrow.FLOAT64:
		write = appendJSONBNumber
	case arrow.DATE32, arrow.TIMESTAMP:
		write = jsonMoment
	case arrow.STRING:
		texts := column.(*array.String)
		return func(dst []byte, i int) ([]byte, error) { return appendJSONString(dst, texts.Value(i)), nil }, nil
	}
	var scratch []byte
	return func(dst []byte, i int) ([]byte, error) {
		scratch = text(scratch[:0], i)
		return write(dst, string(scratch))
	}, nil
}

// appendJSONBNumber writes the text of a number as jsonb keeps it; of one that JSON lacks the string.
func appendJSONBNumber(dst []byte, s string) ([]byte, error) {
	if _, err := readJSON(s, false); err != nil {
		return appendJSONString(dst, s), nil
	}
	number, err := jsonbNumber(s)
	return append(dst, number...), err
}
