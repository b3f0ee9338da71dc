package bind

import (
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// rowFunctions are the functions of arrays that give rows.
var rowFunctions = func() map[string]bool {
	m := map[string]bool{"unnest": true, "generate_subscripts": true, "string_to_table": true, "generate_series": true}
	for name := range jsonRowFunctions {
		m["json_"+name], m["jsonb_"+name] = true, true
	}
	return m
}()

// rowFunction binds one of rowFunctions over bound arguments.
func (b *binder) rowFunction(call *ast.FuncCall, args []plan.Expr, ordinality bool) (*Query, error) {
	if call.Distinct || call.Star || call.Filter != nil || len(call.OrderBy) > 0 || call.WithinGroup || call.Over != nil {
		return nil, errorAt(call, "42809", "%s is not an aggregate function", call.Name)
	}
	if _, _, ok := jsonRowFunction(call.Name); ok {
		return b.jsonRows(call, args, ordinality)
	}
	switch call.Name {
	case "generate_series":
		return b.seriesOver(call, args, ordinality)
	case "generate_subscripts":
		return b.subscripts(call, args, ordinality)
	case "string_to_table":
		x, err := b.function(call, "string_to_array", args)
		if err != nil {
			return nil, err
		}
		args = []plan.Expr{x}
	}
	if len(args) == 0 {
		return nil, noSuchFunction(call, call.Name, args)
	}
	n := &plan.Series{Fn: "unnest", Args: args}
	for _, a := range args {
		t := a.Type()
		switch {
		case t.Kind == plan.Unknown:
			return nil, errorAt(call, "42725", "function unnest(unknown) is not unique: cast the argument to an array")
		case t.Kind != plan.Array:
			return nil, noSuchFunction(call, call.Name, args)
		}
		n.Cols = append(n.Cols, b.newColumn(call.Name, t.Element()))
	}
	if ordinality {
		n.Cols = append(n.Cols, b.newColumn("ordinality", plan.T(plan.Int8)))
	}
	return &Query{Root: n, Output: n.Cols}, nil
}

// subscripts is generate_series over the subscripts of a dimension.
func (b *binder) subscripts(call *ast.FuncCall, args []plan.Expr, ordinality bool) (*Query, error) {
	if len(args) < 2 || len(args) > 3 {
		return nil, noSuchFunction(call, call.Name, args)
	}
	low, err := b.function(call, "array_lower", args[:2])
	if err != nil {
		return nil, err
	}
	high, err := b.function(call, "array_upper", args[:2])
	if err != nil {
		return nil, err
	}
	step := "1"
	if len(args) == 3 {
		x, err := b.boolean(call, args[2], call.Name)
		c, ok := x.(*plan.Const)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			return nil, unsupported(call, "generate_subscripts with a direction that is not a constant")
		case c.Null:
			high = &plan.Const{Null: true, T: plan.T(plan.Int4)}
		case c.Text == "true":
			low, high, step = high, low, "-1"
		}
	}
	integer := plan.T(plan.Int4)
	n := &plan.Series{Args: []plan.Expr{low, high, &plan.Const{Text: step, T: integer}}, Cols: []plan.Column{b.newColumn(call.Name, integer)}}
	if ordinality {
		n.Cols = append(n.Cols, b.newColumn("ordinality", plan.T(plan.Int8)))
	}
	return &Query{Root: n, Output: n.Cols}, nil
}

// spread collects the functions of the output list that give rows, to be joined below it.
type spread struct{ sources []*plan.Series }

// spreads reports that an item of the output list may hold functions that give rows: itself, under casts or as operands.
func spreads(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCall:
		return rowFunctions[e.Name]
	case *ast.Cast:
		return spreads(e.X)
	case *ast.Binary:
		return spreads(e.L) || spreads(e.R)
	}
	return false
}

// spreadCall binds a function of the output list that gives rows; its value is a column of theirs.
func (b *binder) spreadCall(e *ast.FuncCall, v *env) (plan.Expr, error) {
	if v.spread == nil {
		return nil, unsupported(e, "a function that gives rows at this place")
	}
	inner := *v
	inner.spread = nil
	args, err := b.exprs(e.Args, &inner)
	if err != nil {
		return nil, err
	}
	if e.Name == "unnest" && len(args) != 1 {
		return nil, noSuchFunction(e, e.Name, args)
	}
	q, err := b.rowFunction(e, args, false)
	if err != nil {
		return nil, err
	}
	value := col(q.Output[0])
	if p, ok := q.Root.(*plan.Project); ok { // over what takes a json apart
		q.Root, value = p.Input, p.Items[0].Expr
	}
	n, ok := q.Root.(*plan.Series)
	if !ok || len(q.Output) > 1 {
		return nil, unsupported(e, e.Name+" in an output list")
	}
	if have := v.spread.sources; len(have) > 0 && (n.Fn != "unnest" || have[0].Fn != "unnest") {
		return nil, unsupported(e, "several functions that give rows, but for unnest,")
	}
	v.spread.sources = append(v.spread.sources, n)
	return value, nil
}

// spreadRows joins to each row what the output list's functions make of it, side by side.
func (s *selector) spreadRows() {
	if len(s.spread.sources) == 0 {
		return
	}
	all := &plan.Series{Fn: s.spread.sources[0].Fn}
	for _, n := range s.spread.sources {
		all.Args, all.Cols = append(all.Args, n.Args...), append(all.Cols, n.Cols...)
	}
	if _, none := s.node.(*plan.OneRow); none {
		s.node = all
		return
	}
	s.node = &plan.Join{Kind: plan.Inner, Left: s.node, Right: all, Lateral: true}
}
