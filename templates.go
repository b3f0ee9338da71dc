package atoll

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/rules"
)

// templates keep what planning the latest texts came to as far as it is the same for every execution: the bound tree, where no value of a parameter and no
// clock took part in making it, and what the rules made of that, where they did not ask where rows are. Whatever depends on values, on shards, on the
// caller or on a policy is done for each execution: placement, the policy's check, lookups, which replica is read. Templates belong to one version of
// the shard map, and are dropped once what the shards tell of their tables has changed.
type templates struct {
	mu   sync.Mutex
	over *catalog.Catalog
	kept *latest[templateKey, *template]
}

// templateKey is what a bound tree depends on besides the catalog and the configuration.
type templateKey struct {
	sql    string
	params int
	approx bool
}

// template is what is kept of one text. Its trees are shared by all queries that use it; nobody changes a tree.
type template struct {
	bound     *bind.Query
	rewritten atomic.Pointer[plan.Node] // nil until it is known, or if it is not the same for every execution
}

func (q *query) templateKey() templateKey {
	return templateKey{q.sql, len(q.params), q.approx}
}

// of returns the templates over a catalog.
func (ts *templates) of(cat *catalog.Catalog) *latest[templateKey, *template] {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.over != cat {
		ts.over, ts.kept = cat, &latest[templateKey, *template]{}
	}
	return ts.kept
}

// binding gives a query its meaning, and the template that this is of; nil for none.
type binding func(*ast.Select, *catalog.Catalog, *query, bind.Options) (*bind.Query, *template, error)

// templated is a binding by a template, which it makes if there is none.
func (e *topology) templated(tree *ast.Select, cat *catalog.Catalog, q *query, opts bind.Options) (*bind.Query, *template, error) {
	kept := e.texts.of(cat)
	if t, ok := kept.find(q.templateKey()); ok {
		if bound, ok := t.bound.Again(q.params, q.now); ok {
			return bound, t, nil
		}
	}
	bound, err := bind.Bind(tree, cat, opts)
	if err != nil || !bound.Lasting() || len(q.sql) > keptTextLen {
		return bound, nil, err
	}
	t := &template{bound: bound.Bare()}
	kept.keep(q.templateKey(), t)
	return bound, t, nil
}

// bindAnew is a binding to a tree of its own.
func (e *topology) bindAnew(tree *ast.Select, cat *catalog.Catalog, _ *query, opts bind.Options) (*bind.Query, *template, error) {
	bound, err := bind.Bind(tree, cat, opts)
	return bound, nil, err
}

// differ is err, or what is wrong where a plan by a template is not the one that is made anew.
func differ(fresh, by *plan.Plan, failed, err error) error {
	switch {
	case failed != nil && err != nil && failed.Error() == err.Error():
	case failed != nil || err != nil:
		return fmt.Errorf("internal error: planned anew a query fails with %v, by its template with %v", failed, err)
	case !reflect.DeepEqual(fresh, by):
		return errors.New("internal error: the plan by a template differs from the one made anew")
	}
	return err
}

// rewrite has the rules rewrite a bound tree, which is t's if t is not nil.
func (t *template) rewrite(root plan.Node, where place.Env, off map[string]bool) plan.Node {
	keeps := t != nil && len(off) == 0
	if keeps {
		if made := t.rewritten.Load(); made != nil {
			return *made
		}
	}
	env := rules.NewEnv(root, where.AtShards).WithStanding(where.Standing)
	made := rules.Rewrite(root, env, off)
	if keeps && !env.Placed() {
		t.rewritten.Store(&made)
	}
	return made
}
