package place

import (
	"github.com/atoll-sql/atoll/planner/plan"
)

// histogram is the part of percentiles (Masson, Rim, Lee: DDSketch, VLDB 2019): how many values are in each bucket that has any. What is NULL is
// counted, too, so that every group has a row.
func histogram(p *placer, x plan.Expr, s *plan.Sketch, cols []plan.Column) func(in plan.Node, keys []plan.Assign) plan.Node {
	return func(in plan.Node, keys []plan.Assign) plan.Node {
		bucket := p.newColumn("bucket", cols[0].Type)
		inBuckets := &plan.Project{Input: in, Items: append(keys[:len(keys):len(keys)], plan.Assign{Col: bucket, Expr: s.Bucket(x)})}
		return &plan.Aggregate{Input: inBuckets, Groups: append(plan.PassOn(columnsOf(keys)), plan.Assign{Col: cols[0], Expr: &plan.Col{Column: bucket}}),
			Aggs: []plan.AggAssign{{Col: cols[1], Agg: plan.Agg{Fn: "count", Star: true, T: cols[1].Type}}}}
	}
}
