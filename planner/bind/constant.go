package bind

import (
	"math/big"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/scalar"
)

// constantCount evaluates LIMIT's or OFFSET's expression: constants and parameters with + - * / %, and casts between numbers.
// It is NULL if anything in it is.
func (b *binder) constantCount(at ast.Node, clause string, x plan.Expr) (Param, error) {
	if !x.Type().IsNumber() {
		return Param{}, errorAt(at, "42804", "argument of %s must be type bigint, not type %s", clause, x.Type().Kind)
	}
	d, null, err := b.constantNumber(at, clause, x)
	if err != nil || null {
		return Param{Null: null}, err
	}
	n := d.Round(0)
	if n.Cmp(minBigint) < 0 || n.Cmp(maxBigint) > 0 {
		return Param{}, errorAt(at, "22003", "%s is out of range of bigint", clause)
	}
	return Param{Text: n.String()}, nil
}

var (
	minBigint = scalar.DecimalFromInt64(-1 << 63)
	maxBigint = scalar.DecimalFromInt64(1<<63 - 1)
)

func (b *binder) constantNumber(at ast.Node, clause string, x plan.Expr) (d scalar.Decimal, null bool, err error) {
	text := ""
	switch x := x.(type) {
	case *plan.Const:
		text, null = x.Text, x.Null
	case *plan.Param:
		v := b.givenAs(x.N)
		text, null = v.Text, v.Null
	case *plan.Cast:
		if x.Mod == nil && x.X.Type().IsNumber() {
			d, null, err = b.constantNumber(at, clause, x.X)
			if x.To.IsInteger() {
				d = d.Round(0)
			}
			return d, null, err
		}
		return d, false, unsupported(at, clause+" with such an expression")
	case *plan.Call:
		return b.constantCall(at, clause, x)
	default:
		return d, false, unsupported(at, clause+" with such an expression")
	}
	if null {
		return d, true, nil
	}
	if d, err = scalar.ParseDecimal(text); err != nil {
		return d, false, errorAt(at, "22P02", "%s must be an integer", clause)
	}
	return d, false, nil
}

func (b *binder) constantCall(at ast.Node, clause string, c *plan.Call) (d scalar.Decimal, null bool, err error) {
	if c.T.IsFloat() || len(c.Args) == 0 || len(c.Args) > 2 {
		return d, false, unsupported(at, clause+" with such an expression")
	}
	var v [2]scalar.Decimal
	for i, a := range c.Args {
		n := false
		if v[i], n, err = b.constantNumber(at, clause, a); err != nil {
			return d, false, err
		}
		null = null || n
	}
	if null {
		return d, true, nil
	}
	switch c.Fn {
	case "+":
		d = v[0].Add(v[1])
	case "-":
		d = v[0].Sub(v[1])
	case "*":
		d = v[0].Mul(v[1])
	case "neg":
		d = v[0].Neg()
	case "/":
		if c.T.IsInteger() {
			d, err = v[0].Quo(v[1])
		} else {
			d, err = v[0].Div(v[1])
		}
	case "%":
		d, err = v[0].Mod(v[1])
	default:
		return d, false, unsupported(at, clause+" with such an expression")
	}
	if err != nil {
		return d, false, errorAt(at, "22012", "division by zero")
	}
	if k := c.T.Kind; c.T.IsInteger() && d.Abs().Cmp(scalar.NewDecimal(new(big.Int).Lsh(big.NewInt(1), bitsOf[k]), 0)) >= 0 {
		return d, false, errorAt(at, "22003", "%s out of range", k)
	}
	return d, false, nil
}

var bitsOf = map[plan.Kind]uint{plan.Int2: 15, plan.Int4: 31, plan.Int8: 63}
