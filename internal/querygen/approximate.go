package querygen

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Nearness says how a value of a statement with approximate aggregates relates to PostgreSQL's answer; the empty one: it is the same.
type Nearness struct {
	// Kind is NearSame, NearCount, NearValue, NearTop or NearHeavy; "" for exact values.
	Kind string
	// Of is the precision of a count, the number of values of a top list, the inverse of the share of heavy hitters.
	Of int
}

// The kinds of nearness.
const (
	NearSame  = "same"  // an estimate: however it is made it is the same, but PostgreSQL has nothing to hold it against
	NearCount = "count" // an estimate of PostgreSQL's number, with the standard error of a precision; however it is made it is the same
	NearValue = "value" // near PostgreSQL's number, date or timestamp
	NearTop   = "top"   // a list of the most frequent of the values that PostgreSQL gives as a JSON array
	NearHeavy = "heavy" // a list of those that have a share
)

var (
	onlyAtoll  = regexp.MustCompile(`⟦([^⟧]*)⟧`)
	onlyOracle = regexp.MustCompile(`⟪([^⟫]*)⟫`)
)

// Spellings returns a statement of [Generator.Approximate] as Atoll is asked it, and with exact functions as PostgreSQL is asked.
func Spellings(sql string) (atoll, oracle string) {
	return onlyAtoll.ReplaceAllString(onlyOracle.ReplaceAllString(sql, ""), "$1"), onlyOracle.ReplaceAllString(onlyAtoll.ReplaceAllString(sql, ""), "$1")
}

// Near lists the nearness of each output column.
func (q *Query) Near() []Nearness {
	out := make([]Nearness, len(q.Items))
	for i, it := range q.Items {
		out[i] = it.Expr.Near
	}
	return out
}

// Estimated reports that which rows there are depends on an estimate.
func (q *Query) Estimated() bool {
	if q.Having != nil && q.Having.Near.Kind != "" {
		return true
	}
	for _, s := range q.From {
		if s.Derived != nil && s.Derived.Estimated() {
			return true
		}
	}
	return slices.ContainsFunc(q.With, func(c CTE) bool { return c.Query.Estimated() }) || q.Set != nil && (q.Set.Left.Estimated() || q.Set.Right.Estimated())
}

// Approximate returns a statement with approximate aggregates among exact ones, whose text [Spellings] reads.
func (g *Generator) Approximate() *Query {
	g.aliases, g.budget, g.ctes, g.scope, g.inner = 0, pick(g, 1, 1, 2, 3), nil, scope{room: mostRows}, false
	q := &Query{Limit: -1}
	if g.one(6) {
		g.appended(q)
	} else {
		g.from(q, 2, pick(g, 1, 1, 1, 2, 2, 3))
	}
	g.where(q)
	g.budget = 0
	keys := g.groupKeys(q)
	for range 1 + g.IntN(4) {
		q.Items = append(q.Items, Item{Expr: g.estimateOrExact()})
	}
	if g.one(3) {
		g.estimatedHaving(q)
	}
	if len(q.Group) > 0 && g.one(4) {
		q.Sets = pick(g, "rollup", "cube", "grouping sets", "mixed")
		q.Items = append(q.Items, Item{Expr: node(Int4, "grouping(%s)", q.Group[0])})
	}
	if g.one(6) {
		q.Items = append(q.Items, Item{Expr: g.overGroups()})
	}
	return g.around(q, keys)
}

// appended reads UNION ALL of two queries.
func (g *Generator) appended(q *Query) {
	kinds := []Kind{pick(g, Int4, Int8, Numeric), pick(g, Text, Date, Timestamp), pick(g, allKinds...)}
	left := g.branch(kinds, 1, 1)
	both := &Query{Limit: -1, Set: &SetOp{"union all", left, g.branch(kinds, 1, 1)}, Items: slices.Clone(left.Items)}
	g.scope = scope{samples: map[string][]string{}, room: mostRows}
	g.source(q, Source{Derived: both}, both.named(), 4000)
}

// groupKeys groups by up to three expressions, of which the first items are, and returns how many; 0 if not all are items.
func (g *Generator) groupKeys(q *Query) int {
	hidden := false
	for range pick(g, 0, 1, 1, 1, 2, 2, 3) {
		k := g.kind()
		e := g.expr(k, pick(g, 0, 0, 0, 1, 2))
		if e.hasParam() || !e.names() || k == Interval || e.loose() {
			continue // see grouped
		}
		q.Group = append(q.Group, e)
		if hidden = hidden || g.one(9); !hidden {
			q.Items = append(q.Items, Item{Expr: e})
		}
	}
	if hidden {
		return 0
	}
	return len(q.Group)
}

// estimateOrExact is an output column.
func (g *Generator) estimateOrExact() *Expr {
	switch g.IntN(8) {
	case 0, 1:
		return g.aggregate(pick(g, Int8, Int8, Numeric, Date, g.kind()))
	case 2:
		x, f := g.percentileOf(), pick(g, "0", "0.25", "0.5", "0.9", "1")
		if k := x.Kind; k != Date && k != Timestamp && k != Timestamptz {
			return g.filtered(Float8, pick(g, "percentile_cont("+f+") within group (order by %s)", "⟦median(⟧⟪percentile_cont(0.5) within group (order by ⟫%s)"), "", x)
		}
		return g.filtered(x.Kind, "percentile_disc("+f+") within group (order by %s)", "", x)
	}
	return g.estimate()
}

// filtered makes an aggregate, with FILTER some of the time; form and what follows FILTER make the call.
func (g *Generator) filtered(k Kind, form, after string, x *Expr) *Expr {
	if g.one(4) {
		return node(k, form+" filter (where %s)"+after, x, g.predicate(1))
	}
	return node(k, form+after, x)
}

// estimate is one approximate aggregate.
func (g *Generator) estimate() *Expr {
	var e *Expr
	switch g.IntN(9) {
	case 0, 1, 2:
		e = g.distinctEstimate()
	case 3:
		e = g.filtered("bytea", fmt.Sprintf("⟦hll_sketch(⟧⟪count(⟫%%s⟦, %d⟧)", pick(g, 4, 8, 14)), "", g.hashed())
		e.Near = Nearness{Kind: NearSame}
	case 4, 5:
		e = g.percentile()
	case 6:
		x := g.counted()
		n := pick(g, 1, 2, 5)
		e = g.filtered("jsonb", fmt.Sprintf("⟦approx_top_k(⟧⟪jsonb_agg(⟫%%s⟦, %d%s⟧)", n, pick(g, "", "", fmt.Sprintf(", %d", n), ", 30")), "", x)
		e.Near = Nearness{NearTop, n}
	case 7:
		n := pick(g, 1, 4, 20, 1000)
		e = g.filtered("jsonb", fmt.Sprintf("⟦approx_heavy_hitters(⟧⟪jsonb_agg(⟫%%s⟦, %g⟧)", 1/float64(n)), "", g.counted())
		e.Near = Nearness{NearHeavy, n}
	default:
		if is := pick(g, " is null)", " is not null)"); g.one(2) {
			e = g.filtered(Bool, "⟦(approx_count_distinct(⟧⟪(count(distinct ⟫%s)", is, g.hashed())
		} else {
			e = g.filtered(Bool, "⟦(approx_top_k(⟧⟪(nullif(count(⟫%s⟦, 2⟧)", "⟪, 0)⟫"+is, g.counted())
		}
	}
	return e
}

func (g *Generator) distinctEstimate() *Expr {
	p, said := 14, ""
	if g.one(2) {
		p = pick(g, 4, 6, 10, 18)
		said = fmt.Sprintf(", %d", p)
	}
	form, after, kind := "⟦approx_count_distinct(⟧⟪count(distinct ⟫%s⟦"+said+"⟧)", "", NearCount
	switch g.IntN(5) {
	case 0:
		form, after = "⟦hll_estimate(hll_sketch(⟧⟪nullif(count(distinct ⟫%s⟦"+said+"⟧)", "⟪, 0⟫)"
	case 1:
		form, after, kind = "(⟦approx_count_distinct(⟧⟪count(distinct ⟫%s⟦"+said+"⟧)", " * 2 + 1)", NearSame
	}
	e := g.filtered(Int8, form, after, g.hashed())
	e.Near = Nearness{kind, p}
	return e
}

// hashed is a value of any type.
func (g *Generator) hashed() *Expr { return g.spelt(g.kind(), 1) }

// counted is a value whose JSON is as determined as it is.
func (g *Generator) counted() *Expr {
	k := g.kind()
	for k == Interval {
		k = g.kind()
	}
	return g.spelt(k, pick(g, 0, 0, 1))
}

// spelt is an expression whose type is its kind without a doubt.
func (g *Generator) spelt(k Kind, depth int) *Expr {
	e := g.expr(k, depth)
	if e.Column {
		return e
	}
	return node(k, "%s::"+string(k), wrap(e))
}

func (g *Generator) percentileOf() *Expr {
	k := pick(g, Int2, Int4, Int8, Numeric, Float4, Float8, Date, Timestamp, Timestamptz)
	if c := g.column(func(c column) bool {
		return slices.Contains([]Kind{Int4, Int8, Numeric, Float8, Date, Timestamp}, c.kind)
	}); c != nil && !g.one(4) {
		k = c.kind
	}
	return g.spelt(k, pick(g, 0, 0, 1))
}

// percentile is an approximate one, with its fraction written, in an array, or a parameter.
func (g *Generator) percentile() *Expr {
	x, f, after := g.percentileOf(), pick(g, "0", "0.01", "0.3", "0.5", "0.99", "1"), "⟪)⟫"
	k := x.Kind
	if k != Date && k != Timestamp && k != Timestamptz {
		k, after = Float8, "⟪)::float8⟫"
	}
	form := "⟦approx_percentile(⟧⟪(percentile_disc(" + f + ") within group (order by ⟫%s⟦, " + f + "⟧)"
	var e *Expr
	switch n := g.IntN(6); {
	case n == 0:
		e = g.filtered(k, "⟦(approx_percentile(⟧⟪(percentile_disc("+f+") within group (order by ⟫%s⟦, array[0.7, "+f+", 0.1]⟧)", "⟦)[2]⟧"+after, x)
	case n == 1:
		e = g.filtered(k, "⟦approx_median(⟧⟪(percentile_disc(0.5) within group (order by ⟫%s)", after, x)
	case n == 2 && k == Float8:
		p := &Expr{Kind: "parameter", Param: true, Value: f}
		e = node(k, "⟦approx_percentile(⟧⟪((percentile_disc("+f+") within group (order by ⟫%s⟦, ⟧⟪))::float8 + 0 * ⟫%s::float8)", x, p)
	default:
		e = g.filtered(k, form, after, x)
	}
	e.Near = Nearness{Kind: NearValue}
	return e
}

// estimatedHaving keeps groups by what an estimate tells for sure, or by the estimate.
func (g *Generator) estimatedHaving(q *Query) {
	switch g.IntN(4) {
	case 0:
		q.Having = node(Bool, "(⟦approx_count_distinct(⟧⟪count(distinct ⟫%s) > 0)", g.hashed())
	case 1:
		q.Having = node(Bool, "(⟦approx_percentile(⟧⟪count(⟫%s⟦, 0.5⟧)⟦ is not null⟧⟪ > 0⟫)", g.percentileOf())
	case 2:
		q.Having = node(Bool, "(⟦approx_count_distinct(⟧⟪count(distinct ⟫%s) "+pick(g, ">", "<")+" %s)", g.hashed(), leaf(Int8, pick(g, "2", "9", "40")))
		q.Having.Near = Nearness{Kind: NearSame}
	default:
		g.having(q)
	}
}

// overGroups is a window over groups.
func (g *Generator) overGroups() *Expr {
	switch g.IntN(3) {
	case 0:
		return node(Int8, "rank() over (order by count(*) desc)")
	case 1:
		e := node(Numeric, "sum(⟦approx_count_distinct(⟧⟪count(distinct ⟫%s)) over ()", g.hashed())
		e.Near = Nearness{Kind: NearSame}
		return e
	}
	e := node(Int8, "rank() over (order by ⟦approx_count_distinct(⟧⟪count(distinct ⟫%s⟦, 8⟧))", g.hashed())
	e.Near = Nearness{Kind: NearSame}
	return e
}

// around puts the query into another. The first columns are its keys, which tell its rows apart unless there are several grouping sets.
func (g *Generator) around(q *Query, keys int) *Query {
	shape := g.IntN(8)
	if shape < 3 {
		return q
	}
	cols := q.named()
	items := func(alias string) []Item {
		var out []Item
		for i, c := range cols {
			e := leaf(c.kind, alias+"."+c.name)
			e.Near = q.Items[i].Expr.Near
			out = append(out, Item{Expr: e, Alias: c.name})
		}
		return out
	}
	read := func(table string) *Query {
		a := g.alias()
		s := Source{Table: table, Alias: a}
		if table == "" {
			s.Derived = q
		}
		return &Query{Limit: -1, Items: items(a), From: []Source{s}}
	}
	with := []CTE{{"w1", pick(g, "", "materialized ", "not materialized "), q}}
	switch {
	case shape == 3:
		out := read("w1")
		out.With = with
		return out
	case shape == 4:
		left := read("w1")
		return &Query{Limit: -1, With: with, Set: &SetOp{"union all", left, read("w1")}, Items: slices.Clone(left.Items)}
	case keys == 0 || q.Sets != "" || slices.ContainsFunc(cols[:keys], func(c column) bool { return c.kind == Float4 || c.kind == Float8 }):
		return read("")
	}
	out := read("")
	for _, it := range out.Items[:keys] {
		out.By = append(out.By, node(it.Expr.Kind, "%s"+pick(g, "", " desc", " nulls first"), &Expr{Form: it.Expr.Form, Kind: it.Expr.Kind}))
	}
	if g.one(2) {
		out.First = []*Expr{leaf(out.Items[0].Expr.Kind, strings.TrimSpace(out.Items[0].Expr.Form))}
	} else {
		out.Limit = pick(g, 1, 3, 10)
	}
	return out
}
