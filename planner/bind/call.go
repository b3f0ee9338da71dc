package bind

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// call binds a function call: an aggregate, a construct that only looks like one, or a scalar function.
func (b *binder) call(e *ast.FuncCall, v *env) (plan.Expr, error) {
	if e.Schema != "" && e.Schema != "pg_catalog" {
		return nil, unsupported(e, "a function qualified by a schema")
	}
	e, err := inOrder(e)
	if err == nil {
		e, err = spreadVariadic(e)
	}
	if err == nil {
		e, err = median(e)
	}
	if err != nil {
		return nil, err
	}
	if e.Over != nil {
		return b.window(e, v)
	}
	if e.SQLSyntax && e.Name == groupingCall {
		return b.grouping(e, v)
	}
	if isAggregate(e.Name) {
		return b.aggregate(e, v)
	}
	if _, ok := jsonAggregates[e.Name]; ok {
		return b.jsonAggregate(e, v)
	}
	switch {
	case isWindowFunction(e.Name) && e.WithinGroup:
		return nil, unsupported(e, "hypothetical-set aggregate "+e.Name)
	case isWindowFunction(e.Name):
		return nil, errorAt(e, "42809", "window function %s requires an OVER clause", e.Name)
	case futureAggregates[e.Name]:
		return nil, unsupported(e, "aggregate function "+e.Name)
	case e.Distinct || e.Star || e.Filter != nil || len(e.OrderBy) > 0 || e.WithinGroup:
		return nil, errorAt(e, "42809", "%s is not an aggregate function", e.Name)
	}
	if rowFunctions[e.Name] {
		return b.spreadCall(e, v)
	}
	if x, ok := b.clock(e); ok {
		return x, nil
	}
	if x, ok := b.clockWithPrecision(e); ok {
		return x, nil
	}
	if x, ok, err := b.rowToJSON(e, v); ok {
		return x, err
	}
	args, err := b.exprs(e.Args, v)
	if err != nil {
		return nil, err
	}
	return b.function(e, e.Name, args)
}

// textPattern tells substring(text, pattern) and its form with an escape from those with numbers.
func textPattern(args []plan.Expr) bool {
	if len(args) < 2 || len(args) > 3 || args[0].Type().Kind == plan.Bytea {
		return false
	}
	for _, a := range args[1:] {
		if k := a.Type().Kind; k != plan.Text && k != plan.Unknown {
			return false
		}
	}
	return true
}

// clock gives the functions of the current time, all of them the query's one moment, in UTC.
func (b *binder) clock(e *ast.FuncCall) (plan.Expr, bool) {
	if len(e.Args) > 0 {
		return nil, false
	}
	switch e.Name {
	case "current_date":
		return moment(b.now(), plan.T(plan.Date)), true
	case "now", "current_timestamp", "transaction_timestamp", "statement_timestamp":
		return moment(b.now(), plan.T(plan.TimestampTZ)), true
	case "localtimestamp":
		return moment(b.now(), plan.T(plan.Timestamp)), true
	case "localtime":
		return &plan.Const{Text: b.now().Format("15:04:05.999999"), T: plan.T(plan.Time)}, true
	}
	return nil, false
}

// function resolves a scalar function over bound arguments.
func (b *binder) function(at ast.Node, name string, args []plan.Expr) (plan.Expr, error) {
	if s, ok := synonyms[name]; ok && !(name == "substring" && textPattern(args)) {
		name = s
	}
	if x, ok, err := b.rewritten(at, name, args); ok {
		return x, err
	}
	if x, ok, err := b.jsonFunction(at, name, args); ok {
		return x, err
	}
	if x, ok, err := b.arrayFunction(at, name, args); ok {
		return x, err
	}
	switch name {
	case "coalesce", "greatest", "least":
		return b.variadic(at, name, args)
	case "nullif":
		return b.nullif(at, args)
	case "concat", "concat_ws":
		return b.concatFunction(at, name, args)
	case "bit_length":
		return b.bitLength(at, args)
	case pseudonymFn:
		return b.pseudonym(at, args)
	}
	list, ok := functions[name]
	if !ok {
		return nil, unknownFunction(at, name, args)
	}
	o := choose(list, args)
	if o == nil {
		return nil, unknownFunction(at, name, args)
	}
	return b.apply(at, name, o, args)
}

func (b *binder) apply(at ast.Node, name string, o *overload, args []plan.Expr) (plan.Expr, error) {
	out := make([]plan.Expr, len(args))
	for i, x := range args {
		k := o.args[i]
		var err error
		if x.Type().Kind == plan.Unknown {
			x, err = b.coerce(at, x, plan.T(k))
		} else {
			x = asKind(x, k)
		}
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return &plan.Call{Fn: name, Args: out, T: o.result(out)}, nil
}

// choose picks the overload with the fewest implicit casts; among equals the first, which the registry
// orders as PostgreSQL's preferred types do.
func choose(list []overload, args []plan.Expr) *overload {
	var best *overload
	bestCost := 1 << 30
	for i := range list {
		o := &list[i]
		if len(o.args) != len(args) {
			continue
		}
		cost := 0
		for j, x := range args {
			switch k := x.Type().Kind; {
			case k == o.args[j]:
			case k == plan.Unknown:
				cost++
			case implicit(k, o.args[j]):
				cost += 100
			default:
				cost = 1 << 30
			}
			if cost >= 1<<30 {
				break
			}
		}
		if cost < bestCost {
			best, bestCost = o, cost
		}
	}
	return best
}

func unknownFunction(at ast.Node, name string, args []plan.Expr) error {
	if postgresOnly[name] {
		return unsupported(at, "function "+name)
	}
	return noSuchFunction(at, name, args)
}

func noSuchFunction(at ast.Node, name string, args []plan.Expr) error {
	var types []string
	for _, a := range args {
		types = append(types, a.Type().Kind.String())
	}
	e := ast.Errorf("42883", at.Position(), "function %s(%s) does not exist", name, strings.Join(types, ", "))
	e.Hint = suggestion(name, Functions())
	if _, ok := functions[name]; ok || postgresOnly[name] {
		e.Hint = "no form of this function takes these types: add explicit casts"
	}
	return e
}

// postgresOnly are functions that PostgreSQL has and Atoll does not know yet: they are refused as such.
var postgresOnly = map[string]bool{
	"regexp_match": true, "regexp_matches": true, "regexp_split_to_array": true, "regexp_split_to_table": true, "random": true, "generate_series": true,
	"erf": true, "parse_ident": true, "setseed": true,
	"clock_timestamp": true, "gen_random_uuid": true, "pg_typeof": true, "grouping": true, "normalize": true,
	"current_user": true, "session_user": true, "user": true, "current_role": true, "current_catalog": true, "current_schema": true,
	"current_time": true, "localtime": true, "version": true, "current_setting": true, "pg_backend_pid": true, "txid_current": true, "is_normalized": true,
	"to_tsvector": true, "to_tsquery": true, "plainto_tsquery": true, "websearch_to_tsquery": true, "ts_rank": true, "int4range": true, "int8range": true,
	"numrange": true, "tsrange": true, "tstzrange": true, "daterange": true, "jsonb_path_query": true, "jsonb_path_exists": true, "jsonb_path_match": true,
	"jsonb_path_query_array": true, "jsonb_path_query_first": true, "jsonb_populate_record": true, "json_populate_record": true, "jsonb_to_record": true,
	"json_to_record": true, "jsonb_to_recordset": true, "json_to_recordset": true, "jsonb_populate_recordset": true, "json_populate_recordset": true,
	"jsonb_set_lax": true, "row_to_json": true, "xmlcomment": true, "xpath": true, "point": true, "box": true, "circle": true, "polygon": true, "path": true, "lseg": true,
	"host": true, "netmask": true, "network": true, "masklen": true, "family": true, "width_bucket": true, "timeofday": true, "pg_sleep": true, "timezone": true,
}

// bitLength is octet_length times eight.
func (b *binder) bitLength(at ast.Node, args []plan.Expr) (plan.Expr, error) {
	if len(args) == 1 && args[0].Type().Kind == plan.Bpchar {
		args = []plan.Expr{comparisonKey(args[0])}
	}
	n, err := b.function(at, "octet_length", args)
	if err != nil {
		return nil, err
	}
	return b.binaryOp(at, "*", n, &plan.Const{Text: "8", T: plan.T(plan.Int4)})
}

func (b *binder) variadic(at ast.Node, name string, args []plan.Expr) (plan.Expr, error) {
	if len(args) == 0 {
		return nil, unknownFunction(at, name, args)
	}
	args, err := b.common(at, strings.ToUpper(name), args)
	if err != nil {
		return nil, err
	}
	t := args[0].Type()
	if name != "coalesce" && (t.Kind == plan.Array || t.Kind == plan.JSON) {
		return nil, unsupported(at, name+" on "+t.Kind.String())
	}
	return &plan.Call{Fn: name, Args: args, T: t}, nil
}

// nullif is CASE WHEN a = b THEN NULL ELSE a END, with the type of a.
func (b *binder) nullif(at ast.Node, args []plan.Expr) (plan.Expr, error) {
	if len(args) != 2 {
		return nil, unknownFunction(at, "nullif", args)
	}
	eq, err := b.binaryOp(at, "=", args[0], args[1])
	if err != nil {
		return nil, err
	}
	a := args[0]
	if a.Type().Kind == plan.Unknown {
		a = eq.(*plan.Call).Args[0]
	}
	return &plan.Case{T: a.Type(), Else: a, Whens: []plan.When{{Cond: eq, Then: &plan.Const{Null: true, T: a.Type()}}}}, nil
}

// concatFunction binds concat and concat_ws, which write values in their output form and skip NULLs.
func (b *binder) concatFunction(at ast.Node, name string, args []plan.Expr) (plan.Expr, error) {
	if len(args) == 0 || name == "concat_ws" && len(args) < 2 {
		return nil, unknownFunction(at, name, args)
	}
	out := make([]plan.Expr, len(args))
	for i, x := range args {
		var err error
		switch k := x.Type().Kind; {
		case k == plan.Bytea:
			return nil, unsupported(at, name+" on "+k.String())
		case k == plan.Bpchar: // with its blanks
			out[i] = x
			continue
		case k == plan.Bool:
			x = &plan.Case{T: plan.T(plan.Text), Whens: []plan.When{{Cond: x, Then: text("t")}, {Cond: &plan.Not{X: x}, Then: text("f")}}}
		}
		if out[i], err = b.coerce(at, x, plan.T(plan.Text)); err != nil {
			return nil, err
		}
	}
	return &plan.Call{Fn: name, Args: out, T: plan.T(plan.Text)}, nil
}
