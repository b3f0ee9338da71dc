package sqlgen

import (
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// standard is what PostgreSQL and DuckDB have in common: boolean values that are conditions, LIMIT, NULLS FIRST.
type standard struct{}

func (standard) ident(name string) string { return quoteIdent(name) }

func (standard) input(n int) string { return "in" + strconv.Itoa(n) }

func (standard) value(g *gen, e plan.Expr) (string, bool) { return g.write(e) }

func (standard) condition(g *gen, e plan.Expr) (string, bool) { return g.write(e) }

func (standard) truth(b bool) string { return strings.ToUpper(strconv.FormatBool(b)) }

func (standard) column(_ *gen, sql string, _ plan.Type, _ string) string { return sql }

func (standard) output(_ *gen, sql string, _ plan.Type) string { return sql }

func (standard) passed(_ *gen, sql string, _ plan.Type, _ plan.SetKind) string { return sql }

func (standard) received(_ *gen, sql string, _ plan.Type, _ plan.SetKind) string { return sql }

func (standard) mixesLevels() bool { return true }

func (standard) applied(kind plan.JoinKind, left, right string) string {
	if kind == plan.Inner {
		return left + " CROSS JOIN LATERAL " + right
	}
	return left + " " + strings.ToUpper(kind.String()) + " JOIN LATERAL " + right + " ON TRUE"
}

func (standard) heavy(string) bool { return false }

func (standard) fence() string { return "" }

func (standard) countRows() string { return "count(*)" }

func (standard) groupKey(g *gen, e plan.Expr) (string, []string) {
	sql := g.expr(e)
	return sql, []string{notOrdinal(sql)}
}

func (standard) limited(_ *gen, count, offset int64, _ bool) (head, tail string) {
	if count >= 0 {
		tail = " LIMIT " + strconv.FormatInt(count, 10)
	}
	if offset > 0 {
		tail += " OFFSET " + strconv.FormatInt(offset, 10)
	}
	return "", tail
}

func (standard) keepsOrder() bool { return true }

func (standard) writes(*gen, string) bool { return true }

func (standard) setOp(*gen, *plan.SetOp) {}

func nulls(k plan.SortKey) string {
	if k.NullsFirst {
		return " NULLS FIRST"
	}
	return " NULLS LAST"
}

// notOrdinal keeps an integer constant from being read as the number of an output column, and another
// constant from being refused there.
func notOrdinal(s string) string {
	switch digits := strings.Trim(s, "0123456789"); {
	case s != "" && digits == "":
		return "CAST(" + s + " AS integer)"
	case digits == "." && s != ".":
		return "CAST(" + s + " AS numeric)"
	case s == "TRUE" || s == "FALSE":
		return "CAST(" + s + " AS boolean)"
	case strings.HasPrefix(s, "'") && strings.HasSuffix(s, "'"):
		return "CAST(" + s + " AS varchar)"
	}
	return s
}
