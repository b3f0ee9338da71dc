package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// hashCall writes a hash by the kernel of its kind. Those of character(n), of arrays and of jsonb are of what they are compared by.
func (d duckdb) hashCall(g *gen, c *plan.Call) string {
	x := c.Args[0]
	t, name, sql := x.Type(), "pg_"+c.Fn, ""
	switch {
	case t.IsInteger():
		sql = d.castSQL(g.expr(x), plan.T(plan.Int8))
	case t.IsFloat():
		sql = d.castSQL(g.expr(x), plan.T(plan.Float8))
	case t.Kind == plan.Numeric:
		name, sql = name+"_numeric", d.wide(g, x)
	case t.Kind == plan.UUID:
		sql = d.castSQL(g.expr(x), plan.T(plan.Text))
		if c.Fn == plan.HashFast.Fn() {
			name += "_uuid"
		}
	case t.Kind == plan.JSON:
		return g.unsupported("a hash of %s", t)
	case t.Kind == plan.Array && !hashedElements[t.Elem]:
		return g.unsupported("a hash of %s", t)
	case keyed(t.Kind) && t.Kind != plan.Interval:
		sql = d.key(g.expr(x), t)
	default:
		sql = g.expr(x)
	}
	args := []string{sql}
	for _, a := range c.Args[1:] {
		args = append(args, d.keyBlock(g, a))
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

// hashedElements are the kinds whose arrays package scalar has a hash of.
var hashedElements = map[plan.Kind]bool{
	plan.Bool: true, plan.Int2: true, plan.Int4: true, plan.Int8: true, plan.Numeric: true, plan.Float4: true, plan.Float8: true, plan.Text: true, plan.Bytea: true,
	plan.Date: true, plan.Time: true, plan.Timestamp: true, plan.TimestampTZ: true, plan.Interval: true, plan.UUID: true,
}

// keyBlock hands a block of a key over as the text that it comes as, since a call that reads it would be made for each row.
func (d duckdb) keyBlock(g *gen, a plan.Expr) string {
	block, ok := a.(*plan.Param)
	if !ok {
		return g.unsupported("a hash under a computed key")
	}
	return g.expr(&plan.Param{N: block.N, T: plan.T(plan.Text)})
}

// hashPack writes the hashes of a group one behind the other, eight bytes each; NULL for none.
func (d duckdb) hashPack(g *gen, a plan.Agg) string {
	plain := a
	plain.Fn = "string_agg"
	return "from_hex(" + d.aggCall(g, "string_agg", plain, "lpad(to_hex("+g.expr(a.Args[0])+"), 16, '0'), ''") + ")"
}
