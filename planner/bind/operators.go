package bind

import (
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

func (b *binder) binary(e *ast.Binary, v *env) (plan.Expr, error) {
	args, err := b.exprs([]ast.Expr{e.L, e.R}, v)
	if err != nil {
		return nil, err
	}
	return b.binaryOp(e, e.Op, args[0], args[1])
}

// binaryOp resolves an operator by the types of its operands.
func (b *binder) binaryOp(at ast.Node, op string, l, r plan.Expr) (plan.Expr, error) {
	if x, ok, err := b.jsonOp(at, op, l, r); ok {
		return x, err
	}
	if x, ok, err := b.arrayOp(at, op, l, r); ok {
		return x, err
	}
	switch op {
	case "=", "<>", "<", "<=", ">", ">=":
		args, err := b.comparable(at, op, []plan.Expr{l, r})
		if err != nil {
			return nil, err
		}
		return &plan.Call{Fn: op, Args: args, T: plan.T(plan.Bool)}, nil
	case "||":
		return b.concat(at, l, r)
	case "+", "-", "*", "/", "%", "^", "&", "|", "#", "<<", ">>":
		return b.arithmetic(at, op, l, r)
	case "~", "~*", "!~", "!~*":
		return b.regexOp(at, op, l, r)
	case "^@":
		return b.function(at, "starts_with", []plan.Expr{l, r})
	}
	return nil, unsupported(at, "operator "+op)
}

func (b *binder) concat(at ast.Node, l, r plan.Expr) (plan.Expr, error) {
	lk, rk := l.Type().Kind, r.Type().Kind
	if lk == plan.Array || rk == plan.Array {
		return b.arrayConcat(at, l, r)
	}
	if lk == plan.Bytea && (rk == plan.Bytea || rk == plan.Unknown) || lk == plan.Unknown && rk == plan.Bytea {
		args, err := b.coerceAll(at, []plan.Expr{l, r}, plan.T(plan.Bytea))
		return &plan.Call{Fn: BytesPrefix + "||", Args: args, T: plan.T(plan.Bytea)}, err
	}
	if lk != plan.Text && rk != plan.Text && lk != plan.Unknown && rk != plan.Unknown {
		return nil, noOperator(at, "||", l.Type(), r.Type())
	}
	out := []plan.Expr{l, r}
	for i, x := range out {
		if x.Type().Kind == plan.Bytea {
			return nil, unsupported(at, "|| on "+x.Type().String())
		}
		c, err := b.toText(at, x)
		if err != nil {
			return nil, err
		}
		out[i] = c
	}
	return &plan.Call{Fn: "||", Args: out, T: plan.T(plan.Text)}, nil
}

// toText is the output form of a value as text.
func (b *binder) toText(at ast.Node, x plan.Expr) (plan.Expr, error) {
	if x.Type().Kind == plan.Bool {
		t, f := text("true"), text("false")
		return &plan.Case{T: plan.T(plan.Text), Whens: []plan.When{{Cond: x, Then: t}, {Cond: &plan.Not{X: x}, Then: f}}}, nil
	}
	return b.coerce(at, x, plan.T(plan.Text))
}

func (b *binder) arithmetic(at ast.Node, op string, l, r plan.Expr) (plan.Expr, error) {
	l, r, err := b.resolveUnknown(at, op, l, r)
	if err != nil {
		return nil, err
	}
	lt, rt := l.Type(), r.Type()
	if lt.IsNumber() && rt.IsNumber() {
		return b.numberOp(at, op, l, r)
	}
	if x := b.dateOp(at, op, l, r); x != nil {
		return x, nil
	}
	if lt.Kind == plan.Date && rt.Kind == plan.Time || lt.Kind == plan.Time && rt.Kind == plan.Date {
		if op != "+" {
			return nil, unsupported(at, "operator "+op+" on a date and a time of day")
		}
		return b.dayAndTime(at, l, r)
	}
	return nil, noOperator(at, op, lt, rt)
}

// resolveUnknown gives a literal operand the type that PostgreSQL assumes for it.
func (b *binder) resolveUnknown(at ast.Node, op string, l, r plan.Expr) (plan.Expr, plan.Expr, error) {
	lu, ru := l.Type().Kind == plan.Unknown, r.Type().Kind == plan.Unknown
	if !lu && !ru {
		return l, r, nil
	}
	if lu && ru {
		return nil, nil, errorAt(at, "42725", "operator is not unique: unknown %s unknown", op)
	}
	guess := func(other plan.Type, right bool) plan.Type {
		ts := other.Kind == plan.Timestamp || other.Kind == plan.TimestampTZ
		if ts && (op == "+" || !right) || other.Kind == plan.Time && op != "-" {
			return plan.T(plan.Interval)
		}
		return other
	}
	var err error
	if lu {
		l, err = b.coerce(at, l, guess(r.Type(), false))
	} else {
		r, err = b.coerce(at, r, guess(l.Type(), true))
	}
	return l, r, err
}

func (b *binder) numberOp(at ast.Node, op string, l, r plan.Expr) (plan.Expr, error) {
	t := arithmeticType(l.Type(), r.Type())
	switch op {
	case "&", "|", "#":
		if !t.IsInteger() {
			return nil, noOperator(at, op, l.Type(), r.Type())
		}
	case "<<", ">>":
		if !l.Type().IsInteger() || !r.Type().IsInteger() || r.Type().Kind == plan.Int8 {
			return nil, noOperator(at, op, l.Type(), r.Type())
		}
		return &plan.Call{Fn: op, Args: []plan.Expr{l, castTo(r, plan.T(plan.Int4))}, T: l.Type()}, nil
	case "^":
		if t.Kind != plan.Numeric {
			t = plan.T(plan.Float8)
		}
		return b.function(at, "power", []plan.Expr{asKind(l, t.Kind), asKind(r, t.Kind)})
	case "%":
		if t.IsFloat() {
			return nil, noOperator(at, op, l.Type(), r.Type())
		}
	}
	args := []plan.Expr{asKind(l, t.Kind), asKind(r, t.Kind)}
	if t.Kind == plan.Numeric {
		t = numericResult(op, args[0].Type(), args[1].Type())
	}
	return &plan.Call{Fn: op, Args: args, T: t}, nil
}

// asKind casts a number to another kind; a numeric keeps its own digits.
func asKind(x plan.Expr, k plan.Kind) plan.Expr {
	if x.Type().Kind == k {
		return x
	}
	t := plan.T(k)
	if k == plan.Numeric {
		t = asNumeric(x.Type())
	}
	if c, ok := x.(*plan.Const); ok && !c.Null && retypes(c.T.Kind, k) {
		if k == plan.Numeric {
			t = numericTypeOf(c.Text)
		}
		return retyped(c, t)
	}
	return castTo(x, t)
}

// retypes reports that a literal's text means the same value in another kind, as PostgreSQL would cast it.
func retypes(from, to plan.Kind) bool {
	integer := from >= plan.Int2 && from <= plan.Int8
	toFloat := to == plan.Float4 || to == plan.Float8
	return integer && (to == plan.Int8 || to == plan.Numeric || toFloat || to == plan.Int4 && from == plan.Int2) ||
		from == plan.Numeric && toFloat
}

// numericResult bounds the digits of a numeric operator's result.
func numericResult(op string, l, r plan.Type) plan.Type {
	if l.Wide() || r.Wide() || op == "/" {
		return plan.T(plan.Numeric)
	}
	li, ri := l.Precision-l.Scale, r.Precision-r.Scale
	s := max(l.Scale, r.Scale)
	switch op {
	case "*":
		return plan.NumericType(l.Precision+r.Precision, l.Scale+r.Scale)
	case "%":
		return plan.NumericType(max(min(li, ri)+s, 1), s)
	}
	return plan.NumericType(max(li, ri)+1+s, s)
}

// dateOp resolves + - * / on dates, times and intervals; nil if there is no such operator.
func (b *binder) dateOp(at ast.Node, op string, l, r plan.Expr) plan.Expr {
	lk, rk := l.Type().Kind, r.Type().Kind
	if op == "+" && (lk == plan.Interval || l.Type().IsInteger()) && rk != plan.Interval || op == "*" && rk == plan.Interval {
		l, r, lk, rk = r, l, rk, lk
	}
	if r.Type().IsInteger() && rk != plan.Int8 && lk == plan.Date {
		r, rk = castTo(r, plan.T(plan.Int4)), plan.Int4
	}
	if op == "*" || op == "/" {
		if lk == plan.Interval && r.Type().IsNumber() {
			r, rk = castTo(r, plan.T(plan.Float8)), plan.Float8
		}
	}
	if op == "-" && (lk != rk) {
		if t, ok := commonType(l.Type(), r.Type()); ok && (t.Kind == plan.Timestamp || t.Kind == plan.TimestampTZ) {
			l, r, lk, rk = castTo(l, t), castTo(r, t), t.Kind, t.Kind
		}
	}
	res, ok := dateOps[dateOpKey{op, lk, rk}]
	if !ok {
		return nil
	}
	return &plan.Call{Fn: op, Args: []plan.Expr{l, r}, T: plan.T(res)}
}

type dateOpKey struct {
	op   string
	l, r plan.Kind
}

var dateOps = map[dateOpKey]plan.Kind{
	{"+", plan.Date, plan.Int4}:               plan.Date,
	{"-", plan.Date, plan.Int4}:               plan.Date,
	{"-", plan.Date, plan.Date}:               plan.Int4,
	{"+", plan.Date, plan.Interval}:           plan.Timestamp,
	{"-", plan.Date, plan.Interval}:           plan.Timestamp,
	{"+", plan.Timestamp, plan.Interval}:      plan.Timestamp,
	{"-", plan.Timestamp, plan.Interval}:      plan.Timestamp,
	{"-", plan.Timestamp, plan.Timestamp}:     plan.Interval,
	{"+", plan.TimestampTZ, plan.Interval}:    plan.TimestampTZ,
	{"-", plan.TimestampTZ, plan.Interval}:    plan.TimestampTZ,
	{"-", plan.TimestampTZ, plan.TimestampTZ}: plan.Interval,
	{"+", plan.Time, plan.Interval}:           plan.Time,
	{"-", plan.Time, plan.Interval}:           plan.Time,
	{"-", plan.Time, plan.Time}:               plan.Interval,
	{"+", plan.Interval, plan.Interval}:       plan.Interval,
	{"-", plan.Interval, plan.Interval}:       plan.Interval,
	{"*", plan.Interval, plan.Float8}:         plan.Interval,
	{"/", plan.Interval, plan.Float8}:         plan.Interval,
}
