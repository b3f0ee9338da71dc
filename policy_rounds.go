package atoll

import (
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/residency"
)

// wholeCounts refuses a plan whose rounds of counts would miss what a rule keeps back: a percentile of what is left would look like that
// of all rows.
func wholeCounts(p *plan.Plan) error {
	counted := map[int]bool{}
	for _, root := range p.Roots() {
		plan.Visit(root, func(n plan.Node) {
			if r, ok := n.(*plan.Narrow); ok {
				plan.Visit(r, func(n plan.Node) {
					if g, ok := n.(*plan.Gather); ok {
						counted[g.Fragment.ID] = true
					}
				})
			}
		})
	}
	for _, x := range p.Crossings {
		if !counted[x.Fragment] || x.OnSmall == "" {
			continue
		}
		for _, t := range x.Tables {
			if t.Min > 0 || t.Percent > 0 {
				return &residency.Refusal{Rule: t.Rule, Table: t.Table, Shard: x.Shard, From: x.From, To: x.To, Clause: "min",
					Text: "rule " + t.Rule + " keeps small groups back, so that counts from which exact percentiles follow may not be whole"}
			}
		}
	}
	return nil
}
