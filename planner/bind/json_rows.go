package bind

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// jsonRowFunctions are the functions that take a json or jsonb apart into rows, without the prefix of the type: the lists that
// each is made of, and the names of its columns.
var jsonRowFunctions = map[string]struct{ lists, names []string }{
	"array_elements":      {[]string{"elements"}, []string{"value"}},
	"array_elements_text": {[]string{"texts"}, []string{"value"}},
	"object_keys":         {[]string{"keys"}, nil},
	"each":                {[]string{"keys", "members"}, []string{"key", "value"}},
	"each_text":           {[]string{"keys", "member_texts"}, []string{"key", "value"}},
}

func jsonRowFunction(name string) (base plan.Kind, rest string, ok bool) {
	base, rest = plan.JSON, strings.TrimPrefix(name, "json_")
	if b, is := strings.CutPrefix(name, "jsonb_"); is {
		base, rest = plan.JSONB, b
	} else if rest == name {
		return base, "", false
	}
	_, ok = jsonRowFunctions[rest]
	return base, rest, ok
}

// jsonListCall is the call that gives the parts of a value, named by its second argument, as text[].
const jsonListCall = "json.list"

// jsonRows binds such a function as unnest of the lists.
func (b *binder) jsonRows(call *ast.FuncCall, args []plan.Expr, ordinality bool) (*Query, error) {
	base, rest, _ := jsonRowFunction(call.Name)
	if len(args) != 1 {
		return nil, noSuchFunction(call, call.Name, args)
	}
	x, err := b.asArgument(call, args[0], plan.T(base))
	if err != nil || x == nil {
		return nil, orNoFunction(err, call, call.Name, args)
	}
	spec := jsonRowFunctions[rest]
	list := plan.ArrayOf(plan.T(plan.Text))
	n := &plan.Series{Fn: "unnest"}
	var items []plan.Assign
	for i, what := range spec.lists {
		n.Args = append(n.Args, &plan.Call{Fn: jsonListCall, Args: []plan.Expr{x, text(what)}, T: list})
		c := b.newColumn(what, plan.T(plan.Text))
		n.Cols = append(n.Cols, c)
		name, t := call.Name, c.Type
		if i < len(spec.names) {
			name = spec.names[i]
		}
		if what == "elements" || what == "members" {
			t = plan.T(base)
		}
		items = append(items, plan.Assign{Col: b.newColumn(name, t), Expr: castTo(col(c), t)})
	}
	if ordinality {
		c := b.newColumn("ordinality", plan.T(plan.Int8))
		n.Cols = append(n.Cols, c)
		items = append(items, plan.PassOn([]plan.Column{c})...)
	}
	p := &plan.Project{Input: n, Items: items}
	return &Query{Root: p, Output: p.Columns()}, nil
}
