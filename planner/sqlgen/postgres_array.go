package sqlgen

import (
	"fmt"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// output sends an array as its text: PostgreSQL's own output function writes it, whatever its elements are.
func (postgres) output(_ *gen, sql string, t plan.Type) string {
	if t.Kind != plan.Array {
		return sql
	}
	return parens(sql, isWord(sql)) + "::text"
}

// column reads arrays of varchar as text[]: PostgreSQL has no operators of the two.
func (postgres) column(_ *gen, sql string, t plan.Type, native string) string {
	if t.Kind == plan.Array && t.Elem == plan.Text && native != "" && native != "text[]" {
		return sql + "::text[]"
	}
	return sql
}

// arrayCall writes the calls of arrays that are no functions in PostgreSQL; ok is false for all others.
func (d postgres) arrayCall(g *gen, c *plan.Call) (sql string, atomic, ok bool) {
	switch c.Fn {
	case "array", "array_nested":
		sql := "ARRAY[" + g.list(c.Args) + "]"
		if c.T.Elem == plan.Text { // of varchar, it would be varchar[], which has no operators with text[]
			sql += "::text[]"
		}
		return sql, true, true
	case "array_get":
		s := "(" + g.expr(c.Args[0]) + ")"
		for _, i := range c.Args[1:] {
			s += "[" + g.expr(i) + "]"
		}
		return s, true, true
	case "array_slice":
		return d.slice(g, c), true, true
	case "any", "all":
		x := g.operand(c.Args[0])
		if !g.site.BinaryCollation && c.Args[0].Type().Kind == plan.Text {
			x += ` COLLATE "C"`
		}
		list := g.expr(c.Args[1])
		if strings.HasPrefix(list, "(SELECT ") { // ANY ((SELECT …)) would compare with the rows
			list += "::" + d.typeName(c.Args[1].Type())
		}
		return x + " " + c.Args[2].(*plan.Const).Text + " " + strings.ToUpper(c.Fn) + " (" + list + ")", false, true
	case "arraycontains", "arraycontained", "arrayoverlap":
		op := map[string]string{"arraycontains": " @> ", "arraycontained": " <@ ", "arrayoverlap": " && "}[c.Fn]
		return g.operand(c.Args[0]) + op + g.operand(c.Args[1]), false, true
	case "array_item":
		return d.item(g, c.Args[0]), true, true
	case "array_of_items":
		return "('{' || " + g.operand(c.Args[0]) + " || '}')::" + d.typeName(c.T), true, true
	case "array_of_arrays":
		t := g.operand(c.Args[0])
		return "(SELECT array_agg(u.v::" + d.typeName(c.T) + " ORDER BY u.n) FROM unnest(('{' || " + t + " || '}')::text[]) WITH ORDINALITY AS u(v, n))", true, true
	case "array_sorted":
		return d.sortedArray(g, c), true, true
	case "array_extreme":
		return "(SELECT " + c.Args[1].(*plan.Const).Text + "(u.v::" + d.typeName(c.T) + d.collation(g, c.T) + ") FROM unnest(" + g.expr(c.Args[0]) + ") AS u(v))", true, true
	case "array_key":
		return g.unsupported("the order of arrays as bytes"), true, true
	}
	return "", false, false
}

// collation is what puts texts, and arrays of them, in bytewise order.
func (postgres) collation(g *gen, t plan.Type) string {
	if g.site.BinaryCollation || t.Kind != plan.Text && !(t.Kind == plan.Array && t.Elem == plan.Text) {
		return ""
	}
	return ` COLLATE "C"`
}

// slice writes x[lo:hi]…: the letters of the second argument tell which bounds there are.
func (postgres) slice(g *gen, c *plan.Call) string {
	s, spec, bounds := "("+g.expr(c.Args[0])+")", c.Args[1].(*plan.Const).Text, c.Args[2:]
	for i := range spec {
		s += map[bool]string{true: "[", false: ":"}[i%2 == 0]
		if spec[i] == 'b' {
			s, bounds = s+g.expr(bounds[0]), bounds[1:]
		}
		if i%2 == 1 {
			s += "]"
		}
	}
	return s
}

// item writes an element as it stands in the text of an array.
func (d postgres) item(g *gen, x plan.Expr) string {
	switch k := x.Type().Kind; {
	case plainItem(k):
		return "coalesce(" + g.operand(x) + "::text, 'NULL')"
	case k == plan.Bool:
		return "coalesce(left(" + g.operand(x) + "::text, 1), 'NULL')"
	case k == plan.Array:
		x = &plan.Cast{X: x, To: plan.T(plan.Text)}
	}
	one := "ARRAY[" + g.expr(x) + "]::text"
	return "substr(" + one + ", 2, length(" + one + ") - 2)"
}

// plainItem reports a type whose values need no quotes within an array.
func plainItem(k plan.Kind) bool {
	switch k {
	case plan.Int2, plan.Int4, plan.Int8, plan.Numeric, plan.Float4, plan.Float8, plan.UUID, plan.Time:
		return true
	}
	return false
}

func (d postgres) sortedArray(g *gen, c *plan.Call) string {
	spec, elem := c.Args[1].(*plan.Const).Text, c.T.Element()
	v := "u.v" + d.collation(g, elem)
	order := " ORDER BY " + v
	if strings.Contains(spec, "d") {
		order += " DESC"
	}
	if strings.Contains(spec, "n") {
		order += " NULLS FIRST"
	} else {
		order += " NULLS LAST"
	}
	return "(SELECT array_agg(DISTINCT " + v + order + ") FROM unnest(" + g.expr(c.Args[0]) + ") AS u(v))"
}

// pgUnnest writes the elements of arrays as a function in FROM.
func (g *gen) pgUnnest(n *plan.Series) string {
	sql := "unnest(" + g.list(n.Args) + ")"
	if len(n.Cols) > len(n.Args) {
		sql += " WITH ORDINALITY"
	}
	return sql
}

// castArray writes a cast to an array; one that changes no more than the digits that are known is none.
func (d postgres) castArray(g *gen, c *plan.Cast) (string, bool) {
	if c.Mod == nil && c.X.Type().Kind == plan.Array && c.X.Type().Elem == c.To.Elem {
		return g.write(c.X)
	}
	t := d.typeName(c.To.Element())
	switch {
	case c.Mod != nil && c.To.Elem == plan.Numeric:
		t = fmt.Sprintf("numeric(%d,%d)", c.Mod[0], c.Mod[1])
	case c.Mod != nil:
		t = fmt.Sprintf("varchar(%d)", c.Mod[0])
	}
	return g.operand(c.X) + "::" + t + "[]", true
}
