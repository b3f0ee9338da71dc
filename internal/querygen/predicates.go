package querygen

import "strings"

var comparisons = []string{"=", "<>", "<", "<=", ">", ">="}

func (g *Generator) predicate(depth int) *Expr {
	if depth > 0 && g.one(3) {
		return g.connective(depth)
	}
	if len(g.keys) > 0 && g.one(4) {
		return g.keyPredicate()
	}
	if depth > 0 && g.one(5) {
		if e := g.subPredicate(); e != nil {
			return e
		}
	}
	k := g.kind()
	a := g.expr(k, depth-1)
	switch g.IntN(12) {
	case 0:
		return node(Bool, "%s is "+pick(g, "", "not ")+"null", wrap(a))
	case 1:
		return node(Bool, "(%s is "+pick(g, "", "not ")+"distinct from %s)", wrap(a), wrap(g.expr(k, depth-1)))
	case 2:
		return node(Bool, "(%s "+pick(g, "", "not ")+"in (%s, %s, %s))", wrap(a), g.atom(k, false), g.literal(k), g.literal(k))
	case 3:
		return node(Bool, "(%s "+pick(g, "", "not ", "")+"between "+pick(g, "", "", "symmetric ")+"%s and %s)", wrap(a), wrap(g.atom(k, false)), wrap(g.literal(k)))
	case 4:
		return g.like(depth)
	case 5:
		if p := g.param(k); p != nil && len(g.cols) > 0 {
			return node(Bool, "("+"%s "+pick(g, comparisons...)+" %s)", wrap(a), p)
		}
	case 6:
		if k == Int2 || k == Int4 || k == Int8 || k == Numeric || k == Float4 || k == Float8 {
			return node(Bool, "(%s "+pick(g, comparisons...)+" %s)", wrap(a), wrap(g.expr(pick(g, Int2, Int4, Int8, Numeric, Float4, Float8), depth-1)))
		}
	case 7:
		if k == Date || k == Timestamp || k == Timestamptz {
			return node(Bool, "(%s "+pick(g, comparisons...)+" %s)", wrap(a), wrap(g.expr(pick(g, Date, Timestamp, Timestamptz), depth-1)))
		}
	case 8:
		return g.atom(Bool, false)
	case 9:
		return g.anyOf(wrap(a), k)
	}
	return node(Bool, "(%s "+pick(g, comparisons...)+" %s)", wrap(a), wrap(g.expr(k, depth-1)))
}

func wrap(e *Expr) *Expr {
	if strings.ContainsRune(e.Form, ' ') && e.Form[0] != '(' {
		return &Expr{Form: "(" + e.Form + ")", Args: e.Args, Kind: e.Kind, Loose: e.Loose}
	}
	return e
}

func (g *Generator) connective(depth int) *Expr {
	a, b := wrap(g.predicate(depth-1)), wrap(g.predicate(depth-1))
	switch g.IntN(6) {
	case 0, 1:
		return node(Bool, "(%s and %s)", a, b)
	case 2, 3:
		return node(Bool, "(%s or %s)", a, b)
	case 4:
		return node(Bool, "(not %s)", a)
	}
	return node(Bool, "(%s is "+pick(g, "true", "false", "unknown", "not true", "not false", "not unknown")+")", a)
}

func (g *Generator) like(depth int) *Expr {
	return node(Bool, "(%s "+pick(g, "like", "not like", "ilike")+" %s)", wrap(g.expr(Text, depth-1)),
		leaf(Text, pick(g, "'%n%'", "'a%'", "'_'", "'%'", "''", "'re_t'", "'%\\%%'", "'a\\_b'", "'%a_'", "'E%R'")))
}

// keyPredicate restricts a sharding key, in the ways that pruning reads and in some it must not.
func (g *Generator) keyPredicate() *Expr {
	name := pick(g, g.keys...)
	key := leaf("key", name)
	s := func() *Expr { return leaf("key", pick(g, g.samples[name]...)) }
	switch g.IntN(9) {
	case 0, 1:
		return node(Bool, "(%s = %s)", key, s())
	case 2:
		return node(Bool, "(%s "+pick(g, "", "", "not ")+"in (%s, %s, %s))", key, s(), s(), s())
	case 3:
		return node(Bool, "(%s between %s and %s)", key, s(), s())
	case 4, 5:
		return node(Bool, "(%s "+pick(g, comparisons...)+" %s)", key, s())
	case 6:
		return node(Bool, "(%s = %s or %s = %s)", key, s(), key, s())
	case 7:
		return node(Bool, "(%s "+pick(g, "is distinct from", "is not distinct from")+" %s)", key, s())
	}
	return node(Bool, "(%s > %s and %s <= %s)", key, s(), key, s())
}
