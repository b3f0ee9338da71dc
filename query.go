package atoll

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/executor"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/rules"
	"github.com/atoll-sql/atoll/residency"
)

// Query answers a query. args are the values of $1, $2, …; see [Arg] for their types. The result streams:
// it must be released, which ends the query if it was not read to its end. ctx governs the query until then.
func (e *Engine) Query(ctx context.Context, sql string, args ...any) (*Result, error) {
	return e.As(Caller{}).Query(ctx, sql, args...)
}

// query is what a plan is made from besides snapshots.
type query struct {
	sql    string
	params []bind.Param
	now    time.Time
	caller Caller
	approx bool           // count(DISTINCT …) is estimated
	policy *policyInForce // nil where the configuration names none
	// lookups is what it knows of directory and index tables; nil for a query that asks none.
	lookups *lookups
}

// newQuery is a query of nobody in particular, over a version that the caller keeps pinned.
func (t *topology) newQuery(sql string, args []any) (*query, error) {
	return t.As(Caller{}).queryOver(t, sql, args)
}

// pseudonymKey is the key of pseudonym(x), nil for none.
func (q *query) pseudonymKey() []byte {
	if q.policy == nil || len(q.policy.PseudonymKey) == 0 {
		return nil
	}
	return residency.PseudonymKey(q.policy.PseudonymKey, q.caller.Purpose)
}

// keyedSketches reports that the query makes sketches, and reads a table of which those under a key of its purpose may leave.
func (q *query) keyedSketches(root plan.Node) bool {
	if q.policy == nil || len(q.policy.PseudonymKey) == 0 {
		return false
	}
	keyed, sketches := false, false
	plan.VisitAll(root, func(n plan.Node) {
		switch n := n.(type) {
		case *plan.Scan:
			keyed = keyed || q.policy.PerPurpose(n.Table)
		case *plan.Aggregate:
			sketches = sketches || slices.ContainsFunc(n.Aggs, func(a plan.AggAssign) bool { return a.Agg.Sketch != nil && a.Agg.Sketch.Precision > 0 })
		}
	})
	return keyed && sketches
}

// plan is the road from text to plan. Where it leads to a shard that has not answered yet, that shard is asked
// again, once.
func (e *topology) plan(ctx context.Context, q *query) (*plan.Plan, error) {
	p, err := e.planned(ctx, e.snapshot(), q)
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
	return e.planned(ctx, cat, q)
}

// planOver plans over one catalog snapshot, without the rules and decisions that off names. It is a pure function of its
// arguments and the configuration.
func (e *topology) planOver(cat *catalog.Catalog, q *query, off map[string]bool) (*plan.Plan, error) {
	tree, err := e.trees.parse(q.sql)
	if err != nil {
		return nil, err
	}
	if q.policy != nil {
		if q.policy, err = e.policyOver(q.policy, cat); err != nil {
			return nil, err
		}
	}
	key := e.opts.pseudonym
	if key == nil {
		key = q.pseudonymKey()
	}
	opts := bind.Options{Params: q.params, Now: q.now, Pseudonym: key, Approximate: q.approx}
	bound, err := bind.Bind(tree, cat, opts)
	if opts.KeyedSketches = err == nil && q.keyedSketches(bound.Root); opts.KeyedSketches {
		bound, err = bind.Bind(tree, cat, opts)
	}
	if err != nil {
		return nil, err
	}
	if q.policy != nil {
		return e.permitted(cat, q, bound, off)
	}
	p, _, err := e.placeOver(cat, q, bound, off)
	return p, err
}

// placeOver is planOver from the bound query on, before any policy is asked.
func (e *topology) placeOver(cat *catalog.Catalog, q *query, bound *bind.Query, off map[string]bool) (*plan.Plan, place.Env, error) {
	where := place.Env{
		Map: e.Map, Catalog: cat, Params: nullable(bound.Args), Region: e.cfg.Coordinator.Region, Off: off, Lookups: q.lookups.env(),
	}
	root := rules.Rewrite(bound.Root, rules.NewEnv(bound.Root, where.AtShards).WithStanding(where.Standing), off)
	if e.opts.checked {
		if err := rules.Verify(root); err != nil {
			return nil, where, err
		}
	}
	p, err := place.Place(root, bound.Output, where)
	if err != nil {
		return nil, where, err
	}
	p.Params, p.Args = bound.Params, connectorArgs(bound.Args)
	return p, where, nil
}

// run starts a plan. The result keeps the version pinned until its end. The query's time counts from start, which is before the version was pinned: who
// moves keys relies on no query going by a version for longer.
func (e *topology) run(ctx context.Context, q *query, p *plan.Plan, rec *record, start time.Time) (*Result, error) {
	planned := time.Since(start)
	cancel := func() {}
	if t := e.longest(); t > 0 {
		ctx, cancel = context.WithDeadline(ctx, start.Add(t))
	}
	op, err := e.start(ctx, p, rec, func(off map[string]bool) (*plan.Plan, error) {
		p, err := e.planOver(e.snapshot(), q, off)
		return p, rec.decided(ctx, p, err)
	})
	if err != nil {
		cancel()
		return nil, rec.ended(wrapError(err), 0)
	}
	e.pins.Add(1) // beside the caller's
	r := &Result{engine: e, running: op, start: start, planned: planned, lookups: q.lookups}
	r.ResultReader = executor.NewResultReader(ctx, op, func(err error) {
		r.total = time.Since(start)
		r.auditErr = rec.ended(err, r.rows)
		e.heat.ended(e, op, err)
		cancel()
		e.unpin()
	})
	return r, nil
}

func (e *topology) connector(name string) (connectors.Connector, error) {
	s, ok := e.byName[name]
	if !ok {
		return nil, errors.New("internal error: the plan names an unknown shard " + name)
	}
	return s.conn, nil
}
