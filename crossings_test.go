package atoll

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/residency"
	"github.com/atoll-sql/atoll/residency/audit"
)

// TestCrossings holds that a result and an explanation tell of each border that rows cross, by which rule and under which terms; and of nothing where
// nothing leaves.
func TestCrossings(t *testing.T) {
	g := openGuarded(t, guardedPolicy)
	s := g.As(Caller{Purpose: "finance"})
	const sums = "SELECT currency, sum(amount) FROM payments GROUP BY currency"
	r, err := s.Query(t.Context(), sums)
	if err != nil {
		t.Fatal(err)
	}
	got := r.Crossings()
	for r.Next() {
	}
	r.Release()
	x, err := s.Explain(t.Context(), sums, ExplainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range [][]Crossing{got, x.Crossings} {
		if len(list) != 1 {
			t.Fatalf("%+v", list)
		}
		c := list[0]
		terms := []string{"groups of fewer than 3 members are left out, if there are any", "of payments only rows with consent count"}
		if c.Shard != "br-1" || c.From != "sa-east-1" || !slices.Equal(c.To, []string{"eu-central-1"}) || c.Form != "aggregate" || c.Ungrouped ||
			!slices.Equal(c.Rules(), []string{"sums"}) || !slices.Equal(c.Terms(), terms) || c.Tables[0].Recipient != "hq" {
			t.Errorf("%+v\n%q", c, c.Terms())
		}
	}
	for _, want := range []string{
		"    leaves sa-east-1 for eu-central-1, form aggregate: currency, sum\n      rule sums, table payments: currency as ", "; recipient hq\n",
		"\n      groups of fewer than 3 members are left out, if there are any\n      of payments only rows with consent count\n",
	} {
		if !strings.Contains(x.Text(), want) {
			t.Errorf("no %q in\n%s", want, x.Text())
		}
	}
	if strings.Count(x.Text(), "leaves") != 1 || x.Crossing(1, "eu-1") != nil {
		t.Error(x.Text())
	}
	home, err := g.Explain(t.Context(), "SELECT amount FROM payments WHERE coop = 1", ExplainOptions{})
	if err != nil || len(home.Crossings) > 0 || strings.Contains(home.Text(), "leaves") {
		t.Error(home, err)
	}
}

func TestTerms(t *testing.T) {
	dominated := &Dominance{Largest: 1, Percent: 60}
	for _, c := range []struct {
		of   Crossing
		want string
	}{
		{Crossing{Tables: []CrossingTable{{Table: "a"}}}, ""},
		{Crossing{OnSmall: "remainder", Tables: []CrossingTable{{Entity: "company", Min: 5}}},
			"groups of fewer than 5 companies are put together into one, if there are any"},
		{Crossing{OnSmall: "error", Ungrouped: true, Tables: []CrossingTable{{Entity: "bus", Min: 5}}}, "the query fails if there is a group of fewer than 5 bus"},
		{Crossing{OnSmall: "drop", Ungrouped: true, Tables: []CrossingTable{{Entity: "day", Min: 5}}}, "a shard's share of fewer than 5 days is missing in a value, which is NULL if no other share is there"},
		{Crossing{OnSmall: "drop", Tables: []CrossingTable{{Table: "a", Entity: "person", Min: 2, Where: "x\n= 'a  b'", Dominance: dominated}, {Table: "b", Where: "y"}}},
			"groups of fewer than 2 persons are left out, if there are any; the same holds where one person has more than 60 % of a total; of a only rows with x = 'a  b' count; of b only rows with y count"},
	} {
		if got := strings.Join(c.of.Terms(), "; "); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}

// TestJudge holds that a verdict is that of its caller and day, and that it is nothing but a verdict: neither the log nor what a rule permits in a day
// knows of it.
func TestJudge(t *testing.T) {
	g := openGuarded(t, guardedPolicy)
	const sums = "SELECT currency, sum(amount) FROM payments GROUP BY currency"
	finance := g.As(Caller{Purpose: "finance"})
	for range 10 { // the rule permits five a day
		list, err := finance.Judge(t.Context(), sums, g.now)
		if err != nil || len(list) != 1 || list[0].Tables[0].Rule != "sums" {
			t.Fatal(list, err)
		}
	}
	for _, c := range []struct {
		s    *Session
		at   time.Time
		want string
	}{
		{g.As(Caller{Purpose: "fun"}), g.now, "purpose"},
		{g.As(Caller{Purpose: "finance", ClientRegion: "sa-east-1"}), g.now, ""},
		{finance, time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC), "recipient"},
	} {
		_, err := c.s.Judge(t.Context(), sums, c.at)
		var e *Error
		var no *residency.Refusal
		if !errors.As(err, &e) || e.Kind != KindResidency || !errors.As(err, &no) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, not %q", err, c.want)
		}
	}
	if _, err := finance.Judge(t.Context(), "SELECT 1 / 0 FROM nothing", g.now); err == nil {
		t.Error("a query that cannot be planned has a verdict")
	}
	if got := g.ask(t, "finance", sums); !strings.HasPrefix(got, "BRL 60") {
		t.Errorf("verdicts have used up the day's queries: %s", got)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if n := intents(t, g.dir+"/audit"); n != 1 {
		t.Errorf("%d queries on record, want 1", n)
	}
}

func intents(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	err := audit.Read(dir, audit.ReadOptions{Region: "eu-central-1"}, func(e *audit.Entry) error {
		if e.Type == audit.TypeIntent {
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
