package plan

// expressions lists every expression of the aggregate.
func (a Agg) expressions() []Expr {
	out := append([]Expr(nil), a.Args...)
	for _, k := range a.Order {
		out = append(out, k.Expr)
	}
	if a.Filter != nil {
		out = append(out, a.Filter)
	}
	return out
}

// mapped returns the aggregate with f applied to each of its expressions.
func (a Agg) mapped(f func(Expr) Expr) Agg {
	a.Args, a.Order = mapList(a.Args, f), mapKeys(a.Order, f)
	if a.Filter != nil {
		a.Filter = f(a.Filter)
	}
	return a
}

func mapKeys(list []WindowKey, f func(Expr) Expr) []WindowKey {
	if len(list) == 0 {
		return nil
	}
	out := make([]WindowKey, len(list))
	for i, k := range list {
		out[i] = WindowKey{f(k.Expr), k.Desc, k.NullsFirst}
	}
	return out
}

// formatOrder prints the ORDER BY of an aggregate, if it has one.
func formatOrder(list []WindowKey) string {
	if len(list) == 0 {
		return ""
	}
	return " ORDER BY " + join(list, formatWindowKey, ", ")
}

// MergeOrder is one item of the order in which a merge takes the values of an aggregate.
type MergeOrder struct {
	SortKey     // its column is among the partials
	Arg     int // the argument that it is, negative for none
}

func formatMerge(a MergeAgg) string {
	s := columnNames(a.Partials)
	if a.Distinct {
		s = "distinct " + s
	}
	if a.Constant != nil {
		s += ", " + Format(a.Constant)
	}
	if len(a.Order) > 0 {
		s += " order by " + join(a.Order, func(o MergeOrder) string { return FormatKey(o.SortKey) }, ", ")
	}
	return a.Col.Name + "=" + a.Fn + "(" + s + ")" + a.Sketch.String()
}
