package atoll

import (
	"context"
	"errors"
	"time"

	"github.com/atoll-sql/atoll/executor"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/plan"
)

const (
	// heldOfShard and heldInAll bound what is held back of a shard, and of all shards of a query, until it is known that the shard has sent everything:
	// until then it can be left out and the query goes on.
	heldOfShard = 4 << 20
	heldInAll   = 64 << 20
	// heldAhead bounds what is held back of an answer, until it is known that the query need not begin anew without some shard.
	heldAhead = 4 << 20
)

// Shares of the time that is left which a shard may take. Where the query goes on without it, little is to be done after that; where it begins anew, all is.
const (
	shareInPlace = 0.7
	shareAnew    = 0.4
	shareAsking  = 0.3 // what shards hold that have not told yet
)

// replan makes the plan anew, by what is known now of what it has to do without, and begins it.
func (r *running) replan(ctx context.Context) error {
	if err := r.Close(); err != nil {
		return err
	}
	p, err := r.again(r.off)
	if err != nil {
		return err
	}
	return r.begin(ctx, p)
}

// tooLate adds to the error of a shard that the answer could have done without why it did not.
func (r *running) tooLate(err error) error {
	var final *Error
	if r.query.leaving == nil || !r.handed || errors.As(err, &final) || excusable(err) == nil {
		return err
	}
	e := excusable(err)
	return &Error{SQLState: e.SQLState, Text: err.Error(), Pos: -1, Shard: e.Shard, cause: err,
		Hint: "rows of the answer had been handed out, among which may be some of the shard: it could not be left out any more"}
}

// settled is a plan that the query may be answered by, or why there is none.
func (l *leaver) settled(p *plan.Plan, err error) (*plan.Plan, error) {
	if l == nil || err != nil {
		return p, l.explained(err)
	}
	return p, l.running(p)
}

// beginsAnew reports a plan that some shard cannot be taken out of while it runs: one that is asked for more than one thing, or for a
// copy of what others have as well.
func beginsAnew(p *plan.Plan) bool {
	asked, single, anew := map[string]int{}, 0, false
	for _, root := range p.Roots() {
		for _, g := range gathers(root) {
			for _, t := range g.Fragment.Targets {
				asked[t.Shard]++
				anew = anew || asked[t.Shard] > 1
			}
			if len(g.Fragment.Targets) == 1 {
				single++
				anew = anew || g.Fragment.Copied
			}
		}
	}
	return anew || single > 0 && len(asked) > 1
}

// optional is how shards may be left out while the plan runs; nil where they may not.
func (e *topology) optional(ctx context.Context, l *leaver, p *plan.Plan) *executor.Optional {
	if l == nil {
		return nil
	}
	o := &executor.Optional{Leave: l.leave, Within: e.cfg.Limits.ShardTimeout, PerSource: heldOfShard, InAll: heldInAll, AfterFunc: e.opts.afterFunc}
	if e.opts.memory > 0 {
		o.InAll = min(o.InAll, e.opts.memory/4)
	}
	share := shareInPlace
	if beginsAnew(p) {
		share = shareAnew
	}
	if at, ok := ctx.Deadline(); ok {
		o.Until = time.Now().Add(shareOf(time.Until(at), share))
	}
	return o
}

func shareOf(d time.Duration, share float64) time.Duration { return time.Duration(float64(d) * share) }

// askAgain asks the shards that have not told of their tables. For a query that can do without them, not for long.
func (e *topology) askAgain(ctx context.Context, q *query) (*catalog.Catalog, error) {
	at, ok := ctx.Deadline()
	within := e.cfg.Limits.ShardTimeout
	if left := shareOf(time.Until(at), shareAsking); ok && (within == 0 || left < within) {
		within = left
	}
	if q.leaving == nil || within == 0 {
		return e.loadCatalog(ctx)
	}
	short, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	cat, err := e.loadCatalog(short)
	if err != nil && ctx.Err() == nil {
		return e.snapshot(), nil
	}
	return cat, err
}
