package querygen

import (
	"slices"
	"strconv"
)

// Next returns the next statement.
func (g *Generator) Next() *Query {
	g.aliases = 0
	return g.query(2)
}

// query makes one SELECT; levels bounds how deep derived tables nest.
func (g *Generator) query(levels int) *Query {
	q := &Query{Limit: -1}
	g.from(q, levels)
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
	return q
}

// from fills FROM and sets what expressions may name.
func (g *Generator) from(q *Query, levels int) {
	g.cols, g.keys, g.samples = nil, nil, map[string][]string{}
	if levels > 1 && g.one(5) {
		g.derived(q, levels)
		return
	}
	t := tables[g.IntN(len(tables))]
	first := g.add(q, t, "")
	joins := pick(g, 0, 0, 1, 1, 2)
	heavy := t.name == "payments"
	for range joins {
		join := pick(g, "join", "left join", "right join", "full join", "join", "left join")
		switch {
		case t.family == "coop" && !g.one(3):
			next := tables[g.IntN(4)]
			if (heavy || t.name == "members") && (next.name == "payments" || next.name == "members" || next.name == "units") && heavy || next.name == t.name && t.name != "cooperatives" {
				next = tables[0]
			}
			heavy = heavy || next.name == "payments"
			left := first
			alias := g.add(q, next, join)
			s := &q.From[len(q.From)-1]
			s.On = []*Expr{leaf(Bool, left+"."+t.key+" = "+alias+"."+next.key)}
			g.joinExtra(s, join)
		default:
			g.reference(q, join)
		}
	}
}

// reference joins currencies, by a text column or by nothing.
func (g *Generator) reference(q *Query, join string) {
	text := g.column(func(c column) bool { return c.kind == Text })
	if text == nil || g.one(6) {
		g.add(q, tables[4], pick(g, "cross join", ","))
		// A comma binds less than a join after it, which could then not name what is before the comma.
		if q.From[len(q.From)-1].Join == "," {
			q.From[len(q.From)-1].Join = "cross join"
		}
		return
	}
	name := text.name
	alias := g.add(q, tables[4], join)
	s := &q.From[len(q.From)-1]
	s.On = []*Expr{leaf(Bool, name+" = "+alias+".code")}
	g.joinExtra(s, join)
}

// joinExtra adds a condition beside the equality, on one side or on both.
func (g *Generator) joinExtra(s *Source, join string) {
	if g.one(3) {
		s.On = append(s.On, wrap(g.predicate(1)))
	}
}

func (g *Generator) add(q *Query, t table, join string) string {
	a := g.alias()
	q.From = append(q.From, Source{Join: join, Table: t.name, Alias: a})
	for _, c := range t.columns {
		bare := c.name
		if g.lacks != nil && g.lacks(t.name, bare) {
			continue
		}
		c.name = a + "." + bare
		g.cols = append(g.cols, c)
		if s, ok := t.samples[bare]; ok {
			g.samples[c.name] = s
		}
	}
	if t.key != "" {
		g.keys = append(g.keys, a+"."+t.key)
	}
	return a
}

// derived makes FROM (SELECT …) alias, with every column named.
func (g *Generator) derived(q *Query, levels int) {
	d := g.query(levels - 1)
	alias := g.alias()
	var cols []column
	for i := range d.Items {
		it := &d.Items[i]
		it.Alias = "c" + strconv.Itoa(i+1)
		// Values of an expression may be at the ends of their types, and infinite.
		cols = append(cols, column{name: alias + "." + it.Alias, kind: it.Expr.Kind, wild: true, infinite: true, loose: it.Expr.loose()})
	}
	q.From = []Source{{Derived: d, Alias: alias}}
	g.cols, g.keys, g.samples = cols, nil, map[string][]string{}
}

func (g *Generator) where(q *Query) {
	for range pick(g, 0, 0, 1, 1, 2, 3) {
		q.Where = append(q.Where, wrap(g.predicate(2)))
	}
}

// plain fills a SELECT without aggregates.
func (g *Generator) plain(q *Query) {
	for range 1 + g.IntN(4) {
		q.Items = append(q.Items, Item{Expr: g.expr(g.kind(), 3)})
	}
	q.Distinct = g.one(4) && !q.hasInterval()
}

// hasInterval reports an output column of intervals, of which equal ones have several texts: 1 mon is 30 days. Which
// of them stands for a group is PostgreSQL's own chance.
func (q *Query) hasInterval() bool {
	return slices.ContainsFunc(q.Items, func(it Item) bool { return it.Expr.Kind == Interval })
}

// grouped fills a SELECT with GROUP BY expressions, by ordinal some of the time.
func (g *Generator) grouped(q *Query) {
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
	for range 1 + g.IntN(3) {
		q.Items = append(q.Items, Item{Expr: g.aggregateItem()})
	}
	g.having(q)
	q.Distinct = g.one(8) && !q.hasInterval()
}

func (g *Generator) having(q *Query) {
	if g.one(4) {
		k := pick(g, Int8, Numeric)
		q.Having = node(Bool, "(%s "+pick(g, comparisons...)+" %s)", g.aggregate(k), g.literal(Int4))
		if g.one(3) {
			q.Having = node(Bool, "(%s or %s)", q.Having, node(Bool, "(%s is null)", g.aggregate(g.kind())))
		}
	}
}

// order adds an order by every column, and a limit; not where a column's last digits are open.
func (g *Generator) order(q *Query) {
	if q.Loose() {
		q.Distinct = false
		return
	}
	if !g.one(3) {
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

func (e *Expr) hasParam() bool {
	for _, a := range e.Args {
		if a.hasParam() {
			return true
		}
	}
	return e.Param
}

// names reports that an expression reads a column.
func (e *Expr) names() bool {
	for _, a := range e.Args {
		if a.names() {
			return true
		}
	}
	return len(e.Args) == 0 && len(e.Form) > 1 && e.Form[0] == 't' && e.Form[1] >= '1' && e.Form[1] <= '9'
}
