package rules

import (
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/scalar"
)

// computed returns the value of a call of constants, nil where it is not known here. An error is the one that PostgreSQL
// raises.
func computed(c *plan.Call) (*plan.Const, error) {
	args := make([]*plan.Const, len(c.Args))
	for i, a := range c.Args {
		k, ok := a.(*plan.Const)
		if !ok || k.Null {
			return nil, nil
		}
		args[i] = k
	}
	if len(args) == 2 && c.T.Kind == plan.Bool {
		if sign, ok := compared(args[0], args[1]); ok {
			if holds, ok := comparison(c.Fn, sign); ok {
				return boolean(holds), nil
			}
		}
	}
	if c.T.IsInteger() || c.T.Kind == plan.Numeric {
		return computedNumber(c, args)
	}
	return computedByKernel(c, args)
}

func comparison(op string, sign int) (holds, ok bool) {
	switch op {
	case "=", "is_not_distinct":
		return sign == 0, true
	case "<>", "is_distinct":
		return sign != 0, true
	case "<":
		return sign < 0, true
	case "<=":
		return sign <= 0, true
	case ">":
		return sign > 0, true
	case ">=":
		return sign >= 0, true
	}
	return false, false
}

// computedNumber calculates with integers and numerics.
func computedNumber(c *plan.Call, args []*plan.Const) (*plan.Const, error) {
	nums := make([]scalar.Decimal, len(args))
	for i, a := range args {
		if !a.T.IsInteger() && a.T.Kind != plan.Numeric {
			return computedByKernel(c, args)
		}
		var err error
		if nums[i], err = scalar.ParseDecimal(a.Text); err != nil {
			return nil, nil
		}
	}
	var d scalar.Decimal
	var err error
	switch {
	case len(nums) == 1 && c.Fn == "neg":
		d = nums[0].Neg()
	case len(nums) == 1 && c.Fn == "abs":
		d = nums[0].Abs()
	case len(nums) == 1 && c.T.Kind == plan.Numeric && c.Fn == "round":
		d = nums[0].Round(0)
	case len(nums) != 2:
		return computedByKernel(c, args)
	case c.Fn == "+":
		d = nums[0].Add(nums[1])
	case c.Fn == "-":
		d = nums[0].Sub(nums[1])
	case c.Fn == "*":
		d = nums[0].Mul(nums[1])
	case c.Fn == "/" && c.T.IsInteger():
		d, err = nums[0].Quo(nums[1])
	case c.Fn == "/":
		d, err = nums[0].Div(nums[1])
	case c.Fn == "%" || c.Fn == "mod":
		d, err = nums[0].Mod(nums[1])
	default:
		return computedByKernel(c, args)
	}
	if err != nil {
		return nil, err
	}
	return number(d, c.T)
}

// number is a literal of an integer or numeric type.
func number(d scalar.Decimal, t plan.Type) (*plan.Const, error) {
	if t.Kind == plan.Numeric {
		if _, err := d.Wide(); err != nil {
			return nil, nil // not every engine has it
		}
		return &plan.Const{Text: d.String(), T: t}, nil
	}
	text, err := scalar.Canonical(typeNames[t.Kind], d.String())
	if err != nil {
		return nil, err
	}
	return &plan.Const{Text: text, T: t}, nil
}

// typeNames are package scalar's names of the types.
var typeNames = map[plan.Kind]string{
	plan.Bool: "bool", plan.Int2: "int2", plan.Int4: "int4", plan.Int8: "int8", plan.Float4: "float4", plan.Float8: "float8", plan.Bytea: "bytea",
	plan.Date: "date", plan.Time: "time", plan.Timestamp: "timestamp", plan.TimestampTZ: "timestamptz", plan.Interval: "interval",
}

// kernels are package scalar's functions by name.
var kernels = sync.OnceValue(func() map[string][]scalar.Function {
	m := map[string][]scalar.Function{}
	for _, f := range scalar.Functions() {
		m[f.Name] = append(m[f.Name], f)
	}
	return m
})

// sameKernel are the functions whose kernel bears their name and takes the arguments that PostgreSQL's takes.
var sameKernel = nameSet(`upper lower initcap reverse md5 length octet_length ascii chr to_hex strpos starts_with replace translate split_part substr left right
	repeat lpad rpad btrim ltrim rtrim like ilike make_date date_trunc age justify_hours justify_days justify_interval timezone`)

// kernelOf names the kernel of a call, and prepares its arguments; "" if there is none.
func kernelOf(c *plan.Call, args []*plan.Const) (string, []*plan.Const, error) {
	if sameKernel[c.Fn] {
		return "pg_" + c.Fn, args, nil
	}
	if len(args) != 2 {
		if c.Fn == "neg" && c.T.Kind == plan.Interval {
			return "pg_interval_neg", args, nil
		}
		return "", nil, nil
	}
	l, r := args[0].T.Kind, args[1].T.Kind
	op := map[string]string{"+": "add", "-": "sub", "*": "mul", "/": "div"}[c.Fn]
	switch {
	case op == "":
	case args[0].T.IsFloat() && l == r:
		return "pg_" + typeNames[l] + "_" + op, args, nil
	case l == plan.Interval && (r == plan.Interval || r == plan.Float8):
		return "pg_interval_" + op, args, nil
	case c.Fn == "-" && (r == plan.Interval || l == plan.Date && r == plan.Int4):
		minus, err := computed(&plan.Call{Fn: "neg", Args: []plan.Expr{args[1]}, T: args[1].T})
		if err != nil || minus == nil {
			return "", nil, nil // the sum may exist all the same
		}
		return kernelOf(&plan.Call{Fn: "+", T: c.T}, []*plan.Const{args[0], minus})
	case l == plan.Date && r == plan.Int4, l == plan.Date && r == plan.Date:
		return "pg_date_" + op, args, nil
	case l == plan.Time:
		return "pg_time_" + op, args, nil
	case l == plan.Date || l == plan.Timestamp || l == plan.TimestampTZ:
		return "pg_timestamp_" + op, args, nil
	}
	return "", nil, nil
}

func computedByKernel(c *plan.Call, args []*plan.Const) (*plan.Const, error) {
	name, args, err := kernelOf(c, args)
	if err != nil || name == "" {
		return nil, err
	}
	return called(name, args, c.T)
}

// called evaluates a kernel over constants; nil if it has no such overload, or no text shows its result.
func called(name string, args []*plan.Const, t plan.Type) (*plan.Const, error) {
	arrays := make([]arrow.Array, len(args))
	defer func() {
		for _, a := range arrays {
			if a != nil {
				a.Release()
			}
		}
	}()
	types := make([]arrow.DataType, len(args))
	for i, a := range args {
		value, err := valueOf(a)
		if err != nil || value == nil {
			return nil, nil
		}
		arrays[i], types[i] = value, value.DataType()
	}
	out, err := evaluate(name, types, arrays)
	if err != nil || out == nil {
		return nil, err
	}
	defer out.Release()
	return shownAs(out, t)
}

// evaluate calls a kernel for one row; nil if there is none for the types.
func evaluate(name string, types []arrow.DataType, args []arrow.Array) (arrow.Array, error) {
	for _, f := range kernels()[name] {
		same := len(f.Args) == len(types) && !f.Volatile
		for i := range types {
			same = same && arrow.TypeEqual(f.Args[i], types[i])
		}
		if same {
			return f.Eval(memory.DefaultAllocator, args, 1)
		}
	}
	return nil, nil
}

// valueOf gives a constant as an array of one row.
func valueOf(c *plan.Const) (arrow.Array, error) {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Append(c.Text)
	text := b.NewArray()
	if c.T.Kind == plan.Text {
		return text, nil
	}
	defer text.Release()
	return evaluate("pg_text_"+typeNames[c.T.Kind], []arrow.DataType{text.DataType()}, []arrow.Array{text})
}

// shownAs makes a constant of a kernel's result.
func shownAs(a arrow.Array, t plan.Type) (*plan.Const, error) {
	if a.IsNull(0) {
		return null(t), nil
	}
	if !arrow.TypeEqual(a.DataType(), t.Arrow()) {
		return nil, nil
	}
	if s, ok := a.(*array.String); ok && t.Kind == plan.Text {
		return &plan.Const{Text: s.Value(0), T: t}, nil
	}
	shown, err := evaluate("pg_"+typeNames[t.Kind]+"_text", []arrow.DataType{a.DataType()}, []arrow.Array{a})
	if err != nil || shown == nil {
		return nil, nil
	}
	defer shown.Release()
	return &plan.Const{Text: shown.(*array.String).Value(0), T: t}, nil
}
