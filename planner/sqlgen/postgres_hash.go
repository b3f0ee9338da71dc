package sqlgen

import (
	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// hashFeatures name what a server must have for each hash.
var hashFeatures = map[string]string{
	plan.HashFast.Fn(): connectors.FeatureHashFast, plan.HashPortable.Fn(): connectors.FeatureHashPortable, plan.HashKeyed.Fn(): connectors.FeatureHashKeyed,
}

// hashFamilies name what a server must have for some types besides.
var hashFamilies = map[plan.Kind]string{
	plan.Text: connectors.FeatureHashText, plan.Bpchar: connectors.FeatureHashText, plan.Interval: connectors.FeatureHashInterval,
	plan.Time: connectors.FeatureHashTime, plan.Timestamp: connectors.FeatureHashTime, plan.TimestampTZ: connectors.FeatureHashTime,
}

// hashPack is the aggregate that puts hashes into one bytea, in any order.
const hashPack = "hash_pack"

// isHash reports a call of a hash; where the server lacks it, that is said.
func (g *gen) isHash(c *plan.Call) bool {
	feature, ok := hashFeatures[c.Fn]
	if ok {
		g.needs(feature, "hashing")
		t := c.Args[0].Type()
		if family := hashFamilies[t.Kind]; family != "" {
			g.needs(family, "hashing "+t.String())
		}
	}
	return ok
}

// hashCall writes a hash of docs/approx.md. None of them fails, whatever the value, infinities included.
func (d postgres) hashCall(g *gen, c *plan.Call) string {
	x := c.Args[0]
	switch c.Fn {
	case plan.HashFast.Fn():
		return d.fastHash(g, x)
	case plan.HashPortable.Fn():
		text, bytes := d.hashMessage(g, x)
		if text == "" {
			text = bytes
		}
		return "('x' || md5(" + text + "))::bit(64)::int8"
	}
	text, bytes := d.hashMessage(g, x)
	if text != "" {
		bytes = "convert_to(" + text + ", 'UTF8')"
	}
	return "('x' || encode(sha256(" + g.operand(c.Args[2]) + " || sha256(" + g.operand(c.Args[1]) + " || " + bytes + ")), 'hex'))::bit(64)::int8"
}

// fastHash calls the server's own hash functions in ways that lose nothing: hashint8extended would fold 64 bits to 32, hash_numeric_extended
// leaves the sign out and keeps the magnitude in the lowest bits, and those of timestamps are that of bigint. A seed takes all 64 bits.
func (d postgres) fastHash(g *gen, x plan.Expr) string {
	seeded := func(seed string) string { return "hashint4extended(0, " + seed + ")" }
	switch t := x.Type(); t.Kind {
	case plan.Int8:
		return seeded(g.expr(x))
	case plan.Int2, plan.Int4:
		return seeded(g.operand(x) + "::int8")
	case plan.Bool:
		return seeded(g.operand(x) + "::int4::int8")
	case plan.Numeric:
		return seeded("hash_numeric_extended(" + g.expr(x) + ", CASE WHEN " + g.operand(x) + " < 0 THEN 1 ELSE 0 END)")
	case plan.Float4, plan.Float8:
		return "hashfloat8extended(" + d.asFloat8(g, x) + ", 0)"
	case plan.Text:
		return "hashtextextended(" + d.collated(g, x) + ", 0)"
	case plan.Bpchar:
		return "hashbpcharextended(" + d.collated(g, x) + ", 0)"
	case plan.UUID:
		return "uuid_hash_extended(" + g.expr(x) + ", 0)"
	case plan.Interval:
		text, _ := d.hashMessage(g, x)
		return "hashtextextended(" + text + d.byteOrder(g) + ", 0)"
	}
	_, bytes := d.hashMessage(g, x)
	return "hashtextextended(encode(" + bytes + ", 'hex')" + d.byteOrder(g) + ", 0)"
}

func (postgres) fence() string { return " OFFSET 0" }

func (postgres) byteOrder(g *gen) string {
	if g.site.BinaryCollation {
		return ""
	}
	return ` COLLATE "C"`
}

func (postgres) asFloat8(g *gen, x plan.Expr) string {
	if x.Type().Kind == plan.Float8 {
		return g.expr(x)
	}
	return g.operand(x) + "::float8"
}

// sends are the functions that give a value's binary form, which does not depend on settings.
var sends = map[plan.Kind]string{plan.Date: "date_send", plan.Time: "time_send", plan.Timestamp: "timestamp_send", plan.TimestampTZ: "timestamptz_send"}

// hashMessage writes the canonical bytes of a value, as text or as bytea.
func (d postgres) hashMessage(g *gen, x plan.Expr) (text, bytes string) {
	t := x.Type()
	switch t.Kind {
	case plan.Int2, plan.Int4, plan.Int8, plan.UUID, plan.Bpchar:
		return g.operand(x) + "::text", ""
	case plan.Bool:
		return g.operand(x) + "::int4::text", ""
	case plan.Text:
		return g.expr(x), ""
	case plan.Bytea:
		return "", g.expr(x)
	case plan.Numeric: // a digit more behind the point, so that there is a point, behind which zeros are cut off
		return trimmedZeros("(" + g.operand(x) + " + 0.0)"), ""
	case plan.Interval: // the epoch counts 365.25 days for each year, of which comparisons make 360
		s := g.operand(x)
		return trimmedZeros("(extract(epoch FROM " + s + ")::numeric - extract(year FROM " + s + ")::numeric * 453600 + 0.0)"), ""
	case plan.Float4, plan.Float8: // -0 + 0 is 0
		s := g.operand(&plan.Cast{X: x, To: plan.T(plan.Float8)})
		return "", "float8send(CASE WHEN " + s + " = 'NaN' THEN 'NaN' ELSE " + s + " + 0 END)"
	}
	if send, ok := sends[t.Kind]; ok {
		return "", send + "(" + g.expr(x) + ")"
	}
	return g.unsupported("a hash of %s", t), ""
}

func trimmedZeros(sql string) string { return "rtrim(rtrim(" + sql + "::text, '0'), '.')" }

// hashPack writes the hashes of a group one behind the other, eight bytes each; NULL for none.
func (d postgres) hashPack(g *gen, a plan.Agg) string {
	s := "string_agg(int8send(" + g.expr(a.Args[0]) + "), ''::bytea)"
	if a.Filter != nil {
		s += " FILTER (WHERE " + g.expr(a.Filter) + ")"
	}
	return s + g.over
}
