package tpch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
	rows "github.com/atoll-sql/atoll/internal/tpch"
)

// query measures one query. It fails only if the context ended or a server is lost.
func (m *measurement) query(ctx context.Context, number int) (query, error) {
	q := query{number: number, of: map[string]*measure{}}
	for _, p := range m.asked {
		q.of[p.Name()] = &measure{}
	}
	a, err := m.ask(number)
	if err != nil {
		return q, err
	}
	if err := a.check(ctx, q); err != nil {
		return q, err
	}
	for range m.opts.Rounds {
		for _, p := range m.asked {
			if err := a.round(ctx, p, q.of[p.Name()]); err != nil {
				return q, err
			}
		}
	}
	for _, measure := range q.of {
		measure.finish(m.opts.Rounds, m.opts.Timeout)
	}
	return q, nil
}

// asking is one query being put to the peers.
type asking struct {
	*measurement
	number int
	c      logictest.Case
	want   logictest.Answer // the single PostgreSQL's
}

func (m *measurement) ask(number int) (*asking, error) {
	c, err := rows.Query("postgres", number)
	return &asking{measurement: m, number: number, c: c}, err
}

// What a run that is checked may take, in limits: it meets caches that are cold, and in Trino code that is not compiled yet. Without the single
// PostgreSQL's answer there is no measurement of anybody.
const checkLimits, singleLimits = 2, 10

// check holds each peer's answer to the single PostgreSQL's. It warms up, too.
func (a *asking) check(ctx context.Context, q query) error {
	at := slices.IndexFunc(a.asked, func(p peers.Peer) bool { return p.Name() == peers.PostgreSQL })
	single, own := a.asked[at], q.of[peers.PostgreSQL]
	reply, _, err := a.once(ctx, single, own, singleLimits*a.opts.Timeout)
	if err != nil {
		return err
	}
	if own.failed != "" || own.capped {
		why := fmt.Sprintf("there is no right answer to hold others to: %s needs more than %s", single.Name(), singleLimits*a.opts.Timeout)
		if own.failed != "" {
			why = fmt.Sprintf("there is no right answer to hold others to: %s: %s", single.Name(), own.failed)
		}
		for _, measure := range q.of {
			measure.fail(why)
		}
		return nil
	}
	a.want, own.equal = reply.Answer, true
	for _, p := range a.asked {
		if p == single {
			continue
		}
		measure := q.of[p.Name()]
		reply, answered, err := a.once(ctx, p, measure, checkLimits*a.opts.Timeout)
		if err != nil {
			return err
		}
		if answered {
			a.hold(p, measure, reply)
		}
	}
	return nil
}

// hold compares an answer. Another one than the single PostgreSQL's is a failure.
func (a *asking) hold(p peers.Peer, measure *measure, reply peers.Reply) bool {
	if err := peers.Compare(p.Name(), a.c, a.want, reply.Answer); err != nil {
		measure.fail("its answer is not that of " + peers.PostgreSQL + ": " + err.Error())
		measure.differs = true
		return false
	}
	measure.equal = true
	return true
}

// round measures one run of one peer, unless it has failed or was cut off before.
func (a *asking) round(ctx context.Context, p peers.Peer, into *measure) error {
	if into.failed != "" || into.capped {
		return nil
	}
	before, err := pgtest.ProcessorTimeOf(os.Getpid()) // and of all servers and peers' processes
	if err != nil {
		return err
	}
	reply, answered, err := a.once(ctx, p, into, a.opts.Timeout)
	if err != nil || !answered {
		return err
	}
	after, err := pgtest.ProcessorTimeOf(os.Getpid())
	if err != nil {
		return err
	}
	if !a.hold(p, into, reply) {
		return nil
	}
	into.seconds = append(into.seconds, reply.Took.Seconds())
	if after > 0 {
		into.processor = append(into.processor, (after - before).Seconds())
	}
	if reply.Stats != nil {
		into.moved = append(into.moved, movedOf(reply.Stats))
	}
	return nil
}

// once asks one peer and reports whether it answered; if not, it writes down why. The error is that of the context or of a lost server.
func (a *asking) once(ctx context.Context, p peers.Peer, into *measure, limit time.Duration) (peers.Reply, bool, error) {
	text, err := textFor(p.Name(), a.number, a.c)
	if err != nil {
		return peers.Reply{}, false, err
	}
	reply, err := p.Ask(ctx, text, limit)
	if stopped := ctx.Err(); stopped != nil {
		return reply, false, stopped
	}
	switch {
	case err == nil:
		return reply, true, nil
	case errors.Is(err, peers.ErrTimeout):
		into.capped = true
	default:
		into.fail(err.Error())
	}
	return reply, false, a.settle(ctx)
}
