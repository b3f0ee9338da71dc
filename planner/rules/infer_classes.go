package rules

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// knowledge is what is true of every row, or pair of rows, that a cluster of relations brings.
type knowledge struct {
	in      *inference
	conds   []plan.Expr
	seen    map[string]bool // the conditions, by what they say
	nodes   []plan.Node     // the relations
	leaves  []columnIDs     // their columns
	columns columnIDs
	// classes lists the columns that are equal to each other, in the order in which they were met; of holds the class of each.
	classes [][]*plan.Col
	of      map[int]int
}

func (in *inference) knowledge(conds []plan.Expr, leaves []plan.Node) *knowledge {
	k := &knowledge{in: in, seen: map[string]bool{}, nodes: leaves, columns: columnIDs{}, of: map[int]int{}}
	for _, l := range leaves {
		set := columnSet(l)
		k.leaves, k.columns = append(k.leaves, set), with(k.columns, set)
		conds = slices.Concat(conds, in.facts(l))
	}
	k.conds = conds
	for _, c := range conds {
		k.seen[said(c)] = true
		if l, r, ok := equated(c); ok {
			k.unite(l, r)
		}
	}
	return k
}

// equated reports an equality of two columns of one type of which equal values are alike wherever they are compared.
func equated(e plan.Expr) (l, r *plan.Col, ok bool) {
	c, is := e.(*plan.Call)
	if !is || c.Fn != "=" {
		return nil, nil, false
	}
	l, okLeft := c.Args[0].(*plan.Col)
	r, okRight := c.Args[1].(*plan.Col)
	if !okLeft || !okRight || l.Type() != r.Type() || !comparable(l.Type()) || l.Column.ID == r.Column.ID {
		return nil, nil, false
	}
	return l, r, true
}

// comparable leaves out the types of which equal values may differ: -0 and 0, a month and 30 days, padded text, documents.
func comparable(t plan.Type) bool {
	switch t.Kind {
	case plan.Bool, plan.Int2, plan.Int4, plan.Int8, plan.Text, plan.Bytea, plan.Date, plan.Time, plan.Timestamp, plan.TimestampTZ, plan.UUID:
		return true
	}
	return t.Kind == plan.Numeric && !t.Wide()
}

func (k *knowledge) unite(l, r *plan.Col) {
	a, b := k.class(l), k.class(r)
	if a == b {
		return
	}
	for _, c := range k.classes[b] {
		k.of[c.Column.ID] = a
	}
	k.classes[a], k.classes[b] = append(k.classes[a], k.classes[b]...), nil
}

func (k *knowledge) class(c *plan.Col) int {
	if _, ok := k.of[c.Column.ID]; !ok {
		k.of[c.Column.ID] = len(k.classes)
		k.classes = append(k.classes, []*plan.Col{c})
	}
	return k.of[c.Column.ID]
}

// said is equal for two conditions that say the same: an equality says the same from either side.
func said(e plan.Expr) string {
	if c, ok := e.(*plan.Call); ok && c.Fn == "=" {
		l, r := plan.Format(c.Args[0]), plan.Format(c.Args[1])
		return min(l, r) + " = " + max(l, r)
	}
	return plan.Format(e)
}

// add reports a condition that is new, and notes it.
func (k *knowledge) add(e plan.Expr) bool {
	text := said(e)
	if k.seen[text] {
		return false
	}
	k.seen[text] = true
	return true
}

// maxClass bounds the relations of a class of which each is joined with each.
const maxClass = 8

// joins equates columns of one class from relations that no condition brings together yet.
func (k *knowledge) joins() []plan.Expr {
	var out []plan.Expr
	for _, class := range k.classes {
		if len(class) < 3 || len(class) > maxClass {
			continue
		}
		for i, a := range class {
			for _, b := range class[i+1:] {
				x, y := k.leafOf(a), k.leafOf(b)
				if e := equal(a, b); x != y && x >= 0 && y >= 0 && !k.meet(x, y, out) && k.add(e) {
					out = append(out, e)
				}
			}
		}
	}
	return out
}

// leafOf is the relation of a column, negative where it comes from around the tree.
func (k *knowledge) leafOf(c *plan.Col) int {
	return slices.IndexFunc(k.leaves, func(set columnIDs) bool { return set[c.Column.ID] })
}

// meet reports a condition over both of two relations and nothing else.
func (k *knowledge) meet(x, y int, more []plan.Expr) bool {
	for _, e := range slices.Concat(k.conds, more) {
		used := columnIDs{}
		plan.ColumnsOf(e, used)
		l, r := len(common(used, k.leaves[x])), len(common(used, k.leaves[y]))
		if l > 0 && r > 0 && l+r == len(used) {
			return true
		}
	}
	return false
}

// conclusions says of the columns of target what conditions say of others of their classes.
func (k *knowledge) conclusions(target columnIDs) []plan.Expr {
	var out []plan.Expr
	for _, e := range k.conds {
		c := k.speaksOf(e)
		if c == nil {
			continue
		}
		class, ok := k.of[c.Column.ID]
		if !ok {
			continue
		}
		for _, d := range k.classes[class] {
			if d.Column.ID == c.Column.ID || !target[d.Column.ID] {
				continue
			}
			x := plan.Substitute(e, map[int]plan.Expr{c.Column.ID: d})
			if (!plan.HasSubquery(e) || k.worthAsking(c, d, x)) && k.add(x) {
				out = append(out, x)
			}
		}
	}
	return out
}

// worthAsking reports that the shards answer a subquery once more, for the rows of another relation, from rows of their own.
func (k *knowledge) worthAsking(c, d *plan.Col, e plan.Expr) bool {
	leaf := k.leafOf(d)
	return leaf != k.leafOf(c) && k.in.env.stays(&plan.Filter{Input: k.nodes[leaf], Conds: []plan.Expr{e}})
}

// speaksOf returns the one column of the relations that a condition compares with what is the same for all rows; nil for any
// other condition.
func (k *knowledge) speaksOf(e plan.Expr) *plan.Col {
	var c *plan.Col
	plan.Walk(e, func(x plan.Expr) bool {
		if col, ok := x.(*plan.Col); ok && k.columns[col.Column.ID] {
			c = col
		}
		return c == nil
	})
	if c == nil || !k.about(e, c) {
		return nil
	}
	return c
}

// maxList bounds the lists that are repeated for other columns.
const maxList = 1000

// about reports a condition that compares the column, and no other of the tree, with constants.
func (k *knowledge) about(e plan.Expr, c *plan.Col) bool {
	switch e := e.(type) {
	case *plan.And:
		return every(e.Args, func(x plan.Expr) bool { return k.about(x, c) })
	case *plan.Or:
		return every(e.Args, func(x plan.Expr) bool { return k.about(x, c) })
	case *plan.Not:
		return k.about(e.X, c)
	case *plan.IsNull:
		return e.Not && isCol(e.X, c)
	case *plan.In:
		return isCol(e.X, c) && len(e.List) <= maxList && every(e.List, k.fixed)
	case *plan.Subquery:
		return e.Kind == plan.AnySubquery && e.Op == "=" && len(e.X) == 1 && isCol(e.X[0], c) && lookup(e.Root)
	case *plan.Call:
		switch e.Fn {
		case "=", "<>", "<", "<=", ">", ">=":
			return isCol(e.Args[0], c) && k.fixed(e.Args[1]) || isCol(e.Args[1], c) && k.fixed(e.Args[0])
		case "like", "ilike", "starts_with":
			return isCol(e.Args[0], c) && total(e) && every(e.Args[1:], k.fixed)
		}
	}
	return false
}

func isCol(e plan.Expr, c *plan.Col) bool {
	x, ok := e.(*plan.Col)
	return ok && x.Column.ID == c.Column.ID
}

// fixed reports an expression that is the same for all rows of the tree, and no error.
func (k *knowledge) fixed(e plan.Expr) bool {
	used := columnIDs{}
	plan.ColumnsOf(e, used)
	return len(common(used, k.in.offered)) == 0 && total(e)
}

// lookup reports a subquery that reads nothing from around it, chooses rows and does nothing else, and raises no error.
func lookup(root plan.Node) bool {
	simple := len(plan.Free(root)) == 0
	plan.Visit(root, func(n plan.Node) {
		switch n.(type) {
		case *plan.Scan, *plan.Filter, *plan.Project, *plan.Join, *plan.Sort:
			simple = simple && every(plan.Expressions(n), total)
		default:
			simple = false
		}
	})
	return simple
}
