package bind

import (
	"strconv"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

func itoa(n int) string { return strconv.Itoa(n) }

// timed reports a type whose values have digits of seconds.
func timed(k plan.Kind) bool {
	return k == plan.Timestamp || k == plan.TimestampTZ || k == plan.Time || k == plan.Interval
}

// precise rounds a value to the digits of seconds that a type's modifier allows, as in timestamp(2).
func precise(x plan.Expr, mod []int) plan.Expr {
	if mod[0] >= 6 {
		return x
	}
	return &plan.Call{Fn: "precision", Args: []plan.Expr{x, &plan.Const{Text: itoa(mod[0]), T: plan.T(plan.Int4)}}, T: x.Type()}
}

// clockWithPrecision is current_timestamp(n) or localtimestamp(n).
func (b *binder) clockWithPrecision(e *ast.FuncCall) (plan.Expr, bool) {
	if len(e.Args) != 1 || !e.SQLSyntax {
		return nil, false
	}
	n, ok := e.Args[0].(*ast.Literal)
	if !ok {
		return nil, false
	}
	digits, err := strconv.Atoi(n.Text)
	plain := *e
	plain.Args = nil
	x, ok := b.clock(&plain)
	if err != nil || !ok {
		return nil, false
	}
	return precise(x, []int{digits}), true
}

// dayAndTime is a date and a time of day added.
func (b *binder) dayAndTime(at ast.Node, l, r plan.Expr) (plan.Expr, error) {
	if l.Type().Kind == plan.Time {
		l, r = r, l
	}
	return b.binaryOp(at, "+", castTo(l, plan.T(plan.Timestamp)), castTo(r, plan.T(plan.Interval)))
}

// truncatedIn binds date_trunc(field, moment, zone): the moment is truncated as that zone's clocks and calendar show it.
func (b *binder) truncatedIn(at ast.Node, args []plan.Expr) (plan.Expr, error) {
	field, ok := args[0].(*plan.Const)
	if !ok || !dayOrMore[field.Text] {
		return nil, unsupported(at, "date_trunc in a time zone to less than a day, or to a computed field,")
	}
	local, err := b.function(at, "timezone", []plan.Expr{args[2], args[1]})
	if err != nil {
		return nil, err
	}
	if local, err = b.function(at, "date_trunc", []plan.Expr{args[0], local}); err != nil {
		return nil, err
	}
	return b.function(at, "timezone", []plan.Expr{args[2], local})
}

var dayOrMore = map[string]bool{"day": true, "week": true, "month": true, "quarter": true, "year": true, "decade": true, "century": true, "millennium": true}
