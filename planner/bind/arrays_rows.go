package bind

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// arrayAgg binds the arguments and the order of array_agg: it is string_agg of the elements as they stand in an array's text,
// which arrayOfItems puts braces around.
func (b *binder) arrayAgg(e *ast.FuncCall, v *env, agg *plan.Agg) error {
	if e.Star || len(e.Args) != 1 {
		return errorAt(e, "42883", "function array_agg takes one argument")
	}
	x, err := b.typed(e.Args[0], v)
	if err != nil {
		return err
	}
	if err := collectable(e, x.Type()); err != nil {
		return err
	}
	agg.Args = []plan.Expr{x}
	order, err := b.aggregateOrder(e, v, agg)
	if err != nil {
		return err
	}
	if e.Distinct {
		if err := distinctItems(e, x.Type()); err != nil {
			return err
		}
		order = []plan.WindowKey{{Expr: itemText(x)}}
	}
	*agg = itemsOf(x, order)
	agg.Distinct = e.Distinct
	return nil
}

// distinctItems refuses the types of which DISTINCT cannot tell values apart.
func distinctItems(at ast.Node, t plan.Type) error {
	switch t.Kind {
	case plan.JSON:
		return errorAt(at, "42883", "could not identify an equality operator for type json")
	case plan.JSONB, plan.Array:
		return unsupported(at, "array_agg(DISTINCT) of "+t.String())
	}
	return nil
}

// collectable refuses the types of which there are no arrays.
func collectable(at ast.Node, t plan.Type) error {
	if t.Kind == plan.Bpchar {
		return unsupported(at, "an array of "+t.Kind.String())
	}
	return nil
}

// itemText is an element as it stands between an array's commas; of NULL it is the word.
func itemText(x plan.Expr) plan.Expr {
	return &plan.Call{Fn: "array_item", Args: []plan.Expr{x}, T: plan.T(plan.Text)}
}

func itemsOf(x plan.Expr, order []plan.WindowKey) plan.Agg {
	return plan.Agg{Fn: "string_agg", Args: []plan.Expr{itemText(x), text(",")}, Order: order, T: plan.T(plan.Text)}
}

// arrayOfItems makes the array of what itemsOf gathered of values of a type; of no rows it is NULL.
func arrayOfItems(items plan.Expr, t plan.Type) plan.Expr {
	fn := "array_of_items"
	if t.Kind == plan.Array {
		fn = "array_of_arrays"
	}
	return &plan.Call{Fn: fn, Args: []plan.Expr{items}, T: plan.ArrayOf(t)}
}

// arrayAggResult is what array_agg gives, of the column that holds the gathered items.
func (b *binder) arrayAggResult(e *ast.FuncCall, agg plan.Agg, gathered plan.Expr) plan.Expr {
	t := agg.Args[0].(*plan.Call).Args[0].Type()
	x := arrayOfItems(gathered, t)
	if !e.Distinct {
		return x
	}
	desc, nullsFirst := false, false
	if len(e.OrderBy) > 0 {
		o := e.OrderBy[0]
		desc, nullsFirst = o.Desc, o.Desc
		if o.Nulls != ast.NullsDefault {
			nullsFirst = o.Nulls == ast.NullsFirst
		}
	}
	return &plan.Call{Fn: "array_sorted", Args: []plan.Expr{x, text(specLetters(desc, nullsFirst))}, T: x.Type()}
}

// arrayExtreme binds min and max of arrays: all different ones are gathered as texts, and one is picked.
func (b *binder) arrayExtreme(agg plan.Agg, v *env) (plan.Expr, error) {
	x := agg.Args[0]
	t := x.Type()
	own := itemsOf(castTo(x, plan.T(plan.Text)), nil)
	own.Distinct, own.Order = true, []plan.WindowKey{{Expr: own.Args[0]}}
	known := plan.Expr(&plan.IsNull{X: x, Not: true})
	if agg.Filter != nil {
		known = &plan.And{Args: []plan.Expr{agg.Filter, known}}
	}
	own.Filter = known
	texts := arrayOfItems(col(v.aggs.column(b, own)), plan.T(plan.Text))
	return &plan.Call{Fn: "array_extreme", Args: []plan.Expr{texts, text(agg.Fn)}, T: t}, nil
}

// arraySubquery binds ARRAY(query): the values of its one column in its order, the empty array for no rows.
func (b *binder) arraySubquery(e *ast.ArraySubquery, v *env) (plan.Expr, error) {
	q, err := b.inner(e.Query, v)
	if err != nil {
		return nil, err
	}
	if len(q.Output) != 1 {
		return nil, errorAt(e, "42601", "subquery must return only one column")
	}
	x := col(q.Output[0])
	if err := collectable(e, x.Type()); err != nil {
		return nil, err
	}
	root, order := unsorted(q.Root)
	agg := itemsOf(x, order)
	gathered := b.newColumn(agg.Fn, agg.T)
	all := arrayOfItems(col(gathered), x.Type())
	empty := &plan.Const{Text: "{}", T: all.Type()}
	value := b.newColumn("array", all.Type())
	root = &plan.Project{Input: &plan.Aggregate{Input: root, Aggs: []plan.AggAssign{{Col: gathered, Agg: agg}}},
		Items: []plan.Assign{{Col: value, Expr: &plan.Call{Fn: "coalesce", Args: []plan.Expr{all, empty}, T: all.Type()}}}}
	return &plan.Subquery{Kind: plan.ScalarSubquery, Root: root, Output: []plan.Column{value}, T: value.Type}, nil
}

// unsorted takes the order off a query, to give it to an aggregate over its rows; one that LIMIT needs stays below as well.
func unsorted(root plan.Node) (plan.Node, []plan.WindowKey) {
	top := root
	if p, ok := top.(*plan.Project); ok { // what hides the columns that are only sorted by
		top = p.Input
	}
	limited := false
	sorted := top
	if l, ok := top.(*plan.Limit); ok {
		sorted, limited = l.Input, true
	}
	s, ok := sorted.(*plan.Sort)
	if !ok {
		return root, nil
	}
	if p, hides := root.(*plan.Project); hides && slices.ContainsFunc(p.Items, func(a plan.Assign) bool { return !isColumn(a.Expr, a.Col.ID) }) {
		return root, nil
	}
	if !limited {
		top = s.Input
	}
	return top, windowKeys(s.Keys)
}

// arrayAmong refuses comparisons of arrays with the rows of a subquery that a comparison of their texts would get wrong.
func arrayAmong(at ast.Node, op string, t plan.Type) error {
	if t.Kind == plan.Array && op != "=" && op != "<>" {
		return unsupported(at, "comparing "+t.String()+" with a subquery by "+op)
	}
	return groupable(at, "comparing with a subquery", t)
}

// aggregatedArray refuses aggregates over arrays whose values they could not tell apart or order.
func aggregatedArray(at ast.Node, e *ast.FuncCall, t plan.Type) error {
	switch {
	case t.Kind != plan.Array:
		return nil
	case e.Distinct && e.Name == "count":
		return groupable(at, "count(DISTINCT) of", t)
	case e.Name == "min" || e.Name == "max":
		if e.Over != nil {
			return unsupported(at, e.Name+" of "+t.String()+" as a window function")
		}
		return comparableElements(at, e.Name, t)
	}
	return nil
}

// severalPercentiles binds a percentile with ARRAY[…] of fractions: an array of the percentiles, NULL if there is no value.
func (b *binder) severalPercentiles(e *ast.FuncCall, v *env) (x plan.Expr, ok bool, err error) {
	at := 0 // the fraction's place
	switch {
	case e.Name == "approx_percentile" && len(e.Args) > 1:
		at = 1
	case e.Name != "percentile_cont" && e.Name != "percentile_disc" || len(e.Args) != 1:
		return nil, false, nil
	}
	list, ok := e.Args[at].(*ast.Array)
	if !ok || len(list.Items) == 0 {
		return nil, false, nil
	}
	one := func(fraction ast.Expr) (plan.Expr, error) {
		call := *e
		call.Args = slices.Clone(e.Args)
		call.Args[at] = fraction
		return b.aggregate(&call, v)
	}
	least, err := one(&ast.Literal{Pos: list.Pos, Kind: ast.LitNumeric, Text: "0.0"})
	if err != nil {
		return nil, true, err
	}
	items := make([]plan.Expr, len(list.Items))
	for i, it := range list.Items {
		if _, nested := it.(*ast.Array); nested {
			return nil, true, unsupported(it, e.Name+" with an array of several dimensions")
		}
		if items[i], err = one(it); err != nil {
			return nil, true, err
		}
	}
	t := plan.ArrayOf(items[0].Type())
	return &plan.Case{T: t, Else: &plan.Call{Fn: "array", Args: items, T: t},
		Whens: []plan.When{{Cond: &plan.IsNull{X: least}, Then: &plan.Const{Null: true, T: t}}}}, true, nil
}
