package bind

import (
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
)

// parameter is a named parameter of a function; one with a default may be left out.
type parameter struct {
	name     string
	fallback ast.Expr
}

// namedParameters are the functions of PostgreSQL 15 whose parameters have names.
var namedParameters = map[string][]parameter{
	"make_interval":    withDefaults("years months weeks days hours mins secs", "0"),
	"make_date":        withDefaults("year month day", ""),
	"make_time":        withDefaults("hour min sec", ""),
	"make_timestamp":   withDefaults("year month mday hour min sec", ""),
	"make_timestamptz": withDefaults("year month mday hour min sec timezone", ""),
	"jsonb_set":        append(withDefaults("jsonb_in path replacement", ""), parameter{"create_if_missing", &ast.Literal{Kind: ast.LitBool, Text: "true"}}),
	"jsonb_insert":     append(withDefaults("jsonb_in path replacement", ""), parameter{"insert_after", &ast.Literal{Kind: ast.LitBool, Text: "false"}}),
}

func withDefaults(names, value string) []parameter {
	var out []parameter
	for _, n := range strings.Fields(names) {
		p := parameter{name: n}
		if value != "" {
			p.fallback = &ast.Literal{Kind: ast.LitInt, Text: value}
		}
		out = append(out, p)
	}
	return out
}

// inOrder puts the arguments of a call with named ones in the order of the function's parameters.
func inOrder(e *ast.FuncCall) (*ast.FuncCall, error) {
	if !slices.ContainsFunc(e.Names, func(n string) bool { return n != "" }) {
		return e, nil
	}
	params, ok := namedParameters[e.Name]
	none := errorAt(e, "42883", "function %s does not exist with these named arguments", e.Name)
	if !ok || len(e.Args) > len(params) {
		return nil, none
	}
	args, named := make([]ast.Expr, len(params)), false
	for i, a := range e.Args {
		at := i
		if e.Names[i] != "" {
			named = true
			at = slices.IndexFunc(params, func(p parameter) bool { return p.name == e.Names[i] })
		}
		switch {
		case named && e.Names[i] == "":
			return nil, errorAt(a, "42601", "positional argument cannot follow named argument")
		case at < 0:
			return nil, none
		case args[at] != nil && slices.Index(e.Names, e.Names[i]) < i:
			return nil, errorAt(a, "42601", "argument name %q used more than once", e.Names[i])
		case args[at] != nil:
			return nil, none
		}
		args[at] = a
	}
	if e.Name == "make_timestamptz" && args[6] == nil { // a function of its own
		args = args[:6]
	}
	for i := range args {
		if args[i] == nil {
			args[i] = params[i].fallback
		}
		if args[i] == nil {
			return nil, none
		}
	}
	out := *e
	out.Args, out.Names = args, nil
	return &out, nil
}

// variadicFunctions take any number of arguments, so that the elements of VARIADIC ARRAY[…] are as good as arguments.
var variadicFunctions = map[string]bool{
	"concat": true, "concat_ws": true, "format": true, "num_nulls": true, "num_nonnulls": true,
	"json_build_object": true, "json_build_array": true, "jsonb_build_object": true, "jsonb_build_array": true,
	"json_extract_path": true, "json_extract_path_text": true, "jsonb_extract_path": true, "jsonb_extract_path_text": true,
}

// spreadVariadic writes the elements of VARIADIC ARRAY[…] as arguments; any other array has a number of them that is not known.
func spreadVariadic(e *ast.FuncCall) (*ast.FuncCall, error) {
	if !e.Variadic {
		return e, nil
	}
	last := e.Args[len(e.Args)-1]
	array, ok := last.(*ast.Array)
	switch {
	case !variadicFunctions[e.Name]:
		return nil, errorAt(e, "42883", "function %s does not exist with VARIADIC", e.Name)
	case !ok || len(array.Items) == 0:
		return nil, unsupported(last, "VARIADIC with an array that is not written as ARRAY[…]")
	}
	for _, it := range array.Items {
		if _, nested := it.(*ast.Array); nested {
			return nil, unsupported(last, "VARIADIC with an array of several dimensions")
		}
	}
	out := *e
	out.Args, out.Variadic = slices.Concat(e.Args[:len(e.Args)-1], array.Items), false
	return &out, nil
}
