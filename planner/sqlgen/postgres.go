package sqlgen

import (
	"fmt"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// postgres writes PostgreSQL's SQL. The meaning is the engine's own, but for one thing: a database whose
// collation is not C is told to compare, sort and fold letters bytewise.
type postgres struct{ standard }

func (postgres) typeName(t plan.Type) string {
	switch t.Kind {
	case plan.Array:
		return postgres{}.typeName(t.Element()) + "[]"
	case plan.Numeric:
		return "numeric"
	case plan.TimestampTZ:
		return "timestamptz"
	case plan.Timestamp:
		return "timestamp"
	case plan.Time:
		return "time"
	case plan.Bpchar:
		return "bpchar"
	}
	return t.Kind.String()
}

func (d postgres) constant(_ *gen, c *plan.Const) string {
	switch {
	case c.Null:
		return "NULL::" + d.typeName(c.T)
	case c.T.Kind == plan.Int4 && !strings.HasPrefix(c.Text, "-"):
		return c.Text
	case c.T.Kind == plan.Bool:
		return strings.ToUpper(c.Text)
	case c.T.Kind == plan.Numeric && strings.Contains(c.Text, ".") && !strings.HasPrefix(c.Text, "-"):
		return c.Text
	case c.T.IsNumber() && !strings.HasPrefix(c.Text, "-") && !c.T.IsFloat():
		return c.Text + "::" + d.typeName(c.T)
	}
	return quoteLiteral(c.Text) + "::" + d.typeName(c.T)
}

func (d postgres) param(number string, t plan.Type) string {
	return "$" + number + "::" + d.typeName(t)
}

// collated writes a text operand under the C collation where the database has another.
func (postgres) collated(g *gen, e plan.Expr) string {
	s := g.operand(e)
	if k := e.Type().Kind; (k == plan.Text || k == plan.Bpchar) && !g.site.BinaryCollation {
		return s + ` COLLATE "C"`
	}
	return s
}

// comparand writes an operand of a comparison; a text literal needs no cast beside a typed operand, and a column no
// cast to a type that PostgreSQL compares its own with directly, which an index could not follow.
func (d postgres) comparand(g *gen, e, other plan.Expr) string {
	e = uncast(e)
	if c, ok := e.(*plan.Const); ok && !c.Null && c.T.Kind == plan.Text {
		if _, both := other.(*plan.Const); !both {
			return quoteLiteral(c.Text)
		}
	}
	return g.operand(e)
}

// uncast removes a widening cast from a column within one of the operator families integer_ops, float_ops and
// datetime_ops, which hold comparisons across their types.
func uncast(e plan.Expr) plan.Expr {
	c, ok := e.(*plan.Cast)
	if !ok || c.Mod != nil {
		return e
	}
	if _, ok := c.X.(*plan.Col); !ok {
		return e
	}
	from, to := c.X.Type(), c.To
	stamp := to.Kind == plan.Timestamp || to.Kind == plan.TimestampTZ
	switch {
	case from.IsInteger() && to.IsInteger() && from.Kind < to.Kind,
		from.Kind == plan.Float4 && to.Kind == plan.Float8,
		stamp && (from.Kind == plan.Date || from.Kind == plan.Timestamp):
		return c.X
	}
	return e
}

func (d postgres) in(g *gen, e *plan.In) string { return g.inList(g.operand(uncast(e.X)), e) }

var collatedOps = map[string]bool{"<": true, "<=": true, ">": true, ">=": true}

func (d postgres) call(g *gen, c *plan.Call) (string, bool) {
	if sql, atomic, ok := d.jsonCall(g, c); ok {
		return sql, atomic
	}
	if sql, atomic, ok := d.arrayCall(g, c); ok {
		return sql, atomic
	}
	if g.isHash(c) {
		return d.hashCall(g, c), true
	}
	switch c.Fn {
	case "<", "<=", ">", ">=", "=", "<>":
		l, r := d.comparand(g, c.Args[0], c.Args[1]), d.comparand(g, c.Args[1], c.Args[0])
		if k := c.Args[0].Type().Kind; collatedOps[c.Fn] && (k == plan.Text || k == plan.Bpchar) && !g.site.BinaryCollation {
			l += ` COLLATE "C"`
		} else if collatedOps[c.Fn] && k == plan.Array {
			l += d.collation(g, c.Args[0].Type())
		}
		return l + " " + c.Fn + " " + r, false
	case "+", "-", "*", "/", "%", "||", "&", "|", "#", "<<", ">>":
		return g.operand(c.Args[0]) + " " + c.Fn + " " + g.operand(c.Args[1]), false
	case "neg":
		return "- " + g.operand(c.Args[0]), false
	case "~":
		return "~ " + g.operand(c.Args[0]), false
	case "is_distinct":
		return g.operand(c.Args[0]) + " IS DISTINCT FROM " + g.operand(c.Args[1]), false
	case "is_not_distinct":
		return g.operand(c.Args[0]) + " IS NOT DISTINCT FROM " + g.operand(c.Args[1]), false
	case "like", "ilike":
		return d.like(g, c), false
	case "regex":
		return d.collated(g, c.Args[0]) + " ~ " + d.comparand(g, c.Args[1], c.Args[0]), false
	case "iregex":
		return d.collated(g, c.Args[0]) + " ~* " + d.comparand(g, c.Args[1], c.Args[0]), false
	case "similar":
		s := d.collated(g, c.Args[0]) + " SIMILAR TO " + d.comparand(g, c.Args[1], c.Args[0])
		if len(c.Args) > 2 {
			s += " ESCAPE " + d.comparand(g, c.Args[2], c.Args[0])
		}
		return s, false
	case "regexp_like", "regexp_count", "regexp_instr", "regexp_substr", "regexp_replace", "substring":
		return c.Fn + "(" + d.collated(g, c.Args[0]) + ", " + g.list(c.Args[1:]) + ")", true
	case "bytea.strpos":
		return "position(" + g.operand(c.Args[1]) + " IN " + g.operand(c.Args[0]) + ")", true
	case plan.OrderKey:
		return d.orderKey(g, c.Args[0]), false
	case "hll_estimate", "hll_error":
		return g.unsupported("function %s", c.Fn), true
	case "pseudonym":
		return "encode(sha256(" + g.operand(c.Args[2]) + " || sha256(" + g.operand(c.Args[1]) + " || convert_to(" + g.expr(c.Args[0]) + ", 'UTF8'))), 'hex')", true
	case plan.BucketFn:
		return d.bucket(g, c), true
	case "extract":
		if f, ok := c.Args[0].(*plan.Const); ok {
			return "extract(" + quoteIdent(f.Text) + " FROM " + g.expr(c.Args[1]) + ")", true
		}
		return g.unsupported("extract of a computed field"), true
	case "upper", "lower", "initcap":
		return c.Fn + "(" + d.collated(g, c.Args[0]) + ")", true
	case "greatest", "least":
		parts := make([]string, len(c.Args))
		for i, a := range c.Args {
			parts[i] = d.collated(g, a)
		}
		return c.Fn + "(" + strings.Join(parts, ", ") + ")", true
	}
	return strings.TrimPrefix(c.Fn, bytesPrefix) + "(" + g.list(c.Args) + ")", true
}

func (d postgres) like(g *gen, c *plan.Call) string {
	op := " LIKE "
	l := g.operand(c.Args[0])
	if c.Fn == "ilike" {
		op, l = " ILIKE ", d.collated(g, c.Args[0])
	}
	s := l + op + d.comparand(g, c.Args[1], c.Args[0])
	if len(c.Args) > 2 {
		s += " ESCAPE " + d.comparand(g, c.Args[2], c.Args[0])
	}
	return s
}

func (d postgres) cast(g *gen, c *plan.Cast) (string, bool) {
	t := d.typeName(c.To)
	switch {
	case c.To.Kind == plan.Array:
		return d.castArray(g, c)
	case c.Mod != nil && c.To.Kind == plan.Numeric:
		t = fmt.Sprintf("numeric(%d,%d)", c.Mod[0], c.Mod[1])
	case c.Mod != nil && c.To.Kind == plan.Bpchar:
		t = fmt.Sprintf("char(%d)", c.Mod[0])
	case c.Mod != nil:
		t = fmt.Sprintf("varchar(%d)", c.Mod[0])
	case c.To.Kind == plan.Numeric && c.X.Type().Kind == plan.Numeric:
		return g.write(c.X) // only the digits that are known of it change
	}
	return g.operand(c.X) + "::" + t, true
}

func (d postgres) aggregate(g *gen, a plan.Agg) string {
	if a.Fn == hashPack {
		return d.hashPack(g, a)
	}
	arg, within := "", ""
	if sortedApart(a) {
		return g.unsupported("%s(DISTINCT …) in an order that is not that of its arguments", a.Fn)
	}
	switch {
	case a.Star:
		arg = "*"
	case a.Fn == "min" || a.Fn == "max":
		arg = d.collated(g, a.Args[0])
	case a.Fn == "string_agg" && a.Distinct: // what it is ordered by must be among the arguments, word for word
		arg = d.collated(g, a.Args[0]) + ", " + d.collated(g, a.Args[1])
	case a.Fn == "mode" || a.Fn == "percentile_disc" || a.Fn == "percentile_cont":
		arg, within = g.list(a.Args[1:]), " WITHIN GROUP ("+strings.TrimSpace(g.orderBy(a.Order))+")"
	default:
		arg = g.list(a.Args)
	}
	if a.Distinct {
		arg = "DISTINCT " + arg
	}
	if within == "" {
		arg += g.orderBy(a.Order)
	}
	filter := within
	if a.Filter != nil {
		filter += " FILTER (WHERE " + g.expr(a.Filter) + ")"
	}
	if a.Fn == FloatM2 {
		return "(var_pop(" + arg + ")" + filter + " * count(" + arg + ")" + filter + ")"
	}
	return a.Fn + "(" + arg + ")" + filter + g.over
}

func (d postgres) sortKey(g *gen, sql string, k plan.SortKey) []string {
	sql = notOrdinal(sql)
	if kind := k.Col.Type.Kind; (kind == plan.Text || kind == plan.Bpchar) && !g.site.BinaryCollation {
		if !isWord(sql) {
			sql = "(" + sql + ")"
		}
		sql += ` COLLATE "C"`
	}
	if k.Desc {
		sql += " DESC"
	}
	if k.NullsFirst != k.Desc {
		sql += nulls(k)
	}
	return []string{sql}
}

// FloatM2 is the partial aggregate of float variances: the sum of squared differences from the mean,
// NULL for no rows. It exists below the merge only.
const FloatM2 = "atoll_m2"
