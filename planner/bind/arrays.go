package bind

import (
	"errors"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/scalar"
)

// array binds ARRAY[…]. Of a cast around it into is the element's type, else it is Unknown and the items decide.
func (b *binder) array(e *ast.Array, v *env, into plan.Type) (plan.Expr, error) {
	if len(e.Items) == 0 {
		if into.Kind == plan.Unknown {
			out := errorAt(e, "42P18", "cannot determine type of empty array")
			return nil, out
		}
		return &plan.Const{Text: "{}", T: plan.ArrayOf(into)}, nil
	}
	items := make([]plan.Expr, len(e.Items))
	for i, it := range e.Items {
		var err error
		if inner, ok := it.(*ast.Array); ok {
			items[i], err = b.array(inner, v, into)
		} else if items[i], err = b.expr(it, v); err == nil && into.Kind != plan.Unknown && items[i].Type().Kind != plan.Array {
			items[i], err = b.explicit(it, items[i], into)
		}
		if err != nil {
			return nil, err
		}
	}
	items, err := b.common(e, "ARRAY", items)
	if err != nil {
		return nil, err
	}
	t := items[0].Type()
	if t.Kind == plan.Bpchar {
		return nil, unsupported(e, "an array of "+t.Kind.String())
	}
	fn := "array"
	if t.Kind == plan.Array {
		fn = "array_nested"
	}
	return &plan.Call{Fn: fn, Args: items, T: plan.ArrayOf(t)}, nil
}

// explicit casts an element as a cast of its array says.
func (b *binder) explicit(at ast.Node, x plan.Expr, to plan.Type) (plan.Expr, error) {
	from := x.Type()
	switch {
	case from.Kind == plan.Unknown:
		return b.coerce(at, x, to)
	case !castable(from.Kind, to.Kind):
		return nil, errorAt(at, "42846", "cannot cast type %s to %s", from, to)
	case from.Kind == plan.Bytea && to.Kind == plan.Text, from.Kind == plan.Text && to.Kind == plan.Bytea:
		return nil, unsupported(at, "a cast from "+from.String()+" to "+to.String())
	case to.Kind == plan.Numeric && from.Kind == plan.Numeric:
		return x, nil
	}
	return castTo(x, to), nil
}

// arrayLiteral reads the text of an array, whose elements become canonical.
func (b *binder) arrayLiteral(at ast.Node, s string, t plan.Type) (*plan.Const, error) {
	a, err := scalar.ParseArray(s)
	if err != nil {
		e, ok := errors.AsType[*scalar.Error](err)
		if ok && e.SQLState == "22P02" {
			return nil, errorAt(at, e.SQLState, "malformed array literal: %s", quoted(s))
		}
		return nil, errorAt(at, e.SQLState, "%s: %s", e.Text, quoted(s))
	}
	for i, it := range a.Items {
		if it.Null {
			continue
		}
		c, err := b.literalAs(at, it.Text, plan.T(t.Elem))
		if err != nil {
			return nil, err
		}
		text := c.Text
		if t.Elem == plan.Bool {
			text = text[:1]
		}
		a.Items[i].Text = text
	}
	return &plan.Const{Text: a.String(), T: t}, nil
}

// castArray binds a cast from or to an array type.
func (b *binder) castArray(e *ast.Cast, x plan.Expr, to plan.Type, mod []int) (plan.Expr, error) {
	from := x.Type()
	refused := errorAt(e, "42846", "cannot cast type %s to %s", from, to)
	switch {
	case to.Kind == plan.Text:
		return &plan.Cast{X: x, To: to, Mod: mod}, nil
	case to.Kind != plan.Array || from.Kind != plan.Array && from.Kind != plan.Text:
		return nil, refused
	case from.Kind == plan.Array && !castable(from.Elem, to.Elem):
		return nil, refused
	case from.Kind == plan.Array && (from.Elem == plan.Bytea) != (to.Elem == plan.Bytea):
		return nil, unsupported(e, "a cast from "+from.String()+" to "+to.String())
	case mod == nil && from.Elem == to.Elem:
		return x, nil
	}
	return &plan.Cast{X: x, To: to, Mod: mod}, nil
}

// subscript binds x[i], x[i][j] and x[lo:hi]; of adjacent brackets one that is a slice makes all of them slices.
func (b *binder) subscript(e *ast.Subscript, v *env) (plan.Expr, error) {
	list, base := []*ast.Subscript{e}, e.X
	for !list[0].First {
		inner, ok := base.(*ast.Subscript)
		if !ok {
			break
		}
		list, base = append([]*ast.Subscript{inner}, list...), inner.X
	}
	x, err := b.expr(base, v)
	if err != nil {
		return nil, err
	}
	t := x.Type()
	if t.Kind != plan.Array {
		if t.Kind == plan.JSONB {
			return b.jsonSubscripts(list, x, v)
		}
		return nil, errorAt(e, "42804", "cannot subscript type %s because it does not support subscripting", t)
	}
	if len(list) > 6 {
		return nil, errorAt(e, "54000", "number of array dimensions (%d) exceeds the maximum allowed (6)", len(list))
	}
	slice := slices.ContainsFunc(list, func(s *ast.Subscript) bool { return s.Slice })
	args, spec := []plan.Expr{x}, ""
	for _, s := range list {
		low, high := s.Index, s.Upper
		if !s.Slice {
			low, high = nil, s.Index
		}
		for _, bound := range []ast.Expr{low, high} {
			letter := "-"
			if bound != nil {
				i, err := b.subscriptIndex(bound, v)
				if err != nil {
					return nil, err
				}
				args, letter = append(args, i), "b"
			} else if slice && !s.Slice { // [3] beside a slice means [1:3]
				args, letter = append(args, &plan.Const{Text: "1", T: plan.T(plan.Int4)}), "b"
			}
			spec += letter
		}
	}
	if !slice {
		return &plan.Call{Fn: "array_get", Args: args, T: t.Element()}, nil
	}
	args = append([]plan.Expr{x, text(spec)}, args[1:]...)
	return &plan.Call{Fn: "array_slice", Args: args, T: t}, nil
}

func (b *binder) subscriptIndex(e ast.Expr, v *env) (plan.Expr, error) {
	i, err := b.expr(e, v)
	if err != nil {
		return nil, err
	}
	integer := plan.T(plan.Int4)
	switch t := i.Type(); {
	case t.Kind == plan.Unknown:
		return b.coerce(e, i, integer)
	case t.IsNumber():
		return castTo(i, integer), nil
	}
	return nil, errorAt(e, "42804", "array subscript must have type integer")
}

// arrayConcat binds || where an operand is an array: two arrays, or an array and an element.
func (b *binder) arrayConcat(at ast.Node, l, r plan.Expr) (plan.Expr, error) {
	isArray := func(x plan.Expr) bool { return x.Type().Kind == plan.Array }
	name, args := "array_append", []plan.Expr{l, r}
	switch {
	case isArray(l) && (isArray(r) || r.Type().Kind == plan.Unknown), isArray(r) && l.Type().Kind == plan.Unknown:
		name = "array_cat"
	case isArray(r):
		name = "array_prepend"
	}
	x, err := b.function(at, name, args)
	if e, ok := errors.AsType[*ast.Error](err); ok && e.SQLState == "42883" {
		return nil, noOperator(at, "||", l.Type(), r.Type())
	}
	return x, err
}

// elements returns the items of an array that is known when the query is planned, up to most of them.
func (b *binder) elements(x plan.Expr, most int) ([]plan.Expr, bool) {
	s, elem := "", x.Type().Element()
	switch x := x.(type) {
	case *plan.Call:
		return x.Args, x.Fn == "array" && len(x.Args) <= most
	case *plan.Const:
		s = x.Text
		if x.Null {
			return nil, false
		}
	case *plan.Param:
		v := b.valueOf(x.N)
		if s = v.Text; v.Null {
			return nil, false
		}
	default:
		return nil, false
	}
	a, err := scalar.ParseArray(s)
	if err != nil || len(a.Items) > most {
		return nil, false
	}
	out := make([]plan.Expr, len(a.Items))
	for i, it := range a.Items {
		t := elem
		if t.Kind == plan.Numeric && !it.Null {
			t = numericTypeOf(it.Text)
		}
		if it.Null {
			out[i] = &plan.Const{Null: true, T: t}
			continue
		}
		text := it.Text
		if t.Kind == plan.Bool {
			text = map[string]string{"t": "true", "f": "false"}[text]
		}
		out[i] = &plan.Const{Text: text, T: t}
	}
	return out, true
}

// arrayKey turns what is sorted by an array, or by jsonb, into bytes in the order of that type; anything else stays.
func arrayKey(x plan.Expr) plan.Expr {
	switch x.Type().Kind {
	case plan.Array:
	case plan.JSONB:
		return comparisonKey(x)
	default:
		return x
	}
	return &plan.Call{Fn: "array_key", Args: []plan.Expr{x}, T: plan.T(plan.Bytea)}
}

// sortedBy puts an ORDER BY on node. Arrays are sorted by a hidden column; wider tells whether there is one.
func (b *binder) sortedBy(node plan.Node, keys []plan.SortKey) (sorted plan.Node, wider bool) {
	keys = dropRepeated(keys)
	var items []plan.Assign
	for i, k := range keys {
		if kind := k.Col.Type.Kind; kind == plan.Array || kind == plan.JSONB {
			c := b.newColumn(k.Col.Name, plan.T(plan.Bytea))
			items = append(items, plan.Assign{Col: c, Expr: arrayKey(col(k.Col))})
			keys[i].Col = c
		}
	}
	if len(items) > 0 {
		node = &plan.Project{Input: node, Items: append(plan.PassOn(node.Columns()), items...)}
	}
	return &plan.Sort{Input: node, Keys: keys}, len(items) > 0
}

// groupable refuses arrays whose equal values may have different texts, or whose elements cannot be compared.
func groupable(at ast.Node, what string, t plan.Type) error {
	if t.Kind != plan.Array {
		return nil
	}
	switch t.Elem {
	case plan.JSON:
		return errorAt(at, "42883", "could not identify an equality operator for type %s", t)
	case plan.JSONB, plan.Float4, plan.Float8, plan.Numeric, plan.Interval:
		e := unsupported(at, what+" "+t.String())
		if out, ok := errors.AsType[*ast.Error](e); ok && t.Elem != plan.JSONB {
			out.Hint = "two texts of these arrays may mean the same value: cast them to text[], or to an integer type"
		}
		return e
	}
	return nil
}

// comparableElements refuses arrays whose elements PostgreSQL, or Atoll, cannot compare.
func comparableElements(at ast.Node, op string, t plan.Type) error {
	switch {
	case t.Kind != plan.Array:
	case t.Elem == plan.JSON:
		return errorAt(at, "42883", "could not identify a comparison function for type json (%s %s %s)", t, op, t)
	case t.Elem == plan.JSONB:
		return unsupported(at, "comparing values of type "+t.String())
	}
	return nil
}

// unifyArrays is the type of two arrays of one element kind; numeric elements keep the digits of both.
func unifyArrays(l, r plan.Type) (plan.Type, bool) {
	if l.Kind != plan.Array || r.Kind != plan.Array || l.Elem != r.Elem {
		return plan.Type{}, false
	}
	if l.Elem == plan.Numeric {
		return plan.ArrayOf(unifyNumeric(l.Element(), r.Element())), true
	}
	return l, true
}

// arrayResult is resultType of two arrays: an implicit cast of the elements is one of the arrays.
func arrayResult(l, r plan.Type) (plan.Type, bool) {
	if t, ok := unifyArrays(l, r); ok || l.Kind != plan.Array || r.Kind != plan.Array {
		return t, ok
	}
	switch {
	case implicit(l.Elem, r.Elem):
		return r, true
	case implicit(r.Elem, l.Elem):
		return l, true
	}
	return plan.Type{}, false
}

// specLetters are how array_sorted is told its order.
func specLetters(desc, nullsFirst bool) string {
	s := ""
	if desc {
		s = "d"
	}
	if nullsFirst {
		s += "n"
	}
	return strings.TrimSpace(s)
}
