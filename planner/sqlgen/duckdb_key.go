package sqlgen

import (
	"github.com/atoll-sql/atoll/planner/plan"
)

// keyed reports a type whose values DuckDB, which stores them as something else, compares by a key.
func keyed(k plan.Kind) bool {
	return k == plan.Interval || k == plan.Bpchar || k == plan.JSONB || k == plan.Array
}

// key writes what a value of such a type is compared by: an interval's length, months counting thirty days; a character(n)
// without the blanks at its end; bytes in the order of jsonb, and of arrays.
func (duckdb) key(sql string, t plan.Type) string {
	switch t.Kind {
	case plan.Interval:
		return "pg_interval_key(" + sql + ")"
	case plan.Bpchar:
		return "rtrim(" + sql + ", ' ')"
	case plan.JSONB:
		return "pg_jsonb_key(" + sql + ")"
	case plan.Array:
		return "pg_array_key(" + sql + ", " + elemName(t.Elem) + ")"
	}
	return sql
}

// groupKey groups a character(n) without the blanks at its end, and shows one of those that are equal.
func (d duckdb) groupKey(g *gen, e plan.Expr) (string, []string) {
	if e.Type().Kind != plan.Bpchar {
		return d.standard.groupKey(g, e)
	}
	sql := g.expr(e)
	return "any_value(" + sql + ")", []string{d.key(sql, e.Type())}
}

// castBlank writes a cast to character(n), which cuts and fills with blanks.
func (d duckdb) castBlank(g *gen, c *plan.Cast) string {
	sql := g.expr(c.X)
	if c.X.Type().Kind != plan.Bpchar {
		sql = d.castText(g, &plan.Cast{X: c.X, To: plan.T(plan.Text)})
	}
	if c.Mod == nil {
		return sql
	}
	return "pg_rpad(" + sql + ", " + itoa(c.Mod[0]) + ")"
}
