package atoll

import (
	"slices"
	"testing"

	"github.com/atoll-sql/atoll/internal/logictest"
)

// TestPartialLookups: where a shard fails that has a directory, or part of an index, the others are asked for what it would have told, and the report is true
// of all rows.
func TestPartialLookups(t *testing.T) {
	f := newLapses()
	p := openPort(t, "coop_directory", "none", f.options()...)
	order := logictest.Ordering(p.oracle) // a row of coop 3 is misplaced, of which nothing is promised
	seen := map[string]int{}
	for _, down := range []string{"s0", "s1", "s2"} {
		for _, sql := range []string{
			"SELECT count(*) FROM accounts WHERE coop = 4", "SELECT coop, sum(amount) FROM accounts WHERE coop = 11 GROUP BY coop",
			"SELECT coop, sum(amount), count(*) FROM accounts WHERE coop <> 3 GROUP BY coop", "SELECT coop, count(*) FROM accounts GROUP BY coop",
			"SELECT amount FROM accounts WHERE ref = 'r7'", "SELECT tenant, country, count(*) FROM members WHERE email = 'm3@x' GROUP BY 1, 2",
			"SELECT c.name, a.amount FROM coops c JOIN accounts a ON a.coop = c.id WHERE a.ref = 'r12'",
		} {
			whole, err := logictest.FromPostgres(t.Context(), p.oracle, sql, nil)
			p.must(err)
			f.clear()
			f.set(down, lapse{kind: "refuse"})
			got, complete, err := askLess(t.Context(), p.Engine, Partial{}, sql, nil)
			if err != nil {
				seen["failed"]++
				if e, ok := err.(*Error); !ok || e.Shard != down {
					t.Errorf("without %s: %s: %v", down, sql, err)
				}
				continue
			}
			seen[complete.Rows]++
			if lost := complete.Lost(); len(lost) > 0 && !slices.Equal(lost, []string{down}) {
				t.Errorf("without %s: %s: lost %v", down, sql, lost)
			}
			if err := claimsOf(complete, false, order).Broken(t.Context(), got, whole); err != nil {
				t.Errorf("without %s: %s: %v\n%s", down, sql, err, complete.Text())
			}
		}
	}
	if t.Log(seen); seen["failed"] > 7 || seen["all"] == 0 || seen["subset"] == 0 {
		t.Errorf("too few answers say something: %v", seen)
	}
}
