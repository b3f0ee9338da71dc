package sqlgen

import (
	"fmt"
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// shipped reads rows that come as parameters, from a derived table whose columns are column1, column2, ….
func (g *gen) shipped(n *plan.Shipped) *block {
	return g.named(g.d.shipped(g, n), n.Cols, numberedNames(len(n.Cols)))
}

// shipped reads an array for each column.
func (d postgres) shipped(_ *gen, n *plan.Shipped) string {
	arrays := make([]string, len(n.Cols))
	for i, c := range n.Cols {
		arrays[i] = "$" + paramMark(n.Params[i]) + "::" + d.typeName(c.Type) + "[]"
	}
	return "(SELECT * FROM unnest(" + strings.Join(arrays, ", ") + ") AS u" + columnList(numberedNames(len(n.Cols))) + ")"
}

// shipped reads a JSON list of rows, each a list of texts.
func (d duckdb) shipped(g *gen, n *plan.Shipped) string {
	return "(SELECT " + shippedItems(n, func(i int, t plan.Type) string { return d.fromText(g, fmt.Sprintf("u.r[%d]", i+1), t) }) +
		" FROM (SELECT unnest(from_json($" + paramMark(n.Rows) + `, '[["VARCHAR"]]')) AS r) AS u)`
}

// shipped reads a JSON list of rows, each a list of texts. Those of other types than text are short: a bounded type spares
// the server large objects. What PostgreSQL's type may hold and the server's may not (infinite dates, NaN, a year BC, 24:00) is
// known too late to be kept away from it.
func (d tsql) shipped(g *gen, n *plan.Shipped) string {
	g.needs(connectors.FeatureOpenJSON, "reading rows from a parameter")
	paths := make([]string, len(n.Cols))
	for i, c := range n.Cols {
		length := "100"
		switch k := c.Type.Kind; {
		case k == plan.Text || k == plan.Bytea:
			length = "max"
		case c.Type.Wide() || k != plan.Bool && k != plan.UUID && k != plan.Numeric && !c.Type.IsInteger():
			return g.unsupported("reading a %s from a parameter", c.Type)
		}
		d.castSQL(g, "", c.Type) // whether the server has the type
		paths[i] = fmt.Sprintf("[v%d] nvarchar(%s) '$[%d]'", i+1, length, i)
	}
	return "(SELECT " + shippedItems(n, func(i int, t plan.Type) string { return d.fromText(fmt.Sprintf("[v%d]", i+1), t) }) +
		" FROM OPENJSON(@p" + paramMark(n.Rows) + ") WITH (" + strings.Join(paths, ", ") + ") AS [u])"
}

func shippedItems(n *plan.Shipped, read func(i int, t plan.Type) string) string {
	items := make([]string, len(n.Cols))
	for i, c := range n.Cols {
		items[i] = fmt.Sprintf("%s AS column%d", read(i, c.Type), i+1)
	}
	return strings.Join(items, ", ")
}
