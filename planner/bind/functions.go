package bind

import (
	"github.com/atoll-sql/atoll/planner/plan"
)

// overload is one signature of a function.
type overload struct {
	args   []plan.Kind
	result func(args []plan.Expr) plan.Type
}

func returns(k plan.Kind, args ...plan.Kind) overload {
	return overload{args: args, result: func([]plan.Expr) plan.Type { return plan.T(k) }}
}

// sameNumeric is for functions whose result has no more digits than their argument.
func sameNumeric(args []plan.Expr) plan.Type { return args[0].Type() }

// wholeNumeric is for ceil and floor.
func wholeNumeric(args []plan.Expr) plan.Type {
	t := args[0].Type()
	if t.Wide() {
		return t
	}
	return plan.NumericType(t.Precision-t.Scale+1, 0)
}

// roundedNumeric is for round and trunc with a number of digits. A constant number fixes the scale.
func roundedNumeric(args []plan.Expr) plan.Type {
	t := args[0].Type()
	c, ok := args[1].(*plan.Const)
	if !ok || c.Null {
		return plan.T(plan.Numeric)
	}
	n := 0
	for i := 0; i < len(c.Text); i++ {
		if c.Text[i] < '0' || c.Text[i] > '9' {
			return wholeNumeric(args[:1])
		}
		n = n*10 + int(c.Text[i]-'0')
		if n > 30 {
			return plan.T(plan.Numeric)
		}
	}
	if t.Wide() {
		return plan.NumericType(plan.MaxNarrow, n)
	}
	return plan.NumericType(t.Precision-t.Scale+1+n, n)
}

func moduloNumeric(args []plan.Expr) plan.Type {
	return numericResult("%", args[0].Type(), args[1].Type())
}

func numericOverload(result func([]plan.Expr) plan.Type, args ...plan.Kind) overload {
	return overload{args: args, result: result}
}

// floatAndNumeric are the signatures of ceil, floor and the like; PostgreSQL prefers the float for integers.
func floatAndNumeric(numeric func([]plan.Expr) plan.Type) []overload {
	return []overload{returns(plan.Float8, plan.Float8), numericOverload(numeric, plan.Numeric)}
}

func wide([]plan.Expr) plan.Type { return plan.T(plan.Numeric) }

func each(kinds ...plan.Kind) []overload {
	var out []overload
	for _, k := range kinds {
		if k == plan.Numeric {
			out = append(out, numericOverload(sameNumeric, k))
		} else {
			out = append(out, returns(k, k))
		}
	}
	return out
}

func textTo(k plan.Kind, rest ...plan.Kind) overload {
	return returns(k, append([]plan.Kind{plan.Text}, rest...)...)
}

// functions is the registry: every scalar function that may be called, with PostgreSQL's signatures. Each
// must have a form in every dialect of package sqlgen, or be refused there by name.
var functions = mergedRegistry(baseFunctions, moreFunctions, jsonRegistry, pseudonymFunctions, sketchFunctions)

var baseFunctions = map[string][]overload{
	"upper":        {textTo(plan.Text)},
	"lower":        {textTo(plan.Text)},
	"initcap":      {textTo(plan.Text)},
	"length":       {textTo(plan.Int4)},
	"octet_length": {textTo(plan.Int4)},
	"substr":       {textTo(plan.Text, plan.Int4), textTo(plan.Text, plan.Int4, plan.Int4)},
	"left":         {textTo(plan.Text, plan.Int4)},
	"right":        {textTo(plan.Text, plan.Int4)},
	"lpad":         {textTo(plan.Text, plan.Int4), textTo(plan.Text, plan.Int4, plan.Text)},
	"rpad":         {textTo(plan.Text, plan.Int4), textTo(plan.Text, plan.Int4, plan.Text)},
	"btrim":        {textTo(plan.Text), textTo(plan.Text, plan.Text)},
	"ltrim":        {textTo(plan.Text), textTo(plan.Text, plan.Text)},
	"rtrim":        {textTo(plan.Text), textTo(plan.Text, plan.Text)},
	"replace":      {textTo(plan.Text, plan.Text, plan.Text)},
	"translate":    {textTo(plan.Text, plan.Text, plan.Text)},
	"strpos":       {textTo(plan.Int4, plan.Text)},
	"split_part":   {textTo(plan.Text, plan.Text, plan.Int4)},
	"repeat":       {textTo(plan.Text, plan.Int4)},
	"reverse":      {textTo(plan.Text)},
	"ascii":        {textTo(plan.Int4)},
	"chr":          {returns(plan.Text, plan.Int4)},
	"md5":          {textTo(plan.Text)},
	"starts_with":  {textTo(plan.Bool, plan.Text)},

	"abs":   each(plan.Int2, plan.Int4, plan.Int8, plan.Numeric, plan.Float4, plan.Float8),
	"ceil":  floatAndNumeric(wholeNumeric),
	"floor": floatAndNumeric(wholeNumeric),
	"round": append(floatAndNumeric(wholeNumeric), numericOverload(roundedNumeric, plan.Numeric, plan.Int4)),
	"trunc": append(floatAndNumeric(wholeNumeric), numericOverload(roundedNumeric, plan.Numeric, plan.Int4)),
	"sign":  floatAndNumeric(func([]plan.Expr) plan.Type { return plan.NumericType(1, 0) }),
	"sqrt":  floatAndNumeric(wide),
	"exp":   floatAndNumeric(wide),
	"ln":    floatAndNumeric(wide),
	"log":   append(floatAndNumeric(wide), numericOverload(wide, plan.Numeric, plan.Numeric)),
	"power": {returns(plan.Float8, plan.Float8, plan.Float8), numericOverload(wide, plan.Numeric, plan.Numeric)},
	"div":   {numericOverload(wide, plan.Numeric, plan.Numeric)},
	"mod": {
		returns(plan.Int2, plan.Int2, plan.Int2), returns(plan.Int4, plan.Int4, plan.Int4),
		returns(plan.Int8, plan.Int8, plan.Int8), numericOverload(moduloNumeric, plan.Numeric, plan.Numeric),
	},
	"cbrt":    {returns(plan.Float8, plan.Float8)},
	"sin":     {returns(plan.Float8, plan.Float8)},
	"cos":     {returns(plan.Float8, plan.Float8)},
	"tan":     {returns(plan.Float8, plan.Float8)},
	"sinh":    {returns(plan.Float8, plan.Float8)},
	"cosh":    {returns(plan.Float8, plan.Float8)},
	"tanh":    {returns(plan.Float8, plan.Float8)},
	"cot":     {returns(plan.Float8, plan.Float8)},
	"asin":    {returns(plan.Float8, plan.Float8)},
	"acos":    {returns(plan.Float8, plan.Float8)},
	"atan":    {returns(plan.Float8, plan.Float8)},
	"atan2":   {returns(plan.Float8, plan.Float8, plan.Float8)},
	"degrees": {returns(plan.Float8, plan.Float8)},
	"radians": {returns(plan.Float8, plan.Float8)},
	"pi":      {returns(plan.Float8)},

	"extract":   dateField(wide),
	"date_part": dateField(func([]plan.Expr) plan.Type { return plan.T(plan.Float8) }),
	"date_trunc": {
		textTo(plan.TimestampTZ, plan.TimestampTZ), textTo(plan.Timestamp, plan.Timestamp), textTo(plan.Interval, plan.Interval),
	},
	"timezone": {
		returns(plan.Timestamp, plan.Text, plan.TimestampTZ), returns(plan.TimestampTZ, plan.Text, plan.Timestamp),
		returns(plan.Timestamp, plan.Interval, plan.TimestampTZ), returns(plan.TimestampTZ, plan.Interval, plan.Timestamp),
	},
	"age": {
		returns(plan.Interval, plan.TimestampTZ, plan.TimestampTZ), returns(plan.Interval, plan.Timestamp, plan.Timestamp),
	},
	"justify_hours":    {returns(plan.Interval, plan.Interval)},
	"justify_days":     {returns(plan.Interval, plan.Interval)},
	"justify_interval": {returns(plan.Interval, plan.Interval)},
	"isfinite": {
		returns(plan.Bool, plan.Date), returns(plan.Bool, plan.TimestampTZ), returns(plan.Bool, plan.Timestamp), returns(plan.Bool, plan.Interval),
	},
	"to_hex":    {returns(plan.Text, plan.Int4), returns(plan.Text, plan.Int8)},
	"make_date": {returns(plan.Date, plan.Int4, plan.Int4, plan.Int4)},
}

func dateField(result func([]plan.Expr) plan.Type) []overload {
	var out []overload
	for _, k := range []plan.Kind{plan.TimestampTZ, plan.Timestamp, plan.Date, plan.Time, plan.Interval} {
		out = append(out, overload{args: []plan.Kind{plan.Text, k}, result: result})
	}
	return out
}

// synonyms are other names of the same functions.
var synonyms = map[string]string{
	"char_length": "length", "character_length": "length", "substring": "substr", "position": "strpos",
	"ceiling": "ceil", "pow": "power", "log10": "log",
}

// Functions lists the names of the registry, for tests that hold the dialects against it.
func Functions() []string {
	out := make([]string, 0, len(functions))
	for n := range functions {
		out = append(out, n)
	}
	return out
}
