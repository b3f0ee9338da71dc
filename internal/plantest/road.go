package plantest

import (
	"fmt"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/parser/postgres"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/rules"
)

// Now is what current_date and now() mean in all of these tests.
var Now = time.Date(2024, 2, 29, 12, 30, 45, 123456000, time.UTC)

// Bind parses and binds.
func (w *World) Bind(sql string, params ...bind.Param) (*bind.Query, error) {
	tree, err := postgres.Parse(sql)
	if err != nil {
		return nil, err
	}
	return w.BindTree(tree, params)
}

// BindTree binds.
func (w *World) BindTree(tree *ast.Select, params []bind.Param) (*bind.Query, error) {
	return bind.Bind(tree, w.Catalog, bind.Options{Params: params, Now: Now, Pseudonym: PseudonymKey})
}

// Plan is the whole road to a placed plan. off names rules and placement decisions that are switched off.
// The tree is verified after each rule.
func (w *World) Plan(sql string, params []bind.Param, off map[string]bool) (*plan.Plan, error) {
	q, err := w.Bind(sql, params...)
	if err != nil {
		return nil, err
	}
	return w.Place(q, off)
}

// Place is the rest of the road for a bound query.
func (w *World) Place(q *bind.Query, off map[string]bool) (*plan.Plan, error) {
	where := place.Env{Map: w.Map, Catalog: w.Catalog, Params: texts(q.Args), Region: Region, Off: off, Missing: w.without}
	root, err := rewrite(q.Root, rules.NewEnv(q.Root, where.AtShards).WithStanding(where.Standing), off)
	if err != nil {
		return nil, err
	}
	p, err := place.Place(root, q.Output, where)
	if err != nil {
		return nil, err
	}
	p.Params, p.Args = q.Params, make([]connectors.Arg, len(q.Args))
	for i, a := range q.Args {
		p.Args[i] = connectors.Arg{Text: a.Text, Null: a.Null, Secret: a.Secret}
	}
	return p, nil
}

// Rewrite applies the rules as rules.Rewrite does where the shards answer nothing, and verifies the tree before and after each.
func Rewrite(root plan.Node, off map[string]bool) (plan.Node, error) {
	return rewrite(root, rules.NewEnv(root, nil), off)
}

func rewrite(root plan.Node, env *rules.Env, off map[string]bool) (plan.Node, error) {
	if err := rules.Verify(root); err != nil {
		return nil, fmt.Errorf("internal error: after the binder: %w\n%s", err, plan.Tree(root))
	}
	for _, r := range rules.All {
		if off[r.Name] {
			continue
		}
		root = r.Everywhere(root, env)
		if err := rules.Verify(root); err != nil {
			return nil, fmt.Errorf("internal error: after rule %s: %w\n%s", r.Name, err, plan.Tree(root))
		}
	}
	return root, nil
}

// Names lists every rule and every placement decision that can be switched off.
func Names() []string {
	var out []string
	for _, r := range rules.All {
		out = append(out, r.Name)
	}
	return append(out, place.Switches...)
}

// texts gives parameters the form in which placement reads them.
func texts(params []bind.Param) []*string {
	out := make([]*string, len(params))
	for i := range params {
		if !params[i].Null {
			out[i] = &params[i].Text
		}
	}
	return out
}

// params gives Go values PostgreSQL's text form.
func params(args []any) []bind.Param {
	out := make([]bind.Param, len(args))
	for i, a := range args {
		if out[i] = (bind.Param{Text: fmt.Sprint(a)}); a == nil {
			out[i] = bind.Param{Null: true}
		}
	}
	return out
}
