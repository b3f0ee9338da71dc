package place

import (
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

// sort lets every shard order its own rows, if each can in the very order; the streams are merged on arrival.
func (p *placer) sort(n *plan.Sort, in *placed) (*placed, error) {
	if in.spread == replicated {
		in = p.oneReplica(in)
	}
	why := ""
	switch {
	case in.spread == coordinator:
	case !p.fits(in, n):
		why = "an order that not every shard has exactly"
	case p.off("push_sort"):
		why = "sorting at the shards is off"
	}
	if why != "" {
		top, err := p.toCoordinator(in, why)
		if err != nil {
			return nil, err
		}
		in = top
	}
	if in.spread == coordinator {
		return onTop(&plan.Sort{Input: in.node, Keys: n.Keys}, in), nil
	}
	out := *in
	out.node, out.order = &plan.Sort{Input: in.node, Keys: n.Keys}, n.Keys
	return &out, nil
}

// limit is applied at the shards to what each could contribute at most, and once more to the merged rows.
func (p *placer) limit(n *plan.Limit, in *placed) (*placed, error) {
	if in.spread == replicated {
		in = p.oneReplica(in)
	}
	if in.spread == coordinator {
		in, err := p.firstRows(n, in)
		if err != nil {
			return nil, err
		}
		return limited(n, in), nil
	}
	out := *in
	if (len(in.shards) == 1 || in.boundTo(p.around)) && p.fits(in, n) {
		out.node = &plan.Limit{Input: in.node, Count: n.Count, Offset: n.Offset}
		out.rows = limitedRows(in.rows, n.Count)
		if in.boundTo(p.around) {
			out.order = nil // it chose the rows; nobody sees the order of a subquery's
		}
		return &out, nil
	}
	first := &plan.Limit{Input: in.node, Count: n.Count + n.Offset}
	if n.Count >= 0 && first.Count >= n.Count && !p.off("top_n") && p.fits(in, first) {
		out.node = first
		out.rows = limitedRows(in.rows, n.Count+n.Offset)
	}
	top, err := p.toCoordinator(&out, "the first rows of each shard are merged")
	if err != nil {
		return nil, err
	}
	return limited(n, top), nil
}

// limited is a limit at the coordinator.
func limited(n *plan.Limit, in *placed) *placed {
	out := onTop(&plan.Limit{Input: in.node, Count: n.Count, Offset: n.Offset}, in)
	out.rows = limitedRows(in.rows, n.Count)
	return out
}

func limitedRows(rows float64, n int64) float64 {
	if n >= 0 && (rows < 0 || rows > float64(n)) {
		return float64(n)
	}
	return rows
}

// physical turns the coordinator's tree into operators that exist there: what is neither a gather, a merge, a
// limit nor a choice of columns goes to the residual engine, in as few statements as possible.
func (p *placer) physical(n plan.Node) (plan.Node, error) {
	if own(n) {
		in := n.Inputs()
		out := make([]plan.Node, len(in))
		for i, x := range in {
			y, err := p.physical(x)
			if err != nil {
				return nil, err
			}
			out[i] = y
		}
		return plan.WithInputs(n, out), nil
	}
	r := &plan.Residual{}
	root, err := p.residual(n, r)
	if err != nil {
		return nil, err
	}
	r.Root = root
	if r.Statement, err = sqlgen.Generate(root, residualSite); err != nil {
		return nil, refused(err)
	}
	return r, nil
}

// residualSite is the coordinator's own SQL engine.
var residualSite = sqlgen.Site{Dialect: "duckdb", BinaryCollation: true}

// refused makes an expression that no engine can compute exactly an error of the query.
func refused(err error) error {
	if u, ok := err.(*sqlgen.Unsupported); ok {
		return &ast.Error{SQLState: "0A000", Pos: -1, Text: u.What + " cannot be computed exactly at the coordinator",
			Hint: "it can run where a single PostgreSQL shard, or every shard by itself, answers the query"}
	}
	return err
}

// own reports whether the executor has an operator of its own for n.
func own(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Gather, *plan.MergeAggregate, *plan.Narrow:
		return true
	case *plan.Limit:
		return own(n.Input)
	case *plan.Project:
		for _, it := range n.Items {
			if c, ok := it.Expr.(*plan.Col); !ok || !plan.Offers(n.Input, c.Column.ID) {
				return false
			}
		}
		return own(n.Input)
	}
	return false
}

// residual copies the tree down to what the executor does itself, which becomes an input of r.
func (p *placer) residual(n plan.Node, r *plan.Residual) (plan.Node, error) {
	if own(n) {
		src, err := p.physical(n)
		if err != nil {
			return nil, err
		}
		return p.source(src, r), nil
	}
	in := n.Inputs()
	out := make([]plan.Node, len(in))
	for i, x := range in {
		y, err := p.residual(x, r)
		if err != nil {
			return nil, err
		}
		out[i] = y
	}
	return plan.MapOwnSubqueries(plan.WithInputs(n, out), func(sub plan.Node) (plan.Node, error) { return p.residual(sub, r) })
}
