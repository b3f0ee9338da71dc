package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// elemName is package scalar's word for the type of an array's elements, as a literal.
func elemName(k plan.Kind) string {
	switch name := scalarNames[k]; {
	case name != "":
		return quoteLiteral(name)
	case k == plan.Numeric:
		return "'numeric'"
	case k == plan.UUID:
		return "'uuid'"
	}
	return "'text'"
}

// itemText writes the text of an element, NULL for NULL.
func (d duckdb) itemText(g *gen, x plan.Expr) string {
	switch x.Type().Kind {
	case plan.Bool:
		return "left(CAST(" + g.expr(x) + " AS VARCHAR), 1)"
	case plan.Bytea:
		return "pg_bytea_text(" + g.expr(x) + ")"
	case plan.Text, plan.JSON, plan.JSONB, plan.Array:
		return g.expr(x)
	}
	return g.expr(textOf(x))
}

// item writes an element as it stands in the text of an array.
func (d duckdb) item(g *gen, x plan.Expr) string {
	s := d.itemText(g, x)
	if k := x.Type().Kind; !plainItem(k) && k != plan.Bool {
		s = "pg_array_item(" + s + ")"
	}
	return "coalesce(" + s + ", 'NULL')"
}

// fromItem turns the text of an element into its value.
func (d duckdb) fromItem(g *gen, sql string, t plan.Type) string {
	switch t.Kind {
	case plan.Text, plan.JSON, plan.JSONB:
		return sql
	}
	return d.fromText(g, sql, t)
}

// arrayCall writes the calls that make, read and compare arrays; ok is false for all others.
func (d duckdb) arrayCall(g *gen, c *plan.Call) (sql string, ok bool) {
	switch c.Fn {
	case "array", "array_nested":
		items := make([]string, len(c.Args))
		for i, x := range c.Args {
			items[i] = d.item(g, x)
		}
		sql := "('{' || concat_ws(',', " + strings.Join(items, ", ") + ") || '}')"
		if c.Fn == "array_nested" {
			sql = "pg_array_nest" + sql
		}
		return sql, true
	case "array_item":
		return d.item(g, c.Args[0]), true
	case "array_of_items":
		return "('{' || " + g.operand(c.Args[0]) + " || '}')", true
	case "array_of_arrays":
		return "pg_array_gather('{' || " + g.operand(c.Args[0]) + " || '}')", true
	case "array_key":
		return d.key(g.expr(c.Args[0]), c.Args[0].Type()), true
	case "array_get":
		return d.fromItem(g, "pg_array_get("+g.expr(c.Args[0])+", "+d.subscripts(g, c.Args[1:])+")", c.T), true
	case "array_slice":
		return "pg_array_slice(" + g.expr(c.Args[0]) + ", " + d.bounds(g, c) + ")", true
	case "any", "all":
		op := c.Args[2].(*plan.Const).Text
		if strings.Trim(op, "<>=") != "" {
			return g.unsupported("%s %s over an array", op, strings.ToUpper(c.Fn)), true
		}
		elem := c.Args[1].Type().Elem
		return "pg_array_" + c.Fn + "(" + g.expr(c.Args[1]) + ", " + d.itemText(g, c.Args[0]) + ", " + quoteLiteral(op) + ", " + elemName(elem) + ")", true
	}
	return d.arrayFunction(g, c)
}

// arrayFunction writes PostgreSQL's functions of arrays.
func (d duckdb) arrayFunction(g *gen, c *plan.Call) (sql string, ok bool) {
	switch c.Fn {
	case "array_length", "array_lower", "array_upper", "array_ndims", "array_dims", "cardinality", "array_cat", "trim_array",
		"string_to_array", "array_to_string":
		return "pg_" + c.Fn + "(" + g.list(c.Args) + ")", true
	case "array_append":
		return "pg_array_append(" + g.expr(c.Args[0]) + ", " + d.itemText(g, c.Args[1]) + ")", true
	case "array_prepend":
		return "pg_array_prepend(" + d.itemText(g, c.Args[0]) + ", " + g.expr(c.Args[1]) + ")", true
	case "array_fill":
		return "pg_array_fill(" + d.itemText(g, c.Args[0]) + ", " + g.list(c.Args[1:]) + ")", true
	case "arraycontains", "arraycontained", "arrayoverlap":
		return "pg_" + c.Fn + "(" + g.list(c.Args) + ", " + elemName(c.Args[0].Type().Elem) + ")", true
	case "array_position", "array_positions", "array_remove", "array_replace":
		return d.search(g, c), true
	case "array_sorted":
		return "pg_array_sort(" + g.expr(c.Args[0]) + ", " + elemName(c.T.Elem) + ", " + g.expr(c.Args[1]) + ")", true
	case "array_extreme":
		return "pg_array_extreme(" + g.expr(c.Args[0]) + ", " + elemName(c.T.Elem) + ", " + g.expr(c.Args[1]) + ")", true
	}
	return "", false
}

// search writes the functions that look for an element.
func (d duckdb) search(g *gen, c *plan.Call) string {
	args := []string{g.expr(c.Args[0]), d.itemText(g, c.Args[1])}
	elem := elemName(c.Args[0].Type().Elem)
	switch {
	case c.Fn == "array_replace":
		args = append(args, d.itemText(g, c.Args[2]), elem)
	case len(c.Args) > 2:
		args = append(args, elem, g.expr(c.Args[2]))
	default:
		args = append(args, elem)
	}
	return "pg_" + c.Fn + "(" + strings.Join(args, ", ") + ")"
}

// subscripts writes integers between commas.
func (d duckdb) subscripts(g *gen, list []plan.Expr) string {
	parts := make([]string, len(list))
	for i, x := range list {
		parts[i] = d.castSQL(g.expr(x), plan.T(plan.Text))
	}
	return strings.Join(parts, " || ',' || ")
}

// bounds writes those of a slice, lower:upper between commas.
func (d duckdb) bounds(g *gen, c *plan.Call) string {
	spec, list := c.Args[1].(*plan.Const).Text, c.Args[2:]
	var parts []string
	for i := range spec {
		if spec[i] == 'b' {
			parts, list = append(parts, d.castSQL(g.expr(list[0]), plan.T(plan.Text))), list[1:]
		}
		if i+1 < len(spec) {
			parts = append(parts, map[bool]string{true: "':'", false: "','"}[i%2 == 0])
		}
	}
	return strings.Join(parts, " || ")
}

// castArrays writes a cast of an array to another type of array, whose elements go by way of their text.
func (d duckdb) castArrays(g *gen, c *plan.Cast) string {
	from, to := c.X.Type().Element(), c.To.Element()
	switch {
	case c.X.Type().Kind != plan.Array && c.Mod == nil:
		return d.fromText(g, g.expr(c.X), c.To)
	case c.Mod != nil:
		return g.unsupported("a cast to an array of %s with modifiers", to)
	case from.Kind == to.Kind:
		return g.expr(c.X)
	case to.Kind == plan.Text, from.Kind == plan.Text && elemName(to.Kind) != "'text'", from.IsInteger() && to.IsNumber():
		return "pg_array_cast(" + g.expr(c.X) + ", " + elemName(from.Kind) + ", " + elemName(to.Kind) + ")"
	}
	return g.unsupported("a cast from %s to %s", c.X.Type(), c.To)
}

// duckUnnest writes the query of unnest: as many numbers as the longest array has elements, and the elements of these numbers.
func (g *gen) duckUnnest(n *plan.Series) string {
	d := duckdb{}
	var args, counts, items []string
	for i, a := range n.Args {
		name := "a" + itoa(i+1)
		args = append(args, g.expr(a)+" AS "+name)
		counts = append(counts, "coalesce(pg_cardinality(x."+name+"), 0)")
		items = append(items, d.castSQL(d.fromItem(g, "pg_array_at(x."+name+", y.i)", n.Cols[i].Type), n.Cols[i].Type)+" AS column"+itoa(i+1))
	}
	if len(n.Cols) > len(n.Args) {
		items = append(items, "y.i AS column"+itoa(len(n.Cols)))
	}
	return "SELECT " + strings.Join(items, ", ") + " FROM (SELECT " + strings.Join(args, ", ") + ") AS x, generate_series(CAST(1 AS BIGINT), CAST(greatest(" +
		strings.Join(counts, ", ") + ") AS BIGINT)) AS y(i)"
}
