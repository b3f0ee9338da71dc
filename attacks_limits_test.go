package atoll

import (
	"fmt"
	"strings"
	"testing"
)

// limited is the attacks' policy with bounds on two of its rules: three queries a day, and forty rows.
func limited(text string) string {
	const aggregates = "group_by: [currency, paid_on], entity: member, min: 11, on_small: drop}\n"
	const members = "  where: \"consent = true\"\n  join_columns: [id]\n"
	text = strings.Replace(text, aggregates, aggregates+"  limits: {queries_per_day: 3}\n", 1)
	return strings.Replace(text, members, members+"  limits: {rows_per_day: 40}\n", 1)
}

// again opens an engine anew, over the log of the one before.
func (s *siege) again(t *testing.T, e *Engine, day string) *Engine {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	s.opened--
	return s.open(t, day, true)
}

// TestAttacksByManyQueries: what one query may not subtract, several could; a day's queries are counted for the rule, whoever asks, in whatever words, and
// whatever becomes of the engine and of its policy in between.
func TestAttacksByManyQueries(t *testing.T) {
	s := newSiege(t)
	s.policy(t, limited)
	e := s.open(t, attackDay, true)
	sums := func(day string) string {
		return "SELECT currency, sum(amount) AS s FROM payments WHERE coop = 2 AND paid_on <> '" + day + "' GROUP BY currency"
	}
	ask := func(c Caller, sql, want string) {
		t.Helper()
		_, err := answerOf(t.Context(), e.As(c), sql)
		if got := outcome(err); got != want || got == "refused" && !strings.Contains(err.Error(), "3 queries a day") {
			t.Errorf("%s is %s (%v), want %s", sql, got, err, want)
		}
	}
	for range 5 { // what is refused uses nothing up
		if got := verdict(t, e, Caller{}, "SELECT amount FROM payments WHERE coop = 2"); got != "refused" {
			t.Fatal(got)
		}
	}
	ask(Caller{}, sums("2026-01-15"), "answered")
	if _, err := e.Explain(t.Context(), sums("2026-01-16"), ExplainOptions{}); err != nil { // it tells as much as an answer of when there are rows
		t.Fatal(err)
	}
	ask(Caller{User: "other"}, sums("2026-01-17"), "answered")
	s.forget()
	for round, name := range []string{"at once", "after a reload", "under another version", "opened anew"} {
		switch round {
		case 1, 2:
			s.policy(t, func(text string) string {
				return strings.Replace(limited(text), "version: 3", fmt.Sprint("version: ", 2+round), 1)
			})
			if err := e.ReloadPolicy(t.Context()); err != nil {
				t.Fatal(err)
			}
		case 3:
			e = s.again(t, e, attackDay)
		}
		for _, c := range []Caller{{}, {User: "a"}, {User: "b", OnBehalfOf: "a", Purpose: "finance", Roles: []string{"analyst"}, Application: "x"}} {
			ask(c, sums("2026-01-18"), "refused")
			ask(c, "SELECT c.name, count(*) AS n FROM payments AS p JOIN coops AS c ON c.coop = p.coop WHERE c.coop = 3 GROUP BY c.name", "refused")
			ask(c, "WITH p AS (SELECT sum(amount) AS s FROM payments WHERE coop IN (3, 4)) SELECT s FROM p", "refused")
			if _, err := e.As(c).Explain(t.Context(), sums("2026-01-18"), ExplainOptions{Analyze: true}); outcome(err) != "refused" {
				t.Errorf("%s: explained: %v", name, err)
			}
		}
		ask(Caller{}, "SELECT sum(amount) AS s FROM payments WHERE coop = 1", "answered") // nothing leaves
	}
	if out := s.leaked(nothing); len(out) > 0 {
		t.Errorf("over a border went %s", out)
	}
	e = s.again(t, e, "2026-06-16")
	ask(Caller{}, sums("2026-01-18"), "answered")
}

// TestAttacksByManyRows: rows that a rule bounds do not leave in small portions either. The portion by which the bound is passed ends its query.
func TestAttacksByManyRows(t *testing.T) {
	s := newSiege(t)
	s.policy(t, limited)
	e := s.open(t, attackDay, true)
	rows, refused := 0, 0
	for n := range 16 {
		if n == 10 {
			e = s.again(t, e, attackDay)
		}
		sql := fmt.Sprintf("SELECT city FROM members WHERE coop = %d LIMIT 7 OFFSET %d", n%3+2, n)
		switch a, err := answerOf(t.Context(), e.As(Caller{User: fmt.Sprint(n)}), sql); {
		case err == nil:
			rows += len(a.Rows)
		case strings.Contains(err.Error(), "40 rows a day"):
			refused++
		default:
			t.Error(err)
		}
	}
	if rows == 0 || rows > 40 || refused == 0 {
		t.Errorf("%d rows in answers, %d queries refused", rows, refused)
	}
}
