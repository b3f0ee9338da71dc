package residency_test

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/rules"
	"github.com/atoll-sql/atoll/residency"
)

// TestThresholdTrees: the trees that thresholds are, which are sound plans and are recognised.
func TestThresholdTrees(t *testing.T) {
	w := plantest.Samples(t, "postgres")
	datadriven.RunTest(t, filepath.Join("testdata", "thresholds"), func(t *testing.T, d *datadriven.TestData) string {
		b, err := w.Bind(d.Input)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		agg := aggregateOf(b.Root)
		term, next := thresholdOf(t, d, agg), counter(b.Root)
		if d.Cmd == "small" {
			n, err := residency.SmallGroups(agg, term, next)
			if err != nil {
				return err.Error() + "\n"
			}
			return plan.Tree(n)
		}
		n, err := residency.Protect(agg, term, next)
		if err != nil {
			return err.Error() + "\n"
		}
		if err := rules.Verify(n); err != nil {
			t.Errorf("%s: %v", d.Pos, err)
		}
		if before, ok := residency.Unprotect(n); !ok || plan.Tree(before) != plan.Tree(agg) || !residency.Protected(n, before, term) {
			t.Errorf("%s: not recognised (%t)", d.Pos, ok)
		}
		return plan.Tree(n)
	})
}

// aggregateOf is the one aggregate of a tree.
func aggregateOf(root plan.Node) *plan.Aggregate {
	var agg *plan.Aggregate
	plan.Visit(root, func(n plan.Node) {
		if a, ok := n.(*plan.Aggregate); ok && agg == nil {
			agg = a
		}
	})
	return agg
}

// counter gives IDs that a tree has not.
func counter(root plan.Node) func() int {
	last := plan.LastColumn(root)
	return func() int { last++; return last }
}

// columnNamed finds a column of the aggregate's input; one that is not there has no ID.
func columnNamed(agg *plan.Aggregate, name string) plan.Column {
	for _, c := range agg.Input.Columns() {
		if c.Name == name {
			return c
		}
	}
	return plan.Column{Name: name}
}

func thresholdOf(t *testing.T, d *datadriven.TestData, agg *plan.Aggregate) residency.Threshold {
	var out residency.Threshold
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		return n
	}
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "entity":
			out.Entities = append(out.Entities, residency.EntityMin{Col: columnNamed(agg, a.Vals[0]), Min: number(a.Vals[1])})
		case "dominance":
			out.Dominance = append(out.Dominance, residency.DominanceTerm{Entity: columnNamed(agg, a.Vals[0]), Arg: columnNamed(agg, a.Vals[1]),
				Largest: number(a.Vals[2]), Percent: number(a.Vals[3])})
		case "small":
			out.OnSmall = map[string]residency.OnSmall{"drop": residency.Drop, "remainder": residency.Remainder, "fail": residency.Fail}[a.Vals[0]]
		case "fence":
			out.Fence = true
		default:
			d.Fatalf(t, "unknown argument %s", a.Key)
		}
	}
	return out
}
