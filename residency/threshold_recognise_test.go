package residency_test

import (
	"testing"

	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/residency"
)

// tampering is one change of a protected tree that lets more out, or that nobody can prove harmless.
type tampering struct {
	name   string
	change func(plan.Node) plan.Node
}

// everywhere changes the operators of one kind.
func everywhere[T plan.Node](name string, f func(T) plan.Node) tampering {
	return tampering{name, func(n plan.Node) plan.Node {
		if x, ok := n.(T); ok {
			return f(x)
		}
		return n
	}}
}

// changedAggs is an aggregate whose added aggregates are changed.
func changedAggs(a *plan.Aggregate, f func(*plan.AggAssign)) plan.Node {
	out := *a
	out.Aggs = append([]plan.AggAssign(nil), a.Aggs...)
	for i := range out.Aggs {
		f(&out.Aggs[i])
	}
	return &out
}

var tamperings = []tampering{
	everywhere("no filter", func(f *plan.Filter) plan.Node { return f.Input }),
	everywhere("one condition less", func(f *plan.Filter) plan.Node { return &plan.Filter{Input: f.Input, Conds: f.Conds[:len(f.Conds)-1]} }),
	everywhere("any of the conditions", func(f *plan.Filter) plan.Node {
		return &plan.Filter{Input: f.Input, Conds: []plan.Expr{&plan.Or{Args: append(f.Conds, &plan.And{})}}}
	}),
	everywhere("fewer entities", func(f *plan.Filter) plan.Node {
		return plan.MapOwn(f, func(e plan.Expr) plan.Expr {
			return plan.Map(e, func(e plan.Expr) plan.Expr {
				if c, ok := e.(*plan.Const); ok && c.Text == "11" {
					return &plan.Const{Text: "1", T: c.T}
				}
				return e
			})
		})
	}),
	everywhere("rows, not entities", func(a *plan.Aggregate) plan.Node {
		return changedAggs(a, func(x *plan.AggAssign) {
			if x.Col.Name == "entities" {
				x.Agg.Distinct = false
			}
		})
	}),
	everywhere("another entity", func(a *plan.Aggregate) plan.Node {
		return changedAggs(a, func(x *plan.AggAssign) {
			if x.Col.Name == "entities" {
				x.Agg.Args = []plan.Expr{&plan.Col{Column: columnNamed(a, "id")}}
			}
		})
	}),
	everywhere("entities of some rows", func(a *plan.Aggregate) plan.Node {
		return changedAggs(a, func(x *plan.AggAssign) {
			if x.Col.Name == "entities" {
				x.Agg.Filter = &plan.IsNull{X: &plan.Col{Column: columnNamed(a, "id")}, Not: true}
			}
		})
	}),
	everywhere("a count handed out", func(p *plan.Project) plan.Node {
		if len(p.Items) == 0 || p.Items[0].Col.Name == "one" {
			return p
		}
		out := &plan.Project{Input: p.Input}
		out.Items = append(out.Items, p.Items...)
		for _, c := range p.Input.Columns() {
			if c.Name == "entities" {
				out.Items = append(out.Items, plan.PassOn([]plan.Column{c})...)
			}
		}
		return out
	}),
	everywhere("something else handed out", func(p *plan.Project) plan.Node {
		out := &plan.Project{Input: p.Input}
		out.Items = append(out.Items, p.Items...)
		out.Items[len(out.Items)-1].Expr = &plan.Const{Text: "1", T: out.Items[len(out.Items)-1].Col.Type}
		return out
	}),
	everywhere("places among others", func(w *plan.Window) plan.Node {
		out := &plan.Window{Input: w.Input, Fns: append([]plan.WindowFn(nil), w.Fns...)}
		for i := range out.Fns {
			if list := out.Fns[i].Partition; len(list) > 0 {
				out.Fns[i].Partition = list[:len(list)-1]
			}
		}
		return out
	}),
	everywhere("another limit", func(l *plan.Limit) plan.Node { return &plan.Limit{Input: l.Input, Count: 10} }),
	everywhere("an inner join", func(j *plan.Join) plan.Node { return &plan.Join{Kind: plan.Inner, Left: j.Left, Right: j.Right} }),
}

// TestThresholdTampered: a tree that is not what Protect makes is not taken for it.
func TestThresholdTampered(t *testing.T) {
	w := plantest.Samples(t, "postgres")
	applied := map[string]int{}
	for _, sql := range []string{"select t, count(*) as c, sum(n) as s from samples group by t", "select count(*) as c, sum(n) as s from samples"} {
		for _, mode := range []residency.OnSmall{residency.Drop, residency.Remainder, residency.Fail} {
			b, err := w.Bind(sql)
			if err != nil {
				t.Fatal(err)
			}
			agg := aggregateOf(b.Root)
			term := residency.Threshold{OnSmall: mode, Fence: true, Entities: []residency.EntityMin{{Col: columnNamed(agg, "i4"), Min: 11}, {Col: columnNamed(agg, "u"), Min: 2}},
				Dominance: []residency.DominanceTerm{{Entity: columnNamed(agg, "i4"), Arg: columnNamed(agg, "n"), Largest: 2, Percent: 85}}}
			protected, err := residency.Protect(agg, term, counter(b.Root))
			if err != nil {
				t.Fatal(err)
			}
			again, err := residency.Protect(agg, term, counter(protected))
			if err != nil || !residency.Protected(protected, agg, term) || !residency.Protected(again, agg, term) {
				t.Errorf("%s, %d: not recognised: %v", sql, mode, err)
			}
			for _, x := range tamperings {
				changed := plan.Transform(protected, x.change)
				if plan.Tree(changed) == plan.Tree(protected) {
					continue
				}
				applied[x.name]++
				if residency.Protected(changed, agg, term) {
					t.Errorf("%s, %d, %s: taken for protected:\n%s", sql, mode, x.name, plan.Tree(changed))
				}
				if before, ok := residency.Unprotect(changed); ok && residency.Protected(changed, before, term) {
					t.Errorf("%s, %d, %s: recognised:\n%s", sql, mode, x.name, plan.Tree(changed))
				}
			}
			others := []residency.Threshold{term, term, term, term, term}
			others[0].Entities = []residency.EntityMin{{Col: columnNamed(agg, "i4"), Min: 12}, term.Entities[1]}
			others[1].Entities = term.Entities[:1]
			others[2].Dominance = nil
			others[3].Dominance = []residency.DominanceTerm{{Entity: columnNamed(agg, "i4"), Arg: columnNamed(agg, "n"), Largest: 3, Percent: 85}}
			others[4].Dominance = []residency.DominanceTerm{{Entity: columnNamed(agg, "u"), Arg: columnNamed(agg, "n"), Largest: 2, Percent: 85}}
			for i, other := range others {
				if residency.Protected(protected, agg, other) {
					t.Errorf("%s, %d: taken for protected under another threshold, %d", sql, mode, i)
				}
			}
			if _, ok := residency.Unprotect(agg); ok {
				t.Error("a bare aggregate is recognised")
			}
		}
	}
	for _, x := range tamperings {
		if applied[x.name] == 0 {
			t.Errorf("%s changed no tree", x.name)
		}
	}
}
