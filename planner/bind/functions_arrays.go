package bind

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// arraySignature is one function of arrays. Each argument is a letter: a an array and e an element of it, i an integer, t a
// text, n an array of integers; those behind a point may be left out from the end. The result is one of these, b a boolean
// or x an array of text.
type arraySignature struct {
	args, result string
	// compatible functions bring arrays and elements to one type; the others take what they are given.
	compatible bool
	// compares tells that elements are compared.
	compares bool
}

// arrayFunctions are PostgreSQL's functions of arrays, but for those that give rows and those that make arrays of rows.
var arrayFunctions = map[string]arraySignature{
	"array_length":    {args: "ai", result: "i"},
	"array_lower":     {args: "ai", result: "i"},
	"array_upper":     {args: "ai", result: "i"},
	"array_ndims":     {args: "a", result: "i"},
	"array_dims":      {args: "a", result: "t"},
	"cardinality":     {args: "a", result: "i"},
	"array_append":    {args: "ae", result: "a", compatible: true},
	"array_prepend":   {args: "ea", result: "a", compatible: true},
	"array_cat":       {args: "aa", result: "a", compatible: true},
	"array_position":  {args: "ae.i", result: "i", compatible: true, compares: true},
	"array_positions": {args: "ae", result: "n", compatible: true, compares: true},
	"array_remove":    {args: "ae", result: "a", compatible: true, compares: true},
	"array_replace":   {args: "aee", result: "a", compatible: true, compares: true},
	"array_to_string": {args: "at.t", result: "t"},
	"array_fill":      {args: "en.n", result: "a"},
	"trim_array":      {args: "ai", result: "a"},
	"string_to_array": {args: "tt.t", result: "x"},
	"arraycontains":   {args: "aa", result: "b", compares: true},
	"arraycontained":  {args: "aa", result: "b", compares: true},
	"arrayoverlap":    {args: "aa", result: "b", compares: true},
}

// arrayFunction binds a call of one of arrayFunctions; ok is false for any other name.
func (b *binder) arrayFunction(at ast.Node, name string, args []plan.Expr) (x plan.Expr, ok bool, err error) {
	sig, ok := arrayFunctions[name]
	if !ok {
		return nil, false, nil
	}
	least, rest, _ := strings.Cut(sig.args, ".")
	if len(args) < len(least) || len(args) > len(least)+len(rest) {
		return nil, true, noSuchFunction(at, name, args)
	}
	letters := least + rest
	elem, err := b.elementType(at, name, sig, letters, args)
	if err != nil {
		return nil, true, err
	}
	if sig.compares {
		if err := comparableElements(at, name, plan.ArrayOf(elem)); err != nil {
			return nil, true, err
		}
	}
	out := make([]plan.Expr, len(args))
	for i, a := range args {
		t := letterType(letters[i], elem)
		if from := a.Type(); from.Kind != plan.Unknown && !fitsLetter(from, t) {
			return nil, true, noSuchFunction(at, name, args)
		}
		if out[i], err = b.coerce(at, a, t); err != nil {
			return nil, true, err
		}
	}
	return &plan.Call{Fn: name, Args: out, T: letterType(sig.result[0], elem)}, true, nil
}

func letterType(letter byte, elem plan.Type) plan.Type {
	switch letter {
	case 'a':
		return plan.ArrayOf(elem)
	case 'e':
		return elem
	case 'i':
		return plan.T(plan.Int4)
	case 'n':
		return plan.ArrayOf(plan.T(plan.Int4))
	case 'x':
		return plan.ArrayOf(plan.T(plan.Text))
	case 'b':
		return plan.T(plan.Bool)
	}
	return plan.T(plan.Text)
}

// fitsLetter reports an argument that may be cast to what a function takes.
func fitsLetter(from, to plan.Type) bool {
	if from.Kind == plan.Array || to.Kind == plan.Array {
		return from.Kind == to.Kind && implicit(from.Elem, to.Elem)
	}
	return implicit(from.Kind, to.Kind)
}

// elementType finds what the arrays of a call hold, from those arguments whose type is known.
func (b *binder) elementType(at ast.Node, name string, sig arraySignature, letters string, args []plan.Expr) (plan.Type, error) {
	t, poly := plan.T(plan.Unknown), false
	for i, a := range args {
		from := a.Type()
		if letters[i] != 'a' && letters[i] != 'e' {
			continue
		}
		poly = true
		if from.Kind == plan.Unknown {
			continue
		}
		if (from.Kind == plan.Array) != (letters[i] == 'a') || from.Kind == plan.Bpchar {
			return t, noSuchFunction(at, name, args)
		}
		if from.Kind == plan.Array {
			from = from.Element()
		}
		next, ok := resultType(t, from)
		if !ok || !sig.compatible && t.Kind != plan.Unknown && from.Kind != t.Kind {
			return t, noSuchFunction(at, name, args)
		}
		t = next
	}
	switch {
	case !poly || t.Kind != plan.Unknown:
		return t, nil
	case sig.compatible:
		return plan.T(plan.Text), nil
	}
	return t, errorAt(at, "42804", "could not determine polymorphic type because input has type unknown")
}

// arrayOperators are the operators of arrays with the names of their functions.
var arrayOperators = map[string]string{"@>": "arraycontains", "<@": "arraycontained", "&&": "arrayoverlap"}

// arrayOp binds @>, <@ and && where an operand is an array; ok is false for anything else.
func (b *binder) arrayOp(at ast.Node, op string, l, r plan.Expr) (x plan.Expr, ok bool, err error) {
	fn := arrayOperators[op]
	if fn == "" || l.Type().Kind != plan.Array && r.Type().Kind != plan.Array {
		return nil, false, nil
	}
	x, err = b.function(at, fn, []plan.Expr{l, r})
	if e, is := err.(*ast.Error); is && e.SQLState == "42883" {
		err = noOperator(at, op, l.Type(), r.Type())
	}
	return x, true, err
}
