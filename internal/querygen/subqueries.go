package querygen

import "slices"

// subquery makes a SELECT for the place of an expression: build fills what it selects. It reads columns from around it half of the
// time, in its WHERE. nil where the statement has enough of them.
func (g *Generator) subquery(build func(q *Query) bool) *Query {
	if g.budget <= 0 {
		return nil
	}
	g.budget--
	around, ctes, inner := g.scope, g.ctes, g.inner
	outer := around.cols
	if !inner && g.one(3) { // within an aggregate's argument a column from further out could make the aggregate one of that query
		outer = slices.Concat(outer, around.outer)
	}
	q := &Query{Limit: -1}
	// PostgreSQL may look at all rows of the subquery for each around it.
	g.scope, g.inner = scope{outer: outer, room: mostRows * 2 / max(around.rows, 1)}, false
	g.from(q, 1, pick(g, 1, 1, 1, 2))
	g.where(q)
	if !g.one(3) {
		g.correlate(q)
	}
	ok := build(q)
	g.scope, g.ctes, g.inner = around, ctes, inner
	if !ok {
		return nil
	}
	return q
}

// correlate adds conditions between the query's columns and those around it.
func (g *Generator) correlate(q *Query) {
	pairs := g.pairs(g.cols, g.outer)
	if len(pairs) == 0 {
		return
	}
	for range pick(g, 1, 1, 2) {
		p := pick(g, pairs...)
		q.Where = append(q.Where, node(Bool, "(%s "+pick(g, "=", "=", "=", "<", ">=", "<>", "is not distinct from")+" %s)", p[0].expr(), p[1].expr()))
	}
}

// scalar is a subquery that has one row at most; nil where there is none.
func (g *Generator) scalar(k Kind) *Expr {
	q := g.subquery(func(q *Query) bool {
		if len(g.unique) > 0 && g.one(4) {
			q.Items = []Item{{Expr: g.expr(k, 1)}}
			for _, u := range g.unique {
				q.By = append(q.By, leaf("key", u))
			}
			q.Limit = 1
			return true
		}
		q.Items = []Item{{Expr: g.aggregate(k)}}
		return true
	})
	if q == nil {
		return nil
	}
	return sub(k, "(%s)", q)
}

// subPredicate is a condition over a subquery; nil where the statement has enough of them.
func (g *Generator) subPredicate() *Expr {
	k := g.kind()
	switch g.IntN(6) {
	case 0, 1:
		if q := g.subquery(g.someColumn(Int4)); q != nil {
			return sub(Bool, pick(g, "exists (%s)", "not exists (%s)"), q)
		}
	case 2:
		if q := g.subquery(g.someColumn(k)); q != nil {
			return sub(Bool, "(%s "+pick(g, "in", "not in", "in")+" (%s))", q, wrap(g.expr(k, 1)))
		}
	case 3:
		if q := g.subquery(g.someColumn(k)); q != nil {
			return sub(Bool, "(%s "+pick(g, comparisons...)+" "+pick(g, "any", "all")+" (%s))", q, wrap(g.expr(k, 1)))
		}
	case 4:
		l := g.kind()
		if q := g.subquery(g.someColumn(k, l)); q != nil {
			return sub(Bool, "((%s, %s) "+pick(g, "in", "not in")+" (%s))", q, g.atom(k, false), g.atom(l, false))
		}
	default:
		if e := g.scalar(k); e != nil {
			return node(Bool, "(%s "+pick(g, comparisons...)+" %s)", wrap(g.expr(k, 1)), e)
		}
	}
	return nil
}

// someColumn fills a subquery with columns of the kinds: of rows, of groups, or of one aggregate.
func (g *Generator) someColumn(kinds ...Kind) func(*Query) bool {
	return func(q *Query) bool {
		form := g.IntN(6)
		for _, k := range kinds {
			e := g.expr(k, 1)
			if form == 0 {
				e = g.aggregate(k)
			}
			q.Items = append(q.Items, Item{Expr: e})
		}
		if e := q.Items[0].Expr; form == 1 && len(kinds) == 1 && e.Column {
			q.Group = []*Expr{e}
			g.having(q)
		}
		if form == 2 && !q.hasInterval() {
			q.Distinct = true
		}
		return true
	}
}

// havingSub compares an aggregate of groups with a subquery, which may read the columns that are grouped by.
func (g *Generator) havingSub(q *Query, k Kind) *Expr {
	a := g.aggregate(k)
	around := g.scope
	defer func() { g.scope = around }()
	g.cols, g.outer = nil, nil
	for i := range around.cols {
		if slices.ContainsFunc(q.Group, func(e *Expr) bool { return e.Column && e.Form == around.cols[i].name }) {
			g.cols = append(g.cols, around.cols[i])
		}
	}
	if s := g.scalar(k); s != nil {
		return node(Bool, "(%s "+pick(g, comparisons...)+" %s)", a, s)
	}
	return node(Bool, "(%s is not null)", a)
}

// lateral joins a derived table that reads what is before it in FROM.
func (g *Generator) lateral(q *Query, join string) {
	around := g.scope
	rows := 0
	d := g.subquery(func(d *Query) bool {
		for range 1 + g.IntN(2) {
			k := g.kind()
			e := g.expr(k, 1)
			if len(d.Items) > 0 && d.Items[0].Expr.Kind == "" {
				break
			}
			d.Items = append(d.Items, Item{Expr: e})
		}
		rows = g.rows
		switch g.IntN(3) {
		case 0:
			for i, it := range d.Items {
				d.Items[i] = Item{Expr: g.aggregate(it.Expr.Kind)}
			}
			rows = 1
		case 1:
			d.Total, d.Limit, rows = []string{pick(g, "", " desc")}, pick(g, 1, 2), 2
		}
		return true
	})
	if d == nil {
		return
	}
	g.source(q, Source{Join: join, Lateral: true, Derived: d}, d.named(), rows)
	g.rows = max(around.rows*rows, 1)
	q.From[len(q.From)-1].On = []*Expr{leaf(Bool, "true")}
}

// anyOf compares with the elements of an array.
func (g *Generator) anyOf(a *Expr, k Kind) *Expr {
	op := pick(g, "= any", "<> all", "= any", pick(g, comparisons...)+" "+pick(g, "any", "all"))
	if p := g.arrayParam(k); p != nil && g.one(3) {
		return node(Bool, "(%s "+op+" (%s::"+string(k)+"[]))", a, p)
	}
	return node(Bool, "(%s "+op+" (array[%s, %s, %s]))", a, g.atom(k, false), g.typed(k), g.typed(k))
}

func (g *Generator) arrayParam(k Kind) *Expr {
	p := &Expr{Kind: "parameter", Param: true}
	switch k {
	case Int2, Int4, Int8, Numeric:
		p.Value = pick[any](g, "{1,2,3}", "{}", "{NULL,7}", nil)
	case Text:
		p.Value = pick[any](g, `{a,"",EUR,"NULL"}`, "{}", "{NULL,DE}")
	default:
		return nil
	}
	return p
}
