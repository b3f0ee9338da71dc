package querygen

// tame is an expression of bounded size, which arithmetic may be done on.
func (g *Generator) tame(k Kind, depth int) *Expr {
	if depth <= 0 || g.one(3) {
		return g.atom(k, true)
	}
	switch k {
	case Int2, Int4, Int8:
		return g.integer(k, depth)
	case Numeric:
		return g.numeric(depth)
	case Float4, Float8:
		return g.float(k, depth)
	}
	return g.atom(k, true)
}

func (g *Generator) integer(k Kind, depth int) *Expr {
	a := func() *Expr { return g.tame(k, depth-2) }
	switch g.IntN(12) {
	case 0, 1:
		return node(k, "(%s "+pick(g, "+", "-")+" %s)", a(), g.atom(k, true))
	case 2:
		if k == Int2 { // a product of two may be too large for smallint
			return node(k, "(%s / nullif(%s, 0::smallint))", a(), g.atom(k, true))
		}
		return node(k, "(%s * %s)", g.atom(k, true), leaf(Int4, pick(g, "2", "3", "-1")))
	case 3:
		return node(k, "("+"%s "+pick(g, "/", "%")+" nullif(%s, 0))::"+string(k), a(), g.tame(k, 0))
	case 4:
		return node(k, pick(g, "abs(%s)", "(- %s)", "mod(%s, 7::"+string(k)+")"), a())
	case 5:
		return node(k, "(%s "+pick(g, "&", "|", "#")+" %s)", a(), g.atom(k, false))
	case 6:
		if k == Int4 {
			return node(k, pick(g, "length(%s)", "octet_length(%s)", "ascii(%s)", "strpos(%s, 'e')"), g.expr(Text, depth-1))
		}
		return g.atom(k, true)
	case 7:
		if k == Int4 {
			return node(k, "extract("+pick(g, "year", "month", "day", "dow", "isodow", "doy", "week", "quarter")+" from %s)::integer", g.finite(Date))
		}
		return node(k, "%s::"+string(k), g.tame(pick(g, Int2, Int4), 0))
	case 8:
		if k == Int4 {
			return node(k, "(%s - %s)", g.finite(Date), g.finite(Date))
		}
		return node(k, "%s::"+string(k), g.atom(Numeric, true).rounded())
	case 9:
		return node(k, "%s::text::"+string(k), a())
	case 10:
		if k == Int4 {
			return node(k, "%s::integer", wrap(g.expr(Bool, depth-1)))
		}
	}
	return g.atom(k, true)
}

// rounded brings a numeric into smallint's reach.
func (e *Expr) rounded() *Expr { return node(Numeric, "mod(%s, 100)", e) }

func (g *Generator) numeric(depth int) *Expr {
	k := Numeric
	a := func() *Expr { return g.tame(k, depth-2) }
	switch g.IntN(14) {
	case 0, 1:
		return node(k, "(%s "+pick(g, "+", "-")+" %s)", a(), a())
	case 2:
		return node(k, "(%s * %s)", g.atom(k, true), g.atom(k, true))
	case 3: // one division deep: the display scale of a quotient, which decides the digits of the next, is not kept
		return node(k, "(%s / nullif(%s, 0))", g.atom(k, true), g.atom(pick(g, Numeric, Int4, Int2, Int8), true))
	case 4:
		return node(k, "(%s % nullif(%s, 0))", g.atom(k, true), g.atom(pick(g, Numeric, Int4), true))
	case 5:
		return node(k, pick(g, "round(%s, 1)", "trunc(%s, 1)", "round(%s, -1)", "round(%s)", "trunc(%s)", "ceil(%s)", "floor(%s)"), a())
	case 6:
		return node(k, pick(g, "abs(%s)", "sign(%s)", "(- %s)", "(+ %s)"), a())
	case 7:
		return node(k, "%s::numeric("+pick(g, "20,2", "30,8", "25,0", "15,1")+")", a())
	case 8:
		return node(k, "(%s "+pick(g, "+", "-", "*")+" %s)", g.atom(k, true), g.tame(pick(g, Int2, Int4, Int8), depth-1))
	case 9:
		return node(k, "%s::numeric", g.tame(pick(g, Int2, Int4, Int8), depth-1))
	case 10:
		return node(k, "extract("+pick(g, "year", "month", "second", "epoch", "hour", "minute", "isoyear", "milliseconds")+" from %s)",
			g.finite(pick(g, Timestamp, Timestamptz)))
	case 11:
		return node(k, "%s::numeric(12,2)", g.tame(pick(g, Float8, Float4), 0))
	case 12:
		return node(k, "mod(%s, %s)", g.atom(k, true), leaf(k, pick(g, "7", "0.3", "-2.5")))
	}
	return g.atom(k, true)
}

func (g *Generator) float(k Kind, depth int) *Expr {
	a := func() *Expr { return g.tame(k, depth-2) }
	switch g.IntN(9) {
	case 0, 1:
		return node(k, "(%s "+pick(g, "+", "-", "*")+" %s)", a(), g.atom(k, true))
	case 2:
		return node(k, "(%s / nullif(%s, 0))::"+string(k), a(), g.atom(k, true))
	case 3:
		return node(k, pick(g, "abs(%s)", "(- %s)"), g.atom(k, false))
	case 4:
		if k == Float8 {
			return node(k, pick(g, "round(%s)", "trunc(%s)", "ceil(%s)", "floor(%s)", "sign(%s)"), g.expr(k, depth-1))
		}
	case 5:
		if k == Float8 {
			return node(k, "sqrt(abs(%s))", g.atom(k, true))
		}
	case 6:
		return node(k, "%s::"+string(k), g.tame(pick(g, Int2, Int4, Int8, Numeric), depth-1))
	case 7:
		if k == Float8 {
			return node(k, "(%s "+pick(g, "+", "*", "-")+" %s)", a(), g.tame(pick(g, Int4, Numeric, Float4, Int8), 0))
		}
	}
	return g.atom(k, true)
}

func (g *Generator) text(depth int) *Expr {
	k := Text
	a := func() *Expr { return g.expr(k, depth-1) }
	switch g.IntN(14) {
	case 0:
		return node(k, "("+"%s || %s)", a(), g.atom(k, false))
	case 1:
		return node(k, pick(g, "upper(%s)", "lower(%s)", "btrim(%s)", "ltrim(%s)", "rtrim(%s)", "reverse(%s)", "md5(%s)", "initcap(%s)"), node(k, "translate(%s, 'çÇéÉéñÅẞßİı😀öÖüë', '')", a()))
	case 2:
		return node(k, pick(g, "substr(%s, 2)", "substr(%s, 0, 3)", "substr(%s, -1, 4)", "left(%s, 2)", "left(%s, -1)", "right(%s, 2)", "right(%s, -1)", "substring(%s from 2 for 1)"), a())
	case 3:
		return node(k, pick(g, "lpad(%s, 4, '*')", "rpad(%s, 3)", "rpad(%s, 6, 'xy')", "lpad(%s, 0)", "repeat(%s, 2)"), a())
	case 4:
		return node(k, pick(g, "replace(%s, 'a', 'bb')", "replace(%s, '', 'x')", "translate(%s, 'ae', 'x')", "split_part(%s, ' ', 2)", "split_part(%s, 'n', -1)"), a())
	case 5:
		return node(k, pick(g, "btrim(%s, 'a ')", "ltrim(%s, 'r')", "rtrim(%s, 'nt ')"), a())
	case 6:
		return node(k, "%s::text", g.tame(pick(g, Int2, Int4, Int8), depth-1))
	case 7:
		if c := g.column(func(c column) bool {
			return c.exactText && !c.loose && (c.kind == Numeric || c.kind == Float8 || c.kind == Float4)
		}); c != nil {
			return node(k, "%s::text", c.expr())
		}
	case 8:
		return node(k, "%s::text", wrap(g.expr(pick(g, Date, Timestamp, Bool, UUID, Interval, Time, Timestamptz), 1)))
	case 9:
		return node(k, pick(g, "concat(%s, '-', %s)", "concat_ws(', ', %s, %s)"), a(), g.expr(pick(g, Int4, Text, Date), depth-1))
	case 10:
		return node(k, "(%s || %s)", a(), g.tame(pick(g, Int4, Int8, Date), depth-1))
	case 11:
		return node(k, "%s::varchar("+pick(g, "1", "3", "40")+")", a())
	}
	return g.atom(k, false)
}

// finite is a moment that is not at an end of its type.
func (g *Generator) finite(k Kind) *Expr { return g.atom(k, true) }

func (g *Generator) moment(k Kind, depth int) *Expr {
	unit := func() string { return pick(g, "year", "month", "day", "week", "quarter", "hour", "minute", "decade") }
	switch k {
	case Date:
		switch g.IntN(4) {
		case 0:
			return node(k, "(%s "+pick(g, "+", "-")+" %s)", g.finite(k), g.tame(Int4, 0).days())
		case 1:
			return node(k, "%s::date", g.finite(pick(g, Timestamp, Timestamptz)))
		case 2:
			return node(k, "date_trunc('"+unit()+"', %s)::date", g.finite(k))
		}
	case Timestamp:
		switch g.IntN(4) {
		case 0:
			return node(k, "(%s "+pick(g, "+", "-")+" %s)", g.finite(pick(g, Date, Timestamp)), g.finite(Interval))
		case 1:
			return node(k, "date_trunc('"+unit()+"', %s)", g.finite(k))
		case 2:
			return node(k, "%s::timestamp", g.finite(pick(g, Date, Timestamptz)))
		}
	case Timestamptz:
		switch g.IntN(4) {
		case 0:
			return node(k, "(%s "+pick(g, "+", "-")+" %s)", g.finite(k), g.finite(Interval))
		case 1:
			return node(k, "date_trunc('"+unit()+"', %s)", g.finite(pick(g, k, Date)))
		case 2:
			return node(k, "%s::timestamptz", g.finite(pick(g, Date, Timestamp)))
		}
	case Interval:
		switch g.IntN(5) {
		case 0:
			return node(k, "(%s "+pick(g, "+", "-")+" %s)", g.finite(k), g.finite(k))
		case 1:
			return node(k, "(%s - %s)", g.finite(Timestamp), g.finite(pick(g, Timestamp, Date)))
		case 2:
			return node(k, "age(%s, %s)", g.finite(pick(g, Timestamp, Date)), g.finite(Timestamp))
		case 3:
			return node(k, "(%s * %s)", g.finite(k), leaf(Int4, pick(g, "2", "-3", "0")))
		}
	}
	return g.atom(k, false)
}

// days keeps a number of days within a century.
func (e *Expr) days() *Expr { return node(Int4, "mod(%s, 9999)", e) }
