package bind

import "github.com/atoll-sql/atoll/planner/plan"

// sketchFunctions read what hll_sketch and hll_merge give, at the coordinator.
var sketchFunctions = map[string][]overload{
	"hll_estimate": {returns(plan.Int8, plan.Bytea)},
	"hll_error":    {returns(plan.Float8, plan.Bytea)},
}
