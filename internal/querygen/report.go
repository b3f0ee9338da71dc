package querygen

import (
	"slices"
	"strings"
)

// Taste is what reports prefer: for each use the columns by table. Now and then a report takes another column.
type Taste struct {
	Values, Keys, Arguments, Filters, Pseudonyms map[string][]string
	// Functions are the aggregates of columns of a table, by PostgreSQL's names; "count_distinct" is count(DISTINCT x).
	Functions map[string][]string
	// Literals returns values that a column has, as they are written in SQL.
	Literals func(table, column string) []string
}

// Over keeps statements to some of the tables. Columns of the others are not named either.
func (g *Generator) Over(names ...string) *Generator {
	g.only = names
	return g
}

// known reports that statements may read a table.
func (g *Generator) known(name string) bool { return g.only == nil || slices.Contains(g.only, name) }

// Report returns a statement as people write them: a table or two, some conditions, and columns or aggregates of groups.
func (g *Generator) Report(t Taste) *Query {
	g.aliases, g.budget, g.ctes, g.scope, g.inner = 0, 0, nil, scope{room: mostRows, samples: map[string][]string{}, unique: []string{}}, false
	q := &Query{Limit: -1}
	g.add(q, g.table(func(x table) bool {
		return g.one(4) || len(t.Values[x.name])+len(t.Arguments[x.name])+len(t.Keys[x.name]) > 0
	}), "")
	if g.one(3) {
		g.related(q)
	}
	for range pick(g, 0, 0, 1, 1, 2) {
		q.Where = append(q.Where, g.reportFilter(t, q))
	}
	table := q.From[0].Table
	grouping := len(t.Arguments[table])+len(t.Keys[table]) > 0
	switch {
	case grouping && !g.one(6) || g.one(5):
		g.reportGroups(t, q)
	default:
		g.reportRows(t, q)
	}
	g.order(q)
	return q
}

// related joins a table that belongs to the one that is there.
func (g *Generator) related(q *Query) {
	left := q.From[0]
	var fit [][3]string
	for _, j := range [][4]string{
		{"payments", "members", "member_id", "id"}, {"members", "payments", "id", "member_id"}, {"payments", "cooperatives", "cooperative_id", "id"},
		{"members", "cooperatives", "cooperative_id", "id"}, {"units", "cooperatives", "cooperative_id", "id"}, {"payments", "currencies", "currency", "code"},
		{"payments", "units", "cooperative_id", "cooperative_id"}, {"cooperatives", "units", "id", "cooperative_id"},
	} {
		if j[0] == left.Table && g.known(j[1]) {
			fit = append(fit, [3]string(j[1:]))
		}
	}
	if len(fit) == 0 {
		return
	}
	j := pick(g, fit...)
	i := slices.IndexFunc(tables, func(t table) bool { return t.name == j[0] })
	alias := g.add(q, tables[i], pick(g, "join", "join", "left join"))
	s := &q.From[1]
	s.On = []*Expr{leaf(Bool, left.Alias+"."+j[1]+" = "+alias+"."+j[2])}
	if j[1] == "member_id" || j[2] == "member_id" {
		s.On = append(s.On, leaf(Bool, left.Alias+".cooperative_id = "+alias+".cooperative_id"))
	}
}

// tasty is a column of a relation in FROM that is on a list, or now and then any.
func (g *Generator) tasty(q *Query, lists map[string][]string, pass func(column) bool) (c *column, table, name string) {
	wild := g.one(20)
	c = g.column(func(c column) bool {
		alias, bare, _ := strings.Cut(c.name, ".")
		i := slices.IndexFunc(q.From, func(s Source) bool { return s.Alias == alias })
		return pass(c) && (wild || slices.Contains(lists[q.From[i].Table], bare))
	})
	if c == nil {
		return nil, "", ""
	}
	alias, bare, _ := strings.Cut(c.name, ".")
	i := slices.IndexFunc(q.From, func(s Source) bool { return s.Alias == alias })
	return c, q.From[i].Table, bare
}

func anyColumn(column) bool { return true }

func (g *Generator) reportFilter(t Taste, q *Query) *Expr {
	c, table, name := g.tasty(q, t.Filters, anyColumn)
	if c == nil {
		return leaf(Bool, "true")
	}
	var list []string
	if t.Literals != nil {
		list = t.Literals(table, name)
	}
	switch {
	case c.kind == Bool:
		return node(Bool, pick(g, "(%s = true)", "(%s is not true)", "(%s is null)"), c.expr())
	case g.one(8) || len(list) == 0:
		return node(Bool, pick(g, "(%s is not null)", "(%s is null)"), c.expr())
	case whole(c.kind) && g.one(4):
		return node(Bool, "(12 / (%s - %s) >= 0)", c.expr(), leaf(c.kind, pick(g, list...)))
	case g.one(4):
		return node(Bool, "(%s in (%s, %s))", c.expr(), leaf(c.kind, pick(g, list...)), leaf(c.kind, pick(g, list...)))
	}
	return node(Bool, "(%s "+pick(g, "=", "<", ">", ">=", "<>", "<>")+" %s)", c.expr(), leaf(c.kind, pick(g, list...)))
}

// reportRows fills a SELECT of columns, and of simple expressions over them.
func (g *Generator) reportRows(t Taste, q *Query) {
	for range 1 + g.IntN(3) {
		if p, _, _ := g.tasty(q, t.Pseudonyms, anyColumn); p != nil && g.one(2) {
			q.Items = append(q.Items, Item{Expr: node(Text, "pseudonym(%s)", p.expr())})
			continue
		}
		c, _, _ := g.tasty(q, t.Values, anyColumn)
		if c == nil {
			continue
		}
		e := c.expr()
		switch {
		case c.kind == Text && g.one(4):
			e = node(Text, pick(g, "upper(%s)", "(%s || 'x')", "lower(%s)"), e)
		case c.kind == Numeric && g.one(4):
			e = node(Numeric, pick(g, "(%s + 1)", "(- %s)", "(%s * 2)"), e)
		}
		q.Items = append(q.Items, Item{Expr: e})
	}
	if len(q.Items) == 0 {
		q.Items = append(q.Items, Item{Expr: leaf(Int4, "1")})
	}
	q.Distinct = g.one(5)
}

// reportGroups fills a SELECT of aggregates, by columns most of the time.
func (g *Generator) reportGroups(t Taste, q *Query) {
	for range pick(g, 0, 1, 1, 1, 2) {
		c, _, _ := g.tasty(q, t.Keys, anyColumn)
		if c == nil || slices.ContainsFunc(q.Group, func(e *Expr) bool { return e.Form == c.name }) {
			continue
		}
		q.Group = append(q.Group, c.expr())
		q.Items = append(q.Items, Item{Expr: c.expr()})
	}
	for range 1 + g.IntN(3) {
		q.Items = append(q.Items, Item{Expr: g.reportAggregate(t, q)})
	}
	if g.one(8) {
		q.Having = node(Bool, "(%s "+pick(g, ">", "<", "=")+" %s)", g.reportAggregate(t, q), leaf(Int4, pick(g, "0", "1", "3", "20000")))
		if k := q.Having.Args[0].Kind; k != Int8 && k != Numeric {
			q.Having = nil
		}
	}
}

func (g *Generator) reportAggregate(t Taste, q *Query) *Expr {
	fn := pick(g, "count", "sum", "avg", "min", "max", "count_distinct", "var_pop")
	if list := t.Functions[q.From[0].Table]; len(list) > 0 && !g.one(20) {
		fn = pick(g, list...)
	}
	number := fn != "count" && fn != "count_distinct" && fn != "min" && fn != "max"
	c, _, _ := g.tasty(q, t.Arguments, func(c column) bool {
		switch {
		case number:
			return c.kind == Numeric || whole(c.kind)
		case fn == "min" || fn == "max":
			return c.kind != Bool
		}
		return true
	})
	if c == nil || fn == "count" && g.one(2) {
		return leaf(Int8, "count(*)")
	}
	e := g.aggregateOf(fn, c)
	switch {
	case g.one(20):
		return node(e.Kind, "%s filter (where %s)", e, g.reportFilter(t, q))
	case g.one(20) && number:
		return node(Numeric, fn+"(case when %s then %s end)", g.reportFilter(t, q), c.expr())
	case g.one(10) && (e.Kind == Int8 || e.Kind == Numeric):
		return node(e.Kind, pick(g, "coalesce(%s, 0)", "(%s + 1)"), e)
	}
	return e
}

func (g *Generator) aggregateOf(fn string, c *column) *Expr {
	switch fn {
	case "count", "regr_count":
		return node(Int8, "count(%s)", c.expr())
	case "count_distinct":
		return node(Int8, "count(distinct %s)", c.expr())
	case "min", "max":
		return node(c.kind, fn+"(%s)", c.expr())
	case "sum":
		if c.kind == Int2 || c.kind == Int4 {
			return node(Int8, "sum(%s)", c.expr())
		}
	}
	return node(Numeric, fn+"(%s)", c.expr())
}
