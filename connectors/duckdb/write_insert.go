package duckdb

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// tableColumn is a column to be written.
type tableColumn struct {
	name   string // as the table spells it
	native string // DuckDB's name of its type
}

// Insert implements connectors.Tx: an INSERT that reads the record as an input. A value that the column cannot hold as it is is refused.
func (t *tx) Insert(ctx context.Context, table string, rec arrow.Record) (n int64, err error) {
	if rec.NumRows() == 0 {
		return 0, t.state.Usable()
	}
	columns, err := t.columnsOf(ctx, table)
	if err != nil {
		return 0, err
	}
	err = t.do(ctx, func() error {
		fitted, err := fitted(rec, columns)
		if err != nil {
			return err
		}
		defer fitted.Release()
		names := make([]string, fitted.NumCols())
		for i := range names {
			names[i] = quote(fitted.ColumnName(i))
		}
		list := strings.Join(names, ", ")
		n, err = t.conn.insertFrom(ctx, fmt.Sprintf("INSERT INTO %s.%s (%s) SELECT %s FROM %s('rows')",
			quote(t.c.cfg.Schema), quote(table), list, list, InputFunction), &once{rec: fitted})
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// insertFrom runs an INSERT that reads the input "rows".
func (c *conn) insertFrom(ctx context.Context, sql string, source BatchSource) (int64, error) {
	in := &input{Input: Input{Name: "rows", Source: source}, ctx: ctx}
	c.setInputs(map[string]*input{"rows": in})
	defer c.setInputs(nil)
	n, err := c.exec(sql, nil)
	in.settle()
	if cause := in.failure(); cause != nil {
		return 0, cause
	}
	return n, err
}

// once is a source of one record, which stays its owner's.
type once struct {
	rec  arrow.Record
	done bool
}

func (o *once) Schema() *arrow.Schema { return o.rec.Schema() }

func (o *once) Next(context.Context) (arrow.Record, error) {
	if o.done {
		return nil, io.EOF
	}
	o.done = true
	return o.rec, nil
}

// columnsOf returns the columns of a table by their names in lower case, as the transaction sees them.
func (t *tx) columnsOf(ctx context.Context, table string) (map[string]tableColumn, error) {
	if known := t.targets[table]; known != nil {
		return known, nil
	}
	stmt := connectors.Statement{SQL: fmt.Sprintf(columnsSQL, "lower($2)"), Schema: columnsSchema,
		Args: []connectors.Arg{{Text: t.c.cfg.Schema}, {Text: table}}}
	found := map[string]tableColumn{}
	err := eachRow(ctx, t, stmt, func(rec arrow.Record, i int) {
		text := func(col int) string { return strings.Clone(rec.Column(col).(*array.String).Value(i)) }
		found[strings.ToLower(text(1))] = tableColumn{name: text(1), native: text(2)}
	})
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, t.fail(ctx, connectors.NewError(t.c.cfg.Shard, connectors.ClassSchema, "42P01", "the table "+quote(table)+" does not exist", nil))
	}
	t.targets[table] = found
	return found, nil
}

// fitted is the record with the table's names, and with decimals in the form that its columns have.
func fitted(rec arrow.Record, columns map[string]tableColumn) (arrow.Record, error) {
	fields := make([]arrow.Field, rec.NumCols())
	arrays := make([]arrow.Array, 0, rec.NumCols())
	defer func() {
		for _, a := range arrays {
			a.Release()
		}
	}()
	for i, f := range rec.Schema().Fields() {
		to, ok := columns[strings.ToLower(f.Name)]
		if !ok {
			return nil, columnFault(connectors.ClassSchema, "42703", "the table to be written has no such column", f)
		}
		a, err := fit(rec.Column(i), f, to)
		if err != nil {
			return nil, err
		}
		arrays = append(arrays, a)
		fields[i] = arrow.Field{Name: to.name, Type: a.DataType(), Nullable: true}
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), arrays, rec.NumRows()), nil
}

func columnFault(class connectors.Class, state, text string, f arrow.Field) *connectors.Error {
	e := connectors.NewError("", class, state, text, nil)
	e.Column = f.Name
	return e
}

// holders are the types of columns that take values of an Arrow type as they are. Numbers are seen to by whole and rescaled.
var holders = map[arrow.Type]string{
	arrow.FLOAT32: "FLOAT DOUBLE", arrow.FLOAT64: "DOUBLE", arrow.BOOL: "BOOLEAN", arrow.BINARY: "BLOB", arrow.FIXED_SIZE_BINARY: "UUID",
	arrow.DATE32: "DATE", arrow.TIME64: "TIME", arrow.INTERVAL_MONTH_DAY_NANO: "INTERVAL",
}

// holds reports whether a column of a type takes values of a field, which are no numbers, as they are, or refuses them.
func holds(native string, f arrow.Field) bool {
	switch t := f.Type.(type) {
	case *arrow.TimestampType:
		return native == "TIMESTAMP" && t.TimeZone == "" || native == "TIMESTAMP WITH TIME ZONE" && t.TimeZone != ""
	case *arrow.StringType:
		mark, _ := f.Metadata.GetValue(connectors.TypeKey)
		return !strings.HasSuffix(mark, "[]") && (native == "VARCHAR" || native == "JSON" || strings.HasPrefix(native, "ENUM("))
	}
	return slices.Contains(strings.Fields(holders[f.Type.ID()]), native)
}

// bounds are the ends of a whole number's range.
type bounds struct{ low, high decimal256.Num }

func signed(bits int) bounds {
	return bounds{decimal256.FromI64(-1 << (bits - 1)), decimal256.FromI64(1<<(bits-1) - 1)}
}

func unsigned(bits int) bounds {
	return bounds{decimal256.FromI64(0), decimal256.FromU64(math.MaxUint64 >> (64 - bits))}
}

// whole gives the ranges of DuckDB's whole numbers. Of the two widest types the values with 39 digits are left out.
var whole = map[string]bounds{
	"TINYINT": signed(8), "SMALLINT": signed(16), "INTEGER": signed(32), "BIGINT": signed(64),
	"UTINYINT": unsigned(8), "USMALLINT": unsigned(16), "UINTEGER": unsigned(32), "UBIGINT": unsigned(64),
	"HUGEINT":  {decimal256.GetScaleMultiplier(maxDigits).Negate(), decimal256.GetScaleMultiplier(maxDigits)},
	"UHUGEINT": {decimal256.FromI64(0), decimal256.GetScaleMultiplier(maxDigits)},
}

// fit returns an array whose values DuckDB casts to the column's type without a change. The caller releases it.
func fit(a arrow.Array, f arrow.Field, to tableColumn) (arrow.Array, error) {
	precision, scale, isDecimal := decimalType(to.native)
	limits, isWhole := whole[to.native]
	digits, point, isNumber := numberType(f.Type)
	switch {
	case isNumber && isDecimal && (scale < point || precision-scale < digits-point):
		return rescaled(a, to, f, precision, scale, nil)
	case isNumber && isWhole && (point > 0 || f.Type.ID() != arrow.INT64 || to.native != "BIGINT"):
		return rescaled(a, to, f, maxDigits, 0, &limits)
	case isNumber && (isDecimal || isWhole), !isNumber && holds(to.native, f):
		a.Retain()
		return a, nil
	}
	return nil, columnFault(connectors.ClassSchema, "42804",
		fmt.Sprintf("values of Arrow type %s cannot be written into a column of type %s without loss", f.Type, to.native), f)
}

// numberType gives the most digits of a number's type, and how many of them stand behind the point.
func numberType(t arrow.DataType) (digits, scale int32, ok bool) {
	switch t := t.(type) {
	case *arrow.Int16Type:
		return 5, 0, true
	case *arrow.Int32Type:
		return 10, 0, true
	case *arrow.Int64Type:
		return 19, 0, true
	case arrow.DecimalType:
		return t.GetPrecision(), t.GetScale(), true
	}
	return 0, 0, false
}

// decimalType reads the name of a DECIMAL.
func decimalType(native string) (precision, scale int32, ok bool) {
	n, err := fmt.Sscanf(native, "DECIMAL(%d,%d)", &precision, &scale)
	return precision, scale, n == 2 && err == nil && strings.HasSuffix(native, ")")
}

// rescaled returns the numbers as decimals of a precision and scale, or refuses those that it would have to round, that have too many digits, or
// that lie beyond limits.
func rescaled(a arrow.Array, to tableColumn, f arrow.Field, precision, scale int32, limits *bounds) (arrow.Array, error) {
	b := array.NewDecimal128Builder(memory.DefaultAllocator, &arrow.Decimal128Type{Precision: precision, Scale: scale})
	defer b.Release()
	b.Reserve(a.Len())
	_, from, _ := numberType(f.Type)
	for i := range a.Len() {
		if a.IsNull(i) {
			b.AppendNull()
			continue
		}
		n := wideValue(a, i)
		tooLarge := !n.FitsInPrecision(min(2*maxDigits, max(1, precision-scale+from))) // before scaling up, which could overflow
		n, err := n.Rescale(from, scale)
		if tooLarge || err != nil || !n.FitsInPrecision(precision) || limits != nil && (n.Less(limits.low) || n.Greater(limits.high)) {
			return nil, columnFault(connectors.ClassData, "22003", connectors.DataMessage("22003")+": a number does not fit type "+to.native, f)
		}
		words := n.Array() // least significant first
		b.Append(decimal128.New(int64(words[1]), words[0]))
	}
	return b.NewArray(), nil
}

// wideValue is one number of an array whose type numberType knows.
func wideValue(a arrow.Array, i int) decimal256.Num {
	switch a := a.(type) {
	case *array.Int16:
		return decimal256.FromI64(int64(a.Value(i)))
	case *array.Int32:
		return decimal256.FromI64(int64(a.Value(i)))
	case *array.Int64:
		return decimal256.FromI64(a.Value(i))
	case *array.Decimal128:
		return decimal256.FromDecimal128(a.Value(i))
	}
	return a.(*array.Decimal256).Value(i)
}
