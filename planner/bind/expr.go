package bind

import (
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/scalar"
)

// env is where an expression stands.
type env struct {
	scope  *scope
	clause string  // for messages: the clause in which aggregates are not allowed
	aggs   *aggSet // where aggregates are collected; nil where they are not allowed
	// windows is where window functions are collected; nil where they are not allowed
	windows *windowSet
	// spread is where functions that give rows are collected; nil where they are not allowed
	spread *spread
}

// condition binds an expression that must be boolean.
func (b *binder) condition(e ast.Expr, v *env) (plan.Expr, error) {
	x, err := b.expr(e, v)
	if err != nil {
		return nil, err
	}
	return b.boolean(e, x, v.clause)
}

func (b *binder) boolean(at ast.Node, x plan.Expr, where string) (plan.Expr, error) {
	switch x.Type().Kind {
	case plan.Bool:
		return x, nil
	case plan.Unknown:
		return b.coerce(at, x, plan.T(plan.Bool))
	}
	return nil, errorAt(at, "42804", "argument of %s must be type boolean, not type %s", where, x.Type().Kind)
}

// typed binds an expression and gives a literal of unknown type the type text.
func (b *binder) typed(e ast.Expr, v *env) (plan.Expr, error) {
	x, err := b.expr(e, v)
	if err == nil && x.Type().Kind == plan.Unknown {
		return b.coerce(e, x, plan.T(plan.Text))
	}
	return x, err
}

func (b *binder) exprs(list []ast.Expr, v *env) ([]plan.Expr, error) {
	out := make([]plan.Expr, len(list))
	for i, e := range list {
		x, err := b.expr(e, v)
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return out, nil
}

// expr binds an expression; the result may be a literal or parameter of type Unknown.
func (b *binder) expr(e ast.Expr, v *env) (plan.Expr, error) {
	switch e := e.(type) {
	case *ast.ColumnRef:
		return b.resolve(e, v.scope)
	case *ast.Literal:
		x, err := literal(e)
		if e.Kind == ast.LitString && err == nil {
			b.at[x] = e.Position()
		}
		return x, err
	case *ast.Param:
		return b.param(e)
	case *ast.Binary:
		if l, ok := e.L.(*ast.Row); ok {
			return b.rowComparison(e, l, v)
		}
		return b.binary(e, v)
	case *ast.Unary:
		return b.unary(e, v)
	case *ast.And:
		args, err := b.conditions(e.Args, v, "AND")
		return &plan.And{Args: args}, err
	case *ast.Or:
		args, err := b.conditions(e.Args, v, "OR")
		return &plan.Or{Args: args}, err
	case *ast.Not:
		args, err := b.conditions([]ast.Expr{e.X}, v, "NOT")
		if err != nil {
			return nil, err
		}
		return &plan.Not{X: args[0]}, nil
	case *ast.IsNull:
		if items, _, ok, err := b.rowItems(e.X, v); ok {
			if err != nil {
				return nil, err
			}
			return b.rowIsNull(e, items)
		}
		x, err := b.typed(e.X, v)
		return &plan.IsNull{X: x, Not: e.Not}, err
	case *ast.IsBool:
		return b.isBool(e, v)
	case *ast.IsDistinct:
		return b.isDistinct(e, v)
	case *ast.Like:
		return b.like(e, v)
	case *ast.Between:
		return b.between(e, v)
	case *ast.In:
		if row, ok := e.X.(*ast.Row); ok {
			return b.rowIn(e, row, v)
		}
		return b.in(e, v)
	case *ast.SimilarTo:
		return b.similarTo(e, v)
	case *ast.Case:
		return b.caseExpr(e, v)
	case *ast.Cast:
		return b.castExpr(e, v)
	case *ast.Extract:
		x, err := b.expr(e.X, v)
		if err != nil {
			return nil, err
		}
		return b.function(e, "extract", []plan.Expr{text(e.Field), x})
	case *ast.FuncCall:
		return b.call(e, v)
	case *ast.Collate:
		return b.collate(e, v)
	case *ast.ScalarSubquery:
		return b.scalarSubquery(e, v)
	case *ast.Exists:
		return b.exists(e, v)
	case *ast.InSubquery:
		return b.inSubquery(e, v)
	case *ast.Quantified:
		return b.quantified(e, v)
	case *ast.Array:
		return b.array(e, v, plan.T(plan.Unknown))
	case *ast.Subscript:
		return b.subscript(e, v)
	case *ast.ArraySubquery:
		return b.arraySubquery(e, v)
	}
	return nil, unsupported(e, describe(e))
}

func (b *binder) conditions(list []ast.Expr, v *env, op string) ([]plan.Expr, error) {
	out := make([]plan.Expr, len(list))
	for i, e := range list {
		x, err := b.expr(e, v)
		if err != nil {
			return nil, err
		}
		if out[i], err = b.boolean(e, x, op); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// describe names an expression that the binder does not know, for a message.
func describe(e ast.Expr) string {
	switch e.(type) {
	case *ast.Row:
		return "a row value"
	case *ast.Collate:
		return "COLLATE"
	case *ast.Star:
		return "* at this place"
	case *ast.FieldSelect:
		return "selecting a field"
	case *ast.GroupingSet:
		return "GROUPING SETS"
	}
	return "this expression"
}

func text(s string) plan.Expr { return &plan.Const{Text: s, T: plan.T(plan.Text)} }

func literal(e *ast.Literal) (plan.Expr, error) {
	switch e.Kind {
	case ast.LitNull:
		return &plan.Const{Null: true}, nil
	case ast.LitBool:
		return &plan.Const{Text: e.Text, T: plan.T(plan.Bool)}, nil
	case ast.LitInt:
		t := plan.T(plan.Int8)
		if _, err := strconv.ParseInt(e.Text, 10, 32); err == nil {
			t = plan.T(plan.Int4)
		}
		return &plan.Const{Text: e.Text, T: t}, nil
	case ast.LitNumeric:
		text, err := scalar.Canonical("numeric", e.Text)
		if err != nil {
			return nil, invalidText(e, e.Text, plan.T(plan.Numeric), err)
		}
		return &plan.Const{Text: text, T: numericTypeOf(text)}, nil
	case ast.LitString:
		return &plan.Const{Text: e.Text}, nil
	}
	return nil, unsupported(e, "a bit string")
}

// numericTypeOf gives the least numeric type that holds a literal; anything but digits and a point is unconstrained.
func numericTypeOf(s string) plan.Type {
	s = strings.TrimLeft(s, "+-")
	whole, frac, _ := strings.Cut(s, ".")
	for _, part := range []string{whole, frac} {
		for i := 0; i < len(part); i++ {
			if part[i] < '0' || part[i] > '9' {
				return plan.T(plan.Numeric)
			}
		}
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" && frac == "" {
		return plan.NumericType(1, 0)
	}
	return plan.NumericType(len(whole)+len(frac), len(frac))
}

// param gives a parameter; its type is what its first use makes of it.
func (b *binder) param(e *ast.Param) (plan.Expr, error) {
	if e.N < 1 || e.N > len(b.opts.Params) {
		return nil, errorAt(e, "42P02", "there is no parameter $%d: the query was given %d", e.N, len(b.opts.Params))
	}
	b.used = max(b.used, e.N)
	if c := b.spelled[e.N]; c != nil {
		return c, nil
	}
	x := &plan.Param{N: e.N, T: b.params[e.N-1]}
	b.at[x] = e.Position()
	return x, nil
}

func (b *binder) unary(e *ast.Unary, v *env) (plan.Expr, error) {
	x, err := b.expr(e.X, v)
	if err != nil {
		return nil, err
	}
	if c, ok := x.(*plan.Const); ok && e.Op == "-" && !c.Null && c.T.IsNumber() && !strings.HasPrefix(c.Text, "-") {
		return negative(c), nil
	}
	if x.Type().Kind == plan.Unknown {
		if x, err = b.coerce(e, x, plan.T(plan.Float8)); err != nil {
			return nil, err
		}
	}
	t := x.Type()
	switch {
	case e.Op == "+" && t.IsNumber():
		return x, nil
	case e.Op == "-" && (t.IsNumber() || t.Kind == plan.Interval):
		return &plan.Call{Fn: "neg", Args: []plan.Expr{x}, T: t}, nil
	case e.Op == "~" && t.IsInteger():
		return &plan.Call{Fn: "~", Args: []plan.Expr{x}, T: t}, nil
	case e.Op == "@" && t.IsNumber():
		return b.function(e, "abs", []plan.Expr{x})
	case e.Op == "||/" && t.IsNumber():
		return b.function(e, "cbrt", []plan.Expr{castTo(x, plan.T(plan.Float8))})
	case e.Op == "|/" && t.IsNumber():
		return b.function(e, "sqrt", []plan.Expr{castTo(x, plan.T(plan.Float8))})
	}
	return nil, errorAt(e, "42883", "operator does not exist: %s %s", e.Op, t.Kind)
}

// negative folds a sign into a literal.
func negative(c *plan.Const) plan.Expr { return retyped(&plan.Const{Text: "-" + c.Text, T: c.T}, c.T) }

// collate accepts the collation that all text has here.
func (b *binder) collate(e *ast.Collate, v *env) (plan.Expr, error) {
	x, err := b.typed(e.X, v)
	if err != nil {
		return nil, err
	}
	if x.Type().Kind != plan.Text {
		return nil, errorAt(e, "42804", "collations are not supported by type %s", x.Type().Kind)
	}
	switch e.Name {
	case "C", "POSIX", "ucs_basic", "default":
		return x, nil
	}
	return nil, unsupported(e, "collation "+e.Name)
}

func (b *binder) isBool(e *ast.IsBool, v *env) (plan.Expr, error) {
	args, err := b.conditions([]ast.Expr{e.X}, v, "IS")
	if err != nil {
		return nil, err
	}
	if e.Test == ast.TestUnknown {
		return &plan.IsNull{X: args[0], Not: e.Not}, nil
	}
	return &plan.IsBool{X: args[0], Value: e.Test == ast.TestTrue, Not: e.Not}, nil
}

func (b *binder) isDistinct(e *ast.IsDistinct, v *env) (plan.Expr, error) {
	if l, _, ok, err := b.rowItems(e.L, v); ok {
		if err != nil {
			return nil, err
		}
		r, _, ok, err := b.rowItems(e.R, v)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, unsupported(e.R, "a row value compared with what is none")
		}
		return b.rowDistinct(e, l, r)
	}
	args, err := b.exprs([]ast.Expr{e.L, e.R}, v)
	if err != nil {
		return nil, err
	}
	if args, err = b.comparable(e, "=", args); err != nil {
		return nil, err
	}
	fn := "is_distinct"
	if e.Not {
		fn = "is_not_distinct"
	}
	return &plan.Call{Fn: fn, Args: args, T: plan.T(plan.Bool)}, nil
}

func (b *binder) like(e *ast.Like, v *env) (plan.Expr, error) {
	fn := "like"
	if e.CaseInsensitive {
		fn = "ilike"
	}
	return b.matched(fn, "LIKE", e.X, e.Pattern, e.Escape, e.Not, v)
}

// matched binds a text and a pattern, which operator compares; escape may be nil.
func (b *binder) matched(fn, operator string, x, pattern, escape ast.Expr, not bool, v *env) (plan.Expr, error) {
	list := []ast.Expr{x, pattern}
	if escape != nil {
		list = append(list, escape)
	}
	args, err := b.exprs(list, v)
	if err != nil {
		return nil, err
	}
	for i, a := range args {
		if i == 0 && a.Type().Kind == plan.Bpchar { // whose blanks count here
			continue
		}
		if k := a.Type().Kind; k != plan.Text && k != plan.Unknown && k != plan.Bpchar {
			return nil, errorAt(list[i], "42883", "operator does not exist: %s on type %s", operator, k)
		}
		if args[i], err = b.coerce(list[i], a, plan.T(plan.Text)); err != nil {
			return nil, err
		}
	}
	return negate(&plan.Call{Fn: fn, Args: args, T: plan.T(plan.Bool)}, not), nil
}

func negate(e plan.Expr, not bool) plan.Expr {
	if not {
		return &plan.Not{X: e}
	}
	return e
}

func (b *binder) between(e *ast.Between, v *env) (plan.Expr, error) {
	args, err := b.exprs([]ast.Expr{e.X, e.Lo, e.Hi}, v)
	if err != nil {
		return nil, err
	}
	x, err := b.within(e, args[0], args[1], args[2])
	if err == nil && e.Symmetric {
		var other plan.Expr
		if other, err = b.within(e, args[0], args[2], args[1]); err == nil {
			x = &plan.Or{Args: []plan.Expr{x, other}}
		}
	}
	if err != nil {
		return nil, err
	}
	return negate(x, e.Not), nil
}

func (b *binder) within(at ast.Node, x, lo, hi plan.Expr) (plan.Expr, error) {
	low, err := b.binaryOp(at, ">=", x, lo)
	if err != nil {
		return nil, err
	}
	high, err := b.binaryOp(at, "<=", x, hi)
	if err != nil {
		return nil, err
	}
	return &plan.And{Args: []plan.Expr{low, high}}, nil
}

func (b *binder) in(e *ast.In, v *env) (plan.Expr, error) {
	args, err := b.exprs(append([]ast.Expr{e.X}, e.List...), v)
	if err != nil {
		return nil, err
	}
	pair := commonType
	if len(e.List) > 1 && !readsColumns(args[1:]) { // PostgreSQL makes an array of them, which has one type
		pair = resultType
	}
	if args, err = b.comparableBy(pair, e, "=", args); err != nil {
		return nil, err
	}
	return &plan.In{X: args[0], List: args[1:], Not: e.Not}, nil
}

func readsColumns(list []plan.Expr) bool {
	read := map[int]bool{}
	for _, x := range list {
		plan.ColumnsOf(x, read)
	}
	return len(read) > 0
}

func (b *binder) caseExpr(e *ast.Case, v *env) (plan.Expr, error) {
	var operand plan.Expr
	var err error
	if e.Operand != nil {
		if operand, err = b.typed(e.Operand, v); err != nil {
			return nil, err
		}
	}
	c := &plan.Case{}
	var results []plan.Expr
	for _, w := range e.Whens {
		cond, err := b.when(w, operand, v)
		if err != nil {
			return nil, err
		}
		then, err := b.expr(w.Result, v)
		if err != nil {
			return nil, err
		}
		c.Whens = append(c.Whens, plan.When{Cond: cond})
		results = append(results, then)
	}
	if e.Else != nil {
		x, err := b.expr(e.Else, v)
		if err != nil {
			return nil, err
		}
		results = append(results, x)
	}
	if results, err = b.common(e, "CASE", results); err != nil {
		return nil, err
	}
	for i := range c.Whens {
		c.Whens[i].Then = results[i]
	}
	if e.Else != nil {
		c.Else = results[len(results)-1]
	}
	c.T = results[0].Type()
	return c, nil
}

func (b *binder) when(w *ast.When, operand plan.Expr, v *env) (plan.Expr, error) {
	if operand == nil {
		return b.condition(w.Cond, &env{scope: v.scope, clause: "CASE/WHEN", aggs: v.aggs})
	}
	x, err := b.expr(w.Cond, v)
	if err != nil {
		return nil, err
	}
	return b.binaryOp(w, "=", operand, x)
}
