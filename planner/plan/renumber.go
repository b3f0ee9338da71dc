package plan

// Renumbered returns a tree that does as root does, and whose columns have IDs of their own, each by fresh: two copies can stand in one plan.
// Columns of the query around it stay. Columns() of the copy are those of root, in their order.
func Renumbered(root Node, fresh func(Column) Column) Node {
	r := renumbering{fresh: fresh, to: map[int]Column{}, works: map[int]int{}}
	VisitAll(root, func(n Node) {
		for _, c := range defined(n) {
			if _, seen := r.to[c.ID]; !seen {
				r.to[c.ID] = fresh(c)
			}
		}
		if n, ok := n.(*Recursion); ok {
			r.works[n.Work] = fresh(Column{}).ID
		}
	})
	return r.tree(root)
}

// defined are the columns that a node defines, other than those that it passes on.
func defined(n Node) []Column {
	switch n := n.(type) {
	case *Aggregate:
		out := assigned(n.Groups)
		for _, a := range n.Aggs {
			out = append(out, a.Col)
		}
		if n.Sets != nil {
			out = append(out, n.SetID)
		}
		return out
	case *Window:
		out := make([]Column, len(n.Fns))
		for i, f := range n.Fns {
			out[i] = f.Col
		}
		return out
	case *Scan, *Project, *SetOp, *Values, *Series, *Recursion, *WorkTable, *Shipped, *Input:
		return n.Columns()
	}
	return nil
}

type renumbering struct {
	fresh func(Column) Column
	to    map[int]Column
	works map[int]int // numbers of working tables
}

func (r *renumbering) tree(root Node) Node {
	return Transform(root, func(n Node) Node { return r.own(MapOwn(n, r.expr)) })
}

func (r *renumbering) expr(e Expr) Expr {
	switch x := e.(type) {
	case *Col:
		if c, ok := r.to[x.Column.ID]; ok {
			return &Col{Column: c}
		}
		return e
	case *Subquery:
		out := *x
		out.X, out.Root, out.Output = mapList(x.X, r.expr), r.tree(x.Root), r.columns(x.Output)
		return &out
	}
	return MapChildren(e, r.expr)
}

func (r *renumbering) column(c Column) Column {
	if to, ok := r.to[c.ID]; ok {
		to.Name = c.Name
		return to
	}
	return c
}

func (r *renumbering) columns(cols []Column) []Column {
	out := make([]Column, len(cols))
	for i, c := range cols {
		out[i] = r.column(c)
	}
	return out
}

func (r *renumbering) assigns(items []Assign) []Assign {
	out := make([]Assign, len(items))
	for i, a := range items {
		out[i] = Assign{Col: r.column(a.Col), Expr: a.Expr}
	}
	return out
}

// own gives a node, whose expressions are renumbered already, its columns.
func (r *renumbering) own(n Node) Node {
	switch n := n.(type) {
	case *Scan:
		out := &Scan{Table: n.Table, Alias: n.Alias, Cols: make([]ScanCol, len(n.Cols))}
		for i, c := range n.Cols {
			c.Column = r.column(c.Column)
			out.Cols[i] = c
		}
		return out
	case *Project:
		return &Project{Input: n.Input, Items: r.assigns(n.Items)}
	case *Aggregate:
		out := &Aggregate{Input: n.Input, Groups: r.assigns(n.Groups), Aggs: make([]AggAssign, len(n.Aggs)), Sets: n.Sets, SetID: r.column(n.SetID)}
		for i, a := range n.Aggs {
			out.Aggs[i] = AggAssign{Col: r.column(a.Col), Agg: a.Agg}
		}
		return out
	case *Window:
		out := &Window{Input: n.Input, Fns: make([]WindowFn, len(n.Fns))}
		for i, f := range n.Fns {
			f.Col = r.column(f.Col)
			out.Fns[i] = f
		}
		return out
	case *Sort:
		return &Sort{Input: n.Input, Keys: r.keys(n.Keys)}
	case *SetOp:
		return &SetOp{Kind: n.Kind, In: n.In, Cols: r.columns(n.Cols)}
	case *Values:
		return &Values{Cols: r.columns(n.Cols), Rows: n.Rows}
	case *Series:
		return &Series{Fn: n.Fn, Args: n.Args, Cols: r.columns(n.Cols)}
	case *Recursion:
		return &Recursion{Distinct: n.Distinct, Base: n.Base, Step: n.Step, Work: r.works[n.Work], Cols: r.columns(n.Cols)}
	case *WorkTable:
		if work, ok := r.works[n.Work]; ok {
			return &WorkTable{Work: work, Cols: r.columns(n.Cols)}
		}
		return &WorkTable{Work: n.Work, Cols: r.columns(n.Cols)}
	case *Shipped:
		return &Shipped{Cols: r.columns(n.Cols), Params: n.Params, Rows: n.Rows}
	case *Input:
		return &Input{N: n.N, Cols: r.columns(n.Cols)}
	}
	return n
}

func (r *renumbering) keys(list []SortKey) []SortKey {
	out := make([]SortKey, len(list))
	for i, k := range list {
		k.Col = r.column(k.Col)
		out[i] = k
	}
	return out
}
