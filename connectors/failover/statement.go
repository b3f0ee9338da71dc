package failover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// statement is one statement on its way to its first batch.
type statement struct {
	shard     *Shard
	query     *Query // nil if there is none
	caller    context.Context
	ctx       context.Context // caller, or until the time limit
	stop      func()          // ends ctx's time limit; nil if there is none
	only      *server         // nil if any may be asked
	describes bool            // it reads no rows: a replica need not be fresh
	within    *snapshot       // that it reads on the server already chosen; nil if it is by itself
	state     connectors.Snapshot
	stmt      connectors.Statement
	states    *snapshot // each try begins a state of its own as this one says; nil if none does
	began     time.Time
	now       time.Time // as of the last thing that happened

	alone    try // the one that runs in the caller's goroutine
	attempts int
	hedged   bool
	marks    []mark  // by server; nil until one failed
	wait     backoff // between rounds in which every server is tried
}

// mark is what a statement has met at one server.
type mark struct {
	tried bool // in this round
	err   error
}

// start begins a statement.
func (st *statement) start(ctx context.Context, s *Shard) {
	now := s.clock.Now()
	st.shard, st.query, st.caller, st.ctx, st.began, st.now = s, queryOf(ctx), ctx, ctx, now, now
	s.statements.Add(1)
	if s.timeout > 0 {
		own, cancel := context.WithCancelCause(ctx)
		timer := s.clock.AfterFunc(s.timeout, func() { cancel(errTimeout) })
		st.ctx = own
		st.stop = func() {
			timer.Stop()
			cancel(nil)
		}
	}
}

// end lets go of the statement's time limit.
func (st *statement) end() {
	if st.stop != nil {
		st.stop()
	}
}

// read runs the statement until its first batch, and returns the try that has it.
func (st *statement) read() (*try, error) {
	var won *try
	err := st.persist(func(srv *server) (_ *server, err error) {
		if won, err = st.attempt(srv); err != nil {
			return srv, err
		}
		return won.srv, nil
	})
	if err != nil {
		st.end()
		return nil, err
	}
	return won, nil
}

// attempt tries the statement on a server, and on another one where it is hedged.
func (st *statement) attempt(srv *server) (*try, error) {
	if st.within != nil {
		var err error
		if st.state, err = st.within.join(); err != nil {
			return nil, err
		}
	}
	t := st.race(srv)
	if st.within != nil {
		st.within.leave(t.failed())
	}
	if t.failed() {
		return nil, t.err
	}
	return t, nil
}

// persist calls do with one server after the other until it succeeds, and returns the server that answered, or trying again is of no use. The
// error that it returns names the server.
func (st *statement) persist(do func(*server) (*server, error)) error {
	defer st.blame()
	for {
		srv, probe := st.choose()
		if srv == nil {
			return st.counted(st.unavailable())
		}
		by, err := do(srv)
		st.now = st.shard.clock.Now()
		if err == nil {
			by.answered(st.now)
			if probe && by != srv {
				srv.breaker.forgo(st.now)
			}
			st.failed(by, nil)
			return nil
		}
		if err = st.again(srv, probe, err); err != nil {
			return st.counted(err)
		}
	}
}

// counted returns an error of the statement that says how often it was begun.
func (st *statement) counted(err error) error {
	var e *connectors.Error
	if st.attempts > 1 && errors.As(err, &e) {
		return e.After(st.attempts)
	}
	return err
}

// again waits until it is worth while to try again what failed at a server, or returns with what to fail.
func (st *statement) again(srv *server, probe bool, err error) error {
	ended := st.over()
	silence := st.silence(srv, ended)
	if silence != nil {
		err = silence
	}
	st.failed(srv, err)
	var failed *connectors.Error
	switch {
	case probe && silence != nil:
		srv.breaker.tried(srv, silence, st.now)
		return ended
	case probe && ended == nil && errors.As(err, &failed):
		srv.breaker.tried(srv, failed, st.now)
	case probe:
		srv.breaker.forgo(st.now)
		fallthrough
	default:
		if ended != nil {
			return ended
		}
	}
	named := srv.name(err)
	failed, pace := passing(err)
	switch {
	case srv.barred(err) && st.only == nil:
		if st.markTried(srv); st.next(nil) == nil && st.hasTried(st.shard.servers[0]) {
			return named
		}
		return st.spend(srv, named)
	case failed == nil, st.within != nil && st.within.stays() && failed.Class != connectors.ClassLimit:
		return named
	case pace != paceConflict || !srv.primary(): // what a replica's replay is in the way of is in nobody's on the primary
		st.markTried(srv)
		if st.only == nil && (st.next(nil) != nil || st.stranger() != nil) {
			return st.spend(srv, named)
		}
	}
	if err := st.pause(srv, probe, pace, named); err != nil {
		return err
	}
	for i := range st.marks {
		st.marks[i].tried = false
	}
	return nil
}

// pause waits before the next round, or returns err where there is none.
func (st *statement) pause(srv *server, probe bool, p pace, err error) error {
	wait, ok := st.wait.next(p, st.now)
	if end, limited := st.ctx.Deadline(); !ok || probe || limited && end.Sub(st.now) < wait {
		return err // which says more than a context that ends while waiting
	}
	if err := st.spend(srv, err); err != nil {
		return err
	}
	if sleep(st.ctx, st.shard.clock, wait) != nil {
		return st.over()
	}
	st.now = st.shard.clock.Now()
	return nil
}

// spend takes a retry from the budgets of the query and of the shard, or returns err.
func (st *statement) spend(srv *server, err error) error {
	s := st.shard
	if !st.query.spend() || !s.retries.take(s.statements.Load(), st.now) {
		return err
	}
	srv.retries.Add(1)
	return nil
}

func (st *statement) hasTried(srv *server) bool { return st.marks != nil && st.marks[srv.index].tried }

func (st *statement) markTried(srv *server) {
	st.mark(srv).tried = true
}

func (st *statement) mark(srv *server) *mark {
	if st.marks == nil {
		st.marks = make([]mark, len(st.shard.servers))
	}
	return &st.marks[srv.index]
}

// failed remembers what a server failed with last; nil for one that answered.
func (st *statement) failed(srv *server, err error) {
	if err != nil || st.marks != nil {
		st.mark(srv).err = err
	}
}

// blame tells the servers that failed in the statement, after all of its tries.
func (st *statement) blame() {
	for i, m := range st.marks {
		if m.err != nil {
			st.shard.servers[i].ended(m.err, st.now)
		}
	}
	st.marks = nil
}

// name returns an error of the server that says of which one it is.
func (srv *server) name(err error) error {
	var e *connectors.Error
	switch {
	case srv.primary():
		return err
	case errors.As(err, &e):
		return e.At(srv.Name)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.EOF):
		return err
	}
	return fmt.Errorf("replica %s: %w", srv.Name, err)
}
