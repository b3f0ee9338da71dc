package querygen

// window is a window function whose value the rows determine: where nothing tells all rows apart, only those that are the same for
// rows that tie, over frames that take or leave them together.
func (g *Generator) window() *Expr {
	var args []*Expr
	over, words := "", 0
	part := func(word string, k *column) {
		if words++; words > 1 {
			over += " "
		}
		over += word + "%s"
		args = append(args, k.expr())
	}
	if c := g.orderable(); c != nil && !g.one(3) {
		part("partition by ", c)
	}
	c := g.orderable()
	if c == nil {
		return g.literal(Int4)
	}
	part("order by ", c)
	direction := pick(g, "", " desc", " nulls first", " desc nulls last")
	over += direction
	if len(g.unique) > 0 && g.one(2) {
		for _, u := range g.unique {
			over += ", " + u
		}
		return g.rowWindow(over, args)
	}
	return g.peerWindow(over, args, c, direction)
}

// orderable is a column to put rows in order by.
func (g *Generator) orderable() *column {
	return g.column(func(c column) bool { return !c.loose })
}

// rowWindow is a function over rows in a total order.
func (g *Generator) rowWindow(over string, args []*Expr) *Expr {
	frame := pick(g, "", "", " rows between 2 preceding and current row", " rows unbounded preceding", " rows between 1 following and 3 following",
		" rows between 3 preceding and 1 preceding", " rows between unbounded preceding and unbounded following exclude current row",
		" rows between current row and unbounded following", " groups between 1 preceding and 1 following")
	k := g.kind()
	if k == Interval {
		k = Text
	}
	x := g.atom(k, false)
	first := append([]*Expr{x}, args...)
	switch g.IntN(9) {
	case 0:
		return node(Int8, "row_number() over ("+over+")", args...)
	case 1:
		return node(Int4, "ntile("+pick(g, "1", "3", "50")+") over ("+over+")", args...)
	case 2:
		return node(k, pick(g, "lag", "lead")+"(%s"+pick(g, "", ", 2", ", 0")+") over ("+over+")", first...)
	case 3:
		return node(k, pick(g, "lag", "lead")+"(%s, 1, %s) over ("+over+")", append([]*Expr{x, g.typed(k)}, args...)...)
	case 4:
		return node(k, pick(g, "first_value(%s)", "last_value(%s)", "nth_value(%s, 2)")+" over ("+over+frame+")", first...)
	}
	return g.aggregateWindow(over+frame, args)
}

// peerWindow is a function that is the same for rows that tie.
func (g *Generator) peerWindow(over string, args []*Expr, by *column, direction string) *Expr {
	switch g.IntN(8) {
	case 0:
		return node(Int8, pick(g, "rank", "dense_rank")+"() over ("+over+")", args...)
	case 1:
		return node(Float8, pick(g, "percent_rank", "cume_dist")+"() over ("+over+")", args...)
	}
	frame := pick(g, "", "", " range between current row and unbounded following", " range between unbounded preceding and unbounded following",
		" groups between 1 preceding and 1 following", " groups between current row and 2 following", " groups between unbounded preceding and 1 preceding",
		" range between unbounded preceding and current row exclude group", " groups between 1 preceding and current row exclude ties")
	if g.one(4) && !by.wild && whole(by.kind) {
		frame = pick(g, " range between 1 preceding and 2 following", " range between 10 preceding and current row")
	}
	return g.aggregateWindow(over+frame, args)
}

// aggregateWindow is an exact aggregate over a frame.
func (g *Generator) aggregateWindow(over string, args []*Expr) *Expr {
	k, form, x := Int8, "count(%s)", g.atom(g.kind(), false)
	switch g.IntN(6) {
	case 0:
		form, x = "sum(%s)", g.tame(pick(g, Int2, Int4), 1)
	case 1:
		k, form, x = Numeric, pick(g, "sum(%s)", "avg(%s)"), g.tame(Numeric, 1)
	case 2:
		k, form, x = Text, pick(g, "min(%s)", "max(%s)"), g.atom(Text, false)
	case 3:
		k, form, x = Date, pick(g, "min(%s)", "max(%s)"), g.atom(Date, false)
	case 4:
		k, form, x = Bool, pick(g, "bool_and(%s)", "bool_or(%s)"), g.atom(Bool, false)
	}
	if g.one(5) {
		return node(k, form+" filter (where %s) over ("+over+")", append([]*Expr{x, g.predicate(0)}, args...)...)
	}
	return node(k, form+" over ("+over+")", append([]*Expr{x}, args...)...)
}
