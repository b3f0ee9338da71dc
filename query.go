package atoll

import (
	"context"
	"errors"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/executor"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/rules"
)

// Query answers a query. args are the values of $1, $2, …; see [Arg] for their types. The result streams:
// it must be released, which ends the query if it was not read to its end. ctx governs the query until then.
func (e *Engine) Query(ctx context.Context, sql string, args ...any) (*Result, error) {
	clock := time.Now()
	q, err := e.newQuery(sql, args)
	if err != nil {
		return nil, err
	}
	p, err := e.plan(ctx, q)
	if err != nil {
		return nil, wrapError(err)
	}
	return e.run(ctx, q, p, clock)
}

// query is what a plan is made from besides snapshots.
type query struct {
	sql    string
	params []bind.Param
	now    time.Time
}

func (e *Engine) newQuery(sql string, args []any) (*query, error) {
	params, err := textArgs(args)
	return &query{sql, params, e.opts.now()}, err
}

// plan is the road from text to plan. Where it leads to a shard that has not answered yet, that shard is asked
// again, once.
func (e *Engine) plan(ctx context.Context, q *query) (*plan.Plan, error) {
	p, err := e.planOver(e.snapshot(), q, e.opts.off)
	var shard *connectors.Error
	var text *ast.Error
	down := errors.As(err, &shard) || errors.As(err, &text) && text.SQLState == bind.ShardsDown
	if !down {
		return p, err
	}
	cat, loadErr := e.loadCatalog(ctx)
	if loadErr != nil {
		return nil, loadErr
	}
	return e.planOver(cat, q, e.opts.off)
}

// planOver plans over one catalog snapshot, without the rules and decisions that off names. It is a pure function of its
// arguments and the configuration.
func (e *Engine) planOver(cat *catalog.Catalog, q *query, off map[string]bool) (*plan.Plan, error) {
	tree, err := e.trees.parse(q.sql)
	if err != nil {
		return nil, err
	}
	bound, err := bind.Bind(tree, cat, bind.Options{Params: q.params, Now: q.now})
	if err != nil {
		return nil, err
	}
	where := place.Env{
		Map: e.cfg.Map, Catalog: cat, Params: nullable(bound.Args), Region: e.cfg.Coordinator.Region, Off: off,
	}
	root := rules.Rewrite(bound.Root, rules.NewEnv(bound.Root, where.AtShards).WithStanding(where.Standing), off)
	if e.opts.checked {
		if err := rules.Verify(root); err != nil {
			return nil, err
		}
	}
	p, err := place.Place(root, bound.Output, where)
	if err != nil {
		return nil, err
	}
	p.Params, p.Args = bound.Params, connectorArgs(bound.Args)
	return p, nil
}

// run starts a plan.
func (e *Engine) run(ctx context.Context, q *query, p *plan.Plan, start time.Time) (*Result, error) {
	planned := time.Since(start)
	cancel := func() {}
	if t := e.cfg.Limits.Timeout; t > 0 {
		ctx, cancel = context.WithTimeout(ctx, t)
	}
	op, err := e.start(ctx, p, func(off map[string]bool) (*plan.Plan, error) { return e.planOver(e.snapshot(), q, off) })
	if err != nil {
		cancel()
		return nil, wrapError(err)
	}
	r := &Result{engine: e, running: op, start: start, planned: planned}
	r.ResultReader = executor.NewResultReader(ctx, op, func(error) {
		r.total = time.Since(start)
		cancel()
	})
	return r, nil
}

func (e *Engine) connector(name string) (connectors.Connector, error) {
	s, ok := e.byName[name]
	if !ok {
		return nil, errors.New("internal error: the plan names an unknown shard " + name)
	}
	return s.conn, nil
}
