package sqlgen

import (
	"math"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// groupKey writes a key of GROUP BY. No constant may stand there. Texts are grouped by code unit, and by their length,
// since blanks at their end do not count; so are bytes, whose zeros at the end do not.
func (d tsql) groupKey(g *gen, e plan.Expr) (string, []string) {
	sql := g.expr(e)
	if constant(sql) {
		return sql, nil
	}
	switch t := e.Type(); {
	case t.Kind == plan.Text:
		sql = d.text(g, e)
		return sql, []string{sql, "DATALENGTH(" + sql + ")"}
	case t.Kind == plan.Bytea:
		return sql, []string{sql, "DATALENGTH(" + sql + ")"}
	case t.Wide():
		if _, ok := known(e); !ok {
			g.unsupported("grouping by an unconstrained numeric")
		}
	case t.Kind == plan.Bpchar || tsqlTypes[t.Kind] == "" && t.Kind != plan.Numeric:
		g.unsupported("grouping by %s", t)
	}
	return sql, []string{sql}
}

// sortKey writes the keys of ORDER BY for one of the plan; none for a constant, which may not stand there. NULLs come first
// here: where they must not, a key before it says so.
func (d tsql) sortKey(g *gen, sql string, k plan.SortKey) []string {
	if constant(sql) {
		return nil
	}
	operand := parens(sql, isWord(sql))
	keys := []string{sql}
	switch t := k.Col.Type; {
	case t.Kind == plan.Text:
		keys = []string{d.codePoints(g, byUnit(operand))}
	case t.Kind == plan.Bytea:
		keys = []string{sql, "DATALENGTH(" + sql + ")"}
	case t.Kind == plan.UUID:
		keys = []string{uuidOrder(sql)}
	case t.Wide(), t.Kind == plan.Bpchar, tsqlTypes[t.Kind] == "" && t.Kind != plan.Numeric:
		g.unsupported("sorting by %s", t)
	}
	if k.Desc {
		for i := range keys {
			keys[i] += " DESC"
		}
	}
	switch {
	case k.NullsFirst && k.Desc:
		return append([]string{"CASE WHEN " + operand + " IS NULL THEN 0 ELSE 1 END"}, keys...)
	case !k.NullsFirst && !k.Desc:
		return append([]string{"CASE WHEN " + operand + " IS NULL THEN 1 ELSE 0 END"}, keys...)
	}
	return keys
}

// limited writes TOP, or OFFSET and FETCH, which need an order and more than no rows to fetch.
func (d tsql) limited(g *gen, count, offset int64, sorted bool) (head, tail string) {
	if offset == 0 || count == 0 {
		n := strconv.FormatInt(count, 10)
		if count > math.MaxInt32 { // a literal of so many digits is a decimal, which counts no rows
			n = "CAST(" + n + " AS bigint)"
		}
		return "TOP (" + n + ") ", ""
	}
	g.needs(connectors.FeatureOffsetFetch, "OFFSET")
	if !sorted {
		tail = " ORDER BY (SELECT NULL)"
	}
	tail += " OFFSET " + strconv.FormatInt(offset, 10) + " ROWS"
	if count > 0 {
		tail += " FETCH NEXT " + strconv.FormatInt(count, 10) + " ROWS ONLY"
	}
	return "", tail
}

// maxInlineCases bounds the CASE expressions in an expression that others may repeat in theirs.
const maxInlineCases = 2

func (tsql) fence() string { return "" }

// heavy reports an expression that must not become part of others: one with a subquery, which neither an aggregate nor
// GROUP BY allows, and one with CASE in CASE.
func (d tsql) heavy(sql string) bool {
	depth, deepest, subquery := 0, 0, false
	for _, w := range codeWords(sql) {
		switch w {
		case "CASE":
			depth++
			deepest = max(deepest, depth)
		case "END":
			depth--
		case "SELECT":
			subquery = true
		}
	}
	return subquery || deepest > maxInlineCases
}

// aggregateWords are the functions whose value is no constant whatever they are of.
var aggregateWords = map[string]bool{"COUNT_BIG": true, "SUM": true, "MIN": true, "MAX": true, "AVG": true, "VAR": true, "VARP": true,
	"STDEV": true, "STDEVP": true}

// constant reports an expression without columns and aggregates.
func constant(sql string) bool {
	for _, w := range codeWords(sql) {
		if w == "[" || aggregateWords[w] {
			return false
		}
	}
	return true
}

// codeWords returns the words of SQL in upper case that stand outside literals, and "[" for each name in brackets.
func codeWords(sql string) []string {
	var out []string
	for i := 0; i < len(sql); {
		switch c := sql[i]; {
		case c == '\'':
			i = closing(sql, i+1, '\'')
		case c == '[':
			out = append(out, "[")
			i = closing(sql, i+1, ']')
		case c >= 'A' && c <= 'Z' || c == '_':
			start := i
			for i < len(sql) && (sql[i] >= 'A' && sql[i] <= 'Z' || sql[i] == '_' || sql[i] >= 'a' && sql[i] <= 'z' || sql[i] >= '0' && sql[i] <= '9') {
				i++
			}
			out = append(out, sql[start:i])
		default:
			i++
		}
	}
	return out
}

// closing returns the place behind the quote that ends what begins at i; a doubled quote does not end it.
func closing(sql string, i int, quote byte) int {
	for i < len(sql) {
		j := strings.IndexByte(sql[i:], quote)
		if j < 0 {
			return len(sql)
		}
		if i += j + 1; i >= len(sql) || sql[i] != quote {
			return i
		}
		i++
	}
	return i
}
