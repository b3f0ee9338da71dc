package rules

import "github.com/atoll-sql/atoll/planner/plan"

// Fold computes what of an expression no row is needed for. What would be an error stays as it is: whoever evaluates it raises it.
func Fold(e plan.Expr) plan.Expr { return folded(e) }

// Value computes an expression. It returns nil where no value is known here, and the error that PostgreSQL raises for every row, if that is known. Of an
// expression of which only a part may be computed nothing is said.
func Value(e plan.Expr) (*plan.Const, error) {
	e = folded(e)
	if c, ok := e.(*plan.Const); ok {
		return c, nil
	}
	return nil, raised(e)
}

// raised is the error of a call or cast, or of an operand of it.
func raised(e plan.Expr) error {
	var err error
	switch e := e.(type) {
	case *plan.Cast:
		if _, err = computedCast(e); err == nil {
			err = raised(e.X)
		}
	case *plan.Call:
		if e.Fn == "coalesce" {
			return nil
		}
		_, err = computed(e)
		for _, a := range e.Args {
			if err == nil {
				err = raised(a)
			}
		}
	}
	return err
}
