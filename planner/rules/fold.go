package rules

import "github.com/atoll-sql/atoll/planner/plan"

// Fold computes what of an expression no row is needed for. What would be an error stays as it is: whoever evaluates it raises it.
func Fold(e plan.Expr) plan.Expr { return folded(e) }
