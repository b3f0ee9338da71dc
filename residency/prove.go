package residency

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// errUnproven is that a final statement is not what the rules ask for.
var errUnproven = errors.New("residency: the final statement could not be proven to let out only what the rules permit")

// unproven makes a refusal of [errUnproven], so that other plans are tried; another error stays what it is.
func unproven(at crossing, err error) error {
	if !errors.Is(err, errUnproven) {
		return err
	}
	return &Refusal{Shard: at.shard, From: at.from, To: at.to, Clause: clauseExact,
		Text: fmt.Sprintf("what would leave %s for %s (%s) could not be proven to be what the rules permit; two rules with different conditions on one table cannot be",
			at.from, strings.Join(at.to, " and "), at.site())}
}

// unwritten makes a refusal of what keeps a rule's terms from being written into a tree, so that other plans are tried.
func unwritten(at crossing, err error) error {
	return &Refusal{Shard: at.shard, From: at.from, To: at.to, Clause: clauseExact,
		Text: fmt.Sprintf("what the rules ask of what leaves %s for %s (%s) cannot be part of this query: %v", at.from, strings.Join(at.to, " and "), at.site(), err)}
}

// prove judges the tree of a final statement by itself: it knows the rules under which the tables' rows are to leave, and nothing of how the tree
// came to be. Of thresholds it makes out what they guard, writes them anew, and compares.
func (e *Env) prove(final plan.Node, chosen []choice) error {
	rules := map[string][]*Rule{}
	for _, c := range chosen {
		if !slices.Contains(rules[c.ref.scan.Table], c.rule) {
			rules[c.ref.scan.Table] = append(rules[c.ref.scan.Table], c.rule)
		}
	}
	if !slices.ContainsFunc(chosen, func(c choice) bool { return c.rule.Where != "" || c.rule.groups() != nil }) {
		return nil // the tree is the fragment's, which was judged as it is
	}
	bare, sketched := foldSketch(final)
	var agg *plan.Aggregate
	var protected plan.Node
	switch {
	case sketched == nil:
		bare, agg, protected = unprotected(final)
	case slices.ContainsFunc(chosen, func(c choice) bool { return c.rule.groups() != nil }):
		bare, agg, protected = unkept(bare, sketched)
	}
	stripped, err := e.strip(bare, rules)
	if err != nil {
		return err
	}
	if err := e.conditioned(final, rules, !e.allTotal(stripped) && holds(clauseFence)); err != nil {
		return err
	}
	l := trace(stripped, stripped.Columns())
	if l.uneven {
		return errUnproven
	}
	var counted []*reference
	for _, ref := range l.refs {
		i := slices.IndexFunc(rules[ref.scan.Table], func(r *Rule) bool {
			clause, _ := e.covers(r, ref, l)
			return clause == ""
		})
		switch {
		case i < 0 && holds(clauseNeedRule):
			return errUnproven
		case i >= 0 && rules[ref.scan.Table][i].groups() != nil:
			counted = append(counted, ref)
		}
	}
	if len(counted) == 0 || !holds(clauseThreshold) {
		return nil
	}
	return e.counts(agg, protected, rules)
}

// unprotected finds the threshold of a tree; agg is the aggregate that it guards, and bare the tree with that in its place.
func unprotected(root plan.Node) (bare plan.Node, agg *plan.Aggregate, protected plan.Node) {
	if a, ok := Unprotect(root); ok {
		return a, a, root
	}
	in := root.Inputs()
	if len(in) != 1 {
		return root, nil, nil
	}
	below, agg, protected := unprotected(in[0])
	return plan.WithInputs(root, []plan.Node{below}), agg, protected
}

// counts checks that the groups of an aggregate are held to the minimums of the rules.
func (e *Env) counts(agg *plan.Aggregate, protected plan.Node, rules map[string][]*Rule) error {
	if agg == nil {
		return errUnproven
	}
	l := trace(agg, agg.Columns())
	var list []choice
	entities := map[*plan.Scan]plan.Column{}
	for i, ref := range l.refs {
		r := rules[ref.scan.Table][0]
		terms := r.groups()
		if terms == nil {
			continue
		}
		list = append(list, choice{ref, r})
		column := e.Policy.Entities[terms.Entity].Columns[ref.scan.Table]
		for _, c := range agg.Input.Columns() {
			if s := l.cols[c.ID]; s.plain && slices.Equal(s.origins, []origin{{ref: i, column: column}}) {
				entities[ref.scan] = c
			}
		}
	}
	for _, fence := range []bool{false, true} {
		t, err := threshold(list, entities, agg, fence)
		if err == nil && (isRegisters(agg) && keepsRows(protected, agg, t) || !isRegisters(agg) && Protected(protected, agg, t)) {
			return nil
		}
	}
	return errUnproven
}

// conditioned checks that every scan of a tree is read through the condition of its rule, which nothing else may pass where it is fenced.
func (e *Env) conditioned(root plan.Node, rules map[string][]*Rule, fenced bool) error {
	guarded := map[*plan.Scan]bool{}
	fences := map[plan.Node]bool{}
	var failed error
	plan.VisitAll(root, func(n plan.Node) {
		if l, ok := n.(*plan.Limit); ok && l.Count == math.MaxInt64 && l.Offset == 0 {
			fences[l.Input] = true
		}
		f, ok := n.(*plan.Filter)
		if !ok || fenced && !fences[f] {
			return
		}
		s, ok := f.Input.(*plan.Scan)
		if ok && len(f.Conds) == 1 {
			is, err := e.isCondition(f.Conds[0], s, rules[s.Table])
			guarded[s] = is
			if err != nil && failed == nil {
				failed = err
			}
		}
	})
	if failed != nil {
		return failed
	}
	plan.VisitAll(root, func(n plan.Node) {
		s, ok := n.(*plan.Scan)
		if ok && conditional(rules[s.Table]) && !guarded[s] {
			failed = errUnproven
		}
	})
	return failed
}

// conditional reports that a rule has a condition on rows.
func conditional(rules []*Rule) bool {
	return holds(clauseCondition) && slices.ContainsFunc(rules, func(r *Rule) bool { return r.Where != "" })
}

// isCondition reports that a condition over a scan is that of every one of the rules: more than one condition on a table is more than can be proven.
func (e *Env) isCondition(cond plan.Expr, s *plan.Scan, rules []*Rule) (bool, error) {
	names := map[int]string{}
	for _, c := range s.Cols {
		if !c.Pseudo {
			names[c.Column.ID] = c.Source
		}
	}
	for _, r := range rules {
		if r.Where == "" {
			return false, nil
		}
		from, want, err := e.Condition(s.Table, r.Where)
		if err != nil {
			return false, err
		}
		wanted := map[int]string{}
		for _, c := range from.Cols {
			wanted[c.Column.ID] = c.Source
		}
		if bySource(cond, names) != bySource(want, wanted) {
			return false, nil
		}
	}
	return len(rules) > 0, nil
}

// bySource prints a condition with columns under their names in the table.
func bySource(e plan.Expr, names map[int]string) string {
	return plan.Format(plan.Map(e, func(x plan.Expr) plan.Expr {
		c, ok := x.(*plan.Col)
		if !ok {
			return x
		}
		name, ok := names[c.Column.ID]
		if !ok {
			name = "?" + strconv.Itoa(c.Column.ID) // of no column of the table: equal to nothing
		}
		return &plan.Col{Column: plan.Column{Name: strings.ReplaceAll(name, "#", "##"), Type: c.Column.Type}}
	}))
}

// strip takes the conditions of rules out of a tree.
func (e *Env) strip(root plan.Node, rules map[string][]*Rule) (plan.Node, error) {
	var failed error
	note := func(err error) {
		if err != nil && failed == nil {
			failed = err
		}
	}
	var inTree func(plan.Node) (plan.Node, error)
	inTree = func(root plan.Node) (plan.Node, error) {
		out := plan.Transform(root, func(n plan.Node) plan.Node {
			switch n := n.(type) {
			case *plan.Filter:
				s, ok := n.Input.(*plan.Scan)
				if ok && len(n.Conds) == 1 && conditional(rules[s.Table]) {
					is, err := e.isCondition(n.Conds[0], s, rules[s.Table])
					note(err)
					if is {
						return s
					}
				}
			case *plan.Limit:
				if s, ok := n.Input.(*plan.Scan); ok && n.Count == math.MaxInt64 && n.Offset == 0 {
					return s
				}
			}
			out, err := plan.MapOwnSubqueries(n, inTree)
			note(err)
			return out
		})
		return out, failed
	}
	return inTree(root)
}
