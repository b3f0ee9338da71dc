package bind

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/scalar"
)

// moreFunctions are the functions of bytes, templates, regular expressions and number theory, and those that put dates together.
var moreFunctions = map[string][]overload{
	"encode": {returns(plan.Text, plan.Bytea, plan.Text)}, "decode": {returns(plan.Bytea, plan.Text, plan.Text)},
	"convert_from": {returns(plan.Text, plan.Bytea, plan.Text)}, "convert_to": {returns(plan.Bytea, plan.Text, plan.Text)},
	"sha224": {returns(plan.Bytea, plan.Bytea)}, "sha256": {returns(plan.Bytea, plan.Bytea)},
	"sha384": {returns(plan.Bytea, plan.Bytea)}, "sha512": {returns(plan.Bytea, plan.Bytea)},
	"get_byte": {returns(plan.Int4, plan.Bytea, plan.Int4)}, "set_byte": {returns(plan.Bytea, plan.Bytea, plan.Int4, plan.Int4)},
	"get_bit": {returns(plan.Int4, plan.Bytea, plan.Int8)}, "set_bit": {returns(plan.Bytea, plan.Bytea, plan.Int8, plan.Int4)},
	"bit_count": {returns(plan.Int8, plan.Bytea)},

	"quote_ident": {textTo(plan.Text)}, "quote_literal": {textTo(plan.Text)}, "unistr": {textTo(plan.Text)},
	"overlay": {textTo(plan.Text, plan.Text, plan.Int4), textTo(plan.Text, plan.Text, plan.Int4, plan.Int4)},

	"gcd":          {integers(plan.Int4, 2), integers(plan.Int8, 2), numericOverload(divisorNumeric, plan.Numeric, plan.Numeric)},
	"lcm":          {integers(plan.Int4, 2), integers(plan.Int8, 2), numericOverload(wide, plan.Numeric, plan.Numeric)},
	"factorial":    {numericOverload(wide, plan.Int8)},
	"scale":        {returns(plan.Int4, plan.Numeric)},
	"min_scale":    {returns(plan.Int4, plan.Numeric)},
	"trim_scale":   {numericOverload(wide, plan.Numeric)},
	"width_bucket": {returns(plan.Int4, plan.Float8, plan.Float8, plan.Float8, plan.Int4), returns(plan.Int4, plan.Numeric, plan.Numeric, plan.Numeric, plan.Int4)},
	"sind":         floats(1), "cosd": floats(1), "tand": floats(1), "cotd": floats(1), "asind": floats(1), "acosd": floats(1), "atand": floats(1), "atan2d": floats(2),
	"asinh": floats(1), "acosh": floats(1), "atanh": floats(1),

	"to_char": {
		returns(plan.Text, plan.TimestampTZ, plan.Text), returns(plan.Text, plan.Timestamp, plan.Text), returns(plan.Text, plan.Interval, plan.Text),
		returns(plan.Text, plan.Float8, plan.Text), returns(plan.Text, plan.Int4, plan.Text), returns(plan.Text, plan.Int8, plan.Text),
		returns(plan.Text, plan.Numeric, plan.Text), returns(plan.Text, plan.Float4, plan.Text),
	},
	"to_number":    {numericOverload(wide, plan.Text, plan.Text)},
	"to_date":      {returns(plan.Date, plan.Text, plan.Text)},
	"to_timestamp": {returns(plan.TimestampTZ, plan.Float8), returns(plan.TimestampTZ, plan.Text, plan.Text)},

	"regexp_like":   {textTo(plan.Bool, plan.Text), textTo(plan.Bool, plan.Text, plan.Text)},
	"regexp_count":  {textTo(plan.Int4, plan.Text), textTo(plan.Int4, plan.Text, plan.Int4), textTo(plan.Int4, plan.Text, plan.Int4, plan.Text)},
	"regexp_substr": regexpForms(plan.Text, plan.Text, plan.Int4, plan.Int4, plan.Text, plan.Int4),
	"regexp_instr":  regexpForms(plan.Int4, plan.Text, plan.Int4, plan.Int4, plan.Int4, plan.Text, plan.Int4),
	"regexp_replace": {
		textTo(plan.Text, plan.Text, plan.Text), textTo(plan.Text, plan.Text, plan.Text, plan.Text), textTo(plan.Text, plan.Text, plan.Text, plan.Int4),
		textTo(plan.Text, plan.Text, plan.Text, plan.Int4, plan.Int4), textTo(plan.Text, plan.Text, plan.Text, plan.Int4, plan.Int4, plan.Text),
	},
	"substring": {textTo(plan.Text, plan.Text), textTo(plan.Text, plan.Text, plan.Text)},

	"make_time":        {returns(plan.Time, plan.Int4, plan.Int4, plan.Float8)},
	"make_timestamp":   {returns(plan.Timestamp, plan.Int4, plan.Int4, plan.Int4, plan.Int4, plan.Int4, plan.Float8)},
	"make_timestamptz": makeTimestampTZ,
	"make_interval":    {returns(plan.Interval, plan.Int4, plan.Int4, plan.Int4, plan.Int4, plan.Int4, plan.Int4, plan.Float8)},
	"date_bin":         {returns(plan.TimestampTZ, plan.Interval, plan.TimestampTZ, plan.TimestampTZ), returns(plan.Timestamp, plan.Interval, plan.Timestamp, plan.Timestamp)},
	"overlaps":         {fourOf(plan.TimestampTZ), fourOf(plan.Timestamp), fourOf(plan.Time)},
}

var makeTimestampTZ = []overload{
	returns(plan.TimestampTZ, plan.Int4, plan.Int4, plan.Int4, plan.Int4, plan.Int4, plan.Float8),
	returns(plan.TimestampTZ, plan.Int4, plan.Int4, plan.Int4, plan.Int4, plan.Int4, plan.Float8, plan.Text),
}

// bytesFunctions are the overloads for bytea of functions that exist for text. Their calls bear the name behind "bytea.",
// so that no dialect takes one for the other.
var bytesFunctions = map[string][]overload{
	"length": {returns(plan.Int4, plan.Bytea)}, "octet_length": {returns(plan.Int4, plan.Bytea)}, "md5": {returns(plan.Text, plan.Bytea)},
	"substr": {returns(plan.Bytea, plan.Bytea, plan.Int4), returns(plan.Bytea, plan.Bytea, plan.Int4, plan.Int4)},
	"strpos": {returns(plan.Int4, plan.Bytea, plan.Bytea)},
	"btrim":  {returns(plan.Bytea, plan.Bytea, plan.Bytea)}, "ltrim": {returns(plan.Bytea, plan.Bytea, plan.Bytea)}, "rtrim": {returns(plan.Bytea, plan.Bytea, plan.Bytea)},
	"overlay": {returns(plan.Bytea, plan.Bytea, plan.Bytea, plan.Int4), returns(plan.Bytea, plan.Bytea, plan.Bytea, plan.Int4, plan.Int4)},
}

// BytesPrefix stands before the names of functions of bytea that share theirs with one of text.
const BytesPrefix = "bytea."

func mergedRegistry(parts ...map[string][]overload) map[string][]overload {
	out := map[string][]overload{}
	for _, p := range parts {
		for name, list := range p {
			out[name] = append(out[name], list...)
		}
	}
	return out
}

func integers(k plan.Kind, n int) overload {
	args := make([]plan.Kind, n)
	for i := range args {
		args[i] = k
	}
	return returns(k, args...)
}

func floats(n int) []overload { return []overload{integers(plan.Float8, n)} }

func fourOf(k plan.Kind) overload { return returns(plan.Bool, k, k, k, k) }

// regexpForms are the forms of a function whose arguments behind the pattern may be left out from the end.
func regexpForms(result plan.Kind, rest ...plan.Kind) []overload {
	var out []overload
	for n := 1; n <= len(rest); n++ {
		out = append(out, textTo(result, rest[:n:n]...))
	}
	return out
}

// divisorNumeric is no greater than either number and has their digits behind the point.
func divisorNumeric(args []plan.Expr) plan.Type { return unifyNumeric(args[0].Type(), args[1].Type()) }

// rewritten binds functions that are others in a different form; ok is false for all the rest.
func (b *binder) rewritten(at ast.Node, name string, args []plan.Expr) (x plan.Expr, ok bool, err error) {
	switch {
	case name == "num_nulls" || name == "num_nonnulls":
		x, err = b.countNulls(at, name, args)
	case name == "quote_nullable" && len(args) == 1:
		if x, err = b.function(at, "quote_literal", args); err == nil {
			x, err = b.function(at, "coalesce", []plan.Expr{x, text("NULL")})
		}
	case name == "format" && len(args) > 0:
		x, err = b.format(at, args)
	case name == "age" && len(args) == 1:
		x, err = b.function(at, "age", []plan.Expr{castTo(moment(b.now(), plan.T(plan.Date)), plan.T(plan.Timestamp)), args[0]})
	case name == "date_trunc" && len(args) == 3:
		x, err = b.truncatedIn(at, args)
	case name == "octet_length" && len(args) == 1 && args[0].Type().Kind == plan.Bpchar: // with its blanks
		x = &plan.Call{Fn: name, Args: args, T: plan.T(plan.Int4)}
	case name == "make_interval" && len(args) < 7:
		for len(args) < 7 {
			args = append(args, &plan.Const{Text: "0", T: plan.T(plan.Int4)})
		}
		x, err = b.function(at, name, args)
	case name == "overlaps" && len(args) == 4 && (args[1].Type().Kind == plan.Interval || args[3].Type().Kind == plan.Interval):
		x, err = b.overlapsSpans(at, args)
	case name == "quote_literal" && len(args) == 1 && args[0].Type().Kind != plan.Text && args[0].Type().Kind != plan.Unknown:
		if x, err = b.toText(at, args[0]); err == nil {
			x, err = b.function(at, name, []plan.Expr{x})
		}
	case len(args) > 0 && args[0].Type().Kind == plan.Bytea && bytesFunctions[name] != nil:
		o := choose(bytesFunctions[name], args)
		if o == nil {
			return nil, true, unknownFunction(at, name, args)
		}
		x, err = b.apply(at, BytesPrefix+name, o, args)
	default:
		return nil, false, nil
	}
	return x, true, err
}

// overlapsSpans turns the length of a period into its end.
func (b *binder) overlapsSpans(at ast.Node, args []plan.Expr) (plan.Expr, error) {
	out := append([]plan.Expr(nil), args...)
	for i := 1; i < len(out); i += 2 {
		if out[i].Type().Kind == plan.Interval {
			end, err := b.binaryOp(at, "+", out[i-1], out[i])
			if err != nil {
				return nil, err
			}
			out[i] = end
		}
	}
	return b.function(at, "overlaps", out)
}

// countNulls is a sum of ones and zeros.
func (b *binder) countNulls(at ast.Node, name string, args []plan.Expr) (plan.Expr, error) {
	if len(args) == 0 {
		return nil, unknownFunction(at, name, args)
	}
	one, zero := &plan.Const{Text: "1", T: plan.T(plan.Int4)}, &plan.Const{Text: "0", T: plan.T(plan.Int4)}
	var sum plan.Expr
	for _, a := range args {
		if a.Type().Kind == plan.Unknown {
			var err error
			if a, err = b.coerce(at, a, plan.T(plan.Text)); err != nil {
				return nil, err
			}
		}
		n := plan.Expr(&plan.Case{T: plan.T(plan.Int4), Else: zero, Whens: []plan.When{{Cond: &plan.IsNull{X: a, Not: name == "num_nonnulls"}, Then: one}}})
		if sum == nil {
			sum = n
		} else {
			sum = &plan.Call{Fn: "+", Args: []plan.Expr{sum, n}, T: plan.T(plan.Int4)}
		}
	}
	return sum, nil
}

// format binds format, whose arguments it brings to their output form.
func (b *binder) format(at ast.Node, args []plan.Expr) (plan.Expr, error) {
	if len(args) > scalar.MaxFormatArgs+1 {
		return nil, unsupported(at, "format with so many arguments")
	}
	out := make([]plan.Expr, len(args))
	for i, x := range args {
		var err error
		switch k := x.Type().Kind; {
		case k == plan.Bpchar && i > 0: // with its blanks
			out[i] = x
		case k == plan.Bool:
			t, f := text("t"), text("f")
			out[i] = &plan.Case{T: plan.T(plan.Text), Whens: []plan.When{{Cond: x, Then: t}, {Cond: &plan.Not{X: x}, Then: f}}}
		case i == 0 && k != plan.Text && k != plan.Unknown:
			return nil, unknownFunction(at, "format", args)
		case k == plan.Bytea:
			return nil, unsupported(at, "format on "+k.String())
		default:
			out[i], err = b.coerce(at, x, plan.T(plan.Text))
		}
		if err != nil {
			return nil, err
		}
	}
	return &plan.Call{Fn: "format", Args: out, T: plan.T(plan.Text)}, nil
}

// regexOperators are the operators of regular expressions, with the names of their calls.
var regexOperators = map[string]string{"~": "regex", "~*": "iregex", "!~": "regex", "!~*": "iregex"}

func (b *binder) regexOp(at ast.Node, op string, l, r plan.Expr) (plan.Expr, error) {
	args := []plan.Expr{l, r}
	for i, x := range args {
		if i == 0 && x.Type().Kind == plan.Bpchar { // whose blanks count here
			continue
		}
		if k := x.Type().Kind; k != plan.Text && k != plan.Unknown && k != plan.Bpchar {
			return nil, noOperator(at, op, l.Type(), r.Type())
		}
		var err error
		if args[i], err = b.coerce(at, x, plan.T(plan.Text)); err != nil {
			return nil, err
		}
	}
	return negate(&plan.Call{Fn: regexOperators[op], Args: args, T: plan.T(plan.Bool)}, strings.HasPrefix(op, "!")), nil
}

func (b *binder) similarTo(e *ast.SimilarTo, v *env) (plan.Expr, error) {
	return b.matched("similar", "SIMILAR TO", e.X, e.Pattern, e.Escape, e.Not, v)
}
