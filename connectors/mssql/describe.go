package mssql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// describeSQL lists relations and their visible columns; between its parts stand the statistics and the names asked for,
// which are compared as single values, so that they take the catalogue's collation. An alias type is shown as the type
// it is made of: that one all logins see, the alias only those who may use it. What the CLR made has none.
const (
	describeHead = `SELECT CAST(o.name AS nvarchar(128)) AS relation, s.total AS total, s.bytes AS bytes, CAST(c.name AS nvarchar(128)) AS name,
  CAST(COALESCE(b.name, t.name) AS nvarchar(128)) AS type, CAST(c.max_length AS int) AS length,
  CAST(c.[precision] AS int) AS digits, CAST(c.scale AS int) AS scale, c.is_nullable AS nullable,
  CASE WHEN c.is_masked = 1 AND HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'UNMASK') = 0 THEN 1 ELSE 0 END AS masked
FROM sys.objects AS o
JOIN sys.schemas AS n ON n.schema_id = o.schema_id
JOIN sys.columns AS c ON c.object_id = o.object_id
LEFT JOIN sys.types AS t ON t.user_type_id = c.user_type_id
LEFT JOIN sys.types AS b ON b.user_type_id = c.system_type_id
LEFT JOIN (`
	describeWhere = `) AS s ON s.object_id = o.object_id
WHERE n.name = CAST(@p1 AS nvarchar(128)) AND o.type IN ('U', 'V') AND c.is_hidden = 0 AND o.name IN (`
	describeTail = `)
ORDER BY o.object_id, c.column_id`

	// statsSQL needs VIEW DATABASE STATE (or VIEW DATABASE PERFORMANCE STATE); partitionsSQL needs nothing and knows no size.
	statsSQL = `SELECT p.object_id AS object_id, SUM(CASE WHEN p.index_id < 2 THEN p.row_count ELSE 0 END) AS total,
  SUM(p.used_page_count) * 8192 AS bytes FROM sys.dm_db_partition_stats AS p GROUP BY p.object_id`
	partitionsSQL = `SELECT p.object_id AS object_id, SUM(CASE WHEN p.index_id < 2 THEN p.rows ELSE 0 END) AS total,
  CAST(NULL AS bigint) AS bytes FROM sys.partitions AS p GROUP BY p.object_id`
)

// maxDescribed bounds the tables of one question.
const maxDescribed = 900

// Describe implements [connectors.Connector]. Where the database's collation ignores case, a table is reported under the
// name it was asked for, and columns in lower case.
func (s *shard) Describe(ctx context.Context, names []string) ([]connectors.Table, error) {
	var tables []connectors.Table
	for len(names) > 0 {
		n := min(len(names), maxDescribed)
		some, err := s.describe(ctx, names[:n])
		if err != nil {
			return nil, err
		}
		tables, names = append(tables, some...), names[n:]
	}
	return tables, nil
}

func (s *shard) describe(ctx context.Context, names []string) ([]connectors.Table, error) {
	found, err := s.settings(ctx)
	if err != nil {
		return nil, err
	}
	if !s.deniedStats() {
		tables, err := s.describeWith(ctx, names, statsSQL, found)
		if connectors.ClassOf(err) != connectors.ClassPermission {
			return tables, err
		}
		s.denyStats()
	}
	return s.describeWith(ctx, names, partitionsSQL, found)
}

func (s *shard) deniedStats() bool {
	s.statsMu.Lock()
	defer s.statsMu.Unlock()
	return s.statsDenied
}

func (s *shard) denyStats() {
	s.statsMu.Lock()
	defer s.statsMu.Unlock()
	s.statsDenied = true
}

func (s *shard) describeWith(ctx context.Context, names []string, stats string, found *settings) ([]connectors.Table, error) {
	args := []connectors.Arg{{Text: s.schema}}
	params := make([]string, len(names))
	for i, name := range names {
		args = append(args, connectors.Arg{Text: name})
		params[i] = fmt.Sprintf("CAST(@p%d AS nvarchar(128))", i+2)
	}
	fields := []arrow.Field{textField("relation"), intField("total"), intField("bytes"), textField("name"), textField("type"),
		intField("length"), intField("digits"), intField("scale"), boolField("nullable"), intField("masked")}
	var relations []connectors.Table
	sql := describeHead + stats + describeWhere + strings.Join(params, ", ") + describeTail
	err := s.ask(ctx, sql, fields, args, func(r row) {
		if n := len(relations); n == 0 || relations[n-1].Name != r.text(0) {
			relations = append(relations, connectors.Table{Name: r.text(0), Rows: orMinus(r, 1), Bytes: orMinus(r, 2)})
		}
		t := &relations[len(relations)-1]
		typ, native := typeNames(orEmpty(r, 4), int(r.int(5)), int(r.int(6)), int(r.int(7)))
		if r.int(9) == 1 { // what is read would be the mask, and no error
			typ, native = "", native+" (masked from the login)"
		}
		t.Columns = append(t.Columns, connectors.Column{Name: r.text(3), Type: typ, Native: native, NotNull: !r.bool(8)})
	})
	if err != nil {
		return nil, err
	}
	return inOrder(names, relations, found.folds()), nil
}

// inOrder returns the relations in the order of the names asked for, and under these names.
func inOrder(names []string, relations []connectors.Table, folds bool) []connectors.Table {
	same := func(a, b string) bool { return a == b || folds && strings.EqualFold(a, b) }
	var tables []connectors.Table
	for _, name := range names {
		i := slices.IndexFunc(relations, func(t connectors.Table) bool { return same(t.Name, name) })
		if i < 0 {
			continue
		}
		t := relations[i]
		t.Name, t.Columns = name, slices.Clone(t.Columns)
		if folds {
			foldNames(t.Columns)
		}
		tables = append(tables, t)
	}
	return tables
}

func orMinus(r row, col int) int64 {
	if r.null(col) {
		return -1
	}
	return r.int(col)
}

// foldNames writes column names in lower case, except where two would become one.
func foldNames(columns []connectors.Column) {
	count := map[string]int{}
	for _, c := range columns {
		count[strings.ToLower(c.Name)]++
	}
	for i, c := range columns {
		if lower := strings.ToLower(c.Name); count[lower] == 1 {
			columns[i].Name = lower
		}
	}
}

// plainTypes maps the types without facets.
var plainTypes = map[string]string{
	"bit": "boolean", "tinyint": "smallint", "smallint": "smallint", "int": "integer", "bigint": "bigint",
	"money": "numeric(19,4)", "smallmoney": "numeric(10,4)", "real": "real", "float": "double precision",
	"date": "date", "datetime": "timestamp without time zone", "smalldatetime": "timestamp without time zone",
	"uniqueidentifier": "uuid", "timestamp": "bytea", "rowversion": "bytea", "sysname": "text",
}

// typeNames returns the type as Atoll understands it, "" if it does not, and as the server writes it. The length is in
// bytes, -1 for max.
func typeNames(name string, length, precision, scale int) (typ, native string) {
	units := length
	if name == "nchar" || name == "nvarchar" {
		units = length / 2
	}
	sized := fmt.Sprintf("%s(%d)", name, units)
	if length < 0 {
		sized = name + "(max)"
	}
	scaled := fmt.Sprintf("%s(%d)", name, scale)
	switch name {
	case "decimal", "numeric":
		return fmt.Sprintf("numeric(%d,%d)", precision, scale), fmt.Sprintf("%s(%d,%d)", name, precision, scale)
	case "char", "nchar":
		return fmt.Sprintf("character(%d)", units), sized
	case "varchar", "nvarchar":
		return "text", sized
	case "binary", "varbinary":
		return "bytea", sized
	case "time":
		return "time without time zone", scaled
	case "datetime2":
		return "timestamp without time zone", scaled
	case "datetimeoffset":
		return "timestamp with time zone", scaled
	case "timestamp":
		return "bytea", "rowversion" // the catalogue knows it by its old name
	}
	return plainTypes[name], name
}
