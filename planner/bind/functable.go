package bind

import (
	"math/big"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// seriesOverloads are the signatures of generate_series; of two that fit equally well PostgreSQL prefers the first.
var seriesOverloads = []overload{
	returns(plan.Int4, plan.Int4, plan.Int4), returns(plan.Int4, plan.Int4, plan.Int4, plan.Int4),
	returns(plan.Int8, plan.Int8, plan.Int8), returns(plan.Int8, plan.Int8, plan.Int8, plan.Int8),
	numericOverload(wide, plan.Numeric, plan.Numeric), numericOverload(wide, plan.Numeric, plan.Numeric, plan.Numeric),
	returns(plan.TimestampTZ, plan.TimestampTZ, plan.TimestampTZ, plan.Interval),
	returns(plan.Timestamp, plan.Timestamp, plan.Timestamp, plan.Interval),
}

// funcTable binds a function in FROM, which sees the items on its left: generate_series, or a function of one value, which is
// a table of one row.
func (b *binder) funcTable(t *ast.FuncTable) (plan.Node, *scope, error) {
	call, ok := t.Funcs[0].(*ast.FuncCall)
	switch {
	case t.RowsFrom || len(t.Funcs) > 1:
		return nil, nil, unsupported(t, "ROWS FROM")
	case len(t.Columns) > 0:
		return nil, nil, unsupported(t, "a column definition list")
	case !ok:
		return nil, nil, unsupported(t, "this function in FROM")
	}
	q, err := beside(b, func() (*Query, error) {
		if call.Name == "generate_series" && (call.Schema == "" || call.Schema == "pg_catalog") {
			return b.series(call, t.WithOrdinality)
		}
		if rowFunctions[call.Name] && (call.Schema == "" || call.Schema == "pg_catalog") {
			args, err := b.exprs(call.Args, &env{scope: &scope{}, clause: fromFunctions})
			if err != nil {
				return nil, err
			}
			return b.rowFunction(call, args, t.WithOrdinality)
		}
		return b.oneValue(call, t.WithOrdinality)
	})
	if err != nil {
		return nil, nil, err
	}
	alias, names := t.Alias, t.ColumnAliases
	if alias == "" {
		alias = call.Name
	}
	_, rest, isJSON := jsonRowFunction(call.Name)
	if len(names) == 0 && !(call.Name == "unnest" && len(call.Args) > 1) && !(isJSON && rest != "object_keys") {
		names = []string{alias}
	}
	return b.renamed(t, q, alias, names)
}

const fromFunctions = "functions in FROM"

func (b *binder) oneValue(call *ast.FuncCall, ordinality bool) (*Query, error) {
	x, err := b.typed(call, &env{scope: &scope{}, clause: fromFunctions})
	if err != nil {
		return nil, err
	}
	items := []plan.Assign{{Col: b.newColumn(call.Name, x.Type()), Expr: x}}
	if ordinality {
		one := &plan.Const{Text: "1", T: plan.T(plan.Int8)}
		items = append(items, plan.Assign{Col: b.newColumn("ordinality", one.T), Expr: one})
	}
	n := &plan.Project{Input: &plan.OneRow{}, Items: items}
	return &Query{Root: n, Output: n.Columns()}, nil
}

func (b *binder) series(call *ast.FuncCall, ordinality bool) (*Query, error) {
	if call.Distinct || call.Star || call.Filter != nil || len(call.OrderBy) > 0 || call.WithinGroup || call.Over != nil {
		return nil, errorAt(call, "42809", "generate_series is not an aggregate function")
	}
	args, err := b.exprs(call.Args, &env{scope: &scope{}, clause: fromFunctions})
	if err != nil {
		return nil, err
	}
	return b.seriesOver(call, args, ordinality)
}

// seriesOver is generate_series over bound arguments.
func (b *binder) seriesOver(call *ast.FuncCall, args []plan.Expr, ordinality bool) (*Query, error) {
	o := choose(seriesOverloads, args)
	switch {
	case o == nil:
		return nil, noSuchFunction(call, call.Name, args)
	case o.args[0] == plan.Int4 && !slices.ContainsFunc(args, func(x plan.Expr) bool { return x.Type().Kind == plan.Int4 }):
		return nil, errorAt(call, "42725", "function generate_series over these arguments is not unique: cast them")
	}
	x, err := b.apply(call, call.Name, o, args)
	if err != nil {
		return nil, err
	}
	args = x.(*plan.Call).Args
	for i, a := range args {
		if p, ok := a.(*plan.Param); ok {
			v := b.valueOf(p.N)
			args[i] = &plan.Const{Text: v.Text, Null: v.Null, T: p.T}
		}
	}
	if len(args) == 2 {
		args = append(args, &plan.Const{Text: "1", T: plan.T(o.args[0])})
	}
	n := &plan.Series{Args: args, Cols: []plan.Column{b.newColumn(call.Name, x.Type())}}
	if ordinality {
		n.Cols = append(n.Cols, b.newColumn("ordinality", plan.T(plan.Int8)))
	}
	if x.Type().Kind == plan.Numeric {
		return b.numericSeries(call, n)
	}
	if err := checkStep(call, args[2]); err != nil {
		return nil, err
	}
	return &Query{Root: n, Output: n.Cols}, nil
}

// checkStep refuses steps that lead nowhere, and those of which nobody knows where they lead.
func checkStep(at ast.Node, step plan.Expr) error {
	c, ok := step.(*plan.Const)
	interval := step.Type().Kind == plan.Interval
	switch {
	case !ok && interval:
		return unsupported(at, "generate_series with a step that is not a constant interval")
	case !ok || c.Null:
		return nil
	}
	text := strings.Map(func(r rune) rune {
		if r == '-' || r >= '0' && r <= '9' || r == ' ' {
			return r
		}
		return -1
	}, c.Text)
	back, on := false, false
	for _, word := range strings.Fields(text) {
		if strings.Trim(word, "-0") != "" {
			back, on = back || word[0] == '-', on || word[0] != '-'
		}
	}
	switch {
	case back && on:
		return unsupported(at, "generate_series with a step whose parts have different signs")
	case !back && !on:
		return errorAt(at, "22023", "step size cannot equal zero")
	}
	return nil
}

// numericSeries counts with integers: start + i * step.
func (b *binder) numericSeries(at ast.Node, n *plan.Series) (*Query, error) {
	var v [3]*big.Rat
	empty := false
	for i, a := range n.Args {
		c, ok := a.(*plan.Const)
		if !ok {
			return nil, unsupported(at, "generate_series of numerics that are not constants")
		}
		if empty = empty || c.Null; c.Null {
			continue
		}
		if v[i], ok = new(big.Rat).SetString(c.Text); !ok {
			return nil, errorAt(at, "22023", "%s value cannot be NaN or infinity", [...]string{"start", "stop", "step size"}[i])
		}
	}
	steps := big.NewInt(-1)
	if !empty {
		if v[2].Sign() == 0 {
			return nil, errorAt(at, "22023", "step size cannot equal zero")
		}
		r := new(big.Rat).Quo(new(big.Rat).Sub(v[1], v[0]), v[2])
		if steps = new(big.Int).Quo(r.Num(), r.Denom()); r.Sign() < 0 {
			steps = big.NewInt(-1)
		}
		if !steps.IsInt64() {
			return nil, errorAt(at, "54000", "generate_series of more than 2^63 numbers")
		}
	}
	int8 := plan.T(plan.Int8)
	i := b.newColumn("i", int8)
	count := &plan.Series{Cols: []plan.Column{i}, Args: []plan.Expr{&plan.Const{Text: "0", T: int8}, &plan.Const{Text: steps.String(), T: int8},
		&plan.Const{Text: "1", T: int8}}}
	value, err := b.binaryOp(at, "*", col(i), n.Args[2])
	if err == nil {
		value, err = b.binaryOp(at, "+", n.Args[0], value)
	}
	if err != nil {
		return nil, err
	}
	items := []plan.Assign{{Col: n.Cols[0], Expr: numericAs(value, n.Cols[0].Type)}}
	if len(n.Cols) > 1 {
		number, err := b.binaryOp(at, "+", col(i), &plan.Const{Text: "1", T: int8})
		if err != nil {
			return nil, err
		}
		items = append(items, plan.Assign{Col: n.Cols[1], Expr: number})
	}
	return &Query{Root: &plan.Project{Input: count, Items: items}, Output: n.Cols}, nil
}
