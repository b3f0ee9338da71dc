package atoll

import (
	"errors"
	"testing"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/residency"
)

// TestWholeCounts holds that no rule may keep counts back from which percentiles follow, and that others may be kept back.
func TestWholeCounts(t *testing.T) {
	counts := &plan.Fragment{ID: 2, Root: &plan.OneRow{}}
	p := &plan.Plan{
		Steps: []*plan.Step{{Root: &plan.Narrow{Input: &plan.Gather{Fragment: counts}, Ranks: &plan.Ranks{}}}},
		Root:  &plan.Gather{Fragment: &plan.Fragment{ID: 1, Root: &plan.OneRow{}}},
	}
	for _, c := range []struct {
		at      plan.Crossing
		refused bool
	}{
		{plan.Crossing{Fragment: 2, OnSmall: "drop", Tables: []plan.CrossingTable{{Rule: "r", Min: 3}}}, true},
		{plan.Crossing{Fragment: 2, OnSmall: "remainder", Tables: []plan.CrossingTable{{Rule: "r", Min: 1, Percent: 80}}}, true},
		{plan.Crossing{Fragment: 1, OnSmall: "drop", Tables: []plan.CrossingTable{{Rule: "r", Min: 3}}}, false},
		{plan.Crossing{Fragment: 2, Tables: []plan.CrossingTable{{Rule: "r"}}}, false},
	} {
		p.Crossings = []plan.Crossing{c.at}
		err := wholeCounts(p)
		var r *residency.Refusal
		if errors.As(err, &r) != c.refused || err != nil && r == nil {
			t.Errorf("%+v: %v", c.at, err)
		}
	}
}
