package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
)

// columnsSQL lists the columns of tables and views by name, and the estimated rows of their table.
const columnsSQL = `
SELECT c.table_name, c.column_name, c.data_type, c.is_nullable, coalesce(t.estimated_size, -1)::BIGINT
FROM duckdb_columns() AS c
LEFT JOIN duckdb_tables() AS t
  ON t.database_oid = c.database_oid AND t.schema_oid = c.schema_oid AND t.table_oid = c.table_oid
WHERE c.database_name = current_database() AND lower(c.schema_name) = lower($1) AND lower(c.table_name) IN (%s)
ORDER BY c.table_name, c.column_index`

var columnsSchema = arrow.NewSchema([]arrow.Field{
	{Name: "table_name", Type: arrow.BinaryTypes.String},
	{Name: "column_name", Type: arrow.BinaryTypes.String},
	{Name: "data_type", Type: arrow.BinaryTypes.String},
	{Name: "is_nullable", Type: arrow.FixedWidthTypes.Boolean},
	{Name: "rows", Type: arrow.PrimitiveTypes.Int64},
}, nil)

// Describe implements connectors.Connector. Table names match without regard to case, as in DuckDB.
func (c *connector) Describe(ctx context.Context, tables []string) ([]connectors.Table, error) {
	if len(tables) == 0 {
		return nil, nil
	}
	args := []connectors.Arg{{Text: c.cfg.Schema}}
	var params []string
	for i, name := range tables {
		args = append(args, connectors.Arg{Text: name})
		params = append(params, fmt.Sprintf("lower($%d)", i+2))
	}
	found := map[string]*connectors.Table{}
	stmt := connectors.Statement{SQL: fmt.Sprintf(columnsSQL, strings.Join(params, ", ")), Args: args, Schema: columnsSchema}
	err := c.each(ctx, stmt, func(rec arrow.Record, i int) {
		addColumn(found, rec, i)
	})
	if err != nil {
		return nil, err
	}
	var out []connectors.Table
	for _, name := range tables {
		if t := found[strings.ToLower(name)]; t != nil {
			t.Name = name
			out = append(out, *t)
		}
	}
	return out, nil
}

func addColumn(found map[string]*connectors.Table, rec arrow.Record, i int) {
	text := func(col int) string { return strings.Clone(rec.Column(col).(*array.String).Value(i)) }
	key := strings.ToLower(text(0))
	if found[key] == nil {
		found[key] = &connectors.Table{Rows: rec.Column(4).(*array.Int64).Value(i), Bytes: -1}
	}
	native := text(2)
	found[key].Columns = append(found[key].Columns, connectors.Column{
		Name:    text(1),
		Type:    canonicalType(native),
		Native:  native,
		NotNull: !rec.Column(3).(*array.Boolean).Value(i),
	})
}

// canonicalTypes maps DuckDB's names of types to PostgreSQL's.
var canonicalTypes = map[string]string{
	"BOOLEAN":                  "boolean",
	"TINYINT":                  "smallint",
	"SMALLINT":                 "smallint",
	"INTEGER":                  "integer",
	"BIGINT":                   "bigint",
	"UTINYINT":                 "smallint",
	"USMALLINT":                "integer",
	"UINTEGER":                 "bigint",
	"UBIGINT":                  "numeric(20,0)",
	"HUGEINT":                  "numeric(38,0)",
	"FLOAT":                    "real",
	"DOUBLE":                   "double precision",
	"VARCHAR":                  "text",
	"BLOB":                     "bytea",
	"DATE":                     "date",
	"TIME":                     "time without time zone",
	"TIMESTAMP":                "timestamp without time zone",
	"TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
	"INTERVAL":                 "interval",
	"UUID":                     "uuid",
	"JSON":                     "json",
}

// canonicalType returns PostgreSQL's name of a DuckDB type, or "" if there is no mapping.
func canonicalType(native string) string {
	var precision, scale int
	if n, err := fmt.Sscanf(native, "DECIMAL(%d,%d)", &precision, &scale); n == 2 && err == nil && strings.HasSuffix(native, ")") {
		return fmt.Sprintf("numeric(%d,%d)", precision, scale)
	}
	return canonicalTypes[native]
}

// each runs a statement and calls row for every row.
func (c *connector) each(ctx context.Context, stmt connectors.Statement, row func(arrow.Record, int)) error {
	return eachRow(ctx, c, stmt, row)
}

// eachRow is each for whatever runs a statement.
func eachRow(ctx context.Context, c interface {
	Query(context.Context, connectors.Statement) (connectors.Reader, error)
}, stmt connectors.Statement, row func(arrow.Record, int)) error {
	r, err := c.Query(ctx, stmt)
	if err != nil {
		return err
	}
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return r.Close()
		}
		if err != nil {
			return errors.Join(err, r.Close())
		}
		for i := range int(rec.NumRows()) {
			row(rec, i)
		}
	}
}
