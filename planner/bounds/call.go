package bounds

import (
	"math/big"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/rules"
)

// call is what follows for a function or operator from what is known of its arguments, not all of which are exact. Every
// function of the registry gives the same for the same arguments.
func call(e *plan.Call, args []known) claim {
	out := signOf(e, args)
	switch e.Fn {
	case "=", "<>", "<", "<=", ">", ">=":
		return out | comparison(e.Fn, args[0].claim, args[1].claim) | strictly(args)
	case "+", "-", "*", "/", "neg":
		return out | arithmetic(e, args) | strictly(args)
	case "coalesce":
		return out | coalesce(args)
	case "greatest", "least":
		return out | extreme(e.Fn, args)
	}
	if rules.Strict(e.Fn) && commonOf(args)&same == same {
		return out | same | yes | no // no argument of a value is NULL, and each is the same
	}
	return out
}

// strictly: of operators that are NULL where an argument is, and only there.
func strictly(args []known) claim { return commonOf(args) & (value | null | filled) }

// comparison is what stays of l op r.
func comparison(op string, l, r claim) claim {
	rises := func(c claim) bool { return c&(up|value) == up|value }
	falls := func(c claim) bool { return c&(down|value) == down|value }
	var out claim
	switch op {
	case "=", "<>":
		if (l&r)&same == same {
			out = yes | no
		}
	case "<", "<=":
		if falls(l) && rises(r) {
			out |= yes
		}
		if rises(l) && falls(r) {
			out |= no
		}
	case ">", ">=":
		return comparison("<", r, l)
	}
	return out
}

// arithmetic knows what rises and falls with its operands, where neither infinities nor NaN get in the way.
func arithmetic(e *plan.Call, args []known) claim {
	integers := e.T.IsInteger()
	if len(args) == 1 { // neg, +
		switch {
		case commonOf(args)&same == same:
			return up | down
		case integers && e.Fn == "neg":
			return args[0].claim.swapped() & (up | down)
		}
		return 0
	}
	l, r := args[0].claim, args[1].claim
	if (l&r)&same == same {
		return up | down
	}
	if !integers && !numericOperands(e) {
		return 0
	}
	cl, cr := constSign(stripCast(e.Args[0])), constSign(stripCast(e.Args[1]))
	switch e.Fn {
	case "+":
		if integers || cl != 0 || cr != 0 {
			return l & r & (up | down)
		}
	case "-":
		if integers || cr != 0 {
			return l & r.swapped() & (up | down)
		}
	case "*":
		return product(l, r, cl, cr, integers)
	case "/":
		if integers && cr&nonNegative != 0 {
			return l & (up | down)
		}
	}
	return 0
}

// numericOperands reports numbers, in which a literal is neither infinite nor NaN; moments and spans have months.
func numericOperands(e *plan.Call) bool {
	return e.Args[0].Type().IsNumber() && e.Args[1].Type().IsNumber()
}

// product: what is not negative rises with its factors.
func product(l, r, cl, cr claim, integers bool) claim {
	if cl != 0 && cr == 0 {
		l, r, cr = r, l, cl
	}
	switch {
	case cr&nonNegative != 0 && cr&nonPositive == 0:
		return l & (up | down)
	case cr&nonPositive != 0 && cr&nonNegative == 0 && integers:
		return l.swapped() & (up | down)
	case integers && l&r&nonNegative != 0:
		return l & r & (up | down)
	}
	return 0
}

// coalesce is its first value. What is NULL now and a value then must not be less than what stands behind it.
func coalesce(args []known) claim {
	out := args[len(args)-1].claim
	for i := len(args) - 2; i >= 0; i-- {
		x := args[i].claim
		if x&filled != 0 {
			out = x | out&filled
			continue
		}
		keep := x & out
		if x&null == 0 { // NULL may be a value
			keep &^= null
			if !(x&nonNegative != 0 && out&nonPositive != 0) {
				keep &^= up | yes | no
			}
			if !(x&nonPositive != 0 && out&nonNegative != 0) {
				keep &^= down | yes | no
			}
		}
		if x&value == 0 { // a value may be NULL, and then what stands behind it
			keep &^= up | down | yes | no
		}
		out = keep | out&filled
	}
	return out
}

// extreme is greatest or least, which pass NULLs over.
func extreme(fn string, args []known) claim {
	c := commonOf(args)
	toward, away := up, down
	if fn == "least" {
		toward, away = down, up
	}
	out := c & (null | value)
	if c&value == 0 {
		return out
	}
	out |= c & toward
	if c&null != 0 {
		out |= c & away
	}
	return out
}

// cast keeps the order of numbers and of moments.
func cast(e *plan.Cast, x known) claim {
	from, to := e.X.Type(), e.To
	out := x.claim & (value | null | filled)
	switch {
	case from == to && e.Mod == nil:
		return x.claim
	case from.IsNumber() && to.IsNumber():
		return out | x.claim&(up|down|nonNegative|nonPositive)
	case from.Kind == plan.Bool && to.IsInteger():
		return out | x.claim&(up|down) | nonNegative
	case isMoment(from.Kind) && isMoment(to.Kind):
		return out | x.claim&(up|down)
	case x.has(same):
		return out | up | down | yes | no
	}
	return out
}

func isMoment(k plan.Kind) bool {
	return k == plan.Date || k == plan.Timestamp || k == plan.TimestampTZ
}

// constSign is the sign of a finite numeric literal, nothing of anything else.
func constSign(e plan.Expr) claim {
	c, ok := e.(*plan.Const)
	if !ok || c.Null || !c.T.IsNumber() {
		return 0
	}
	v, ok := new(big.Rat).SetString(strings.TrimSpace(c.Text))
	if !ok {
		return 0
	}
	return [...]claim{nonPositive, nonNegative | nonPositive, nonNegative}[v.Sign()+1]
}

// signOf is what is known of a result's sign.
func signOf(e *plan.Call, args []known) claim {
	if !e.T.IsNumber() || len(args) == 0 {
		return 0
	}
	signs := nonNegative | nonPositive
	common := commonOf(args)
	switch e.Fn {
	case "abs", "length", "octet_length", "sqrt", "bit_count", "ascii", "strpos":
		return nonNegative
	case "neg":
		return args[0].claim.swapped() & signs
	case "+":
		return common & signs
	case "*", "/":
		if common&nonNegative != 0 || common&nonPositive != 0 {
			return nonNegative
		}
	case "coalesce", "greatest", "least":
		out := common & signs
		for _, k := range args {
			if k.has(filled|nonNegative) && e.Fn == "greatest" {
				out |= nonNegative
			}
			if k.has(filled|nonPositive) && e.Fn == "least" {
				out |= nonPositive
			}
		}
		return out
	case "round", "trunc", "ceil", "floor", "mod", "%", "sign":
		return args[0].claim & signs
	}
	return 0
}
