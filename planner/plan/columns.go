package plan

import "slices"

// Offers reports whether n has a column of the ID. It does not have each join of many list the columns of all below it.
func Offers(n Node, id int) bool {
	switch n.(type) {
	case *Filter, *Join, *Sort, *Limit: // which hand on all columns of their inputs
		return slices.ContainsFunc(n.Inputs(), func(in Node) bool { return Offers(in, id) })
	}
	return slices.ContainsFunc(n.Columns(), func(c Column) bool { return c.ID == id })
}

// PassOn makes items, or groups, that only hand the columns on.
func PassOn(cols []Column) []Assign {
	items := make([]Assign, len(cols))
	for i, c := range cols {
		items[i] = Assign{Col: c, Expr: &Col{Column: c}}
	}
	return items
}

// Exactly makes n offer the columns given, in their order, which set operations match by; n itself if it does.
func Exactly(n Node, cols []Column) Node {
	if slices.EqualFunc(n.Columns(), cols, func(a, b Column) bool { return a.ID == b.ID }) {
		return n
	}
	return &Project{Input: n, Items: PassOn(cols)}
}

// LastColumn returns the greatest ID among the columns of a tree and of the subqueries in it, 0 if there is none.
func LastColumn(root Node) int {
	last := 0
	VisitAll(root, func(n Node) {
		switch n.(type) {
		case *Filter, *Join, *Sort, *Limit:
			return // whose columns are those of the inputs, and of many joins take long to list
		}
		for _, c := range n.Columns() {
			last = max(last, c.ID)
		}
	})
	return last
}
