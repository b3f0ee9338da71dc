package atoll

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/executor"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
)

// running is a plan that runs, as an operator. If a step of it brings more rows than may be sent to the shards, which is
// known before any row of the answer, the query is planned anew without such steps.
type running struct {
	engine  *Engine
	again   func(off map[string]bool) (*plan.Plan, error) // nil once it was used
	op      executor.Operator
	release func() // gives back the places at the shards

	mu       sync.Mutex // guards what follows
	plan     *plan.Plan
	progress []executor.FragmentProgress
	steps    []executor.Given // of each of the plan's steps, zero until it is done
}

// start admits and builds a plan; again plans the query anew with further decisions switched off.
func (e *Engine) start(ctx context.Context, p *plan.Plan, again func(off map[string]bool) (*plan.Plan, error)) (*running, error) {
	r := &running{engine: e, again: again}
	return r, r.begin(ctx, p)
}

func (r *running) begin(ctx context.Context, p *plan.Plan) error {
	e := r.engine
	release, err := e.admit(ctx, p)
	if err != nil {
		return err
	}
	account := executor.NewAccount(e.opts.memory)
	steps := make([]executor.Given, len(p.Steps))
	op, progress, err := executor.Build(p, executor.Env{
		Connector: e.connector, Residual: residualEngine{e.residual}, Args: p.Args,
		Alloc: account.Allocator(e.opts.alloc), Account: account, MaxBytes: e.opts.memory, BatchRows: e.opts.batch,
		MaxConcurrent: e.cfg.Limits.Concurrency, Checked: e.opts.checked,
		StepDone: func(i int, g executor.Given) {
			r.mu.Lock()
			defer r.mu.Unlock()
			steps[i] = g
		},
	})
	if err != nil {
		release()
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.op, r.release, r.plan, r.progress, r.steps = op, release, p, progress, steps
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
	rec, err := r.op.Next(ctx)
	var many *executor.TooManyRowsError
	if r.again == nil || !errors.As(err, &many) {
		return rec, err
	}
	if err := r.replan(ctx); err != nil {
		return nil, err
	}
	return r.op.Next(ctx)
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
	if r.release != nil {
		r.release()
		r.release = nil
	}
	return err
}
