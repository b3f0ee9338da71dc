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
	Apply func(root plan.Node) plan.Node
}

// All lists the rules in order. Sorts go before columns are pruned, which a sort would hold on to; filters go down before
// that as well, since a filter's columns are needed only where it ends up.
var All = []Rule{
	{"drop_sorts", dropSorts},
	{"push_filters", pushFilters},
	{"prune_columns", pruneColumns},
}

// Rewrite applies all rules but those that off names.
func Rewrite(root plan.Node, off map[string]bool) plan.Node {
	for _, r := range All {
		if !off[r.Name] {
			root = r.Apply(root)
		}
	}
	return root
}

// Verify checks that every expression reads only columns that its input offers, and that no operator offers a
// column twice. Tests run it after each rule.
func Verify(root plan.Node) error {
	var err error
	plan.Visit(root, func(n plan.Node) {
		if err == nil {
			err = verifyNode(n)
		}
	})
	return err
}

func verifyNode(n plan.Node) error {
	seen := map[int]bool{}
	for _, c := range n.Columns() {
		if seen[c.ID] {
			return fmt.Errorf("%s: column %s#%d is offered twice", plan.Describe(n), c.Name, c.ID)
		}
		seen[c.ID] = true
	}
	offered := map[int]bool{}
	for _, in := range n.Inputs() {
		for _, c := range in.Columns() {
			offered[c.ID] = true
		}
	}
	for id := range reads(n) {
		if !offered[id] {
			return fmt.Errorf("%s: column #%d is not offered below", plan.Describe(n), id)
		}
	}
	return nil
}

// reads returns the IDs of the columns that n itself reads from its inputs.
func reads(n plan.Node) map[int]bool {
	set := map[int]bool{}
	switch n := n.(type) {
	case *plan.Filter:
		readAll(n.Conds, set)
	case *plan.Join:
		readAll(n.On, set)
	case *plan.Project:
		for _, it := range n.Items {
			plan.ColumnsOf(it.Expr, set)
		}
	case *plan.Aggregate:
		for _, g := range n.Groups {
			plan.ColumnsOf(g.Expr, set)
		}
		for _, a := range n.Aggs {
			readAll(a.Agg.Args, set)
			plan.ColumnsOf(a.Agg.Filter, set)
		}
	case *plan.Sort:
		for _, k := range n.Keys {
			set[k.Col.ID] = true
		}
	}
	return set
}

func readAll(list []plan.Expr, set map[int]bool) {
	for _, e := range list {
		plan.ColumnsOf(e, set)
	}
}

func columnSet(n plan.Node) map[int]bool {
	set := map[int]bool{}
	for _, c := range n.Columns() {
		set[c.ID] = true
	}
	return set
}
