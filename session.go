package atoll

import (
	"context"
	"fmt"
	"time"

	"github.com/atoll-sql/atoll/admission"
	"github.com/atoll-sql/atoll/planner/plan"
)

// Caller says for whom a query is asked, and what for. Residency rules go by Roles, Purpose and ClientRegion; all of it is written to the audit
// log. The engine believes what it is told: it is for the door through which a query comes to know who is there.
type Caller struct {
	User       string
	OnBehalfOf string
	Roles      []string
	Purpose    string
	// ClientRegion is the region of the configuration in which the answer is read; "" where it is not known, and then only what the
	// coordinator receives is judged.
	ClientRegion   string
	LegalBasis     string
	Ticket         string
	Authentication string
	Address        string
	Application    string
}

// Session asks queries for one caller. It is safe for concurrent use and needs no closing.
type Session struct {
	engine  *Engine
	caller  Caller
	approx  bool
	partial *Partial // nil where all shards are needed
}

// As returns a session for a caller.
func (e *Engine) As(c Caller) *Session { return &Session{engine: e, caller: c} }

// Approximate returns a session like s in which count(DISTINCT x) is estimated, as approx_count_distinct(x) is, wherever x is of a type that can be
// hashed alike on all shards. [Result.Approximations] and EXPLAIN tell where.
func (s *Session) Approximate() *Session {
	out := *s
	out.approx = true
	return &out
}

// Query answers a query; see [Engine.Query], which asks for a caller of whom nothing is known. Where the residency rules do not permit it, the error is of
// kind [KindResidency], and no shard was asked for data.
func (s *Session) Query(ctx context.Context, sql string, args ...any) (out *Result, err error) {
	clock := time.Now()
	place, err := s.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer leaveWithout(place, &out)
	t, err := s.engine.pin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.unpin()
	q, err := s.queryOver(t, sql, args)
	if err != nil {
		return nil, err
	}
	q.place = place
	return t.answer(ctx, q, clock)
}

// Explain plans a query and shows how it would run; with Analyze, how it ran.
func (s *Session) Explain(ctx context.Context, sql string, opts ExplainOptions, args ...any) (_ *Explanation, err error) {
	start := time.Now()
	var place *admission.Place
	if opts.Analyze {
		if place, err = s.turn(ctx); err != nil {
			return nil, err
		}
		defer place.Leave()
	}
	t, err := s.engine.pin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.unpin()
	q, err := s.queryOver(t, sql, args)
	if err != nil {
		return nil, err
	}
	q.place = place
	return t.explainQuery(ctx, q, opts, start)
}

// queryOver is a query of the session's caller over a version that is pinned.
func (s *Session) queryOver(t *topology, sql string, args []any) (*query, error) {
	params, err := textArgs(args)
	if err != nil {
		return nil, err
	}
	if region := s.caller.ClientRegion; region != "" && !t.isRegion(region) {
		return nil, usageError(fmt.Errorf("client region %q is not a region of the configuration", region))
	}
	if err := s.partial.valid(t); err != nil {
		return nil, err
	}
	return &query{sql: sql, params: params, now: t.opts.now(), caller: s.caller, approx: s.approx, policy: t.policy.Load(), leaving: t.leavingOf(s.partial)}, nil
}

func (e *Engine) isRegion(name string) bool {
	for _, r := range e.cfg.Regions {
		if r.Name == name {
			return true
		}
	}
	return false
}

// answer plans and starts a query.
func (t *topology) answer(ctx context.Context, q *query, clock time.Time) (*Result, error) {
	rec, err := t.intent(ctx, q)
	if err != nil {
		return nil, err
	}
	p, err := inTime(ctx, t.Engine, clock, func(ctx context.Context) (*plan.Plan, error) { return t.plan(ctx, q) })
	if err = rec.decided(ctx, p, err); err != nil {
		return nil, err
	}
	return t.run(ctx, q, p, rec, clock)
}
