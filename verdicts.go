package atoll

import (
	"context"
	"time"

	"github.com/atoll-sql/atoll/residency"
)

// Policy is the residency policy in force; nil where the configuration names none. It is for reading only.
func (e *Engine) Policy() *residency.Policy {
	in := e.policy.Load()
	if in == nil {
		return nil
	}
	return in.Policy
}

// Judge tells what the residency policy would say of a query that the session's caller asked at a moment: what would cross the borders of regions, or an
// error of kind [KindResidency], whose cause is a [residency.Refusal]. The query is planned and nothing else: no shard is asked for data, nothing is
// recorded in the audit log, and what a rule permits in a day is left as it is and not looked at. The moment is also what the query takes for the present.
func (s *Session) Judge(ctx context.Context, sql string, at time.Time, args ...any) ([]Crossing, error) {
	t, err := s.engine.pin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.unpin()
	q, err := s.queryOver(t, sql, args)
	if err != nil {
		return nil, err
	}
	q.now = at
	p, err := t.plan(ctx, q)
	if err != nil {
		return nil, wrapError(err)
	}
	return crossings(p), nil
}
