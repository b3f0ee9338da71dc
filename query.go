package atoll

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/admission"
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
	// forbidden says at which replicas its last plan may not run; nil for none of which a policy was asked.
	forbidden *forbidden
	newest    bool // it reads no replica
	// template is what its bound tree is of; nil for a tree of its own.
	template *template
	// lookups is what it knows of directory and index tables; nil for a query that asks none.
	lookups *lookups
	// leaving decides without which shards it is answered; nil for a query that needs all.
	leaving *leaver
	// place is its right to run, which the end of its result gives back; nil for what the engine asks by itself.
	place *admission.Place
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
		return q.leaving.settled(p, err)
	}
	cat, loadErr := e.askAgain(ctx, q)
	if loadErr != nil {
		return nil, loadErr
	}
	p, err = e.planned(ctx, cat, q)
	if err != nil && q.leaving.withoutSilent(cat) {
		p, err = e.planned(ctx, cat, q)
	}
	return q.leaving.settled(p, err)
}

// planOver plans over one catalog snapshot, without the rules and decisions that off names. It is a pure function of its
// arguments and the configuration.
func (e *topology) planOver(cat *catalog.Catalog, q *query, off map[string]bool) (*plan.Plan, error) {
	if !e.opts.checked {
		return e.planAs(cat, q, off, e.templated)
	}
	fresh, failed := e.planAs(cat, q, off, e.bindAnew)
	p, err := e.planAs(cat, q, off, e.templated)
	return p, differ(fresh, p, failed, err)
}

// planAs is planOver where bound gives the query its meaning.
func (e *topology) planAs(cat *catalog.Catalog, q *query, off map[string]bool, bound binding) (*plan.Plan, error) {
	tree, err := e.trees.parse(q.sql)
	if err != nil {
		return nil, err
	}
	if q.policy != nil {
		if q.policy, err = e.policyOver(q.policy, cat); err != nil {
			return nil, err
		}
	}
	opts := e.meaning(q)
	b, t, err := bound(tree, cat, q, opts)
	if opts.KeyedSketches = err == nil && q.keyedSketches(b.Root); opts.KeyedSketches {
		b, t, err = e.bindAnew(tree, cat, q, opts)
	}
	if err != nil {
		return nil, err
	}
	q.template = t
	if q.policy != nil {
		return e.permitted(cat, q, b, off)
	}
	p, _, err := e.placeOver(cat, q, b, off)
	return p, err
}

// meaning is what a query is bound by, beside its text and the catalog.
func (e *topology) meaning(q *query) bind.Options {
	key := e.opts.pseudonym
	if key == nil {
		key = q.pseudonymKey()
	}
	return bind.Options{Params: q.params, Now: q.now, Pseudonym: key, Approximate: q.approx}
}

// placeOver is planOver from the bound query on, before any policy is asked.
func (e *topology) placeOver(cat *catalog.Catalog, q *query, bound *bind.Query, off map[string]bool) (*plan.Plan, place.Env, error) {
	where := place.Env{
		Map: e.Map, Catalog: cat, Params: nullable(bound.Args), Region: e.cfg.Coordinator.Region, Off: off, Lookups: q.lookups.env(),
		Missing: q.leaving.missing(),
	}
	root := q.template.rewrite(bound.Root, where, off)
	if e.opts.checked {
		if err := rules.Verify(root); err != nil {
			return nil, where, err
		}
	}
	p, err := place.Place(root, bound.Output, where)
	if err != nil {
		return nil, where, err
	}
	p.Params, p.Args, p.Bound = bound.Params, connectorArgs(bound.Args), bound.Root
	return p, where, nil
}

// run starts a plan. The result keeps the version pinned until its end. The query's time counts from start, which is before the version was pinned: who
// moves keys relies on no query going by a version for longer.
func (e *topology) run(ctx context.Context, q *query, p *plan.Plan, rec *record, start time.Time) (*Result, error) {
	planned := time.Since(start) - q.place.Waited()
	ctx, cancel := e.timed(ctx, start)
	op, err := e.start(ctx, q, p, rec, func(off map[string]bool) (*plan.Plan, error) {
		p, err := q.leaving.settled(e.planOver(e.snapshot(), q, off))
		return p, rec.decided(ctx, p, err)
	})
	if err != nil {
		cancel()
		return nil, rec.ended(wrapError(overran(ctx, err)), 0)
	}
	e.pins.Add(1) // beside the caller's
	r := &Result{engine: e, running: op, start: start, planned: planned, queued: q.place.Waited(), lookups: q.lookups, spent: spent{heard: &op.heard, given: time.Now()}}
	r.ResultReader = executor.NewResultReader(ctx, op, func(err error) {
		now := time.Now()
		r.total = now.Sub(start)
		r.spent.end(now)
		r.auditErr = rec.ended(err, r.rows)
		op.count(err)
		cancel()
		e.unpin()
		q.place.Leave()
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
