package rules

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// askedKeys is what a subtree says about the values of its columns: each of its rows is made of one row of every table in
// tables, and columns of one class are equal in it.
type askedKeys struct {
	env    *Env
	tables []filteredTable
	same   map[int]int // column ID → another of its class; the class's own name for itself is not in it
}

// filteredTable is a scan with the conditions upon it.
type filteredTable struct {
	scan  *plan.Scan
	conds []plan.Expr
}

// visit goes down as far as every row above has a row below.
func (k *askedKeys) visit(n plan.Node) {
	switch n := n.(type) {
	case *plan.Filter:
		k.equate(n.Conds)
		if s, ok := n.Input.(*plan.Scan); ok {
			k.tables = append(k.tables, filteredTable{s, n.Conds})
			return
		}
		k.visit(n.Input)
	case *plan.Join:
		if n.Lateral {
			return
		}
		if n.Kind == plan.Inner {
			k.equate(n.On)
		}
		if n.Kind == plan.Inner || n.Kind == plan.Left {
			k.visit(n.Left)
		}
		if n.Kind == plan.Inner || n.Kind == plan.Right {
			k.visit(n.Right)
		}
	case *plan.Project:
		k.rename(n.Items)
		k.visit(n.Input)
	case *plan.Aggregate:
		if n.Sets == nil && len(n.Groups) > 0 {
			k.rename(n.Groups)
			k.visit(n.Input)
		}
	case *plan.Sort, *plan.Limit:
		k.visit(n.Inputs()[0])
	}
}

func (k *askedKeys) equate(conds []plan.Expr) {
	for _, e := range conds {
		if a, b, ok := equalColumns(e); ok {
			k.unite(a.ID, b.ID)
		}
	}
}

func (k *askedKeys) rename(items []plan.Assign) {
	for _, it := range items {
		if c, ok := it.Expr.(*plan.Col); ok {
			k.unite(it.Col.ID, c.Column.ID)
		}
	}
}

func (k *askedKeys) class(id int) int {
	for k.same[id] != 0 {
		id = k.same[id]
	}
	return id
}

func (k *askedKeys) unite(a, b int) {
	if a, b = k.class(a), k.class(b); a != b {
		k.same[a] = b
	}
}

// lists returns subqueries that hold every value of c that a row can have, without what is to be among them.
func (k *askedKeys) lists(c plan.Column) []*plan.Subquery {
	var out []*plan.Subquery
	for _, t := range k.tables {
		for _, own := range t.scan.Columns() {
			if k.class(own.ID) != k.class(c.ID) || own.Type != c.Type {
				continue
			}
			for _, e := range t.conds {
				if s, ok := e.(*plan.Subquery); ok && allows(s, own) {
					out = append(out, s)
				}
			}
			if s := k.left(t, own); s != nil {
				out = append(out, s)
			}
		}
	}
	return out
}

// allows reports own IN (SELECT …) of a subquery that gives the same rows wherever it stands.
func allows(s *plan.Subquery, own plan.Column) bool {
	if s.Kind != plan.AnySubquery || s.Op != "=" || len(s.X) != 1 || !lookup(s.Root) {
		return false
	}
	c, ok := s.X[0].(*plan.Col)
	return ok && c.Column.ID == own.ID
}

// left selects a column of what a table's conditions leave of it; nil if they leave everything, or nearly.
func (k *askedKeys) left(t filteredTable, own plan.Column) *plan.Subquery {
	fresh, cols := map[int]plan.Expr{}, make([]plan.ScanCol, len(t.scan.Cols))
	out := own
	for i, c := range t.scan.Cols {
		cols[i] = c
		cols[i].Column.ID = k.env.newColumn(c.Column.Name, c.Column.Type).ID
		fresh[c.Column.ID] = &plan.Col{Column: cols[i].Column}
		if c.Column.ID == own.ID {
			out = cols[i].Column
		}
	}
	var conds []plan.Expr
	for _, e := range t.conds {
		used := map[int]bool{}
		plan.ColumnsOf(e, used)
		if plan.HasSubquery(e) || len(used) == 0 || len(common(used, columnSet(t.scan))) < len(used) {
			continue
		}
		conds = append(conds, plan.Substitute(e, fresh))
	}
	if !slices.ContainsFunc(conds, func(e plan.Expr) bool { n, ok := e.(*plan.IsNull); return !ok || !n.Not }) {
		return nil
	}
	rows := above(&plan.Scan{Table: t.scan.Table, Alias: t.scan.Alias, Cols: cols}, conds)
	return &plan.Subquery{Kind: plan.AnySubquery, Op: "=", T: plan.T(plan.Bool), Output: []plan.Column{out},
		Root: &plan.Project{Input: rows, Items: plan.PassOn([]plan.Column{out})}}
}
