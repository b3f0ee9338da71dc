package planning

import (
	"fmt"
	"strings"
)

// shape is a query whose planning is measured, with values in its text and, where it has any, with parameters instead.
type shape struct {
	name string
	sql  string
	// with is the same with parameters, "" for a query without values; args makes the values of the nth plan.
	with string
	args func(n int) []any
}

// Report is the global report of the shape "report". Its pseudo-column makes the SQL of shards in different regions differ.
const Report = "SELECT atoll_region AS region, count(*), sum(amount) FROM payments GROUP BY atoll_region"

// shapes are all of them, values many in the list.
func shapes(values int) []shape {
	return []shape{
		{name: "report", sql: Report},
		{name: "report_shared_text", sql: "SELECT country, count(*), sum(amount) FROM payments GROUP BY country"},
		{name: "report_ordered", sql: "SELECT atoll_region, sum(amount) FROM payments GROUP BY 1 ORDER BY sum(amount) DESC LIMIT 10"},
		{name: "point", sql: "SELECT id, amount FROM payments WHERE id = 4711",
			with: "SELECT id, amount FROM payments WHERE id = $1", args: func(n int) []any { return []any{int64(n)} }},
		{name: "join", sql: fmt.Sprintf(join, "10", "100", "'a%'", "1000"), with: fmt.Sprintf(join, "$1", "$2", "$3", "$4"),
			args: func(n int) []any { return []any{int64(n), int64(n + 90), "a%", int64(1000 + n)} }},
		{name: "list", sql: "SELECT id, amount FROM payments WHERE id IN (" + list(values) + ")",
			with: "SELECT id, amount FROM payments WHERE id = ANY($1)", args: func(n int) []any { return []any{ids(values, n)} }},
		{name: "window", sql: fmt.Sprintf(window, "date '2026-01-01'"), with: fmt.Sprintf(window, "$1"), args: func(n int) []any { return []any{day(n)} }},
		{name: "union", sql: fmt.Sprintf(union, "'DE'"), with: fmt.Sprintf(union, "$1"), args: func(n int) []any { return []any{[]string{"DE", "BR"}[n%2]} }},
	}
}

const (
	join = `SELECT p.country, r.name, count(*), sum(p.amount), avg(p.amount), min(p.id), max(p.id)
		FROM payments p JOIN refunds r ON p.id = r.id
		WHERE p.amount BETWEEN %s AND %s AND p.country IN ('DE', 'BR') AND r.name LIKE %s
		GROUP BY p.country, r.name HAVING sum(p.amount) > %s ORDER BY 4 DESC, 1 LIMIT 20`
	window = `WITH daily AS (SELECT country, booked_on, sum(amount) AS total FROM payments WHERE booked_on >= %s GROUP BY country, booked_on)
		SELECT country, booked_on, total, rank() OVER (PARTITION BY country ORDER BY total DESC) AS place FROM daily ORDER BY country, place`
	union = `SELECT country, sum(amount) AS total FROM payments WHERE country = %[1]s GROUP BY country
		UNION ALL SELECT country, -sum(amount) FROM refunds WHERE country = %[1]s GROUP BY country ORDER BY total`
)

// Shapes are the names of what can be measured.
func Shapes() []string {
	var names []string
	for _, s := range shapes(0) {
		names = append(names, s.name)
	}
	return names
}

// ids are keys all over the shards, others for each n.
func ids(values, n int) []int64 {
	out := make([]int64, values)
	for i := range out {
		out[i] = int64(i)*7919 + int64(n)
	}
	return out
}

func list(values int) string {
	var b strings.Builder
	for i, id := range ids(values, 0) {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprint(&b, id)
	}
	return b.String()
}

func day(n int) string { return fmt.Sprintf("2026-%02d-%02d", 1+n%12, 1+n%28) }
