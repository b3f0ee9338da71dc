package atoll

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/pool"
	"github.com/atoll-sql/atoll/executor"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/residency"
)

// running is a plan that runs, as an operator. If a step of it brings more rows than may be sent to the shards, which is
// known before any row of the answer, the query is planned anew without such steps.
type running struct {
	engine   *topology
	again    func(off map[string]bool) (*plan.Plan, error) // nil once it was used
	record   *record                                       // nil where there is no audit log
	op       executor.Operator
	admitted *admission // places at the shards; nil once they are given back

	mu       sync.Mutex // guards what follows
	plan     *plan.Plan
	progress []executor.FragmentProgress
	steps    []executor.Given // of each of the plan's steps, zero until it is done
}

// start admits and builds a plan; again plans the query anew with further decisions switched off.
func (e *topology) start(ctx context.Context, p *plan.Plan, rec *record, again func(off map[string]bool) (*plan.Plan, error)) (*running, error) {
	r := &running{engine: e, again: again, record: rec}
	err := r.begin(ctx, p)
	for off, i := e.opts.off, 0; i < len(asksLess) && tooManyAtOnce(err); i++ {
		if !asksLess[i].in(p) {
			continue
		}
		off = place.Without(off, asksLess[i].without)
		if p, err = again(off); err == nil {
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
	account := executor.NewAccount(e.opts.memory)
	steps := make([]executor.Given, len(p.Steps))
	op, progress, err := executor.Build(p, executor.Env{
		Connector: e.connector, Residual: residualEngine{e.residual}, Args: p.Args,
		Alloc: account.Allocator(e.opts.alloc), Account: account, MaxBytes: e.opts.memory, BatchRows: e.opts.batch,
		MaxConcurrent: admitted.concurrent, Checked: e.opts.checked, Arrived: r.record.arrivals(p), Small: r.record.kept(),
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
	r.mu.Lock()
	defer r.mu.Unlock()
	r.op, r.admitted, r.plan, r.progress, r.steps = op, admitted, p, progress, steps
	return nil
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
	rec, err := r.op.Next(r.admitted.within(ctx))
	var many *executor.TooManyRowsError
	if r.again == nil || !errors.As(err, &many) {
		return rec, r.tooSmall(err)
	}
	if err := r.replan(ctx); err != nil {
		return nil, err
	}
	rec, err = r.op.Next(r.admitted.within(ctx))
	return rec, r.tooSmall(err)
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

func (r *running) replan(ctx context.Context) error {
	p, err := r.again(place.Without(r.engine.opts.off, "ship_rows"))
	r.again = nil
	if err != nil {
		return err
	}
	if err := r.Close(); err != nil {
		return err
	}
	return r.begin(ctx, p)
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
