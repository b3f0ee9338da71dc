package atoll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/atoll-sql/atoll/admission"
	"github.com/atoll-sql/atoll/internal/config"
)

// What holds for queries that wait for their turn where the configuration does not say.
const (
	defaultWaiting = 1000
	defaultQueue   = 30 * time.Second
)

// memoryShares divide limits.total_memory, as package config says.
type memoryShares struct {
	queries  int64 // of all queries together; 0 for no limit
	query    int64 // of one query, which reserves it while it runs; 0 for no limit
	residual int64 // 0 for the residual engine's default
}

// queryFraction is the part of limits.total_memory that one query may hold where limits.memory does not say: so many of them have room beside each other in
// the queries' half twice.
const queryFraction = 16

// shareMemory divides the memory. perQuery is what one query may hold, 0 where nothing says so.
func shareMemory(l config.Limits, perQuery int64) (memoryShares, error) {
	total := l.TotalMemory
	if total == 0 {
		return memoryShares{query: perQuery, residual: residualMemory(perQuery)}, nil
	}
	out := memoryShares{queries: config.QueriesShare(total), query: cmp.Or(perQuery, total/queryFraction), residual: config.ResidualShare(total)}
	if out.query > out.queries {
		return out, usageError(fmt.Errorf("one query may hold %d bytes, which is more than the %d that limits.total_memory leaves to all of them: "+
			"give WithMemoryLimit less, or raise limits.total_memory", out.query, out.queries))
	}
	return out, nil
}

// newLine makes the line in which queries wait for their turn.
func newLine(l config.Limits, m memoryShares) *admission.Queue {
	wait := cmp.Or(l.Queue, defaultQueue)
	if l.Timeout > 0 {
		wait = min(wait, l.Timeout)
	}
	return admission.New(admission.Limits{Queries: l.Queries, PerUser: l.PerUser, Memory: m.queries, Waiting: cmp.Or(l.Waiting, defaultWaiting), Wait: wait}, nil)
}

// turn waits until a query of the session's caller may run. It comes before everything else that the query does: one that waits holds no version
// of the map, no connection and no memory.
func (s *Session) turn(ctx context.Context) (*admission.Place, error) {
	e := s.engine
	return asTurn(e.line.Enter(ctx, s.caller.User, e.memory.query))
}

// turnToWrite is turn for a statement that writes: it holds no rows, and reserves no memory.
func (s *Session) turnToWrite(ctx context.Context) (*admission.Place, error) {
	return asTurn(s.engine.line.Enter(ctx, s.caller.User, 0))
}

// leaveWithout gives a query's place back if it failed, or panicked, before it had a result, whose end does it otherwise.
func leaveWithout(p *admission.Place, result **Result) {
	if *result == nil {
		p.Leave()
	}
}

// asTurn says what to do about a turn that never came.
func asTurn(p *admission.Place, err error) (*admission.Place, error) {
	var no *admission.Error
	if !errors.As(err, &no) {
		return p, err
	}
	e := &Error{SQLState: "53300", Text: no.Error(), Limit: no.Limit, Pos: -1, cause: err, Hint: "ask again later, or raise " + cmp.Or(no.For, no.Limit)}
	switch no.Limit {
	case admission.LimitMemory:
		e.SQLState = "53200"
		if no.Needed > 0 {
			e.Hint = "lower limits.memory, or raise limits.total_memory"
		}
	case admission.LimitQueue:
		e.SQLState = "57014"
		e.Hint += ", or let queries wait longer with limits.queue"
	case admission.LimitWaiting:
		e.Hint += ", or let more queries wait with limits.waiting"
	}
	return nil, e
}

// Load tells how many queries an engine runs, and how many wait for their turn.
type Load struct {
	Running, Waiting int
	Users            int   // with a query that runs or waits
	Reserved         int64 // bytes of memory that those that run may hold; 0 where limits.total_memory is not given
	Held             int64 // bytes that their operators do hold
}

// Load tells what the engine is doing now. It asks nobody.
func (e *Engine) Load() Load {
	s := e.line.Stats()
	out := Load{Running: s.Running, Waiting: s.Waiting, Users: s.Users, Held: e.held.Used()}
	if e.memory.queries > 0 {
		out.Reserved = s.Memory
	}
	return out
}
