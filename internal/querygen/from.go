package querygen

import (
	"slices"
	"strconv"
	"strings"
)

// mostRows bounds the rows that PostgreSQL looks at for a statement, as far as they can be estimated.
const mostRows = 60_000

// from fills FROM with up to n relations and sets what expressions may name.
func (g *Generator) from(q *Query, levels, n int) {
	g.scope = scope{samples: map[string][]string{}, unique: []string{}, outer: g.outer, rows: 1, room: max(g.room, 200)}
	g.first(q, levels)
	for range n - 1 {
		g.next(q, levels)
	}
	g.merge(q)
}

func (g *Generator) first(q *Query, levels int) {
	switch {
	case levels > 1 && g.one(5) && g.budget > 0:
		g.derived(q, "", levels)
	case len(g.ctes) > 0 && !g.one(3):
		g.named(q, "")
	case g.one(25):
		g.call(q, "")
	default:
		g.add(q, g.table(func(t table) bool { return rowsOf[t.name] <= g.room }), "")
	}
}

// table picks one that passes, the small currencies if none does.
func (g *Generator) table(pass func(table) bool) table {
	var fit []table
	for _, t := range tables {
		if g.known(t.name) && pass(t) {
			fit = append(fit, t)
		}
	}
	if len(fit) == 0 {
		return tables[4]
	}
	return pick(g, fit...)
}

// next adds a relation to those that FROM has.
func (g *Generator) next(q *Query, levels int) {
	join := pick(g, "join", "left join", "right join", "full join", "join", "left join")
	switch {
	case levels > 1 && g.one(5) && g.budget > 0:
		if g.one(2) && (join == "join" || join == "left join") {
			g.lateral(q, join)
			return
		}
		before := g.scope
		g.derived(q, join, levels)
		g.condition(q, before)
	case len(g.ctes) > 0 && g.one(2):
		before := g.scope
		g.named(q, join)
		g.condition(q, before)
	case g.one(12):
		before := g.scope
		g.call(q, join)
		g.condition(q, before)
	case len(g.keys) > 0 && !g.one(3) && g.colocated(q, join):
	case g.one(2):
		g.reference(q, join)
	default:
		before := g.scope
		g.add(q, g.table(func(t table) bool { return rowsOf[t.name]*g.rows <= 40*g.room && rowsOf[t.name] <= g.room }), join)
		g.condition(q, before)
	}
}

// colocated joins a table of the family of one that is there by their sharding keys; false if there is none.
func (g *Generator) colocated(q *Query, join string) bool {
	left := pick(g, g.keys...)
	alias, _, _ := strings.Cut(left, ".")
	i := slices.IndexFunc(q.From, func(s Source) bool { return s.Alias == alias })
	t := slices.IndexFunc(tables, func(t table) bool { return t.name == q.From[i].Table })
	if tables[t].family != "coop" {
		return false
	}
	next := tables[g.IntN(4)]
	rows := g.rows * rowsOf[next.name] / 12
	if next.name == "cooperatives" || tables[t].name == "cooperatives" {
		rows = max(g.rows, rowsOf[next.name])
	}
	if rows > g.room {
		next, rows = tables[0], g.rows
	}
	right := g.add(q, next, join)
	g.rows = rows
	s := &q.From[len(q.From)-1]
	s.On = []*Expr{leaf(Bool, left+" = "+right+"."+next.key)}
	g.joinExtra(s)
	return true
}

// reference joins currencies, by a text column or by nothing.
func (g *Generator) reference(q *Query, join string) {
	text := g.column(func(c column) bool { return c.kind == Text })
	rows := g.rows
	if text == nil || g.one(6) && g.rows*7 <= g.room {
		g.add(q, tables[4], "cross join")
		g.rows = rows * 7
		return
	}
	name := text.name
	alias := g.add(q, tables[4], join)
	g.rows = rows + 7
	s := &q.From[len(q.From)-1]
	s.On = []*Expr{leaf(Bool, name+" = "+alias+".code")}
	g.joinExtra(s)
}

// condition joins the last relation of FROM to those of before: by columns of one kind, equal, the same or in order; by every
// row with every row where there are few. A full join needs an equality (PostgreSQL says so).
func (g *Generator) condition(q *Query, before scope) {
	s := &q.From[len(q.From)-1]
	added := g.rows
	pairs := g.pairs(before.cols, g.cols[len(before.cols):])
	all := before.rows * added
	if len(pairs) == 0 || all <= min(400, g.room) && g.one(5) {
		if s.Join = "cross join"; all > g.room {
			q.From, g.scope = q.From[:len(q.From)-1], before
			return
		}
		g.rows = all
		return
	}
	p := pick(g, pairs...)
	op := "="
	if s.Join != "full join" && all <= g.room {
		op = pick(g, "=", "=", "=", "<", ">=", "is not distinct from", "<>")
	}
	if g.rows = all; op == "=" {
		g.rows = max(before.rows, added) * 4
	}
	s.On = []*Expr{node(Bool, "(%s "+op+" %s)", p[0].expr(), p[1].expr())}
	if g.one(4) {
		p = pick(g, pairs...)
		s.On = append(s.On, node(Bool, "(%s "+pick(g, "=", "<=", "<>")+" %s)", p[0].expr(), p[1].expr()))
	}
	g.joinExtra(s)
}

// pairs are columns of two lists that compare; those with the same name three times.
func (g *Generator) pairs(a, b []column) [][2]*column {
	var out [][2]*column
	for i := range a {
		for j := range b {
			if a[i].loose || b[j].loose || a[i].kind != b[j].kind && !(whole(a[i].kind) && whole(b[j].kind)) || a[i].kind == Bool {
				continue
			}
			p := [2]*column{&a[i], &b[j]}
			out = append(out, p)
			if a[i].bare() == b[j].bare() {
				out = append(out, p, p)
			}
		}
	}
	return out
}

func whole(k Kind) bool { return k == Int2 || k == Int4 || k == Int8 }

func (c *column) bare() string {
	_, name, _ := strings.Cut(c.name, ".")
	return name
}

// joinExtra adds a condition beside the equality, on one side or on both.
func (g *Generator) joinExtra(s *Source) {
	if g.one(3) {
		s.On = append(s.On, wrap(g.predicate(1)))
	}
}

// merge writes the first of two relations' join as USING, some of the time.
func (g *Generator) merge(q *Query) {
	if len(q.From) != 2 || len(q.From[1].On) == 0 || !g.one(4) {
		return
	}
	var both []*column
	for i := range g.cols {
		for j := range g.cols[:i] {
			if a, b := &g.cols[j], &g.cols[i]; a.bare() == b.bare() && (a.kind == b.kind || whole(a.kind) && whole(b.kind)) && !a.loose && a.kind != Bool &&
				strings.HasPrefix(a.name, q.From[0].Alias+".") && strings.HasPrefix(b.name, q.From[1].Alias+".") && b.bare() != "grp" {
				both = append(both, b)
			}
		}
	}
	if len(both) == 0 || g.rows > 2000 {
		return
	}
	c := pick(g, both...)
	q.From[1].On, q.From[1].Using = nil, c.bare()
	g.cols = append(g.cols, column{name: c.bare(), kind: c.kind, wild: true, infinite: true})
}

// add puts a table into FROM.
func (g *Generator) add(q *Query, t table, join string) string {
	a := g.alias()
	q.From = append(q.From, Source{Join: join, Table: t.name, Alias: a})
	g.rows = rowsOf[t.name]
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
	if g.unique != nil {
		g.unique = append(g.unique, a+"."+map[bool]string{false: "id", true: "code"}[t.name == "currencies"])
	}
	return a
}

// derived puts (SELECT …) into FROM, with every column named.
func (g *Generator) derived(q *Query, join string, levels int) {
	around := g.scope
	g.scope = scope{room: around.room}
	d := g.query(levels - 1)
	rows := g.rows
	g.scope = around
	g.source(q, Source{Join: join, Derived: d}, d.named(), rows)
}

// named names the output columns and returns them. Values of an expression may be at the ends of their types, and infinite.
func (q *Query) named() []column {
	var cols []column
	for i := range q.Items {
		it := &q.Items[i]
		it.Alias = "c" + strconv.Itoa(i+1)
		cols = append(cols, column{name: it.Alias, kind: it.Expr.Kind, wild: true, infinite: true, loose: it.Expr.loose()})
	}
	if q.Set != nil {
		q.Set.Left.named()
	}
	return cols
}

// source puts a relation into FROM whose rows nothing tells apart.
func (g *Generator) source(q *Query, s Source, cols []column, rows int) {
	s.Alias = g.alias()
	q.From = append(q.From, s)
	for _, c := range cols {
		c.name = s.Alias + "." + c.name
		g.cols = append(g.cols, c)
	}
	g.unique, g.rows = nil, rows
}

// named puts a query of WITH into FROM.
func (g *Generator) named(q *Query, join string) {
	c := pick(g, g.ctes...)
	g.source(q, Source{Join: join, Table: c.name}, c.cols, c.rows)
}

// call puts VALUES, unnest or generate_series into FROM.
func (g *Generator) call(q *Query, join string) {
	switch g.IntN(4) {
	case 0:
		g.source(q, Source{Join: join, Call: leaf("", pick(g, "generate_series(1, 5)", "generate_series(-2, 9, 3)", "generate_series(3, 1)", "generate_series(1, null)")),
			Cols: []string{"c1"}}, []column{{name: "c1", kind: Int4}}, 5)
	case 1:
		k := pick(g, Int4, Text, Numeric, Date)
		g.source(q, Source{Join: join, Call: node("", "unnest(array[%s, %s, null, %s]::"+string(k)+"[]) with ordinality", g.literal(k), g.literal(k), g.literal(k)),
			Cols: []string{"c1", "c2"}}, []column{{name: "c1", kind: k}, {name: "c2", kind: Int8}}, 4)
	default:
		g.values(q, join)
	}
}

func (g *Generator) values(q *Query, join string) {
	kinds := []Kind{pick(g, Int4, Int8, Text, Numeric, Date), pick(g, allKinds...)}[:1+g.IntN(2)]
	var cols []column
	var names, forms []string
	var args []*Expr
	for i, k := range kinds {
		names = append(names, "c"+strconv.Itoa(i+1))
		cols = append(cols, column{name: names[i], kind: k})
	}
	rows := 1 + g.IntN(4)
	for range rows {
		for _, k := range kinds {
			args = append(args, g.typed(k))
		}
		forms = append(forms, "("+strings.TrimSuffix(strings.Repeat("%s, ", len(kinds)), ", ")+")")
	}
	g.source(q, Source{Join: join, Call: node("", "(values "+strings.Join(forms, ", ")+")", args...), Cols: names}, cols, rows)
}

// typed is a literal, often NULL, whose type is the kind without a doubt.
func (g *Generator) typed(k Kind) *Expr {
	if g.one(3) {
		return leaf(k, "null::"+string(k))
	}
	return node(k, "%s::"+string(k), wrap(leaf(k, pick(g, literals[k]...))))
}
