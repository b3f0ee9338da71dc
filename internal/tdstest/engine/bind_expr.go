package engine

import (
	"math"
	"strings"
	"unicode/utf16"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

func (b *binder) variable(v *tsql.Variable) (bound, error) {
	if strings.HasPrefix(v.Name, "@@") {
		return b.global(v)
	}
	for _, p := range b.run.params {
		if strings.EqualFold(p.Name, v.Name) {
			t := p.Type
			if isText(t.Kind) {
				t.Collation = b.run.db.options.Collation
			}
			x := constantOf(p.Value, t)
			x.nullable = true
			return x, nil
		}
	}
	return bound{}, placed(newError(137, "Must declare the scalar variable %q.", v.Name), b.run.batch, v.Pos)
}

// settleCollation gives both operands the collation that they are combined under; operator names it in error 468.
func (b *binder) settleCollation(x, y bound, operator string) (bound, bound, Strength, error) {
	switch {
	case !isText(x.typ.Kind) && !isText(y.typ.Kind):
		return x, y, CoercibleDefault, nil
	case !isText(y.typ.Kind):
		return x, y, x.strength, nil
	case !isText(x.typ.Kind):
		return x, y, y.strength, nil
	}
	name, strength, err := ResolveCollation(x.typ.Collation, x.strength, y.typ.Collation, y.strength)
	if err != nil {
		return x, y, strength, err
	}
	if strength == NoCollation && operator != "" {
		return x, y, strength, newError(468, "Cannot resolve the collation conflict between %q and %q in the %s operation.", x.typ.Collation, y.typ.Collation, operator)
	}
	x, y = recollate(x, name), recollate(y, name)
	return x, y, strength, nil
}

// recollate is x under another collation; varchar may lose characters to the collation's code page.
func recollate(x bound, name string) bound {
	if x.typ.Collation == name || !isText(x.typ.Kind) {
		return x
	}
	to := x.typ
	to.Collation = name
	if isUnicode(x.typ.Kind) || x.strength == CoercibleDefault {
		x.typ = to
		return x
	}
	converted, err := convertTo(x, to)
	if err != nil {
		x.typ = to
		return x
	}
	return converted
}

func (b *binder) unary(s *scope, e *tsql.Unary) (bound, error) {
	x, err := b.expr(s, e.X)
	if err != nil {
		return bound{}, err
	}
	typ, bad := UnaryType(e.Op, x.typ)
	if bad != nil {
		return bound{}, bad
	}
	out := combine(x)
	out.typ, out.strength = typ, x.strength
	from, eval := x.typ, x.eval
	out.eval = func(e2 *env) (Value, error) {
		v, err := eval(e2)
		if err != nil || v == nil {
			return nil, err
		}
		v, bad := UnaryOp(e.Op, v, from, typ)
		return v, lift(bad)
	}
	return out, nil
}

func (b *binder) binaryOp(s *scope, e *tsql.BinaryOp) (bound, error) {
	l, err := b.expr(s, e.L)
	if err != nil {
		return bound{}, err
	}
	r, err := b.expr(s, e.R)
	if err != nil {
		return bound{}, err
	}
	l, r, strength, err := b.settleCollation(l, r, "")
	if err != nil {
		return bound{}, err
	}
	if strength == NoCollation {
		l, r = recollate(l, b.run.db.options.Collation), recollate(r, b.run.db.options.Collation)
	}
	typ, bad := BinaryType(e.Op, l.typ, r.typ)
	if bad != nil {
		return bound{}, placed(bad, b.run.batch, e.Pos)
	}
	out := combine(l, r)
	out.typ, out.strength = typ, strength
	left, right := l.eval, r.eval
	out.eval = func(at *env) (Value, error) {
		x, err := left(at)
		if err != nil {
			return nil, err
		}
		y, err := right(at)
		if err != nil || x == nil || y == nil {
			return nil, err
		}
		v, bad := BinaryOp(e.Op, x, y, l.typ, r.typ, typ)
		return v, lift(bad)
	}
	return out, nil
}

func (b *binder) collate(s *scope, e *tsql.Collate) (bound, error) {
	name, bad := b.run.db.options.collation(e.Collation)
	if bad != nil {
		return bound{}, placed(bad, b.run.batch, e.Pos)
	}
	x, err := b.expr(s, e.X)
	if err != nil {
		return bound{}, err
	}
	if x.typ.IsNull() {
		x.typ = Type{Kind: Varchar, Length: 1, Collation: name}
	}
	if !isText(x.typ.Kind) {
		return bound{}, newError(447, "Expression type %s is invalid for COLLATE clause.", TypeName(x.typ))
	}
	if x.typ.Collation != name && !isUnicode(x.typ.Kind) {
		to := x.typ
		to.Collation = name
		if x, err = convertTo(x, to); err != nil {
			return bound{}, err
		}
	}
	x.typ.Collation, x.strength, x.column = name, ExplicitCollation, -1
	return x, nil
}

func (b *binder) cast(s *scope, e *tsql.Cast) (bound, error) {
	x, err := b.expr(s, e.X)
	if err != nil {
		return bound{}, err
	}
	from := x.typ
	to, err := b.castType(e.To, from)
	if err != nil {
		return bound{}, err
	}
	if bad := Castable(from, to); bad != nil {
		return bound{}, placed(bad, b.run.batch, e.Pos)
	}
	style := constantOf(int64(-1), Type{Kind: Int})
	if e.Style != nil {
		if style, err = b.expr(s, e.Style); err != nil {
			return bound{}, err
		}
		if style, err = convertTo(style, Type{Kind: Int}); err != nil {
			return bound{}, err
		}
	}
	out := combine(x, style)
	out.typ = to
	out.nullable = out.nullable || e.Try
	if isText(to.Kind) && isText(from.Kind) {
		out.strength = x.strength
	}
	if b.run.db.options.lacks(MissingDecimalScale) && to.Kind == Decimal && to.Precision == maxDigits {
		to.Scale = min(to.Scale, 2)
		out.typ = to
	}
	out.eval = castEval(x, style.eval, to, e.Try)
	if b.run.db.options.lacks(MissingUTF16Bytes) && from.Kind == NVarchar && to.Kind == Varbinary && e.Style == nil {
		out.eval = utf8Bytes(x.eval)
	}
	return out, nil
}

// utf8Bytes plays a server whose nvarchar is UTF-8 inside.
func utf8Bytes(eval evaluator) evaluator {
	return func(at *env) (Value, error) {
		v, err := eval(at)
		if err != nil || v == nil {
			return nil, err
		}
		return []byte(string(utf16.Decode(v.(String16)))), nil
	}
}

func castEval(x bound, style evaluator, to Type, try bool) evaluator {
	from, eval := x.typ, x.eval
	return func(at *env) (Value, error) {
		v, err := eval(at)
		if err != nil || v == nil {
			return nil, err
		}
		n, err := style(at)
		if err != nil || n == nil {
			return nil, err
		}
		v, bad := Convert(v, from, to, int(n.(int64)))
		if bad != nil && try && triable(bad.Number) {
			return nil, nil
		}
		return v, lift(bad)
	}
}

// triable reports whether TRY_CAST turns the error into NULL: it does for values that do not convert, not for types.
func triable(number int32) bool {
	return number != 529 && number != 206 && number != 257 && number < 50000
}

// castType is the type of a CAST's target, which may be an alias type.
func (b *binder) castType(name tsql.TypeName, from Type) (Type, error) {
	typ, bad := CastType(name, from, b.run.db.options.Collation)
	if bad == nil {
		return typ, nil
	}
	if bad.Number == 2715 {
		if typ, _, err := b.run.declaredType(name, ""); err == nil {
			return typ, nil
		}
		bad = newError(243, "Type %s is not a defined system type.", name.Name)
	}
	return Type{}, placed(bad, b.run.batch, name.Pos)
}

// unify converts expressions to their common type and collation, as CASE, COALESCE, UNION and VALUES do.
func (b *binder) unify(list []bound, operator string) ([]bound, Type, Strength, error) {
	typ, strength := UntypedNull, CoercibleDefault
	whole := bound{typ: UntypedNull}
	for i, x := range list {
		if i == 0 {
			whole = x
			continue
		}
		l, r, settled, err := b.settleCollation(whole, x, operator)
		if err != nil {
			return nil, typ, strength, err
		}
		common, bad := CommonType(l.typ, r.typ)
		if bad != nil {
			return nil, typ, strength, bad
		}
		whole = bound{typ: common, strength: settled}
	}
	typ, strength = whole.typ, whole.strength
	out := make([]bound, len(list))
	for i, x := range list {
		var err error
		if out[i], err = convertTo(recollate(x, typ.Collation), typ); err != nil {
			return nil, typ, strength, err
		}
	}
	return out, typ, strength, nil
}

func (b *binder) caseOf(s *scope, e *tsql.Case) (bound, error) {
	tests := make([]test, len(e.Whens))
	results := make([]bound, 0, len(e.Whens)+1)
	for i, when := range e.Whens {
		cond := when.Cond
		if e.Operand != nil {
			cond = &tsql.Compare{Op: "=", L: e.Operand, R: when.Value, Pos: e.Pos}
		}
		var err error
		if tests[i], err = b.cond(s, cond); err != nil {
			return bound{}, err
		}
		then, err := b.expr(s, when.Then)
		if err != nil {
			return bound{}, err
		}
		results = append(results, then)
	}
	otherwise := constantOf(nil, UntypedNull)
	if e.Else != nil {
		var err error
		if otherwise, err = b.expr(s, e.Else); err != nil {
			return bound{}, err
		}
	}
	return b.choose(tests, append(results, otherwise))
}

// choose is the value of the first result whose test is true, else of the last.
func (b *binder) choose(tests []test, results []bound) (bound, error) {
	results, typ, strength, err := b.unify(results, "CASE")
	if err != nil {
		return bound{}, err
	}
	if typ.IsNull() {
		return bound{}, newError(8133, "At least one of the result expressions in a CASE specification must be an expression other than the NULL constant.")
	}
	out := combine(results...)
	out.typ, out.strength = typ, strength
	for _, t := range tests {
		out.constant, out.outward = out.constant && t.constant, out.outward || t.outward
		out.low, out.high = joinSpan(out.low, out.high, t.low, t.high)
	}
	out.eval = func(at *env) (Value, error) {
		for i := range tests {
			t, err := tests[i].eval(at)
			if err != nil {
				return nil, err
			}
			if t == yes {
				return results[i].eval(at)
			}
		}
		return results[len(results)-1].eval(at)
	}
	return out, nil
}

func (b *binder) atTimeZone(s *scope, e *tsql.AtTimeZone) (bound, error) {
	x, err := b.expr(s, e.X)
	if err != nil {
		return bound{}, err
	}
	zone, err := b.expr(s, e.Zone)
	if err != nil {
		return bound{}, err
	}
	if zone, err = convertTo(zone, Type{Kind: NVarchar, Length: 128, Collation: b.run.db.options.Collation}); err != nil {
		return bound{}, err
	}
	out := combine(x, zone)
	out.typ = Type{Kind: DateTimeOffset, Scale: fractionDigits(x.typ)}
	from := x.typ
	out.eval = func(at *env) (Value, error) {
		v, err := x.eval(at)
		if err != nil || v == nil {
			return nil, err
		}
		name, err := zone.eval(at)
		if err != nil || name == nil {
			return nil, err
		}
		v, bad := AtTimeZone(v, from, name.(String16))
		return v, lift(bad)
	}
	return out, nil
}

// everywhere is the span of an expression that may read any column of the row.
const everywhere = math.MaxInt32
