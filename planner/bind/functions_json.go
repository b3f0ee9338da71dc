package bind

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// jsonRegistry are the functions of json and jsonb whose signatures are fixed.
var jsonRegistry = map[string][]overload{
	"json_array_length": {returns(plan.Int4, plan.JSON)}, "jsonb_array_length": {returns(plan.Int4, plan.JSONB)},
	"json_typeof": {returns(plan.Text, plan.JSON)}, "jsonb_typeof": {returns(plan.Text, plan.JSONB)},
	"json_strip_nulls": {returns(plan.JSON, plan.JSON)}, "jsonb_strip_nulls": {returns(plan.JSONB, plan.JSONB)},
	"jsonb_pretty": {returns(plan.Text, plan.JSONB)},
}

// jsonKey is the call that gives bytes which compare as a jsonb does. It is Atoll's own: no shard's engine has it but DuckDB.
const jsonKey = "jsonb.key"

// comparisonKey gives the value by which a value of a type that engines compare in different ways is grouped, sorted and joined:
// of character(n) the text without the blanks at its end, of jsonb its key.
func comparisonKey(x plan.Expr) plan.Expr {
	switch x.Type().Kind {
	case plan.Bpchar:
		return castTo(x, plan.T(plan.Text))
	case plan.JSONB:
		return &plan.Call{Fn: jsonKey, Args: []plan.Expr{x}, T: plan.T(plan.Bytea)}
	}
	return x
}

func isJSON(k plan.Kind) bool { return k == plan.JSON || k == plan.JSONB }

// jsonOp resolves an operator of which json or jsonb is an operand; ok is false for all the rest.
func (b *binder) jsonOp(at ast.Node, op string, l, r plan.Expr) (x plan.Expr, ok bool, err error) {
	lk, rk := l.Type().Kind, r.Type().Kind
	switch {
	case op == "<@" && (lk == plan.JSONB || rk == plan.JSONB):
		op, l, r, lk = "@>", r, l, plan.JSONB
	case op == "@>" && rk == plan.JSONB, op == "||" && rk == plan.JSONB && lk == plan.Unknown:
		lk = plan.JSONB
	}
	switch {
	case isJSON(lk) && (op == "->" || op == "->>"):
		x, err = b.jsonMember(at, op, l, r)
	case isJSON(lk) && (op == "#>" || op == "#>>"):
		x, err = b.jsonCall(at, op, l, r, plan.ArrayOf(plan.T(plan.Text)), jsonPart(op, l))
	case lk != plan.JSONB:
		return nil, false, nil
	case op == "@>":
		if l, err = b.sameJSONB(at, op, l, r); err == nil {
			x, err = b.jsonCall(at, op, l, r, plan.T(plan.JSONB), plan.T(plan.Bool))
		}
	case op == "?":
		x, err = b.jsonCall(at, op, l, r, plan.T(plan.Text), plan.T(plan.Bool))
	case op == "?|" || op == "?&":
		x, err = b.jsonCall(at, op, l, r, plan.ArrayOf(plan.T(plan.Text)), plan.T(plan.Bool))
	case op == "||" && (r.Type().Kind == plan.JSONB || r.Type().Kind == plan.Unknown):
		if l, err = b.sameJSONB(at, op, l, r); err == nil {
			x, err = b.jsonCall(at, op, l, r, plan.T(plan.JSONB), plan.T(plan.JSONB))
		}
	case op == "-":
		x, err = b.jsonDelete(at, l, r)
	case op == "#-":
		x, err = b.jsonCall(at, op, l, r, plan.ArrayOf(plan.T(plan.Text)), plan.T(plan.JSONB))
	case op == "@?" || op == "@@":
		err = unsupported(at, "operator "+op+" (a jsonpath)")
	default:
		return nil, false, nil
	}
	return x, true, err
}

// sameJSONB brings the left operand to jsonb, where it may be a literal.
func (b *binder) sameJSONB(at ast.Node, op string, l, r plan.Expr) (plan.Expr, error) {
	if k := l.Type().Kind; k != plan.JSONB && k != plan.Unknown {
		return nil, noOperator(at, op, l.Type(), r.Type())
	}
	return b.coerce(at, l, plan.T(plan.JSONB))
}

// jsonPart is the type of what an operator takes from a value: text with a second >, else that of the value.
func jsonPart(op string, l plan.Expr) plan.Type {
	if strings.HasSuffix(op, ">>") {
		return plan.T(plan.Text)
	}
	return l.Type()
}

func (b *binder) jsonMember(at ast.Node, op string, l, r plan.Expr) (plan.Expr, error) {
	t := plan.T(plan.Text)
	if k := r.Type().Kind; k == plan.Int2 || k == plan.Int4 {
		t = plan.T(plan.Int4)
	}
	return b.jsonCall(at, op, l, r, t, jsonPart(op, l))
}

func (b *binder) jsonDelete(at ast.Node, l, r plan.Expr) (plan.Expr, error) {
	t := plan.T(plan.Text)
	switch k := r.Type().Kind; k {
	case plan.Int2, plan.Int4:
		t = plan.T(plan.Int4)
	case plan.Array:
		t = plan.ArrayOf(t)
	}
	return b.jsonCall(at, "-", l, r, t, plan.T(plan.JSONB))
}

// jsonCall makes the call of an operator, whose right operand must be of type t or a literal of it.
func (b *binder) jsonCall(at ast.Node, op string, l, r plan.Expr, t, result plan.Type) (plan.Expr, error) {
	y, err := b.asArgument(at, r, t)
	if err != nil {
		return nil, err
	}
	if y == nil {
		return nil, noOperator(at, op, l.Type(), r.Type())
	}
	return &plan.Call{Fn: "json." + op, Args: []plan.Expr{l, y}, T: result}, nil
}

// asArgument gives x the type t if PostgreSQL would do so unasked; nil if it would not.
func (b *binder) asArgument(at ast.Node, x plan.Expr, t plan.Type) (plan.Expr, error) {
	switch from := x.Type(); {
	case from.Kind == plan.Unknown:
		return b.coerce(at, x, t)
	case from == t:
		return x, nil
	case t.Kind != plan.Array && implicit(from.Kind, t.Kind):
		return asKind(x, t.Kind), nil
	}
	return nil, nil
}

// jsonFunction binds the functions of json and jsonb that take arrays, or arguments of any number or type.
func (b *binder) jsonFunction(at ast.Node, name string, args []plan.Expr) (x plan.Expr, ok bool, err error) {
	array := plan.ArrayOf(plan.T(plan.Text))
	base := plan.JSON
	if strings.HasPrefix(name, "jsonb_") || name == "to_jsonb" {
		base = plan.JSONB
	}
	switch name {
	case "jsonb_set", "jsonb_insert":
		if len(args) == 3 {
			word := map[string]string{"jsonb_set": "true", "jsonb_insert": "false"}[name]
			args = append(args, &plan.Const{Text: word, T: plan.T(plan.Bool)})
		}
		x, err = b.fixedCall(at, name, args, plan.T(base), plan.T(base), array, plan.T(base), plan.T(plan.Bool))
	case "json_object", "jsonb_object":
		x, err = b.fixedCall(at, name, args, plan.T(base), []plan.Type{array, array}[:max(1, min(2, len(args)))]...)
	case "json_extract_path", "jsonb_extract_path", "json_extract_path_text", "jsonb_extract_path_text":
		x, err = b.extractPath(at, name, base, args)
	case "json_build_object", "jsonb_build_object", "json_build_array", "jsonb_build_array":
		x, err = b.buildJSON(at, name, base, args)
	case "to_json", "to_jsonb":
		if len(args) != 1 {
			return nil, true, noSuchFunction(at, name, args)
		}
		x, err = b.toJSON(at, args[0], base)
	case "array_to_json":
		if len(args) != 1 || args[0].Type().Kind != plan.Array {
			return nil, true, noSuchFunction(at, name, args)
		}
		x, err = b.toJSON(at, args[0], base)
	default:
		return nil, false, nil
	}
	return x, true, err
}

// fixedCall binds a function of one signature.
func (b *binder) fixedCall(at ast.Node, name string, args []plan.Expr, result plan.Type, types ...plan.Type) (plan.Expr, error) {
	if len(args) != len(types) {
		return nil, noSuchFunction(at, name, args)
	}
	out := make([]plan.Expr, len(args))
	for i, x := range args {
		y, err := b.asArgument(at, x, types[i])
		if err != nil {
			return nil, err
		}
		if y == nil {
			return nil, noSuchFunction(at, name, args)
		}
		out[i] = y
	}
	return &plan.Call{Fn: name, Args: out, T: result}, nil
}

// extractPath goes down one name after the other.
func (b *binder) extractPath(at ast.Node, name string, base plan.Kind, args []plan.Expr) (plan.Expr, error) {
	if len(args) < 2 {
		return nil, noSuchFunction(at, name, args)
	}
	x, err := b.asArgument(at, args[0], plan.T(base))
	if err != nil || x == nil {
		return nil, orNoFunction(err, at, name, args)
	}
	plain, text := strings.CutSuffix(name, "_text")
	for i, a := range args[1:] {
		key, err := b.asArgument(at, a, plan.T(plan.Text))
		if err != nil || key == nil {
			return nil, orNoFunction(err, at, name, args)
		}
		call := &plan.Call{Fn: plain, Args: []plan.Expr{x, key}, T: plan.T(base)}
		if text && i == len(args)-2 {
			call.Fn, call.T = name, plan.T(plan.Text)
		}
		x = call
	}
	return x, nil
}

func orNoFunction(err error, at ast.Node, name string, args []plan.Expr) error {
	if err != nil {
		return err
	}
	return noSuchFunction(at, name, args)
}

// buildJSON binds json_build_object and its kin: literals are texts there.
func (b *binder) buildJSON(at ast.Node, name string, base plan.Kind, args []plan.Expr) (plan.Expr, error) {
	object := strings.HasSuffix(name, "_object")
	if object && len(args)%2 == 1 {
		return nil, errorAt(at, "22023", "argument list must have even number of elements")
	}
	out := make([]plan.Expr, len(args))
	for i, x := range args {
		y, err := b.jsonArgument(at, x)
		if err != nil {
			return nil, err
		}
		if k := y.Type().Kind; object && i%2 == 0 && (isJSON(k) || k == plan.Array) {
			return nil, errorAt(at, "22023", "key value must be scalar, not array, composite, or json")
		}
		if c, ok := y.(*plan.Const); ok && object && i%2 == 0 && c.Null {
			return nil, errorAt(at, "22023", "argument %d cannot be null", i+1)
		}
		out[i] = y
	}
	return &plan.Call{Fn: name, Args: out, T: plan.T(base)}, nil
}

// jsonArgument gives a literal without a type the type text.
func (b *binder) jsonArgument(at ast.Node, x plan.Expr) (plan.Expr, error) {
	if x.Type().Kind == plan.Unknown {
		return b.coerce(at, x, plan.T(plan.Text))
	}
	return x, nil
}

// toJSON is to_json(x) and to_jsonb(x), which leave a value alone that is of that type.
func (b *binder) toJSON(at ast.Node, x plan.Expr, to plan.Kind) (plan.Expr, error) {
	if x.Type().Kind == plan.Unknown {
		return nil, errorAt(at, "42804", "could not determine polymorphic type because input has type unknown")
	}
	if isJSON(x.Type().Kind) {
		return castTo(x, plan.T(to)), nil
	}
	name := "to_json"
	if to == plan.JSONB {
		name = "to_jsonb"
	}
	return &plan.Call{Fn: name, Args: []plan.Expr{x}, T: plan.T(to)}, nil
}

// jsonSubscripts binds jb['a'][1]: the steps of a path.
func (b *binder) jsonSubscripts(list []*ast.Subscript, x plan.Expr, v *env) (plan.Expr, error) {
	for _, s := range list {
		if s.Slice {
			return nil, errorAt(s, "42804", "jsonb subscript does not support slices")
		}
		i, err := b.expr(s.Index, v)
		if err != nil {
			return nil, err
		}
		switch k := i.Type().Kind; {
		case k == plan.Int2 || k == plan.Int4:
			i = castTo(i, plan.T(plan.Text))
		case k != plan.Text && k != plan.Unknown:
			return nil, errorAt(s, "42804", "subscript type %s is not supported", i.Type())
		}
		if i, err = b.coerce(s.Index, i, plan.T(plan.Text)); err != nil {
			return nil, err
		}
		x = &plan.Call{Fn: "jsonb_extract_path", Args: []plan.Expr{x, i}, T: plan.T(plan.JSONB)}
	}
	return x, nil
}
