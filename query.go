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
	start := e.opts.now()
	clock := time.Now()
	params, err := textArgs(args)
	if err != nil {
		return nil, err
	}
	p, err := e.plan(ctx, sql, params, start)
	if err != nil {
		return nil, wrapError(err)
	}
	return e.run(ctx, p, clock)
}

// plan is the road from text to plan. Where it leads to a shard that has not answered yet, that shard is asked
// again, once.
func (e *Engine) plan(ctx context.Context, sql string, params []bind.Param, now time.Time) (*plan.Plan, error) {
	p, err := e.planOver(e.snapshot(), sql, params, now)
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
	return e.planOver(cat, sql, params, now)
}

// planOver plans over one catalog snapshot. It is a pure function of its arguments and the configuration.
func (e *Engine) planOver(cat *catalog.Catalog, sql string, params []bind.Param, now time.Time) (*plan.Plan, error) {
	tree, err := e.trees.parse(sql)
	if err != nil {
		return nil, err
	}
	bound, err := bind.Bind(tree, cat, bind.Options{Params: params, Now: now})
	if err != nil {
		return nil, err
	}
	root := rules.Rewrite(bound.Root, e.opts.off)
	if e.opts.checked {
		if err := rules.Verify(root); err != nil {
			return nil, err
		}
	}
	p, err := place.Place(root, bound.Output, place.Env{
		Map: e.cfg.Map, Catalog: cat, Params: nullable(bound.Args), Region: e.cfg.Coordinator.Region, Off: e.opts.off,
	})
	if err != nil {
		return nil, err
	}
	p.Params, p.Args = bound.Params, connectorArgs(bound.Args)
	return p, nil
}

// run starts a plan.
func (e *Engine) run(ctx context.Context, p *plan.Plan, start time.Time) (*Result, error) {
	planned := time.Since(start)
	cancel := func() {}
	if t := e.cfg.Limits.Timeout; t > 0 {
		ctx, cancel = context.WithTimeout(ctx, t)
	}
	release, err := e.admit(ctx, p)
	if err != nil {
		cancel()
		return nil, wrapError(err)
	}
	account := executor.NewAccount(e.opts.memory)
	op, progress, err := executor.Build(p, executor.Env{
		Connector: e.connector, Residual: residualEngine{e.residual}, Args: p.Args,
		Alloc: account.Allocator(e.opts.alloc), Account: account, MaxBytes: e.opts.memory, BatchRows: e.opts.batch,
		MaxConcurrent: e.cfg.Limits.Concurrency, Checked: e.opts.checked,
	})
	if err != nil {
		release()
		cancel()
		return nil, wrapError(err)
	}
	r := &Result{engine: e, progress: progress, start: start, planned: planned}
	r.ResultReader = executor.NewResultReader(ctx, op, func(error) {
		r.total = time.Since(start)
		release()
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
