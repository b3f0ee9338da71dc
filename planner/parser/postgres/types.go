package postgres

import (
	"github.com/pganalyze/pg_query_go/v6"

	"github.com/atoll-sql/atoll/planner/ast"
)

// canonicalTypes maps the names under which PostgreSQL knows its types to those of ast.TypeName.
var canonicalTypes = map[string]string{
	"int2":   "smallint",
	"int4":   "integer",
	"int8":   "bigint",
	"float4": "real",
	"float8": "double precision",
	"bool":   "boolean",
	"bpchar": "character",
}

// intervalFields maps the grammar's mask of an interval's fields to words: bits 1 month, 2 year, 3 day, 10 hour,
// 11 minute, 12 second; all bits for none written.
var intervalFields = map[int]string{
	1 << 2:                       "year",
	1 << 1:                       "month",
	1 << 3:                       "day",
	1 << 10:                      "hour",
	1 << 11:                      "minute",
	1 << 12:                      "second",
	1<<2 | 1<<1:                  "year to month",
	1<<3 | 1<<10:                 "day to hour",
	1<<3 | 1<<10 | 1<<11:         "day to minute",
	1<<3 | 1<<10 | 1<<11 | 1<<12: "day to second",
	1<<10 | 1<<11:                "hour to minute",
	1<<10 | 1<<11 | 1<<12:        "hour to second",
	1<<11 | 1<<12:                "minute to second",
	0x7fff:                       "",
}

func (c *converter) typeName(t *pg_query.TypeName, near ast.Pos) *ast.TypeName {
	out := &ast.TypeName{Pos: firstKnown(at(t.GetLocation()), near), Array: len(t.GetArrayBounds()) > 0}
	c.refuseIf(t.GetSetof(), out.Pos, "SETOF")
	c.refuseIf(t.GetPctType(), out.Pos, "%TYPE")
	switch names := c.names(t.GetNames()); len(names) {
	case 1:
		out.Name = canonicalType(names[0])
	case 2:
		out.Schema, out.Name = names[0], canonicalType(names[1])
	default:
		c.unsupported(out.Pos, "naming a database before a type")
	}
	if out.Schema == "pg_catalog" {
		out.Schema = ""
	}
	out.Mods = c.typeMods(t.GetTypmods(), out.Pos)
	if out.Name == "interval" && len(out.Mods) > 0 {
		c.intervalType(out)
	}
	return out
}

// canonicalType gives a type its canonical name. The grammar has turned the keywords into names of pg_catalog,
// CHAR among them; a bare "char" was quoted and is the one-byte type.
func canonicalType(name string) string {
	if name == "char" {
		return `"char"`
	}
	if canonical, ok := canonicalTypes[name]; ok {
		return canonical
	}
	return name
}

// typeMods converts the numbers in parentheses after a type.
func (c *converter) typeMods(list []*pg_query.Node, near ast.Pos) []int {
	var out []int
	for _, n := range list {
		i, ok := n.GetAConst().GetVal().(*pg_query.A_Const_Ival)
		if !ok {
			c.fail(ast.Errorf("42601", int(firstKnown(nodePos(n), near)), "the modifiers of a type must be integers"))
			return nil
		}
		out = append(out, int(i.Ival.GetIval()))
	}
	return out
}

// intervalType moves an interval's mask of fields out of its modifiers, and leaves its precision there.
func (c *converter) intervalType(t *ast.TypeName) {
	fields, ok := intervalFields[t.Mods[0]]
	if !ok {
		c.fail(ast.Errorf("42601", int(t.Pos), "invalid modifiers for the type interval"))
		return
	}
	t.Fields = fields
	t.Mods = t.Mods[1:]
	if len(t.Mods) == 0 {
		t.Mods = nil
	}
}
