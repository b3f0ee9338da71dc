package querygen

import (
	"slices"
	"strconv"
)

// Next returns the next statement.
func (g *Generator) Next() *Query {
	g.aliases, g.budget, g.ctes, g.scope, g.inner = 0, pick(g, 1, 2, 3, 5), nil, scope{room: mostRows}, false
	var with []CTE
	if g.one(5) {
		with = g.with()
	}
	q := g.query(2)
	q.With = with
	return q
}

// with makes queries of WITH, the second of which may read the first.
func (g *Generator) with() []CTE {
	var out []CTE
	for range 1 + g.IntN(2) {
		g.scope = scope{room: 1000}
		c := g.query(1)
		name := "w" + strconv.Itoa(len(out)+1)
		out = append(out, CTE{name, pick(g, "", "", "materialized ", "not materialized "), c})
		g.ctes = append(g.ctes, relation{name, c.named(), g.rows})
	}
	g.scope = scope{room: mostRows}
	return out
}

// query makes one query; levels bounds how deep derived tables nest.
func (g *Generator) query(levels int) *Query {
	g.budget--
	if g.budget > 0 && g.one(7) {
		return g.setOp(levels)
	}
	q := &Query{Limit: -1}
	g.from(q, levels, pick(g, 1, 1, 1, 2, 2, 3, 4))
	g.where(q)
	switch g.IntN(5) {
	case 0, 1:
		g.plain(q)
	case 2, 3:
		g.grouped(q)
	default:
		for range 1 + g.IntN(4) {
			q.Items = append(q.Items, Item{Expr: g.aggregateItem()})
		}
		g.having(q)
	}
	g.order(q)
	if q.Limit >= 0 && !q.Ties {
		g.rows = min(g.rows, q.Limit)
	}
	return q
}

// setOp joins two or three queries with the same kinds of columns.
func (g *Generator) setOp(levels int) *Query {
	op := pick(g, "union all", "union", "intersect", "intersect all", "except", "except all")
	var kinds []Kind
	for range 1 + g.IntN(3) {
		k := pick(g, allKinds...)
		if k == Interval && op != "union all" {
			k = Int4 // see hasInterval
		}
		kinds = append(kinds, k)
	}
	left := g.branch(kinds, levels, 2)
	rows := g.rows
	right := g.branch(kinds, levels, 2)
	g.rows += rows
	q := &Query{Limit: -1, Set: &SetOp{op, left, right}, Items: slices.Clone(left.Items)}
	g.order(q)
	return q
}

// branch makes a query with columns of the given kinds.
func (g *Generator) branch(kinds []Kind, levels, depth int) *Query {
	g.budget--
	if depth > 1 && g.one(6) {
		left := g.branch(kinds, levels, depth-1)
		op := "union all"
		if !slices.Contains(kinds, Interval) {
			op = pick(g, "union", "except", "intersect all")
		}
		return &Query{Limit: -1, Set: &SetOp{op, left, g.branch(kinds, levels, depth-1)}, Items: slices.Clone(left.Items)}
	}
	q := &Query{Limit: -1}
	room := g.room
	g.scope = scope{room: min(max(room, 200), 4000)}
	g.from(q, levels-1, pick(g, 1, 1, 2))
	g.where(q)
	grouped := g.one(4)
	for _, k := range kinds {
		e := g.expr(k, 2)
		if grouped {
			e = g.aggregate(k)
		}
		q.Items = append(q.Items, Item{Expr: e})
	}
	g.room = room
	return q
}

func (g *Generator) where(q *Query) {
	for range pick(g, 0, 0, 1, 1, 2, 3) {
		q.Where = append(q.Where, wrap(g.predicate(2)))
	}
}

// plain fills a SELECT without aggregates.
func (g *Generator) plain(q *Query) {
	windows := g.one(4)
	for range 1 + g.IntN(4) {
		e := g.expr(g.kind(), 3)
		if windows && g.one(2) {
			e = g.window()
		}
		q.Items = append(q.Items, Item{Expr: e})
	}
	if g.one(6) && g.firstRows(q) {
		return
	}
	q.Distinct = g.one(4) && !q.hasInterval()
}

// firstRows keeps the first row of groups, or the first rows with those that tie with the last.
func (g *Generator) firstRows(q *Query) bool {
	by := func() *Expr {
		c := g.column(func(c column) bool { return !c.loose })
		if c == nil {
			return nil
		}
		return node(c.kind, "%s"+pick(g, "", " desc", " nulls first", " desc nulls last"), c.expr())
	}
	e := by()
	if e == nil || q.Loose() {
		return false
	}
	q.By = []*Expr{e}
	if len(g.unique) == 0 || g.one(2) {
		q.Limit, q.Ties = pick(g, 1, 3, 10), true
		if g.one(4) {
			q.Offset = 2 // which of the rows that tie are left out is PostgreSQL's own chance, unless the order is total
			for _, u := range g.unique {
				q.By = append(q.By, leaf("key", u))
			}
			if len(g.unique) == 0 {
				q.Offset = 0
			}
		}
		return true
	}
	q.First = []*Expr{e.Args[0]}
	for _, u := range g.unique {
		q.By = append(q.By, leaf("key", u))
	}
	return true
}

// hasInterval reports an output column of intervals, of which equal ones have several texts: 1 mon is 30 days. Which
// of them stands for a group is PostgreSQL's own chance.
func (q *Query) hasInterval() bool {
	return slices.ContainsFunc(q.Items, func(it Item) bool { return it.Expr.Kind == Interval })
}

// grouped fills a SELECT with GROUP BY expressions, by ordinal some of the time.
func (g *Generator) grouped(q *Query) {
	budget := g.budget
	g.budget = 0 // no subqueries in what is grouped by: PostgreSQL may compute them anew
	for range pick(g, 1, 1, 2) {
		k := g.kind()
		e := g.expr(k, pick(g, 0, 0, 2))
		if !g.one(3) {
			if len(g.keys) > 0 && g.one(4) {
				name := pick(g, g.keys...)
				if c := g.column(func(c column) bool { return c.name == name }); c != nil {
					e = c.expr()
				}
			}
		}
		if e.hasParam() || !e.names() || e.Kind == Interval {
			continue // a parameter repeated gets another number, a constant may read as an ordinal; hasInterval
		}
		if g.one(4) {
			q.Items = append(q.Items, Item{Expr: e})
			q.Group = append(q.Group, leaf(Int4, strconv.Itoa(len(q.Items))))
			continue
		}
		q.Group = append(q.Group, e)
		if !g.one(5) {
			q.Items = append(q.Items, Item{Expr: e})
		}
	}
	g.budget = budget
	for range 1 + g.IntN(3) {
		q.Items = append(q.Items, Item{Expr: g.aggregateItem()})
	}
	g.having(q)
	if len(q.Group) > 0 && g.one(4) {
		q.Sets = pick(g, "rollup", "cube", "grouping sets", "mixed")
		if e := q.Group[0]; e.names() && g.one(2) {
			q.Items = append(q.Items, Item{Expr: node(Int4, "grouping(%s)", e)})
		}
	}
	q.Distinct = g.one(8) && !q.hasInterval()
}

func (g *Generator) having(q *Query) {
	if g.one(4) {
		k := pick(g, Int8, Numeric)
		q.Having = node(Bool, "(%s "+pick(g, comparisons...)+" %s)", g.aggregate(k), g.literal(Int4))
		if g.one(3) {
			q.Having = node(Bool, "(%s or %s)", q.Having, node(Bool, "(%s is null)", g.aggregate(g.kind())))
		}
		if g.budget > 0 && g.one(2) {
			q.Having = node(Bool, "(%s "+pick(g, "and", "or")+" %s)", q.Having, g.havingSub(q, k))
		}
	}
}

// order adds an order by every column, and a limit; not where a column's last digits are open.
func (g *Generator) order(q *Query) {
	if q.Loose() {
		q.Distinct = false
		return
	}
	if q.By != nil || !g.one(3) {
		return
	}
	q.Total = []string{pick(g, "", " desc", " nulls first"), pick(g, "", " desc nulls last", " asc")}
	if g.one(2) {
		q.Limit = pick(g, 0, 1, 5, 20, 100)
	}
	if g.one(3) {
		q.Offset = pick(g, 1, 3, 50, 5000)
	}
}
