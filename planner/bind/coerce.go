package bind

import (
	"errors"
	"fmt"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/scalar"
)

// implicitTo lists the kinds to which PostgreSQL casts implicitly (pg_cast.castcontext = 'i'), nearest first.
var implicitTo = map[plan.Kind][]plan.Kind{
	plan.Int2:      {plan.Int4, plan.Int8, plan.Numeric, plan.Float4, plan.Float8},
	plan.Int4:      {plan.Int8, plan.Numeric, plan.Float4, plan.Float8},
	plan.Int8:      {plan.Numeric, plan.Float4, plan.Float8},
	plan.Numeric:   {plan.Float4, plan.Float8},
	plan.Float4:    {plan.Float8},
	plan.Date:      {plan.Timestamp, plan.TimestampTZ},
	plan.Timestamp: {plan.TimestampTZ},
	plan.Time:      {plan.Interval},
	plan.Bpchar:    {plan.Text},
}

func implicit(from, to plan.Kind) bool {
	for _, k := range implicitTo[from] {
		if k == to {
			return true
		}
	}
	return from == to
}

// asNumeric is the numeric type that holds every value of a number type.
func asNumeric(t plan.Type) plan.Type {
	switch t.Kind {
	case plan.Int2:
		return plan.NumericType(5, 0)
	case plan.Int4:
		return plan.NumericType(10, 0)
	case plan.Int8:
		return plan.NumericType(19, 0)
	case plan.Numeric:
		return t
	}
	return plan.T(plan.Numeric)
}

// unifyNumeric is the least numeric type that holds the values of both.
func unifyNumeric(a, b plan.Type) plan.Type {
	a, b = asNumeric(a), asNumeric(b)
	if a.Wide() || b.Wide() {
		return plan.T(plan.Numeric)
	}
	s := max(a.Scale, b.Scale)
	return plan.NumericType(max(a.Precision-a.Scale, b.Precision-b.Scale)+s, s)
}

// coerce converts x implicitly to t: literals and parameters of unknown type take it on, others are cast.
func (b *binder) coerce(at ast.Node, x plan.Expr, t plan.Type) (plan.Expr, error) {
	switch x := x.(type) {
	case *plan.Const:
		return b.coerceConst(at, x, t)
	case *plan.Param:
		if x.T.Kind == plan.Unknown {
			if t.Kind == plan.Numeric || t.Kind == plan.Array {
				t = t.Bare()
			}
			if v := &b.args[x.N-1]; !v.Null {
				c, err := b.literalAs(b.placeOf(x, at), v.Text, t)
				if err != nil {
					b.looked = true // whoever asked may try something else
					return nil, inParam(x.N, err)
				}
				v.Text = c.Text
				b.params[x.N-1] = t
				if !portable(c) {
					b.looked = true
					b.spelled[x.N] = &plan.Const{Text: c.Text, T: t}
					return b.spelled[x.N], nil
				}
			}
			b.params[x.N-1] = t
			b.coerced = append(b.coerced, coercion{x.N, t})
			return &plan.Param{N: x.N, T: t}, nil
		}
	}
	return castTo(x, t), nil
}

// inParam says that an error is in a parameter's value.
func inParam(n int, err error) error {
	if e, ok := errors.AsType[*ast.Error](err); ok {
		e.Text = fmt.Sprintf("parameter $%d: %s", n, e.Text)
	}
	return err
}

// castTo casts unless the type is there already.
func castTo(x plan.Expr, t plan.Type) plan.Expr {
	if x.Type() == t {
		return x
	}
	return &plan.Cast{X: x, To: t}
}

// coerceConst gives a literal another type where its value has a form there. A text that cannot be of the type is an
// error here: no shard needs to be asked.
func (b *binder) coerceConst(at ast.Node, c *plan.Const, t plan.Type) (plan.Expr, error) {
	switch {
	case c.Null:
		return &plan.Const{Null: true, T: t}, nil
	case c.T.Kind == plan.Unknown:
		out, err := b.literalAs(b.placeOf(c, at), c.Text, t)
		if err != nil {
			return nil, err
		}
		return out, nil
	case c.T == t:
		return c, nil
	case c.T.IsInteger() && (t.Kind == plan.Int8 || t.Kind == plan.Int4 && c.T.Kind == plan.Int2), t.Kind == plan.Numeric && c.T.IsInteger():
		if t.Kind == plan.Numeric {
			t = numericTypeOf(c.Text)
		}
		return &plan.Const{Text: c.Text, T: t}, nil
	case t.Kind == plan.Numeric && c.T.Kind == plan.Numeric:
		return c, nil
	case t.IsFloat() && (c.T.Kind == plan.Numeric || c.T.IsInteger()):
		return retyped(c, t), nil
	}
	return castTo(c, t), nil
}

// arithmeticType is the type in which PostgreSQL computes with two numbers.
func arithmeticType(l, r plan.Type) plan.Type {
	switch {
	case l.IsFloat() || r.IsFloat():
		if l.Kind == plan.Float4 && r.Kind == plan.Float4 {
			return plan.T(plan.Float4)
		}
		return plan.T(plan.Float8)
	case l.Kind == plan.Numeric || r.Kind == plan.Numeric:
		return plan.T(plan.Numeric)
	}
	return plan.T(max(l.Kind, r.Kind))
}

// commonType is the type to which both sides of a comparison or of a CASE are brought.
func commonType(l, r plan.Type) (plan.Type, bool) {
	switch {
	case l.Kind == plan.Unknown:
		return r, true
	case r.Kind == plan.Unknown, l == r:
		return l, true
	case l.IsNumber() && r.IsNumber():
		t := arithmeticType(l, r)
		if t.Kind == plan.Numeric {
			t = unifyNumeric(l, r)
		}
		return t, true
	case l.Kind == plan.Array || r.Kind == plan.Array:
		return unifyArrays(l, r)
	case implicit(l.Kind, r.Kind):
		return r, true
	case implicit(r.Kind, l.Kind):
		return l, true
	}
	return plan.Type{}, false
}

// resultType is the type to which the values of a CASE are brought. It is that of a comparison, but that a real among
// exact numbers stays one.
func resultType(l, r plan.Type) (plan.Type, bool) {
	real4 := l.Kind == plan.Float4 || r.Kind == plan.Float4
	if real4 && l.IsNumber() && r.IsNumber() && l.Kind != plan.Float8 && r.Kind != plan.Float8 {
		return plan.T(plan.Float4), true
	}
	if l.Kind == plan.Array && r.Kind == plan.Array {
		return arrayResult(l, r)
	}
	return commonType(l, r)
}

// common brings expressions to one type, for CASE, COALESCE and the like; all unknown gives text.
func (b *binder) common(at ast.Node, what string, list []plan.Expr) ([]plan.Expr, error) {
	t := plan.T(plan.Unknown)
	for _, x := range list {
		ct, ok := resultType(t, x.Type())
		if !ok {
			return nil, errorAt(at, "42804", "%s types %s and %s cannot be matched", what, t.Kind, x.Type().Kind)
		}
		t = ct
	}
	if t.Kind == plan.Unknown {
		t = plan.T(plan.Text)
	}
	return b.coerceAll(at, list, t)
}

func (b *binder) coerceAll(at ast.Node, list []plan.Expr, t plan.Type) ([]plan.Expr, error) {
	for _, x := range list {
		if t.Kind != plan.Numeric {
			break // and no value is looked at
		}
		if digits, ok := b.unknownDigits(x); ok {
			t = unifyNumeric(t, numericTypeOf(digits))
		}
	}
	out := make([]plan.Expr, len(list))
	for i, x := range list {
		c, err := b.coerce(at, x, t)
		if err != nil {
			return nil, err
		}
		if c.Type() != t && t.Kind != plan.Numeric {
			c = castTo(c, t)
		}
		if t.Kind == plan.Numeric && c.Type() != t {
			c = numericAs(c, t)
		}
		out[i] = c
	}
	return out, nil
}

// unknownDigits returns the text of a literal or parameter of unknown type, whose digits a numeric type must hold.
func (b *binder) unknownDigits(x plan.Expr) (string, bool) {
	switch x := x.(type) {
	case *plan.Const:
		return plainDigits(x.Text), x.T.Kind == plan.Unknown && !x.Null
	case *plan.Param:
		if x.T.Kind != plan.Unknown {
			return "", false
		}
		v := b.valueOf(x.N)
		return plainDigits(v.Text), !v.Null
	}
	return "", false
}

// plainDigits writes a number without exponent; what is no number stays as it is.
func plainDigits(s string) string {
	if text, err := scalar.Canonical("numeric", s); err == nil {
		return text
	}
	return s
}

// numericAs gives a numeric expression the unified type t; literals are retyped without a cast.
func numericAs(x plan.Expr, t plan.Type) plan.Expr {
	if c, ok := x.(*plan.Const); ok {
		return &plan.Const{Text: c.Text, Null: c.Null, T: t}
	}
	return castTo(x, t)
}

// comparable brings the operands of a comparison to one type.
func (b *binder) comparable(at ast.Node, op string, list []plan.Expr) ([]plan.Expr, error) {
	return b.comparableBy(commonType, at, op, list)
}

func (b *binder) comparableBy(pair func(l, r plan.Type) (plan.Type, bool), at ast.Node, op string, list []plan.Expr) ([]plan.Expr, error) {
	t := plan.T(plan.Unknown)
	for _, x := range list {
		ct, ok := pair(t, x.Type())
		if !ok {
			return nil, noOperator(at, op, t, x.Type())
		}
		t = ct
	}
	switch t.Kind {
	case plan.Unknown:
		t = plan.T(plan.Text)
	case plan.JSON:
		return nil, noOperator(at, op, t, t)
	}
	if err := comparableElements(at, op, t); err != nil {
		return nil, err
	}
	return b.coerceAll(at, list, t)
}

func noOperator(at ast.Node, op string, l, r plan.Type) error {
	e := ast.Errorf("42883", at.Position(), "operator does not exist: %s %s %s", l.Bare(), op, r.Bare())
	e.Hint = "add explicit casts"
	return e
}
