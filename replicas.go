package atoll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/failover"
	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/planner/plan"
)

// connect opens the connectors of a shard's servers, which contact nobody.
func (e *Engine) connect(s config.Shard) (*failover.Shard, error) {
	open := e.opts.drivers[s.Driver]
	if open == nil {
		return nil, usageError(fmt.Errorf("shard %s: there is no driver called %q", s.Name, s.Driver))
	}
	timeout := cmp.Or(s.StatementTimeout, e.cfg.Limits.ShardTimeout)
	server := func(name string, cfg connectors.Config) (failover.Endpoint, error) {
		cfg.Budget, cfg.StatementTimeout = e.budget, timeout
		conn, err := open(cfg)
		return failover.Endpoint{Name: name, Region: cfg.Region, Conn: conn, Near: cfg.Region == e.cfg.Coordinator.Region}, err
	}
	primary, err := server("", s.Connector())
	if err != nil {
		return nil, usageError(err)
	}
	var replicas []failover.Endpoint
	for _, r := range s.Replicas {
		at, err := server(r.Name, s.ReplicaConnector(r))
		if err != nil {
			for _, opened := range append(replicas, primary) {
				err = errors.Join(err, opened.Conn.Close())
			}
			return nil, usageError(fmt.Errorf("replica %s: %w", r.Name, err))
		}
		replicas = append(replicas, at)
	}
	return failover.New(s.Name, primary, replicas, failover.Options{
		MaxStaleness: s.MaxStaleness, Timeout: timeout, Expect: func() []string { return e.expected(s.Name) },
	}), nil
}

// expected are the tables that a shard should hold by the newest version of the map.
func (e *Engine) expected(shard string) []string {
	t := e.top.Load()
	if t == nil {
		return nil
	}
	if i, ok := t.Map.ShardIndex(shard); ok {
		return t.tables[i]
	}
	return nil
}

// near reports a replica that is in its shard's region.
func (t *topology) near(shard, replica string) bool {
	s := t.byName[shard]
	return s != nil && slices.ContainsFunc(s.Replicas, func(r config.Replica) bool { return r.Name == replica && r.Region == s.Region })
}

// regionOf is where a shard's own server is, or a replica of it.
func (t *topology) regionOf(shard, replica string) string {
	s := t.byName[shard]
	if s == nil {
		return ""
	}
	for _, r := range s.Replicas {
		if r.Name == replica {
			return r.Region
		}
	}
	return s.Region
}

// reading is what holds for the statements of a plan: which replicas they may read, and that these hold all that was committed before the map was
// adopted, and what this engine wrote itself.
func (t *topology) reading(q *query, p *plan.Plan) *failover.Query {
	out := &failover.Query{Retries: t.cfg.Limits.Retries}
	if t.maps != nil { // else rows never move
		out.Since = t.adopted
	}
	mayRead := t.mayRead(q, p)
	out.Permits = func(shard, replica string) bool { return mayRead(shard, replica) == nil }
	for _, f := range p.Fragments {
		for _, at := range f.Targets {
			if s := t.byName[at.Shard]; s != nil && s.MaxStaleness >= 0 {
				if w := s.wrote.Load(); w != nil && w.After(out.Since) {
					out.Since = *w
				}
			}
		}
	}
	return out
}

var (
	errNewest    = errors.New("what is asked needs the newest rows")
	errNotJudged = errors.New("the residency policy was not asked whether it may send rows from its region")
)

// mayRead tells why a replica may not be read for a query's newest plan, nil if it may. What it returns may be called from any goroutine, also while
// the query is planned anew.
func (t *topology) mayRead(q *query, p *plan.Plan) func(shard, replica string) error {
	newest, lawless, judged := q.newest, q.policy == nil, q.forbidden
	return func(shard, replica string) error {
		switch {
		case newest:
			return errNewest
		case lawless || t.near(shard, replica):
			return nil
		case judged == nil || judged.plan != p:
			return errNotJudged
		}
		return judged.why[replica]
	}
}

// within puts into a context what holds for the statements of the plan that runs. The context is the same one for the same ctx: a reader that is watching it
// need not watch another one.
func (r *running) within(ctx context.Context) context.Context {
	if r.under == nil || r.over != ctx {
		r.over, r.under = ctx, r.reading.Context(r.admitted.within(ctx))
	}
	return r.under
}

// written takes note that shards were written to just now.
func (w *write) written() {
	now := time.Now()
	for _, p := range w.parts {
		p.shard.written(now)
	}
}

// written takes note of a write that had ended at a time. That of a later one stays, whoever comes first.
func (s *shard) written(at time.Time) {
	for {
		last := s.wrote.Load()
		if last != nil && !at.After(*last) || s.wrote.CompareAndSwap(last, &at) {
			return
		}
	}
}

// unread is the error of a shard whose own server does not answer, with the reasons why none of its replicas was read instead.
func (r *running) unread(err error) error {
	var down *connectors.Error
	if !errors.As(err, &down) || down.Class != connectors.ClassUnavailable {
		return err
	}
	s := r.engine.byName[down.Shard]
	if s == nil || len(s.Replicas) == 0 {
		return err
	}
	p, _ := r.state()
	mayRead := r.engine.mayRead(r.query, p)
	text := err.Error()
	for _, h := range s.conn.Health()[1:] {
		why := h.Unread
		if no := mayRead(s.Name, h.Name); no != nil {
			why = no.Error()
		}
		if why != "" {
			text += fmt.Sprintf("; replica %s may not be read: %s", h.Name, why)
		}
	}
	return &Error{SQLState: down.SQLState, Text: text, Pos: -1, Shard: s.Name, cause: err}
}
