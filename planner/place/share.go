package place

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// source makes n an input of r. Of sources that bring the same rows a statement has one, whose rows it keeps: so is a WITH
// query, or a table, that is named twice asked for once.
func (p *placer) source(n plan.Node, r *plan.Residual) *plan.Input {
	cols := n.Columns()
	if !p.off("share_sources") {
		text := signature(n)
		for i, s := range r.Sources {
			if signature(s) == text {
				return &plan.Input{N: i, Cols: cols}
			}
		}
	}
	r.Sources = append(r.Sources, n)
	return &plan.Input{N: len(r.Sources) - 1, Cols: cols}
}

// signature is equal for two operators of the executor that bring the same rows in columns of the same order.
func signature(n plan.Node) string {
	base, positions := chosen(n)
	var b strings.Builder
	switch n := base.(type) {
	case *plan.Gather:
		for _, t := range n.Fragment.Targets {
			fmt.Fprintf(&b, "%q %q %v\n", t.Shard, t.Statement.SQL, t.Statement.Params)
		}
		for _, k := range n.Keys {
			fmt.Fprintf(&b, "key %d %t %t\n", position(n.Columns(), k.Col), k.Desc, k.NullsFirst)
		}
	case *plan.MergeAggregate:
		in := n.Input.Columns()
		fmt.Fprintf(&b, "sets %v\n", n.Sets)
		for _, k := range n.Keys {
			fmt.Fprintf(&b, "group %d\n", position(in, k))
		}
		for _, a := range n.Aggs {
			same := a
			same.Col, same.Partials = plan.Column{}, nil // but for what the columns are called
			fmt.Fprintf(&b, "merge %+v", same)
			for _, c := range a.Partials {
				fmt.Fprintf(&b, " %d", position(in, c))
			}
			b.WriteByte('\n')
		}
	case *plan.Limit:
		fmt.Fprintf(&b, "limit %d %d\n", n.Count, n.Offset)
	case *plan.Residual:
		fmt.Fprintf(&b, "%q %v\n", n.Statement.SQL, n.Statement.Params)
	default:
		fmt.Fprintf(&b, "%p\n", n) // like nothing else
	}
	for i, c := range n.Columns() {
		fmt.Fprintf(&b, "column %d %s\n", positions[i], c.Type)
	}
	for _, x := range base.Inputs() {
		b.WriteString("(" + signature(x) + ")")
	}
	return b.String()
}

// chosen looks through choices of columns: it returns what is below them, and where there each column of n is.
func chosen(n plan.Node) (base plan.Node, positions []int) {
	p, ok := n.(*plan.Project)
	if !ok {
		for i := range n.Columns() {
			positions = append(positions, i)
		}
		return n, positions
	}
	base, below := chosen(p.Input)
	for _, it := range p.Items {
		if at := position(p.Input.Columns(), it.Expr.(*plan.Col).Column); at >= 0 {
			positions = append(positions, below[at])
		}
	}
	return base, positions
}

func position(cols []plan.Column, c plan.Column) int {
	return slices.IndexFunc(cols, func(d plan.Column) bool { return d.ID == c.ID })
}

// stepsFor keeps the steps whose rows the finished tree needs, itself or through other steps.
func (p *placer) stepsFor(root plan.Node) []*plan.Step {
	needed := plan.ParamsOf(root)
	var out []*plan.Step
	for _, s := range slices.Backward(p.steps) {
		if slices.ContainsFunc(s.Params, func(n int) bool { return needed[n] }) || needed[s.Rows] {
			out = append(out, s)
			maps.Copy(needed, plan.ParamsOf(s.Root))
		}
	}
	slices.Reverse(out)
	return out
}

// gathered keeps the fragments that the finished plan reads, numbered anew.
func (p *placer) gathered(finished *plan.Plan) []*plan.Fragment {
	read := map[*plan.Fragment]bool{}
	for _, root := range finished.Roots() {
		plan.Visit(root, func(n plan.Node) {
			if g, ok := n.(*plan.Gather); ok {
				read[g.Fragment] = true
			}
		})
	}
	var out []*plan.Fragment
	for _, f := range p.fragments {
		if read[f] {
			out = append(out, f)
			f.ID = len(out)
		}
	}
	return out
}
