package atoll

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/failover"
	"github.com/atoll-sql/atoll/connectors/pool"
	"github.com/atoll-sql/atoll/executor"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/residency"
)

// running is a plan that runs, as an operator. If a step of it brings more rows than may be sent to the shards, which is
// known before any row of the answer, the query is planned anew without such steps; if a shard fails that the answer may do without, without
// that shard, unless a row was given to who asks.
type running struct {
	engine   *topology
	query    *query
	again    func(off map[string]bool) (*plan.Plan, error)
	off      map[string]bool // what its last plan does without
	record   *record         // nil where there is no audit log
	handed   bool            // a row was given to who asks
	rows     int64           // that were
	egress   *egress         // nil where nothing limits it
	op       executor.Operator
	admitted *promise        // places at the shards; nil once they are given back
	reading  *failover.Query // which servers are read
	over     context.Context // of the last Next, and what within made of it
	under    context.Context
	counted  bool           // heat has the statements of the plan that runs
	heard    executor.Heard // of all plans that ran

	mu       sync.Mutex // guards what follows
	plan     *plan.Plan
	progress []executor.FragmentProgress
	steps    []executor.Given // of each of the plan's steps, zero until it is done
	broke    error            // what broke the answer off
}

// start admits and builds a plan; again plans the query anew with further decisions switched off.
func (e *topology) start(ctx context.Context, q *query, p *plan.Plan, rec *record, again func(off map[string]bool) (*plan.Plan, error)) (*running, error) {
	r := &running{engine: e, query: q, again: again, off: e.opts.off, record: rec, egress: e.newEgress()}
	err := r.begin(ctx, p)
	for i := 0; i < len(asksLess) && tooManyAtOnce(err); i++ {
		if !asksLess[i].in(p) {
			continue
		}
		r.off = place.Without(r.off, asksLess[i].without)
		if p, err = again(r.off); err == nil {
			err = r.begin(ctx, p)
		}
	}
	return r, err
}

// asksLess are decisions without which a plan runs fewer statements at once, and which plans are made by them.
var asksLess = []struct {
	without string
	in      func(*plan.Plan) bool
}{{"percentile_rounds", inRounds}, {"push_sort", inOrder}}

// inOrder reports a plan that merges the rows of several shards in their order, for which it asks them all at the same time.
func inOrder(p *plan.Plan) bool {
	for _, root := range p.Roots() {
		for _, g := range gathers(root) {
			if len(g.Keys) > 0 && len(g.Fragment.Targets) > 1 {
				return true
			}
		}
	}
	return false
}

// inRounds reports a plan with rounds of counts, which takes more statements at once than one in which values travel.
func inRounds(p *plan.Plan) bool {
	found := false
	for _, root := range p.Roots() {
		plan.Visit(root, func(n plan.Node) {
			_, is := n.(*plan.Narrow)
			found = found || is
		})
	}
	return found
}

// tooManyAtOnce reports that a shard does not allow as many statements as a plan runs, or the engine's budget not as many connections.
func tooManyAtOnce(err error) bool {
	var e *Error
	var much *pool.ExceededError
	return errors.As(err, &much) || errors.As(err, &e) && e.SQLState == "53300" && e.Shard != ""
}

func (r *running) begin(ctx context.Context, p *plan.Plan) error {
	e := r.engine
	admitted, err := e.admit(ctx, p)
	if err != nil {
		return err
	}
	account := e.held.Query(e.opts.memory)
	steps := make([]executor.Given, len(p.Steps))
	op, progress, err := executor.Build(p, executor.Env{
		Connector: e.connector, Residual: residualEngine{e.residual}, Args: p.Args,
		Alloc: account.Allocator(e.opts.alloc), Account: account, MaxBytes: e.opts.memory, Spill: e.spill, BatchRows: e.opts.batch,
		MaxConcurrent: admitted.concurrent, Checked: e.opts.checked, Arrived: r.egress.after(r.record.arrivals(p, e.near)), Small: r.record.kept(e.near),
		Optional: e.optional(ctx, r.query.leaving, p), Heard: &r.heard,
		StepDone: func(i int, g executor.Given) {
			r.mu.Lock()
			defer r.mu.Unlock()
			steps[i] = g
		},
	})
	if err != nil {
		admitted.release()
		return err
	}
	if r.query.leaving != nil && beginsAnew(p) {
		op = executor.NewAhead(op, heldAhead)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reading, r.under, r.counted = e.reading(r.query, p), nil, false
	r.op, r.admitted, r.plan, r.progress, r.steps = op, admitted, p, progress, steps
	return nil
}

// failure is what broke the answer off, nil if nothing has. It may be called from any goroutine.
func (r *running) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.broke
}

// state is the plan that runs, and how far its fragments are. It may be called from any goroutine.
func (r *running) state() (*plan.Plan, []executor.FragmentProgress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.plan, r.progress
}

// given is what the steps of the plan that runs have given so far. It may be called from any goroutine.
func (r *running) given() []executor.Given {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.steps)
}

// Schema implements executor.Operator.
func (r *running) Schema() *arrow.Schema { return r.op.Schema() }

// Next implements executor.Operator.
func (r *running) Next(ctx context.Context) (arrow.Record, error) {
	for {
		rec, err := r.op.Next(r.within(ctx))
		var many *executor.TooManyRowsError
		switch {
		case err == nil:
			if err := r.engine.tooMany(r.rows, rec); err != nil && r.query.place != nil {
				return nil, r.brokeOff(err)
			}
			r.handed, r.rows = true, r.rows+rec.NumRows()
			return rec, nil
		case errors.As(err, &many) && !r.off["ship_rows"]:
			r.off = place.Without(r.off, "ship_rows")
			err = r.replan(ctx)
		case !r.handed && ctx.Err() == nil && r.query.leaving.without(err):
			r.count(err)
			err = r.replan(ctx)
		default:
			return nil, r.brokeOff(overran(ctx, r.tooLate(r.unread(r.tooSmall(err)))))
		}
		if err != nil {
			return nil, r.brokeOff(err)
		}
	}
}

// brokeOff takes note that the answer ends with err, unless that is its orderly end.
func (r *running) brokeOff(err error) error {
	if !errors.Is(err, io.EOF) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.broke = err
	}
	return err
}

// count has heat count the statements of the plan that runs, which ended with err; once, whatever becomes of the query then.
func (r *running) count(err error) {
	if !r.counted {
		r.counted = true
		r.engine.heat.ended(r.engine, r, err)
	}
}

// tooSmall is the error that ended the plan, in the words of the rule where that makes a statement fail over a group that is too small: it does so by a
// division by zero.
func (r *running) tooSmall(err error) error {
	var shard *connectors.Error
	if err == nil || !errors.As(err, &shard) || shard.SQLState != "22012" {
		return err
	}
	p, _ := r.state()
	for _, x := range p.Crossings {
		if x.OnSmall != "error" || x.Shard != shard.Shard {
			continue
		}
		for _, t := range x.Tables {
			if t.Min > 0 {
				return &residency.Refusal{Rule: t.Rule, Table: t.Table, Shard: x.Shard, From: x.From, To: x.To, Clause: "min",
					Text: fmt.Sprintf("rule %s lets nothing of this query leave %s: a group there is too small or too uneven for it, or an expression divides by zero",
						t.Rule, x.From)}
			}
		}
	}
	return err
}

// Close implements executor.Operator.
func (r *running) Close() error {
	err := r.op.Close()
	if r.admitted != nil {
		r.admitted.release()
		r.admitted = nil
	}
	return err
}
