package engine

import (
	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

var operatorNames = map[string]string{
	"=": "equal to", "<>": "not equal to", "<": "less than", "<=": "less than or equal to", ">": "greater than", ">=": "greater than or equal to",
}

// cond binds a condition.
func (b *binder) cond(s *scope, c tsql.Cond) (test, error) {
	switch c := c.(type) {
	case *tsql.Compare:
		return b.compare(s, c)
	case *tsql.IsNull:
		return b.isNull(s, c)
	case *tsql.IsDistinct:
		return b.isDistinct(s, c)
	case *tsql.In:
		return b.in(s, c)
	case *tsql.Like:
		return b.like(s, c)
	case *tsql.Between:
		var between tsql.Cond = &tsql.And{L: &tsql.Compare{Op: ">=", L: c.X, R: c.Low}, R: &tsql.Compare{Op: "<=", L: c.X, R: c.High}}
		if c.Not {
			between = &tsql.Not{X: between}
		}
		return b.cond(s, between)
	case *tsql.And:
		return b.logical(s, c.L, c.R, no, and)
	case *tsql.Or:
		return b.logical(s, c.L, c.R, yes, or)
	case *tsql.Not:
		x, err := b.cond(s, c.X)
		if err != nil {
			return test{}, err
		}
		eval := x.eval
		x.eval = func(e *env) (truth, error) {
			t, err := eval(e)
			return t.not(), err
		}
		return x, nil
	case *tsql.Exists:
		return b.exists(s, c)
	default:
		return test{}, notServed("a condition of form %T", c)
	}
}

// over is a test that reads what the expressions read.
func over(eval func(*env) (truth, error), parts ...bound) test {
	whole := combine(parts...)
	return test{constant: whole.constant, outward: whole.outward, low: whole.low, high: whole.high, eval: eval}
}

func and(x, y truth) truth { return min(x, y) }

func or(x, y truth) truth { return max(x, y) }

// logical is AND or OR: the right side is not evaluated once the left one decides.
func (b *binder) logical(s *scope, left, right tsql.Cond, decided truth, merge func(x, y truth) truth) (test, error) {
	l, err := b.cond(s, left)
	if err != nil {
		return test{}, err
	}
	r, err := b.cond(s, right)
	if err != nil {
		return test{}, err
	}
	out := test{constant: l.constant && r.constant, outward: l.outward || r.outward}
	out.low, out.high = joinSpan(l.low, l.high, r.low, r.high)
	out.eval = func(e *env) (truth, error) {
		x, err := l.eval(e)
		if err != nil || x == decided {
			return x, err
		}
		y, err := r.eval(e)
		return merge(x, y), err
	}
	return out, nil
}

// operands binds both sides of a comparison and converts them to their common type.
func (b *binder) operands(s *scope, left, right tsql.Expr, operator string) (bound, bound, Type, error) {
	l, err := b.expr(s, left)
	if err != nil {
		return bound{}, bound{}, Type{}, err
	}
	r, err := b.expr(s, right)
	if err != nil {
		return bound{}, bound{}, Type{}, err
	}
	return b.alike(l, r, operator)
}

func (b *binder) alike(l, r bound, operator string) (bound, bound, Type, error) {
	l, r, _, err := b.settleCollation(l, r, operator)
	if err != nil {
		return l, r, Type{}, err
	}
	typ, bad := CommonType(l.typ, r.typ)
	if bad != nil {
		return l, r, typ, bad
	}
	if l, err = convertTo(l, typ); err != nil {
		return l, r, typ, err
	}
	r, err = convertTo(r, typ)
	return l, r, typ, err
}

func (b *binder) compare(s *scope, c *tsql.Compare) (test, error) {
	l, r, typ, err := b.operands(s, c.L, c.R, operatorNames[c.Op])
	if err != nil {
		return test{}, err
	}
	accept, ok := map[string]func(int) bool{
		"=": func(n int) bool { return n == 0 }, "<>": func(n int) bool { return n != 0 },
		"<": func(n int) bool { return n < 0 }, "<=": func(n int) bool { return n <= 0 },
		">": func(n int) bool { return n > 0 }, ">=": func(n int) bool { return n >= 0 },
	}[c.Op]
	if !ok {
		return test{}, newError(102, "Incorrect syntax near '%s'.", c.Op)
	}
	return over(func(e *env) (truth, error) {
		x, y, known, err := pair(e, l, r)
		if err != nil || !known {
			return unknown, err
		}
		n, bad := Compare(x, y, typ)
		return truthOf(accept(n)), lift(bad)
	}, l, r), nil
}

// pair evaluates two operands; known is whether neither is NULL.
func pair(e *env, l, r bound) (x, y Value, known bool, err error) {
	if x, err = l.eval(e); err != nil {
		return nil, nil, false, err
	}
	y, err = r.eval(e)
	return x, y, x != nil && y != nil, err
}

func (b *binder) isNull(s *scope, c *tsql.IsNull) (test, error) {
	x, err := b.expr(s, c.X)
	if err != nil {
		return test{}, err
	}
	return over(func(e *env) (truth, error) {
		v, err := x.eval(e)
		return truthOf((v == nil) != c.Not), err
	}, x), nil
}

func (b *binder) isDistinct(s *scope, c *tsql.IsDistinct) (test, error) {
	l, r, typ, err := b.operands(s, c.L, c.R, "IS DISTINCT FROM")
	if err != nil {
		return test{}, err
	}
	return over(func(e *env) (truth, error) {
		x, y, known, err := pair(e, l, r)
		if err != nil {
			return unknown, err
		}
		distinct := (x == nil) != (y == nil)
		if known {
			n, bad := Compare(x, y, typ)
			if bad != nil {
				return unknown, bad
			}
			distinct = n != 0
		}
		return truthOf(distinct != c.Not), nil
	}, l, r), nil
}

func (b *binder) like(s *scope, c *tsql.Like) (test, error) {
	list := []tsql.Expr{c.X, c.Pattern}
	if c.Escape != nil {
		list = append(list, c.Escape)
	}
	parts, err := b.exprs(s, list)
	if err != nil {
		return test{}, err
	}
	for i, x := range parts {
		if isText(x.typ.Kind) || x.typ.IsNull() {
			continue
		}
		if parts[i], err = convertTo(x, Type{Kind: Varchar, Length: maxBytes, Collation: b.run.db.options.Collation}); err != nil {
			return test{}, err
		}
	}
	x, pattern, typ, err := b.alike(parts[0], parts[1], "like")
	if err != nil {
		return test{}, err
	}
	escape := constantOf(String16{}, Type{Kind: NVarchar, Length: 1, Collation: typ.Collation})
	if c.Escape != nil {
		escape = parts[2]
	}
	return over(func(e *env) (truth, error) {
		text, mask, known, err := pair(e, x, pattern)
		if err != nil || !known {
			return unknown, err
		}
		sign, err := escape.eval(e)
		if err != nil || sign == nil {
			return unknown, err
		}
		if c.Escape != nil && len(sign.(String16)) != 1 {
			return unknown, newError(506, "The invalid escape character %q was specified in a LIKE predicate.", sign.(String16).String())
		}
		match, bad := Like(text.(String16), mask.(String16), sign.(String16), c.Escape != nil, typ)
		return truthOf(match != c.Not), lift(bad)
	}, x, pattern, escape), nil
}
