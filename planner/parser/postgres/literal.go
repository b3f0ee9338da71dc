package postgres

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/pganalyze/pg_query_go/v6"

	"github.com/atoll-sql/atoll/planner/ast"
)

func (c *converter) constant(n *pg_query.A_Const) ast.Expr {
	out := &ast.Literal{Pos: at(n.GetLocation())}
	if n.GetIsnull() {
		out.Kind = ast.LitNull
		return out
	}
	switch v := n.GetVal().(type) {
	case *pg_query.A_Const_Ival:
		out.Kind, out.Text = ast.LitInt, strconv.Itoa(int(v.Ival.GetIval()))
	case *pg_query.A_Const_Fval:
		out.Kind, out.Text = number(v.Fval.GetFval())
	case *pg_query.A_Const_Boolval:
		out.Kind, out.Text = ast.LitBool, strconv.FormatBool(v.Boolval.GetBoolval())
	case *pg_query.A_Const_Sval:
		out.Kind, out.Text = ast.LitString, v.Sval.GetSval()
	case *pg_query.A_Const_Bsval:
		out.Kind = ast.LitBitString
		out.Text = c.bits(v.Bsval.GetBsval(), out.Pos)
	default:
		c.unsupported(out.Pos, fmt.Sprintf("the constant %T", v))
	}
	return out
}

// number sorts what the grammar calls a float, which is every number that is no 32-bit integer: integers that
// fit 64 bits, and all others. Underscores between digits and the bases 16, 8 and 2 are written out.
func number(text string) (ast.LiteralKind, string) {
	text = strings.ReplaceAll(text, "_", "")
	unsigned, negative := strings.CutPrefix(text, "-")
	base := 10
	if len(unsigned) > 2 && unsigned[0] == '0' {
		switch unsigned[1] | 0x20 {
		case 'x':
			base = 16
		case 'o':
			base = 8
		case 'b':
			base = 2
		}
	}
	if base != 10 {
		unsigned = unsigned[2:]
	}
	if strings.ContainsAny(unsigned, ".eE") && base == 10 {
		return ast.LitNumeric, text
	}
	i, ok := new(big.Int).SetString(unsigned, base)
	if !ok {
		return ast.LitNumeric, text
	}
	if negative {
		i.Neg(i)
	}
	if i.IsInt64() {
		return ast.LitInt, i.String()
	}
	return ast.LitNumeric, i.String()
}

// bits converts the grammar's text of a bit string, b101 or x1F, into binary digits.
func (c *converter) bits(text string, pos ast.Pos) string {
	digits := text[min(1, len(text)):]
	if !strings.HasPrefix(text, "x") {
		if i := strings.Trim(digits, "01"); i != "" {
			c.fail(ast.Errorf("22P02", int(pos), "%q is not a valid binary digit", i[:1]))
		}
		return digits
	}
	var b strings.Builder
	for _, d := range digits {
		v, err := strconv.ParseUint(string(d), 16, 8)
		if err != nil {
			c.fail(ast.Errorf("22P02", int(pos), "%q is not a valid hexadecimal digit", string(d)))
			return ""
		}
		fmt.Fprintf(&b, "%04b", v)
	}
	return b.String()
}
