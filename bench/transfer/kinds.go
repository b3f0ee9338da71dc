package transfer

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// Dialects of the tables' SQL.
const (
	dialectPostgres = iota
	dialectDuckDB
	dialectTSQL
	dialects
)

// kind is a type whose values are read. In its SQL {n} is a bigint, another for each row and column, and {v} a column.
type kind struct {
	name  string
	arrow [dialects]arrow.Field // what its values are read as, without a name
	typ   [dialects]string
	value [dialects]string
	// sum is a whole number of each value that is not NULL, the same in every dialect, and digest computes it from Arrow.
	sum    [dialects]string
	digest func(arrow.Array, int) int64
}

func everywhere[T any](v T) [dialects]T { return [dialects]T{v, v, v} }

func plain(t arrow.DataType) [dialects]arrow.Field {
	return everywhere(arrow.Field{Type: t, Nullable: true})
}

// kinds are the types by themselves.
var kinds = []kind{
	{name: "bigint", arrow: plain(arrow.PrimitiveTypes.Int64), typ: everywhere("bigint"),
		value: everywhere("{n} * 1000003"), sum: everywhere("{v} % 1000003"), digest: digestInt64},
	{name: "integer", arrow: plain(arrow.PrimitiveTypes.Int32), typ: everywhere("integer"),
		value: everywhere("CAST({n} % 1000000 AS integer)"), sum: everywhere("CAST({v} AS bigint)"), digest: digestInt32},
	{name: "double", arrow: plain(arrow.PrimitiveTypes.Float64), typ: [dialects]string{"double precision", "DOUBLE", "float"},
		value: [dialects]string{"CAST({n} % 1000000 AS float8) / 7", "CAST({n} % 1000000 AS DOUBLE) / 7", "CAST({n} % 1000000 AS float) / 7"},
		sum:   everywhere("CAST(floor({v}) AS bigint)"), digest: digestFloat64},
	{name: "numeric(15,2)", arrow: plain(&arrow.Decimal128Type{Precision: 15, Scale: 2}), typ: everywhere("decimal(15,2)"),
		value: everywhere("CAST(CAST({n} % 1000000 AS decimal(15,2)) / 100 AS decimal(15,2))"),
		sum:   everywhere("CAST({v} * 100 AS bigint)"), digest: digestDecimal},
	{name: "numeric(38,10)", arrow: plain(&arrow.Decimal128Type{Precision: 38, Scale: 10}), typ: everywhere("decimal(38,10)"),
		value: everywhere("CAST(CAST({n} AS decimal(10,0)) * CAST(12345678901234567.0123456789 AS decimal(27,10)) AS decimal(38,10))"),
		sum: [dialects]string{"CAST(trunc({v}) % 1000003 AS bigint)", "CAST(CAST(floor({v}) AS HUGEINT) % 1000003 AS BIGINT)",
			"CAST(CAST(floor({v}) AS decimal(38,0)) % 1000003 AS bigint)"}, digest: digestWide},
	{name: "text short", arrow: plain(arrow.BinaryTypes.String), typ: [dialects]string{"text", "VARCHAR", "nvarchar(20)"},
		value: everywhere("concat('v', 10000 + {n} % 90000)"), sum: textSum, digest: digestText},
	{name: "text long", arrow: plain(arrow.BinaryTypes.String), typ: [dialects]string{"text", "VARCHAR", "nvarchar(400)"},
		value: [dialects]string{longText, longText, "concat(replicate('abcdefghij', 19), 1000000000 + {n})"}, sum: textSum, digest: digestText},
	{name: "date", arrow: plain(arrow.FixedWidthTypes.Date32), typ: everywhere("date"),
		value: [dialects]string{"date '2020-01-01' + CAST({n} % 2000 AS integer)", "DATE '2020-01-01' + CAST({n} % 2000 AS INTEGER)",
			"DATEADD(day, CAST({n} % 2000 AS int), CAST('2020-01-01' AS date))"},
		sum: [dialects]string{"{v} - date '1970-01-01'", "date_diff('day', DATE '1970-01-01', {v})", "DATEDIFF(day, CAST('1970-01-01' AS date), {v})"}, digest: digestDate},
	{name: "timestamptz", arrow: plain(arrow.FixedWidthTypes.Timestamp_us), typ: [dialects]string{"timestamptz", "TIMESTAMPTZ", "datetimeoffset(6)"},
		value: [dialects]string{"timestamptz '2020-01-01 00:00:00+00' + {n} * interval '37.000001 seconds'", "make_timestamptz(1577836800000000 + {n} * 37000001)",
			"TODATETIMEOFFSET(DATEADD(second, CAST({n} % 50000000 AS int) * 37, CAST('2020-01-01' AS datetime2(6))), 0)"},
		sum: [dialects]string{"CAST(extract(epoch FROM {v}) * 1000000 AS bigint) % 1000003", "epoch_us({v}) % 1000003",
			"DATEDIFF_BIG(microsecond, CAST('1970-01-01T00:00:00+00:00' AS datetimeoffset(6)), {v}) % 1000003"}, digest: digestTimestamp},
	{name: "boolean", arrow: plain(arrow.FixedWidthTypes.Boolean), typ: [dialects]string{"boolean", "BOOLEAN", "bit"},
		value: [dialects]string{"{n} % 3 = 0", "{n} % 3 = 0", "CAST(CASE WHEN {n} % 3 = 0 THEN 1 ELSE 0 END AS bit)"},
		sum:   everywhere("CAST({v} AS integer)"), digest: digestBoolean},
	{name: "uuid", arrow: everywhere(arrow.Field{Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}, Nullable: true,
		Metadata: arrow.NewMetadata([]string{connectors.TypeKey}, []string{"uuid"})}),
		typ:   [dialects]string{"uuid", "UUID", "uniqueidentifier"},
		value: [dialects]string{"CAST(md5(CAST({n} AS text)) AS uuid)", "CAST(md5(CAST({n} AS VARCHAR)) AS UUID)", "CAST(HASHBYTES('MD5', CAST({n} AS varchar(20))) AS uniqueidentifier)"},
		sum:   [dialects]string{"ascii(right(CAST({v} AS text), 1))", "ascii(right(CAST({v} AS VARCHAR), 1))", "ASCII(LOWER(RIGHT(CAST({v} AS varchar(36)), 1)))"}, digest: digestFixed},
	{name: "bytea", arrow: plain(arrow.BinaryTypes.Binary), typ: [dialects]string{"bytea", "BLOB", "varbinary(32)"},
		value: [dialects]string{"sha256(CAST(CAST({n} AS text) AS bytea))", "unhex(sha256(CAST({n} AS VARCHAR)))", "HASHBYTES('SHA2_256', CAST({n} AS varchar(20)))"},
		sum: [dialects]string{"ascii(right(encode({v}, 'hex'), 1))", "ascii(lower(right(hex({v}), 1)))",
			"ASCII(LOWER(RIGHT(CONVERT(varchar(64), {v}, 2), 1)))"}, digest: digestBytes},
}

const longText = "concat(repeat('abcdefghij', 19), 1000000000 + {n})"

// textSum is a text's length in bytes and the code of its last character.
var textSum = [dialects]string{"octet_length({v}) + ascii(right({v}, 1))", "strlen({v}) + ascii(right({v}, 1))", "DATALENGTH({v}) / 2 + ASCII(RIGHT({v}, 1))"}

// Mixed is a table of a column each of the types that payments have.
const Mixed = "mixed"

var mixedKinds = []string{"bigint", "integer", "numeric(15,2)", "text short", "date", "timestamptz"}

// Types are the names of what can be read.
func Types() []string {
	var names []string
	for i := range kinds {
		names = append(names, kinds[i].name)
	}
	return append(names, Mixed)
}

func kindNamed(name string) *kind {
	for i := range kinds {
		if kinds[i].name == name {
			return &kinds[i]
		}
	}
	return nil
}

// table is what is read: rows of columns of one type, or of several.
type table struct {
	name    string // of the table, with its schema
	kind    string
	columns []*kind
	rows    int64
	nulls   float64 // share of the values
	seed    uint64
}

func newTable(name, kind string, o Options) *table {
	t := &table{name: name, kind: kind, rows: int64(o.Rows), nulls: o.Nulls, seed: o.Seed}
	if kind == Mixed {
		for _, k := range mixedKinds {
			t.columns = append(t.columns, kindNamed(k))
		}
		return t
	}
	for range o.Columns {
		t.columns = append(t.columns, kindNamed(kind))
	}
	return t
}

// schema is what a statement over the table yields.
func (t *table) schema(dialect int) *arrow.Schema {
	var fields []arrow.Field
	for i, k := range t.columns {
		f := k.arrow[dialect]
		f.Name = fmt.Sprintf("c%d", i)
		fields = append(fields, f)
	}
	return arrow.NewSchema(fields, nil)
}

// selects is the statement that reads everything.
func (t *table) selects() string {
	return "SELECT " + t.each(", ", func(c string, _ *kind) string { return c }) + " FROM " + t.name
}

func (t *table) each(separator string, one func(column string, k *kind) string) string {
	var parts []string
	for i, k := range t.columns {
		parts = append(parts, one(fmt.Sprintf("c%d", i), k))
	}
	return strings.Join(parts, separator)
}

func (t *table) create(dialect int) string {
	return "CREATE TABLE " + t.name + " (" + t.each(", ", func(c string, k *kind) string { return c + " " + k.typ[dialect] }) + ")"
}

// values are the expressions of a row, of its number g, a bigint from 1.
func (t *table) values(dialect int) string {
	column := -1
	return t.each(", ", func(_ string, k *kind) string {
		column++
		n := fmt.Sprintf("(g * %d + %d)", len(t.columns), column)
		value := strings.ReplaceAll(k.value[dialect], "{n}", n)
		if t.nulls <= 0 {
			return value
		}
		return fmt.Sprintf("CASE WHEN (%s * 7919 + %d) %% 1000 < %d THEN NULL ELSE %s END", n, t.seed%1000, int(t.nulls*1000), value)
	})
}

// totals is the statement whose one row tells how many rows there are, how many values that are not NULL, and the sum of their digests.
func (t *table) totals(dialect int) string {
	count := t.each(" + ", func(c string, _ *kind) string { return "count(" + c + ")" })
	sum := t.each(" + ", func(c string, k *kind) string {
		return "coalesce(sum(CAST(" + strings.ReplaceAll(k.sum[dialect], "{v}", c) + " AS bigint)), 0)"
	})
	return "SELECT CAST(count(*) AS bigint), CAST(" + count + " AS bigint), CAST(" + sum + " AS bigint) FROM " + t.name
}
