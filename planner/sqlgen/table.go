package sqlgen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// lateral writes a join whose right side reads the columns of the left.
func (g *gen) lateral(n *plan.Join) *block {
	g.checkLateral()
	l := g.node(n.Left)
	if !(l.simple || n.Kind == plan.Inner && l.plain()) {
		l = g.wrap(l, n.Left.Columns())
	}
	g.outer = append(g.outer, l.cols)
	r := g.wrap(g.node(n.Right), n.Right.Columns())
	g.outer = g.outer[:len(g.outer)-1]
	out := g.joinBlocks(n, l, r)
	out.from = g.d.applied(n.Kind, l.from, r.from)
	return out
}

func (g *gen) checkLateral() {
	g.d.writes(g, "a lateral join")
}

// kept are the inputs of which a statement must keep the rows: DuckDB reads an input once, but these are named twice, or read
// by each round of a recursion, or by an aggregate's argument.
func kept(root plan.Node) map[int]bool {
	out, seen := map[int]bool{}, map[int]bool{}
	keep := func(x plan.Node) {
		if in, ok := x.(*plan.Input); ok {
			out[in.N] = true
		}
	}
	plan.VisitAll(root, func(n plan.Node) {
		switch n := n.(type) {
		case *plan.Input:
			out[n.N] = out[n.N] || seen[n.N]
			seen[n.N] = true
		case *plan.Recursion:
			plan.VisitAll(n.Step, keep)
		case *plan.Aggregate: // one of which may be written in several parts, each with the argument
			for _, e := range plan.Expressions(n) {
				plan.Walk(e, func(x plan.Expr) bool {
					if s, ok := x.(*plan.Subquery); ok {
						plan.VisitAll(s.Root, keep)
					}
					return true
				})
			}
		}
	})
	return out
}

// input reads what another operator brings; through a WITH query where it must be kept.
func (g *gen) input(n *plan.Input) *block {
	if !g.kept[n.N] {
		return g.derived(g.d.input(n.N), n.Cols)
	}
	name, cols := "kept"+strconv.Itoa(n.N), numberedNames(len(n.Cols))
	if !g.written[n.N] {
		if g.written == nil {
			g.written = map[int]bool{}
		}
		g.written[n.N] = true
		g.with = append(g.with, name+columnList(cols)+" AS MATERIALIZED (SELECT * FROM "+g.d.input(n.N)+")")
	}
	return g.named(name, n.Cols, cols)
}

// named reads a WITH query whose columns, by position, are cols.
func (g *gen) named(from string, cols []plan.Column, names []string) *block {
	alias := g.d.ident(g.uniqueAlias("t"))
	b := &block{from: from + " AS " + alias, simple: true, cols: map[int]string{}}
	for i, c := range cols {
		b.cols[c.ID] = alias + "." + names[i]
	}
	return b
}

func numberedNames(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = "column" + strconv.Itoa(i+1)
	}
	return out
}

func columnList(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// recursion writes a derived table around a WITH RECURSIVE query.
func (g *gen) recursion(n *plan.Recursion) *block {
	g.d.writes(g, "WITH RECURSIVE")
	g.d.setOp(g, &plan.SetOp{Kind: plan.UnionAll, In: n.Inputs(), Cols: n.Cols})
	name, names := "recursion"+strconv.Itoa(len(g.works)+1), numberedNames(len(n.Cols))
	if g.works == nil {
		g.works = map[int]string{}
	}
	g.works[n.Work] = name
	word := " UNION ALL "
	if n.Distinct {
		word = " UNION "
	}
	both := &plan.SetOp{In: n.Inputs(), Cols: n.Cols}
	parts := make([]string, 2)
	for i, in := range both.In {
		b := g.node(in)
		if b.cut || len(b.order) > 0 {
			b = g.wrap(b, in.Columns())
		}
		b = g.project(b, &plan.Project{Input: in, Items: both.Renamed(i)})
		for _, c := range n.Cols {
			b.cols[c.ID] = g.d.passed(g, b.cols[c.ID], c.Type, plan.UnionAll)
		}
		parts[i] = g.selectSQL(b, n.Cols, false)
	}
	from := "(WITH RECURSIVE " + name + columnList(names) + " AS (" + strings.Join(parts, word) + ") SELECT * FROM " + name + ")"
	return g.named(from, n.Cols, names)
}

func (g *gen) workTable(n *plan.WorkTable) *block {
	return g.named(g.works[n.Work], n.Cols, numberedNames(len(n.Cols)))
}

// series writes generate_series as a derived table.
func (g *gen) series(n *plan.Series) *block {
	sql := ""
	switch g.site.Dialect {
	case "postgres":
		if n.Fn != "" {
			sql = g.pgUnnest(n)
			break
		}
		sql = "generate_series(" + g.list(n.Args) + ")"
		if len(n.Cols) > 1 {
			sql += " WITH ORDINALITY"
		}
	case "duckdb":
		if n.Fn != "" {
			return g.named("("+g.duckUnnest(n)+")", n.Cols, numberedNames(len(n.Cols)))
		}
		return g.named("("+g.duckSeries(n)+")", n.Cols, numberedNames(len(n.Cols)))
	default:
		g.unsupported("generate_series")
	}
	names := numberedNames(len(n.Cols))
	b := g.named(sql, n.Cols, names)
	b.from += columnList(names)
	return b
}

// duckSeries writes the query of a series. DuckDB counts integers as BIGINT and has no arithmetic of TIMESTAMPTZ of its own,
// but a moment in UTC is as good. What is not constant has to stand in a table of its own, whose rows come in any order.
func (g *gen) duckSeries(n *plan.Series) string {
	t := n.Cols[0].Type
	count, back := "CAST(%s AS BIGINT)", "CAST(%s AS "+duckdb{}.typeName(t)+")"
	moments := t.Kind == plan.Timestamp || t.Kind == plan.TimestampTZ
	if moments {
		count = "CAST(%s AS TIMESTAMP)"
	}
	args := []string{fmt.Sprintf(count, g.expr(n.Args[0])), fmt.Sprintf(count, g.expr(n.Args[1])), g.expr(n.Args[2])}
	_, fixedStep := n.Args[2].(*plan.Const)
	if !moments {
		args[2] = fmt.Sprintf(count, args[2])
	}
	from, first, step := "generate_series("+strings.Join(args, ", ")+") AS y(v)", args[0], args[2]
	if !fixedStep || !allConstant(n.Args) {
		stepSQL := "x.c"
		if !fixedStep {
			stepSQL = "CASE WHEN x.c = 0 AND x.a IS NOT NULL AND x.b IS NOT NULL THEN CAST(error('sqlstate:22023') AS BIGINT) ELSE x.c END"
		}
		x := "(SELECT " + args[0] + " AS a, " + args[1] + " AS b, " + args[2] + " AS c) AS x"
		if !fixedStep {
			x = "(SELECT x.a, x.b, " + stepSQL + " AS c FROM " + x + ") AS x"
		}
		from, first, step = x+", generate_series(x.a, x.b, x.c) AS y(v)", "x.a", "x.c"
	}
	sql := "SELECT " + fmt.Sprintf(back, "y.v") + " AS column1"
	if len(n.Cols) > 1 {
		number := "CAST((CAST(y.v AS HUGEINT) - " + first + ") // " + step + " + 1 AS BIGINT)"
		if moments {
			number = "row_number() OVER (ORDER BY y.v" + descending(n.Args[2]) + ")"
		}
		sql += ", " + number + " AS column2"
	}
	return sql + " FROM " + from
}

// descending is the order of a series of moments by its step.
func descending(step plan.Expr) string {
	if c, ok := step.(*plan.Const); ok && strings.Contains(c.Text, "-") {
		return " DESC"
	}
	return ""
}

// allConstant reports that no expression reads a column or a subquery.
func allConstant(list []plan.Expr) bool {
	for _, e := range list {
		fixed := true
		plan.Walk(e, func(x plan.Expr) bool {
			switch x.(type) {
			case *plan.Col, *plan.Subquery, *plan.Param:
				fixed = false
			}
			return fixed
		})
		if !fixed {
			return false
		}
	}
	return true
}
