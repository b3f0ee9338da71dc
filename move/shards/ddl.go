package shards

import (
	"strings"

	"github.com/atoll-sql/atoll/connectors"
)

// The statements of definition that a move needs are few and differ little; the generator writes none.

// CreateTable implements [move.Shard]. In SQL Server the text of a key is compared by its bytes, and has no more than 400 characters.
func (s *Shard) CreateTable(name string, columns []connectors.Column, key int) string {
	var lines, keys []string
	for i, c := range columns {
		lines = append(lines, s.quote(c.Name)+" "+s.columnType(c.Native, i < key)+" NOT NULL")
		if i < key {
			keys = append(keys, s.quote(c.Name))
		}
	}
	if key > 0 {
		lines = append(lines, "PRIMARY KEY ("+strings.Join(keys, ", ")+")")
	}
	return "CREATE TABLE " + s.Name(name) + " (" + strings.Join(lines, ", ") + ")"
}

func (s *Shard) columnType(native string, key bool) string {
	tsql := s.known.Caps.Dialect == "tsql"
	switch {
	case native != "" && tsql && (strings.HasPrefix(native, "nvarchar") || strings.HasPrefix(native, "nchar")):
		return native + " COLLATE Latin1_General_100_BIN2"
	case native != "":
		return native
	case tsql && key:
		return "nvarchar(400) COLLATE Latin1_General_100_BIN2"
	case tsql:
		return "nvarchar(max)"
	}
	return "text"
}

// Name implements [move.Shard]. Where no schema is configured it is the one that the adapter goes by: at PostgreSQL a name alone would be of
// a table of the server's own.
func (s *Shard) Name(table string) string {
	schema := s.known.Schema
	if schema == "" {
		schema = map[string]string{"postgres": "public", "tsql": "dbo"}[s.known.Caps.Dialect]
	}
	if schema == "" {
		return s.quote(table)
	}
	return s.quote(schema) + "." + s.quote(table)
}

func (s *Shard) quote(name string) string {
	if s.known.Caps.Dialect == "tsql" {
		return "[" + strings.ReplaceAll(name, "]", "]]") + "]"
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// Lock implements [move.Shard]. It needs a connection beside those that read.
func (s *Shard) Lock(table string) string {
	if p, ok := s.conn.(connectors.Pooled); ok && p.MaxConns() < 2 {
		return ""
	}
	switch s.known.Caps.Dialect {
	case "postgres":
		return "LOCK TABLE " + s.Name(table) + " IN SHARE MODE"
	case "tsql":
		return "SELECT TOP (1) 1 AS one FROM " + s.Name(table) + " WITH (TABLOCK, HOLDLOCK)"
	}
	return ""
}

// References implements [move.Shard].
func (s *Shard) References(table string) string {
	literal := func(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
	switch s.known.Caps.Dialect {
	case "postgres":
		return "SELECT DISTINCT CASE WHEN r.relnamespace = t.relnamespace THEN r.relname::text ELSE n.nspname || '.' || r.relname END AS name" +
			" FROM pg_constraint AS c JOIN pg_class AS r ON r.oid = c.conrelid JOIN pg_class AS t ON t.oid = c.confrelid" +
			" JOIN pg_namespace AS n ON n.oid = r.relnamespace WHERE c.contype = 'f' AND c.confrelid = " + literal(s.Name(table)) + "::regclass"
	case "duckdb":
		return "SELECT DISTINCT table_name AS name FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY' AND referenced_table = " + literal(table)
	case "tsql":
		return s.serverReferences(table)
	}
	return ""
}
