package plantest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/shardmap"
)

// Expression is a line of testdata/plan/expressions.txt.
type Expression struct {
	Line  int
	SQL   string
	Type  string            // PostgreSQL's name of the type, "" if the expression must be refused
	State string            // the SQLSTATE it must be refused with, "" if it has a type
	None  map[string]string // dialects that have no form of it, with the reason
}

// Expressions reads testdata/plan/expressions.txt. The path of a package's tests to the module's root is up.
func Expressions(tb testing.TB, up string) []Expression {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(up, "testdata", "plan", "expressions.txt"))
	if err != nil {
		tb.Fatal(err)
	}
	var out []Expression
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "# ") || line == "#" {
			continue
		}
		sql, rest, ok := strings.Cut(line, " => ")
		if !ok {
			tb.Fatalf("expressions.txt:%d: no type", i+1)
		}
		parts := strings.Split(rest, " ! ")
		e := Expression{Line: i + 1, SQL: sql, Type: parts[0], None: map[string]string{}}
		if len(parts[0]) == 5 && strings.ToUpper(parts[0]) == parts[0] {
			e.Type, e.State = "", parts[0]
		}
		for _, p := range parts[1:] {
			dialect, reason, ok := strings.Cut(p, ": ")
			if !ok {
				tb.Fatalf("expressions.txt:%d: %q gives no reason", i+1, p)
			}
			e.None[dialect] = reason
		}
		out = append(out, e)
	}
	return out
}

// SamplesTable is the table over which the expressions stand.
func SamplesTable() Table {
	return Table{"samples", columns("id integer!; b boolean; i2 smallint; i4 integer; i8 bigint; n numeric(12,3); f4 real; f8 double precision; " +
		"t text; by bytea; d date; tm time without time zone; ts timestamp without time zone; tz timestamp with time zone; iv interval; u uuid")}
}

// Samples returns a world of one shard, with the table samples.
func Samples(tb testing.TB, dialect string) *World {
	tb.Helper()
	m, err := shardmap.New(shardmap.Spec{
		Regions: []shardmap.Region{{Name: Region}}, Shards: []shardmap.Shard{{Name: "one", Region: Region}},
		Tables: []shardmap.TableSpec{{Name: "samples", Sharding: shardmap.Sharding{Strategy: shardmap.KindSingle, Shard: "one"}}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	s := Setup{Dialects: []string{dialect}, Binary: true}
	return &World{Map: m, Catalog: catalog.Build(s.shards(m, []Table{SamplesTable()}), Placements(m))}
}

// DDL is the statement that makes a table in a dialect.
func DDL(t Table, dialect string) string {
	if dialect == "tsql" {
		return ddlOnSQLServer(t)
	}
	parts := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		parts[i] = `"` + c.Name + `" ` + nativeType(c, dialect)
		if c.NotNull {
			parts[i] += " NOT NULL"
		}
	}
	return "CREATE TABLE " + t.Name + " (" + strings.Join(parts, ", ") + ")"
}

// nativeType names a type in a dialect. DuckDB has no unconstrained numeric and no jsonb: a table with such columns
// can be made there, but lives on PostgreSQL.
func nativeType(c connectors.Column, dialect string) string {
	if dialect != "duckdb" {
		return c.Type
	}
	switch c.Type {
	case "bytea":
		return "BLOB"
	case "time without time zone":
		return "TIME"
	case "timestamp without time zone":
		return "TIMESTAMP"
	case "jsonb", "character(6)":
		return "VARCHAR"
	case "numeric":
		return "DECIMAL(38,10)"
	}
	return c.Type
}
