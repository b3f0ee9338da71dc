package sqlgen

import (
	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// hashCall writes a hash of docs/approx.md. A server has no fast one.
func (d tsql) hashCall(g *gen, c *plan.Call) string {
	if c.Fn == plan.HashFast.Fn() {
		return g.unsupported("PostgreSQL's hash")
	}
	message := d.hashMessage(g, c.Args[0])
	hash := "HASHBYTES(N'MD5', " + message + ")"
	if c.Fn == plan.HashKeyed.Fn() {
		hash = "HASHBYTES(N'SHA2_256', " + g.expr(c.Args[1]) + " + CAST(" + message + " AS varbinary(max)))"
		hash = "HASHBYTES(N'SHA2_256', " + g.expr(c.Args[2]) + " + " + hash + ")"
	}
	return "CAST(SUBSTRING(" + hash + ", 1, 8) AS bigint)"
}

// hashMessage writes the canonical bytes of a value, as varchar of characters that every code page has, or as varbinary.
func (d tsql) hashMessage(g *gen, x plan.Expr) string {
	switch t := x.Type(); t.Kind {
	case plan.Int2, plan.Int4, plan.Int8:
		return "CAST(" + g.expr(x) + " AS varchar(20))"
	case plan.Bool:
		return "CAST(CAST(" + g.expr(x) + " AS int) AS varchar(1))"
	case plan.Numeric:
		return d.hashedNumber(g, x)
	case plan.Float4, plan.Float8: // -0 + 0 is 0; there is no NaN
		return "CAST(CAST(" + g.expr(x) + " AS float) + CAST(0 AS float) AS binary(8))"
	case plan.Text:
		return d.bytes(g, x)
	case plan.Bpchar:
		return d.bytes(g, &plan.Cast{X: x, To: plan.T(plan.Text)})
	case plan.Bytea:
		return g.expr(x)
	case plan.UUID:
		return "CAST(LOWER(CONVERT(nvarchar(36), " + g.expr(x) + ")) AS varchar(36))"
	case plan.Date:
		return "CAST(DATEDIFF(day, CAST(N'2000-01-01' AS date), " + g.expr(x) + ") AS binary(4))"
	case plan.Time:
		return d.hashedMicros(g, "CAST(N'00:00:00' AS time(6))", g.expr(x))
	case plan.Timestamp, plan.TimestampTZ:
		return d.hashedMicros(g, "CAST(N'2000-01-01' AS datetime2(6))", d.stamp(g, x))
	default:
		return g.unsupported("a hash of %s", t)
	}
}

func (tsql) hashedMicros(g *gen, from, to string) string {
	g.needs(connectors.FeatureDateParts, "hashing a time")
	return "CAST(DATEDIFF_BIG(microsecond, " + from + ", " + to + ") AS binary(8))"
}

// hashedNumber writes a number without zeros at the end of its fraction. RTRIM takes off blanks only, so that zeros and the point become blanks and
// what is left of them becomes what it was.
func (d tsql) hashedNumber(g *gen, x plan.Expr) string {
	t, ok := known(x)
	if !ok {
		return g.unsupported("a hash of an unconstrained numeric")
	}
	s := collate("CONVERT(nvarchar(41), "+g.expr(x)+")", binary)
	if t.Scale > 0 {
		for _, c := range []string{"0", "."} {
			s = "REPLACE(RTRIM(REPLACE(" + s + ", N'" + c + "', N' ')), N' ', N'" + c + "')"
		}
	}
	return "CAST(" + s + " AS varchar(41))"
}

// hashPack writes the hashes of a group one behind the other, eight bytes each; NULL for none.
func (d tsql) hashPack(g *gen, a plan.Agg) string {
	g.needs(connectors.FeatureStringAgg, "the hashes of a group")
	if g.over != "" {
		return g.unsupported("hash_pack as a window function")
	}
	digits := "CONVERT(varchar(max), CAST(" + g.expr(a.Args[0]) + " AS binary(8)), 2)"
	return "CONVERT(varbinary(max), STRING_AGG(" + d.filtered(g, a, digits) + ", ''), 2)"
}
