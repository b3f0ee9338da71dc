package engine

import (
	"strings"
	"unicode/utf16"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// call binds a function: an aggregate, one that asks about the server, one that does not evaluate all its arguments, or
// an ordinary one.
func (b *binder) call(s *scope, e *tsql.Call) (bound, error) {
	if feature, ok := missingFunctions[e.Name]; ok && b.run.db.options.lacks(feature) {
		return bound{}, placed(newError(195, "'%s' is not a recognized built-in function name.", e.Name), b.run.batch, e.Pos)
	}
	if e.Over != nil {
		return b.window(s, e)
	}
	if IsAggregate(e.Name) {
		return b.aggregate(s, e)
	}
	args, err := b.exprs(s, e.Args)
	if err != nil {
		return bound{}, err
	}
	if system, ok := systemFunctions[e.Name]; ok {
		return b.systemCall(system, args)
	}
	switch e.Name {
	case "COALESCE":
		return b.coalesce(args)
	case "NULLIF":
		return b.nullIf(args)
	case "ISNULL":
		return b.isNullCall(args)
	case "CHOOSE":
		return b.chooseCall(args)
	}
	x, err := b.ordinary(e, args)
	if bad, ok := err.(*Error); ok {
		return x, placed(bad, b.run.batch, e.Pos)
	}
	return x, err
}

// volatile functions give another value on every call, so no value of theirs is kept.
var volatile = map[string]bool{"NEWID": true, "RAND": true}

// ordinary binds a function that sees all its arguments.
func (b *binder) ordinary(e *tsql.Call, args []bound) (bound, error) {
	args, name, strength, err := b.settleArguments(args)
	if err != nil {
		return bound{}, err
	}
	types := make([]Type, len(args))
	for i, arg := range args {
		types[i] = arg.typ
	}
	typ, bad := FunctionType(e, types)
	if bad != nil {
		return bound{}, bad
	}
	if isText(typ.Kind) {
		typ.Collation = name
	}
	out := combine(args...)
	out.typ, out.strength, out.nullable = typ, strength, true
	out.constant = out.constant && !volatile[e.Name]
	evals := make([]evaluator, len(args))
	for i, arg := range args {
		evals[i] = arg.eval
	}
	swapped := e.Name == "HASHBYTES" && b.run.db.options.lacks(MissingHashBytes)
	old := e.Name == "HASHBYTES" && b.run.db.options.lacks(MissingSHA256)
	cells := make([]Value, len(args))
	out.eval = func(at *env) (Value, error) {
		for i, eval := range evals {
			var err error
			if cells[i], err = eval(at); err != nil {
				return nil, err
			}
		}
		if old && isSHA256(cells[0]) {
			return nil, nil
		}
		if swapped {
			return hashSwapped(e, cells, types, typ)
		}
		v, bad := CallFunction(e, cells, types, typ)
		return v, lift(bad)
	}
	return out, nil
}

// settleArguments brings the text arguments of a function under one collation.
func (b *binder) settleArguments(args []bound) ([]bound, string, Strength, error) {
	name, strength, any := b.run.db.options.Collation, CoercibleDefault, false
	for _, arg := range args {
		if !isText(arg.typ.Kind) {
			continue
		}
		if !any {
			name, strength, any = arg.typ.Collation, arg.strength, true
			continue
		}
		var err *Error
		if name, strength, err = ResolveCollation(name, strength, arg.typ.Collation, arg.strength); err != nil {
			return nil, "", 0, err
		}
	}
	out := make([]bound, len(args))
	for i, arg := range args {
		out[i] = recollate(arg, name)
	}
	return out, name, strength, nil
}

// isSHA256 reports that the first argument of HASHBYTES is SHA2_256.
func isSHA256(algorithm Value) bool {
	s, ok := algorithm.(String16)
	return ok && strings.EqualFold(s.String(), "SHA2_256")
}

// hashSwapped is HASHBYTES of a server that keeps Unicode text in UTF-8: it hashes other bytes than SQL Server does.
func hashSwapped(e *tsql.Call, args []Value, types []Type, result Type) (Value, error) {
	if s, ok := args[1].(String16); ok {
		raw := []byte(string(utf16.Decode(s)))
		if !isUnicode(types[1].Kind) {
			raw = nil
			for _, unit := range s {
				raw = append(raw, byte(unit), byte(unit>>8))
			}
		}
		args, types = []Value{args[0], raw}, []Type{types[0], {Kind: Varbinary, Length: -1}}
	}
	v, err := CallFunction(e, args, types, result)
	return v, lift(err)
}

func isNotNull(x bound) test {
	return over(func(e *env) (truth, error) {
		v, err := x.eval(e)
		return truthOf(v != nil), err
	}, x)
}

// coalesce is the first argument that is not NULL; those behind it are not evaluated.
func (b *binder) coalesce(args []bound) (bound, error) {
	var tests []test
	nullable := true
	for _, arg := range args {
		nullable = nullable && arg.nullable
	}
	for _, arg := range args[:len(args)-1] {
		tests = append(tests, isNotNull(arg))
	}
	x, err := b.choose(tests, args)
	if bad, ok := err.(*Error); ok && bad.Number == 8133 {
		return x, newError(4127, "At least one of the arguments to COALESCE must be an expression that is not the NULL constant.")
	}
	x.nullable = nullable
	return x, err
}

func (b *binder) nullIf(args []bound) (bound, error) {
	if args[0].typ.IsNull() {
		return bound{}, newError(4151, "The type of the first argument to NULLIF cannot be the NULL constant because the type of the first argument has to be known.")
	}
	l, r, typ, err := b.alike(args[0], args[1], "equal to")
	if err != nil {
		return bound{}, err
	}
	out := combine(args...)
	out.typ, out.strength, out.nullable = Settle(args[0].typ), args[0].strength, true
	out.eval = func(e *env) (Value, error) {
		v, err := args[0].eval(e)
		if err != nil || v == nil {
			return nil, err
		}
		x, y, known, err := pair(e, l, r)
		if err != nil || !known {
			return v, err
		}
		n, bad := Compare(x, y, typ)
		if bad != nil || n == 0 {
			return nil, lift(bad)
		}
		return v, nil
	}
	return out, nil
}

// isNullCall is ISNULL, whose type is the first argument's: the second is cut to it.
func (b *binder) isNullCall(args []bound) (bound, error) {
	if args[0].typ.IsNull() {
		return args[1], nil
	}
	to := Settle(args[0].typ)
	second, err := convertTo(recollate(args[1], to.Collation), to)
	if err != nil {
		return bound{}, err
	}
	out := combine(args...)
	out.typ, out.strength, out.nullable = to, args[0].strength, args[1].nullable
	out.eval = func(e *env) (Value, error) {
		v, err := args[0].eval(e)
		if err != nil || v != nil {
			return v, err
		}
		return second.eval(e)
	}
	return out, nil
}

func (b *binder) chooseCall(args []bound) (bound, error) {
	index, err := convertTo(args[0], Type{Kind: Int})
	if err != nil {
		return bound{}, err
	}
	tests := make([]test, len(args)-1)
	for i := range tests {
		tests[i] = over(func(e *env) (truth, error) {
			v, err := index.eval(e)
			return truthOf(v == int64(i+1)), err
		}, index)
	}
	return b.choose(tests, append(append([]bound{}, args[1:]...), constantOf(nil, UntypedNull)))
}
