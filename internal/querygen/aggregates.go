package querygen

// aggregateItem is an output column made of aggregates.
func (g *Generator) aggregateItem() *Expr {
	if g.one(6) {
		return g.looseAggregate()
	}
	k := pick(g, Int8, Int8, Int8, Numeric, Numeric, Bool, g.kind(), g.kind())
	a := g.aggregate(k)
	switch g.IntN(8) {
	case 0:
		return node(k, "coalesce(%s, %s)", a, g.literal(k))
	case 1:
		if k == Int8 || k == Numeric {
			return node(Numeric, "(%s / nullif(%s, 0)::numeric)", g.aggregate(k), g.aggregate(Int8))
		}
	case 2:
		if k == Int8 || k == Numeric {
			return node(k, "(%s "+pick(g, "+", "-")+" %s)", a, g.literal(k))
		}
	case 3:
		return node(Text, "case when %s then 'y' else 'n' end", node(Bool, "(%s is null)", a))
	case 4:
		if k == Numeric {
			return node(k, pick(g, "round(%s, 2)", "abs(%s)", "trunc(%s)"), a)
		}
	}
	return a
}

// aggregate is one exact aggregate with the result kind given.
func (g *Generator) aggregate(k Kind) *Expr {
	defer func(was bool) { g.inner = was }(g.inner)
	g.inner = true
	distinct := pick(g, "", "", "", "distinct ")
	e := func() *Expr {
		switch k {
		case Int8:
			switch g.IntN(5) {
			case 0:
				return leaf(k, "count(*)")
			case 1:
				return node(k, "sum("+distinct+"%s)", g.tame(pick(g, Int2, Int4), 2))
			case 2:
				return node(k, pick(g, "min", "max", "bit_and", "bit_or")+"(%s)", g.expr(k, 1))
			}
			return node(k, "count("+distinct+"%s)", g.expr(g.kind(), 1))
		case Numeric:
			switch g.IntN(4) {
			case 0:
				return node(k, "sum("+distinct+"%s)", g.tame(pick(g, Numeric, Int8), 1))
			case 1:
				return node(k, "avg("+distinct+"%s)", g.tame(pick(g, Numeric, Int8, Int4, Int2), 1))
			case 2:
				return node(k, pick(g, "variance", "var_pop", "stddev", "stddev_pop")+"(%s)", g.atom(pick(g, Numeric, Int8, Int4, Int2), true))
			}
			return node(k, pick(g, "min", "max")+"(%s)", g.expr(k, 2))
		case Bool:
			return node(k, pick(g, "bool_and", "bool_or", "every")+"(%s)", g.predicate(1))
		case Text:
			if g.one(3) {
				return g.joined()
			}
		case UUID:
			return node(k, "min(%s::text)::uuid", g.expr(k, 1))
		case Interval: // see hasInterval
			return node(k, pick(g, "min", "max")+"(%s)", leaf(k, pick(g, literals[k]...)))
		}
		return node(k, pick(g, "min", "max")+"("+distinct+"%s)", g.expr(k, 2))
	}()
	if g.one(5) {
		return node(k, "%s filter (where %s)", e, g.predicate(1))
	}
	return e
}

// joined is a string_agg whose order is total: values that are equal are the same text. The order must be spelt as the value is,
// hence no parameters.
func (g *Generator) joined() *Expr {
	x := g.expr(Text, 1)
	if x = node(Text, "%s::text", wrap(x)); x.hasParam() { // a bare literal has no type for some of these
		return node(Text, "mode() within group (order by %s)", x)
	}
	separator := pick(g, "','", "''", "' | '", "null")
	direction := pick(g, "", " desc", " nulls first")
	switch g.IntN(6) {
	case 0:
		return node(Text, "string_agg(distinct %s, "+separator+")", x)
	case 1:
		return node(Text, "string_agg(distinct %s, "+separator+" order by %s"+direction+")", x, x)
	case 2:
		return node(Text, "percentile_disc("+pick(g, "0", "0.25", "0.5", "0.9", "1")+") within group (order by %s"+pick(g, "", " desc")+")", x)
	case 3:
		return node(Text, pick(g, "array_to_string(array_agg(%s order by %s), ',', '*')", "(array_agg(%s order by %s))[1]", "(array_agg(%s order by %s desc))[2]"), x, x)
	}
	return node(Text, "string_agg(%s, "+separator+" order by %s"+direction+")", x, x)
}

// looseAggregate sums floats, whose last digits depend on the order.
func (g *Generator) looseAggregate() *Expr {
	c := g.column(func(c column) bool { return !c.wild && !c.loose && (c.kind == Float8 || c.kind == Float4) })
	if c == nil {
		return leaf(Int8, "count(*)")
	}
	k := Float8
	if g.one(4) {
		d := g.column(func(d column) bool { return !d.wild && !d.loose && (d.kind == Float8 || d.kind == Float4) })
		e := node(k, pick(g, "covar_pop", "covar_samp", "corr", "regr_avgx", "regr_sxx")+"(%s, %s)", c.expr(), d.expr())
		e.Loose = true
		return e
	}
	f := pick(g, "sum", "avg", "stddev", "var_pop")
	if f == "sum" {
		k = c.kind
	}
	e := node(k, f+"(%s)", c.expr())
	e.Loose = true
	return e
}
