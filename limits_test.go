package atoll

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// limitTimeout ends what is not bounded by anything else: far more than any case takes.
const limitTimeout = 2 * time.Minute

// listed writes n copies of a form, each with its number, between separators.
func listed(n int, form, separator string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(separator)
		}
		if !strings.Contains(form, "%") {
			b.WriteString(form)
			continue
		}
		fmt.Fprintf(&b, form, i)
	}
	return b.String()
}

// nested writes n levels around a core; %d is the level in each.
func nested(n int, open, core, shut string) string {
	return listed(n, open, "") + core + strings.Repeat(shut, n)
}

// TestLimits asks for what is too long, too deep or too much. Each statement is answered, or refused by the name of a limit before
// the shards are asked; nothing takes the process down.
func TestLimits(t *testing.T) {
	const exists, in = "EXISTS (SELECT 1 FROM people p%[1]d WHERE p%[1]d.coop = people.coop AND ", "id IN (SELECT p%[1]d.id FROM people p%[1]d WHERE "
	const tooDeep, tooNested = "1000 levels of parentheses", "subqueries within subqueries: more than 64 levels"
	e := calmSea(t).open(t)
	for _, c := range []struct{ name, sql, want, state, saying string }{
		{"parentheses", "SELECT " + nested(10_000, "(", "1", ")"), "", "54001", tooDeep},
		{"NOT", "SELECT count(*) FROM people WHERE " + strings.Repeat("NOT ", 10_000) + "true", "", "54001", "4000 operators"},
		{"CASE", "SELECT " + nested(10_000, "CASE WHEN id > %d THEN 1 ELSE ", "id", " END") + " FROM people", "", "54001", tooDeep},
		{"900 sums within each other", "SELECT " + nested(900, "(id + ", "1", ")") + " FROM people", "", "0A000", "nested more than 400 deep"},
		{"FROM 10,000 deep", nested(10_000, "SELECT * FROM (", "SELECT id FROM people", ") t"), "", "54001", tooDeep},
		{"FROM 500 deep", "SELECT count(*) FROM (" + nested(500, "SELECT * FROM (", "SELECT id FROM people", ") t") + ") t", "5", "", ""},
		{"EXISTS 10,000 deep", "SELECT count(*) FROM people WHERE " + nested(10_000, exists, "true", ")"), "", "54001", tooDeep},
		{"EXISTS 500 deep", "SELECT count(*) FROM people WHERE " + nested(500, exists, "true", ")"), "", "54001", tooNested},
		{"EXISTS 60 deep", "SELECT count(*) FROM people WHERE " + nested(60, exists, "true", ")"), "", "53300", "max_conns"},
		{"IN 500 deep", "SELECT count(*) FROM people WHERE " + nested(500, in, "true", ")"), "", "54001", tooNested},
		{"IN 60 deep", "SELECT count(*) FROM people WHERE " + nested(60, in, "true", ")"), "", "53300", "max_conns"},
		{"IN list", "SELECT count(*) FROM people WHERE id IN (" + listed(100_000, "%d", ", ") + ")", "5", "", ""},
		{"VALUES", "SELECT count(*) FROM people JOIN (VALUES " + listed(100_000, "(%d)", ", ") + ") v(x) ON v.x = people.id", "5", "", ""},
		{"a string of 1 MB", "SELECT count(*) FROM people WHERE name = '" + strings.Repeat("x", 1<<20) + "'", "0", "", ""},
		{"5 MB", "SELECT '" + strings.Repeat("x", 5<<20) + "'", "", "54000", "at most 4194304"},
		{"60 branches", "SELECT sum(coop) FROM (SELECT coop FROM people" + strings.Repeat(" UNION ALL SELECT coop FROM people", 59) + ") t", "780", "", ""},
		{"300 relations", "SELECT count(*) FROM people" + listed(299, " JOIN people p%[1]d ON p%[1]d.id = people.id", ""), "", "53300", "max_conns"},
		{"1,001 set operations", "SELECT 1" + strings.Repeat(" UNION ALL SELECT 1", 1_001), "", "54001", "1000 set operations"},
		{"1,600 columns", "SELECT count(*) FROM (SELECT " + listed(1_600, "id + %d AS c%[1]d", ", ") + " FROM people) t", "5", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), limitTimeout)
			defer cancel()
			got, err := ask(ctx, e, c.sql)
			var ae *Error
			switch {
			case c.state == "" && (err != nil || got != c.want):
				t.Errorf("got %.100q and %v, want %s", got, err, c.want)
			case c.state != "" && (!errors.As(err, &ae) || ae.SQLState != c.state || !strings.Contains(ae.Text+ae.Hint, c.saying)):
				t.Errorf("got %.100q and %v, want %s: %s", got, err, c.state, c.saying)
			}
		})
	}
}

// TestLimitsOfArrays sends 100,000 values as one parameter.
func TestLimitsOfArrays(t *testing.T) {
	e := calmSea(t).open(t)
	answers(t, e, "SELECT count(*) FROM people WHERE id = ANY($1::bigint[])", "5", "{"+listed(100_000, "%d", ",")+"}")
	answers(t, e, "SELECT count(*) FROM people WHERE name <> ALL($1::text[])", "5", "{"+listed(100_000, "x%d", ",")+"}")
}

// TestLimitsOfProducts holds that a cartesian product is counted where there is time, and ends with the query's where there is
// not; and that what does not fit into memory is refused by the name of the limit.
func TestLimitsOfProducts(t *testing.T) {
	const three = "generate_series(1, $1::bigint) a, generate_series(1, $1::bigint) b, generate_series(1, $1::bigint) c"
	e := calmSea(t).open(t)
	answers(t, e, "SELECT count(*) FROM "+three, "27000000", int64(300))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := ask(ctx, e, "SELECT count(*) FROM "+three+" WHERE (a + b) % 7 <> c % 5", int64(100_000)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a product without end: %v", err)
	}
	small := calmSea(t).open(t, WithMemoryLimit(1<<20))
	_, err := ask(t.Context(), small, "SELECT string_agg(p.name || a, ',' ORDER BY p.id, a) FROM people p, generate_series(1, 1000000) a")
	if stateOf(err) != "53200" {
		t.Errorf("more than fits into memory: %v", err)
	}
}
