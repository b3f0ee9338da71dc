package executor

import (
	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// leastBatchBytes keeps batches worth their overhead, however little memory there is.
const leastBatchBytes = 64 << 10

// batchShare is how many batches of each of its statements a query's limit has room for: one that is being decoded, one that waits, one that is read, each of
// which may have grown to twice its size; the rest is for who reads them.
const batchShare = 8

// batchBytes bounds the batches of a plan's statements such that those of all shards together leave room within the query's limit; 0 without
// a limit.
func batchBytes(p *plan.Plan, a *Account) int64 {
	if a == nil || a.Limit() == 0 {
		return 0
	}
	statements := int64(0)
	for _, root := range p.Roots() {
		plan.Visit(root, func(n plan.Node) {
			if g, ok := n.(*plan.Gather); ok {
				statements += int64(len(g.Fragment.Targets))
			}
		})
	}
	return min(max(a.Limit()/(batchShare*max(statements, 1)), leastBatchBytes), connectors.DefaultBatchBytes)
}
