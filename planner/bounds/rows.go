package bounds

import (
	"github.com/atoll-sql/atoll/planner/plan"
)

func (a *analysis) scan(n *plan.Scan) rel {
	lacks := a.missing.Scan(n)
	for _, c := range n.Cols {
		k := known{claim: exact}
		if c.Pseudo {
			k.claim |= filled
			if !lacks && a.anywhere(n) {
				k = known{claim: filled | value | null, why: "another shard may be the one that " + n.Table + " is read from"}
			}
		}
		a.cols[c.Column.ID] = k
	}
	if !lacks {
		return rel{}
	}
	return rel{rows: some, why: "rows of " + n.Table + " are missing", home: a.homeOf(n)}
}

func (a *analysis) project(n *plan.Project) (rel, error) {
	r, err := a.walk(n.Input)
	if err != nil {
		return r, err
	}
	items := make([]known, len(n.Items)) // before any is noted: an item may bear the ID of a column that others read
	err = a.around(r.home, func() error {
		for i, it := range n.Items {
			if items[i], err = a.expr(it.Expr); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	for i, it := range n.Items {
		a.cols[it.Col.ID] = items[i]
	}
	r.home = renamed(r.home, n.Items)
	return r, nil
}

// limit: without an order that rows elsewhere keep, the first of some rows may not be the first of all.
func (a *analysis) limit(n *plan.Limit) (rel, error) {
	r, err := a.walk(n.Input)
	if err != nil || n.Count < 0 && n.Offset == 0 {
		return r, err
	}
	r.home = nil
	switch {
	case n.Count == 0: // no row anywhere
		return rel{one: true}, nil
	case r.one && r.rows == all && n.Offset == 0, a.whole(n, r):
		return r, nil
	}
	r.worse(chosen, "LIMIT and OFFSET choose among the rows of the shards that answered")
	return r, nil
}

func (a *analysis) values(n *plan.Values) (rel, error) {
	for i, c := range n.Cols {
		for j, row := range n.Rows {
			k, err := a.expr(row[i])
			if err != nil {
				return rel{}, err
			}
			if j > 0 {
				k = both(a.cols[c.ID], k)
			}
			a.cols[c.ID] = k
		}
	}
	return rel{one: len(n.Rows) <= 1}, nil
}

func (a *analysis) series(n *plan.Series) (rel, error) {
	for _, e := range n.Args {
		k, err := a.expr(e)
		if err != nil {
			return rel{}, err
		}
		if !k.exact() {
			return rel{}, a.unsound(a.seriesName(n), e, k, "how many rows it gives depends on rows that may be missing")
		}
	}
	for _, c := range n.Cols {
		a.cols[c.ID] = known{claim: exact}
	}
	return rel{}, nil
}

func (a *analysis) seriesName(n *plan.Series) string {
	if n.Fn == "" {
		return "generate_series"
	}
	return n.Fn
}

// setOp: the rows of UNION ALL are those of its inputs; the others compare whole rows, which must be known.
func (a *analysis) setOp(n *plan.SetOp) (rel, error) {
	out, cols := rel{}, make([]known, len(n.Cols))
	var homes [][]home
	wholeRight := true
	for i, in := range n.In {
		r, err := a.walk(in)
		if err != nil {
			return r, err
		}
		if n.Kind != plan.UnionAll && !a.exactly(in.Columns()) {
			return r, a.unsoundRows(n.Kind.String(), in, "it compares values that may be others in the whole answer")
		}
		if i > 0 {
			wholeRight = wholeRight && r.rows == all
		}
		if i == 0 || n.Kind == plan.UnionAll || n.Kind == plan.Intersect || n.Kind == plan.IntersectAll {
			out.worse(r.rows, r.why)
		}
		for j, c := range in.Columns() {
			k := a.column(c)
			if n.Kind != plan.UnionAll && r.rows != all {
				k = k.spelt(c.Type)
			}
			if i > 0 {
				k = both(cols[j], k)
			}
			cols[j] = k
		}
		homes = append(homes, positioned(r.home, in.Columns(), n.Cols))
	}
	for i, c := range n.Cols {
		a.cols[c.ID] = cols[i]
	}
	out.home = commonHomes(homes)
	if (n.Kind == plan.Except || n.Kind == plan.ExceptAll) && !wholeRight && len(a.filledKeys(out.home)) == 0 {
		return out, &Unsound{n.Kind.String(), a.lacking(n.In[1]), "rows that are missing could remove others from the answer"}
	}
	return out, nil
}
