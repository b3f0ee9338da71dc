package mssql

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// target is a table that rows are written into, as a transaction found it when it first wrote there.
type target struct {
	name    string // quoted, with its schema
	columns []targetColumn
	folds   bool
}

// targetColumn is a column of the server's. Length is in bytes, -1 for max.
type targetColumn struct {
	name, typ                string
	length, precision, scale int
	collation                string
	made                     bool // the server makes its values, and nobody else may
	identity                 bool
	padded                   bool // keeps blanks and zero bytes at the end of values (ANSI_PADDING)
}

// native is the type as the server writes it.
func (c targetColumn) native() string {
	_, native := typeNames(c.typ, c.length, c.precision, c.scale)
	return native
}

// units is the most UTF-16 units or bytes that the column's type holds, -1 for any number.
func (c targetColumn) units() int {
	if c.length > 0 && (c.typ == "nchar" || c.typ == "nvarchar") {
		return c.length / 2
	}
	return c.length
}

func (c targetColumn) utf8() bool { return strings.HasSuffix(strings.ToUpper(c.collation), "_UTF8") }

// targetSQL describes a table's columns. An alias type is shown as the type it is made of, as Describe does. An IDENTITY is given values in its
// table only, through no view.
const targetSQL = `SELECT CAST(c.name AS nvarchar(128)) AS name, CAST(COALESCE(b.name, t.name) AS nvarchar(128)) AS type,
  CAST(c.max_length AS int) AS length, CAST(c.[precision] AS int) AS digits, CAST(c.scale AS int) AS scale,
  CAST(c.collation_name AS nvarchar(128)) AS collation,
  CASE WHEN c.is_computed = 1 OR c.generated_always_type > 0 OR c.is_identity = 1 AND o.type = 'V' THEN 1 ELSE 0 END AS made, c.is_identity AS ident, c.is_ansi_padded AS padded
FROM sys.objects AS o
JOIN sys.schemas AS n ON n.schema_id = o.schema_id
JOIN sys.columns AS c ON c.object_id = o.object_id
LEFT JOIN sys.types AS t ON t.user_type_id = c.user_type_id
LEFT JOIN sys.types AS b ON b.user_type_id = c.system_type_id
WHERE n.name = CAST(@p1 AS nvarchar(128)) AND o.name = CAST(@p2 AS nvarchar(128)) AND o.type IN ('U', 'V')
ORDER BY c.column_id`

// target asks, within the transaction, what a table's columns are: it may have been made there.
func (t *tx) target(ctx context.Context, table string) (*target, error) {
	if known := t.targets[table]; known != nil {
		return known, nil
	}
	found, err := t.shard.settings(ctx)
	if err != nil {
		return nil, err
	}
	if found.level < 130 {
		return nil, configError(t.shard.name, fmt.Sprintf("rows are written by way of OPENJSON, for which the database's compatibility level %d is "+
			"too low: ALTER DATABASE … SET COMPATIBILITY_LEVEL = 130", found.level))
	}
	fields := []arrow.Field{textField("name"), textField("type"), intField("length"), intField("digits"), intField("scale"), textField("collation"),
		intField("made"), boolField("ident"), boolField("padded")}
	into := &target{name: bracketed(t.shard.schema) + "." + bracketed(table), folds: found.folds()}
	err = t.ask(ctx, targetSQL, fields, []connectors.Arg{{Text: t.shard.schema}, {Text: table}}, func(r row) {
		into.columns = append(into.columns, targetColumn{name: r.text(0), typ: orEmpty(r, 1), length: int(r.int(2)), precision: int(r.int(3)),
			scale: int(r.int(4)), collation: orEmpty(r, 5), made: r.int(6) == 1, identity: r.bool(7), padded: r.bool(8)})
	})
	if err != nil {
		return nil, err
	}
	if len(into.columns) == 0 {
		return nil, connectors.NewError(t.shard.name, connectors.ClassSchema, "42P01", fmt.Sprintf("table %q does not exist, or the login may not see it", table), nil)
	}
	t.targets[table] = into
	return into, nil
}

// ask is the shard's ask within the transaction.
func (t *tx) ask(ctx context.Context, sql string, fields []arrow.Field, args []connectors.Arg, each func(row)) error {
	r, err := t.shard.query(ctx, t, connectors.Statement{SQL: sql, Schema: arrow.NewSchema(fields, nil), Args: args}, "")
	if err != nil {
		return err
	}
	return eachRow(ctx, r, each)
}

// column finds the column that a field names.
func (t *target) column(field string) (targetColumn, error) {
	for _, c := range t.columns {
		if c.name != field && !(t.folds && strings.EqualFold(c.name, field)) {
			continue
		}
		if c.made {
			return c, columnError(connectors.ClassSchema, "428C9", "the server makes the values of this column: it cannot be written", field)
		}
		return c, nil
	}
	return targetColumn{}, columnError(connectors.ClassSchema, "42703", "the table has no such column", field)
}

// bracketed quotes a name.
func bracketed(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }
