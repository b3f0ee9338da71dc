package bind

import (
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// rowItems binds what stands for a row: ROW(…) or (…, …), a table's name, or its name and a star. names are those of the
// fields; ok is false for anything else.
func (b *binder) rowItems(e ast.Expr, v *env) (items []plan.Expr, names []string, ok bool, err error) {
	switch e := e.(type) {
	case *ast.Row:
		items, err = b.exprs(e.Items, v)
		return items, nil, true, err
	case *ast.Star:
		if len(e.Table) == 1 {
			items, names, err = b.wholeRow(e, e.Table[0], v)
			return items, names, true, err
		}
	case *ast.ColumnRef:
		if len(e.Parts) != 1 || v.scope.table(e.Parts[0]) == nil {
			return nil, nil, false, nil
		}
		if x, err := v.scope.lookup(e, "", e.Parts[0]); err != nil || x != nil {
			return nil, nil, false, nil // a column of that name
		}
		items, names, err = b.wholeRow(e, e.Parts[0], v)
		return items, names, true, err
	}
	return nil, nil, false, nil
}

// wholeRow gives the columns of a table, where no outer join can have made a row of it that is not there.
func (b *binder) wholeRow(at ast.Node, table string, v *env) (items []plan.Expr, names []string, err error) {
	if v.scope.table(table) == nil {
		return nil, nil, errorAt(at, "42P01", "missing FROM-clause entry for table %q", table)
	}
	if v.scope.outerJoined {
		return nil, nil, unsupported(at, "a whole-row reference in a query with an outer join")
	}
	for _, c := range v.scope.cols {
		switch {
		case c.table != table:
		case c.problem != "":
			return nil, nil, errorAt(at, c.state, "the row includes column %q of table %q, which cannot be used: %s", c.name, table, c.problem)
		default:
			items, names = append(items, b.place(c.expr, at)), append(names, c.name)
		}
	}
	if len(items) == 0 {
		return nil, nil, unsupported(at, "a whole-row reference to a table without columns")
	}
	return items, names, nil
}

// rowIsNull binds row IS [NOT] NULL: all fields are.
func (b *binder) rowIsNull(e *ast.IsNull, items []plan.Expr) (plan.Expr, error) {
	all := &plan.And{}
	for _, x := range items {
		y, err := b.jsonArgument(e, x)
		if err != nil {
			return nil, err
		}
		all.Args = append(all.Args, &plan.IsNull{X: y, Not: e.Not})
	}
	return all, nil
}

// rowDistinct binds a IS [NOT] DISTINCT FROM b for rows: some fields are.
func (b *binder) rowDistinct(e *ast.IsDistinct, l, r []plan.Expr) (plan.Expr, error) {
	if err := sameLength(e, l, r); err != nil {
		return nil, err
	}
	some := &plan.Or{}
	for i := range l {
		args, err := b.comparable(e, "=", []plan.Expr{l[i], r[i]})
		if err != nil {
			return nil, err
		}
		some.Args = append(some.Args, &plan.Call{Fn: "is_distinct", Args: args, T: plan.T(plan.Bool)})
	}
	return negate(some, e.Not), nil
}

// recordCall makes the JSON of names, which are literals, and values in turn.
const recordCall = "json.record"

// recordJSON is the JSON of a row as to_json and row_to_json write it; ok is false for what is none.
func (b *binder) recordJSON(e ast.Expr, v *env) (x plan.Expr, ok bool, err error) {
	items, names, ok, err := b.rowItems(e, v)
	if !ok || err != nil {
		return nil, ok, err
	}
	call := &plan.Call{Fn: recordCall, T: plan.T(plan.JSON)}
	for i, it := range items {
		name := "f" + itoa(i+1)
		if names != nil {
			name = names[i]
		}
		if it, err = b.jsonArgument(e, it); err != nil {
			return nil, true, err
		}
		call.Args = append(call.Args, text(name), it)
	}
	return call, true, nil
}

// recordFunctions make JSON of a row; the others of their arguments are not rows.
var recordFunctions = map[string]plan.Kind{"row_to_json": plan.JSON, "to_json": plan.JSON, "to_jsonb": plan.JSONB}

// rowToJSON binds a call of such a function over a row; ok is false for any other.
func (b *binder) rowToJSON(e *ast.FuncCall, v *env) (x plan.Expr, ok bool, err error) {
	to, is := recordFunctions[e.Name]
	if !is || len(e.Args) != 1 {
		return nil, false, nil
	}
	x, ok, err = b.recordJSON(e.Args[0], v)
	if err != nil || !ok {
		return nil, ok, err
	}
	return castTo(x, plan.T(to)), true, nil
}
