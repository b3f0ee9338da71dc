package engine

import "github.com/atoll-sql/atoll/internal/tdstest/tsql"

// function is a scalar function: how many arguments it takes, the type of its result, and its value.
type function struct {
	min, max int
	typ      func(call *tsql.Call, args []Type) (Type, *Error)
	eval     func(c *invocation) (Value, *Error)
	nullable bool // eval wants to see NULL arguments; otherwise one NULL makes NULL
}

// invocation is one evaluation of a function.
type invocation struct {
	call   *tsql.Call
	args   []Value
	types  []Type
	result Type
}

// scalarFunctions is filled by the families' files.
var scalarFunctions = merge(mathFunctions, textFunctions, searchFunctions, byteFunctions, dateFunctions, partFunctions, choiceFunctions)

func merge(families ...map[string]function) map[string]function {
	all := map[string]function{}
	for _, family := range families {
		for name, f := range family {
			all[name] = f
		}
	}
	return all
}

// FunctionType is the type of a call of a scalar function. Where its Collation is "" though it is text, it is the
// database's. Errors: 195 for an unknown function, 174 and 189 for the number of arguments, 8116 for their types.
func FunctionType(call *tsql.Call, args []Type) (Type, *Error) {
	f, ok := scalarFunctions[call.Name]
	if !ok || call.Star || call.Distinct {
		return Type{}, valueError(195, "'%s' is not a recognized built-in function name.", call.Name)
	}
	if len(args) < f.min || len(args) > f.max {
		if f.min == f.max {
			return Type{}, valueError(174, "The %s function requires %d argument(s).", lowerASCII(call.Name), f.min)
		}
		return Type{}, valueError(189, "The %s function requires %d to %d arguments.", lowerASCII(call.Name), f.min, f.max)
	}
	for i, t := range args {
		if t.Kind == Unreadable {
			return Type{}, badArgument(t, i+1, call.Name)
		}
	}
	return f.typ(call, args)
}

// CallFunction evaluates a call whose FunctionType is result.
func CallFunction(call *tsql.Call, args []Value, types []Type, result Type) (Value, *Error) {
	f, ok := scalarFunctions[call.Name]
	if !ok {
		return nil, valueError(195, "'%s' is not a recognized built-in function name.", call.Name)
	}
	if !f.nullable {
		for _, v := range args {
			if v == nil {
				return nil, nil
			}
		}
	}
	return f.eval(&invocation{call, args, types, result})
}

// fixed is the rule of a function that always has one type.
func fixed(t Type) func(*tsql.Call, []Type) (Type, *Error) {
	return func(*tsql.Call, []Type) (Type, *Error) { return t, nil }
}

// to converts argument i as an implicit conversion.
func (c *invocation) to(i int, t Type) (Value, *Error) { return Coerce(c.args[i], c.types[i], t) }

// float is argument i as a float.
func (c *invocation) float(i int) (float64, *Error) {
	v, err := c.to(i, Type{Kind: Float})
	if err != nil {
		return 0, err
	}
	return v.(float64), nil
}

// integer is argument i as an int or, if it is one, a bigint.
func (c *invocation) integer(i int) (int64, *Error) {
	t := Type{Kind: Int}
	if c.types[i].Kind == BigInt {
		t.Kind = BigInt
	}
	v, err := c.to(i, t)
	if err != nil {
		return 0, err
	}
	return v.(int64), nil
}

// text is argument i as text, and its type: other types become varchar.
func (c *invocation) text(i int) (String16, Type, *Error) {
	t := asText(c.types[i])
	v, err := Convert(c.args[i], c.types[i], t, -1)
	if err != nil {
		return nil, t, err
	}
	return v.(String16), t, nil
}

// asText is the type a function of text takes an argument as.
func asText(t Type) Type {
	if isText(t.Kind) {
		return t
	}
	if t.IsNull() {
		return Type{Kind: Varchar, Length: 1}
	}
	return Type{Kind: Varchar, Length: textLength(t)}
}

// literalInt is argument i of the call if it is an integer constant.
func literalInt(call *tsql.Call, i int) (int, bool) {
	if i >= len(call.Args) {
		return 0, false
	}
	l, ok := call.Args[i].(*tsql.Literal)
	if !ok || l.Kind != tsql.Integer || len(l.Text) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range l.Text {
		n = n*10 + int(c-'0')
	}
	return n, true
}
