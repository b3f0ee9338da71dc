// Package rules rewrites logical plans into equivalent ones that move less. One rule a file; [All] is the one list,
// in the order in which they run.
//
// A rule is a pure function: it returns a new tree, shares what it did not touch, and leaves the answer as it
// was. Each can be switched off by name.
package rules

import (
	"fmt"

	"github.com/atoll-sql/atoll/planner/plan"
)

// Rule is one rewrite.
type Rule struct {
	Name  string
	Apply func(root plan.Node, env *Env) plan.Node
}

// Everywhere applies the rule to the tree and then to those of its subqueries, outermost first.
func (r Rule) Everywhere(root plan.Node, env *Env) plan.Node {
	return everywhere(root, func(n plan.Node) plan.Node { return r.Apply(n, env) })
}

// plain makes a rule of a rewrite that needs to know nothing but the tree.
func plain(rewrite func(plan.Node) plan.Node) func(plan.Node, *Env) plan.Node {
	return func(root plan.Node, _ *Env) plan.Node { return rewrite(root) }
}

// All lists the rules in order. Constants are computed first: they decide conditions. Subqueries become joins before anything looks at
// joins. Outer joins become inner ones, ORs are taken apart and equalities followed before joins are put in order, which goes by conditions and then by places, and
// before filters go down, which moves what those rules found. What then has no row is dropped. Sorts go before columns are pruned, which a sort
// would hold on to; filters go down before that as well, since a filter's columns are needed only where it ends up.
var All = []Rule{
	{"drop_sorts", plain(dropSorts)},
	{"fold_constants", plain(foldConstants)},
	{"decorrelate", decorrelate},
	{"outer_to_inner", plain(outerToInner)},
	{"extract_or", plain(extractOr)},
	{"infer_predicates", inferPredicates},
	{"connect_joins", plain(connectJoins)},
	{"local_joins", localJoins},
	{"push_filters", plain(pushFilters)},
	{"drop_empty", plain(dropEmpty)},
	{"semijoin_reduction", semijoinReduction},
	{"prune_columns", plain(pruneColumns)},
}

// Rewrite applies all rules but those that off names. env is made for root.
func Rewrite(root plan.Node, env *Env, off map[string]bool) plan.Node {
	for _, r := range All {
		if !off[r.Name] {
			root = r.Everywhere(root, env)
		}
	}
	return root
}

// everywhere applies a rewrite to the tree and then to those of its subqueries, outermost first.
func everywhere(root plan.Node, rule func(plan.Node) plan.Node) plan.Node {
	made := rule(root)
	if !plan.HasSubqueries(made) {
		return made
	}
	out, err := plan.MapSubqueries(made, func(sub plan.Node) (plan.Node, error) { return everywhere(sub, rule), nil })
	if err != nil {
		return root // rules do not fail
	}
	return out
}

// Verify checks that every expression reads only columns that its input offers, and that no operator offers a
// column twice. Tests run it after each rule.
func Verify(root plan.Node) error { return verify(root, nil) }

// verify checks a tree within which the columns of outer may be read as well.
func verify(root plan.Node, outer map[int]bool) error {
	if err := verifyNode(root, outer); err != nil {
		return err
	}
	for i, in := range root.Inputs() {
		around := outer
		if j, ok := root.(*plan.Join); ok && j.Lateral && i == 1 {
			around = with(outer, columnSet(j.Left))
		}
		if err := verify(in, around); err != nil {
			return err
		}
	}
	return nil
}

func verifyNode(n plan.Node, outer map[int]bool) error {
	seen := map[int]bool{}
	for _, c := range n.Columns() {
		if seen[c.ID] {
			return fmt.Errorf("%s: column %s#%d is offered twice", plan.Describe(n), c.Name, c.ID)
		}
		seen[c.ID] = true
	}
	if err := verifySetOp(n); err != nil {
		return err
	}
	offered := map[int]bool{}
	for _, in := range n.Inputs() {
		for _, c := range in.Columns() {
			offered[c.ID] = true
		}
	}
	for id := range outer {
		offered[id] = true
	}
	for id := range plan.Reads(n) {
		if !offered[id] {
			return fmt.Errorf("%s: column #%d is not offered below", plan.Describe(n), id)
		}
	}
	return verifySubqueries(n, offered)
}

func verifySubqueries(n plan.Node, offered map[int]bool) error {
	var err error
	for _, e := range plan.Expressions(n) {
		plan.Walk(e, func(x plan.Expr) bool {
			if s, ok := x.(*plan.Subquery); ok && err == nil {
				err = verify(s.Root, offered)
			}
			return err == nil
		})
	}
	return err
}

// verifySetOp checks that the inputs of a set operation or a recursion have its columns' types.
func verifySetOp(n plan.Node) error {
	switch n.(type) {
	case *plan.SetOp, *plan.Recursion:
	default:
		return nil
	}
	out := n.Columns()
	for _, in := range n.Inputs() {
		cols := in.Columns()
		if len(cols) != len(out) {
			return fmt.Errorf("%s: an input has %d columns", plan.Describe(n), len(cols))
		}
		for i, c := range cols {
			if c.Type != out[i].Type {
				return fmt.Errorf("%s: column %s#%d of an input is %s, not %s", plan.Describe(n), c.Name, c.ID, c.Type, out[i].Type)
			}
		}
	}
	return nil
}

func columnSet(n plan.Node) map[int]bool {
	set := map[int]bool{}
	addColumns(n, set)
	return set
}

// addColumns does not have each join of many list the columns of all below it.
func addColumns(n plan.Node, set map[int]bool) {
	if handsOn(n) {
		for _, in := range n.Inputs() {
			addColumns(in, set)
		}
		return
	}
	for _, c := range n.Columns() {
		set[c.ID] = true
	}
}

// handsOn reports an operator whose columns are those of its inputs.
func handsOn(n plan.Node) bool {
	switch n.(type) {
	case *plan.Filter, *plan.Join, *plan.Sort, *plan.Limit:
		return true
	}
	return false
}
