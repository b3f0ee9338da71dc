package bind

import (
	"slices"
	"strconv"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// maxGroupingSets bounds what CUBE and the product of several grouping constructs may grow to, as PostgreSQL does.
const maxGroupingSets = 4096

// bindGroups binds GROUP BY: the expressions, and the grouping sets where it names any.
func (s *selector) bindGroups() error {
	sets := [][]int{{}}
	several := false
	for _, item := range s.sel.GroupBy {
		choices, err := s.groupItem(item)
		if err != nil {
			return err
		}
		_, construct := item.(*ast.GroupingSet)
		several = several || construct
		if sets, err = product(item, sets, choices); err != nil {
			return err
		}
	}
	if several {
		s.sets = sets
		s.setID = s.newColumn("grouping_set", plan.T(plan.Int4))
	}
	return nil
}

// groupItem returns the sets that one item of GROUP BY stands for.
func (s *selector) groupItem(item ast.Expr) ([][]int, error) {
	g, ok := item.(*ast.GroupingSet)
	if !ok {
		set, err := s.groupKeys(item)
		return [][]int{set}, err
	}
	switch g.Kind {
	case ast.GroupEmpty:
		return [][]int{{}}, nil
	case ast.GroupSets:
		var out [][]int
		for _, it := range g.Items {
			sets, err := s.groupItem(it)
			if err != nil {
				return nil, err
			}
			out = append(out, sets...)
		}
		return out, nil
	}
	parts := make([][]int, len(g.Items))
	for i, it := range g.Items {
		var err error
		if parts[i], err = s.groupKeys(it); err != nil {
			return nil, err
		}
	}
	if g.Kind == ast.GroupRollup {
		var out [][]int
		for n := len(parts); n >= 0; n-- {
			out = append(out, union(parts[:n]))
		}
		return out, nil
	}
	if len(parts) > 12 {
		return nil, errorAt(item, "54011", "CUBE is limited to 12 elements")
	}
	var out [][]int
	for mask := 1<<len(parts) - 1; mask >= 0; mask-- {
		var chosen [][]int
		for i, p := range parts {
			if mask&(1<<(len(parts)-1-i)) != 0 {
				chosen = append(chosen, p)
			}
		}
		out = append(out, union(chosen))
	}
	return out, nil
}

// groupKeys binds one expression, or several in parentheses, and returns their positions among the groups.
func (s *selector) groupKeys(item ast.Expr) ([]int, error) {
	items := []ast.Expr{item}
	if row, ok := item.(*ast.Row); ok && !row.Explicit {
		items = row.Items
	}
	var out []int
	for _, it := range items {
		at, err := s.groupKey(it)
		if err != nil {
			return nil, err
		}
		out = append(out, at)
	}
	return union([][]int{out}), nil
}

func (s *selector) groupKey(g ast.Expr) (int, error) {
	x, err := s.groupExpr(g)
	if err != nil {
		return 0, err
	}
	switch k := x.Type().Kind; k {
	case plan.JSON:
		return 0, errorAt(g, "42883", "could not identify an equality operator for type json")
	case plan.JSONB:
		return s.groupJSONB(x), nil
	}
	if err := groupable(g, "grouping by", x.Type()); err != nil {
		return 0, err
	}
	key := plan.Format(x)
	for i, have := range s.groups {
		if plan.Format(have.Expr) == key {
			return i, nil
		}
	}
	s.groups = append(s.groups, s.groupColumn(x))
	return len(s.groups) - 1, nil
}

// union puts sets of positions together, each position once.
func union(sets [][]int) []int {
	out := []int{}
	for _, set := range sets {
		for _, k := range set {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	slices.Sort(out)
	return out
}

// product combines every set so far with every choice of the next item.
func product(at ast.Node, sets, choices [][]int) ([][]int, error) {
	if len(sets)*len(choices) > maxGroupingSets {
		return nil, errorAt(at, "54001", "too many grouping sets present (maximum %d)", maxGroupingSets)
	}
	out := make([][]int, 0, len(sets)*len(choices))
	for _, a := range sets {
		for _, b := range choices {
			out = append(out, union([][]int{a, b}))
		}
	}
	return out, nil
}

// separateGroups gives the groups columns of their own: in a grouping set that leaves it out, a column is NULL.
func (s *selector) separateGroups() {
	if s.sets == nil {
		return
	}
	for i, g := range s.groups {
		s.groups[i].Col = s.newColumn(g.Col.Name, g.Col.Type)
	}
}

// groupingCall is GROUPING (…), until the groups are known.
const groupingCall = "grouping"

func (b *binder) grouping(e *ast.FuncCall, v *env) (plan.Expr, error) {
	if v.aggs == nil {
		return nil, errorAt(e, "42803", "grouping operations are not allowed in %s", v.clause)
	}
	if len(e.Args) > 31 {
		return nil, errorAt(e, "54023", "GROUPING must have fewer than 32 arguments")
	}
	args, err := b.exprs(e.Args, v)
	if err != nil {
		return nil, err
	}
	x := &plan.Call{Fn: groupingCall, Args: args, T: plan.T(plan.Int4)}
	b.at[x] = e.Position()
	v.aggs.groupings = true
	return x, nil
}

// groupingValue replaces GROUPING by a choice over the number of the set: a bit for each argument, 1 where the set
// leaves it out.
func (s *selector) groupingValue(x plan.Expr) (plan.Expr, error) {
	if !s.aggs.groupings {
		return x, nil
	}
	var err error
	out := plan.Map(x, func(e plan.Expr) plan.Expr {
		c, ok := e.(*plan.Call)
		if !ok || c.Fn != groupingCall || err != nil {
			return e
		}
		var bits []int
		for _, a := range c.Args {
			at := slices.IndexFunc(s.groups, func(g plan.Assign) bool {
				return isColumn(a, g.Col.ID) || plan.Format(a) == plan.Format(g.Expr)
			})
			if at < 0 {
				err = ast.Errorf("42803", -1, "arguments to GROUPING must be grouping expressions of the associated query level")
				return e
			}
			bits = append(bits, at)
		}
		return s.groupingCase(bits)
	})
	return out, err
}

func isColumn(e plan.Expr, id int) bool {
	c, ok := e.(*plan.Col)
	return ok && c.Column.ID == id
}

func (s *selector) groupingCase(bits []int) plan.Expr {
	number := func(n int) plan.Expr { return &plan.Const{Text: strconv.Itoa(n), T: plan.T(plan.Int4)} }
	out := &plan.Case{T: plan.T(plan.Int4), Else: number(0)}
	for i, set := range s.sets {
		mask := 0
		for _, at := range bits {
			mask <<= 1
			if !slices.Contains(set, at) {
				mask |= 1
			}
		}
		if mask != 0 {
			cond := &plan.Call{Fn: "=", Args: []plan.Expr{col(s.setID), number(i)}, T: plan.T(plan.Bool)}
			out.Whens = append(out.Whens, plan.When{Cond: cond, Then: number(mask)})
		}
	}
	if len(out.Whens) == 0 {
		return number(0)
	}
	return out
}
