package failover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// try is one attempt at a statement on one server.
type try struct {
	srv    *server
	ctx    context.Context
	cancel context.CancelFunc // nil where nobody cancels it alone
	began  time.Time

	reader  connectors.Reader
	snap    connectors.Snapshot
	first   arrow.Record
	err     error  // io.EOF where there are no rows
	busy    bool   // it counts as running
	reading bool   // it has its first batch
	lease   *lease // its memory; nil where it cannot lose
}

func (st *statement) newTry(srv *server, alone bool) *try {
	st.attempts++
	if alone {
		st.alone = try{srv: srv, ctx: st.ctx, began: st.now}
		return &st.alone
	}
	t := &try{srv: srv, began: st.now}
	if st.stmt.Alloc != nil {
		t.lease = newLease(st.stmt.Alloc)
	}
	t.ctx, t.cancel = context.WithCancel(st.ctx)
	return t
}

// run asks, and waits for the first batch or the end. A try that failed holds nothing any more.
func (t *try) run(st *statement) {
	t.srv.statements.Add(1)
	t.srv.running.Add(1)
	t.busy = true
	defer func() {
		if v := recover(); v != nil {
			t.err = connectors.NewError(t.srv.shard.name, connectors.ClassInternal, "", "the connector panicked", fmt.Errorf("%v\n%s", v, debug.Stack()))
		}
		if t.failed() {
			t.discard()
			return
		}
		t.reading = true
		t.srv.serving.Add(1)
	}()
	if t.reader, t.err = t.ask(st); t.err == nil {
		t.first, t.err = t.reader.Next(t.ctx)
	}
}

// ask starts the statement, in a state of the try's own if it makes one.
func (t *try) ask(st *statement) (connectors.Reader, error) {
	stmt := st.stmt
	if t.lease != nil {
		stmt.Alloc = t.lease
	}
	switch {
	case st.within != nil:
		return st.state.Query(t.ctx, stmt)
	case st.states != nil:
		t.snap = t.srv.Conn.Snapshot(st.states.over)
		return t.snap.Query(t.ctx, stmt)
	}
	return t.srv.Conn.Query(t.ctx, stmt)
}

func (t *try) failed() bool { return t.err != nil && !errors.Is(t.err, io.EOF) }

// discard lets go of all that the try holds. What its Close says concerns nobody: none of its rows were read.
func (t *try) discard() {
	if t.cancel != nil {
		t.cancel()
	}
	if t.reader != nil {
		_ = t.reader.Close()
	}
	if t.snap != nil {
		t.snap.Close()
	}
	t.reader, t.snap, t.first = nil, nil, nil
	t.leave()
}

// leave notes that the try uses its server no more.
func (t *try) leave() {
	if t.busy {
		t.busy = false
		t.srv.running.Add(-1)
		if t.reading {
			t.srv.serving.Add(-1)
		}
	}
}

// race tries a statement on a server, and on a second one as well if the first takes too long. It returns the try that succeeded, or the first one's
// failure; what the other one holds is let go in the background.
func (st *statement) race(srv *server) *try {
	delay, may := st.hedgeAfter(srv)
	if !may {
		t := st.newTry(srv, true)
		t.run(st)
		if !t.failed() {
			st.observe(t, nil)
		}
		return t
	}
	r := &contest{st: st, results: make(chan *try, 2)}
	r.first = r.start(srv)
	late := make(chan struct{})
	timer := st.shard.clock.AfterFunc(delay, func() { close(late) })
	defer timer.Stop()
	for {
		select {
		case <-late:
			late = nil
			r.second = st.second(r, srv)
		case t := <-r.results:
			if r.decided(t) {
				return r.end()
			}
		case <-st.ctx.Done(): // a server that does not stop is waited for by nobody
			r.end()
			return &try{srv: srv, err: st.ctx.Err()}
		}
	}
}

func passes(err error) bool {
	e, _ := passing(err)
	return e != nil
}

// contest is one or two tries in goroutines of their own.
type contest struct {
	st            *statement
	first, second *try // second is nil until there is one
	won           *try // nil if none has
	failed        []*try
	results       chan *try

	mu   sync.Mutex
	over bool
}

// decided counts what became of a try, and reports whether the contest is over: one succeeded, none is left, or the first one failed in a way in which
// the second will, too.
func (r *contest) decided(t *try) bool {
	if !t.failed() {
		r.won = t
		return true
	}
	r.failed = append(r.failed, t)
	r.st.failed(t.srv, t.err)
	if t == r.second {
		r.st.markTried(t.srv)
	}
	return r.second == nil || len(r.failed) == 2 || t == r.first && !passes(t.err)
}

// start begins a try.
func (r *contest) start(srv *server) *try {
	t := r.st.newTry(srv, false)
	r.st.shard.background.add()
	go func() {
		defer r.st.shard.background.done()
		t.run(r.st)
		if !r.report(t) {
			t.discard()
		}
	}()
	return t
}

// report tells what became of a try; false if nobody wants to know any more.
func (r *contest) report(t *try) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over {
		r.results <- t
	}
	return !r.over
}

// end cancels who has not won, and returns the winner, or the first try if there is none.
func (r *contest) end() *try {
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
	for _, t := range []*try{r.first, r.second} {
		switch {
		case t == nil:
		case t != r.won:
			t.cancel()
			t.lease.lose()
		default:
			t.lease.win()
		}
	}
	select {
	case t := <-r.results: // it came in at the same moment
		t.discard()
	default:
	}
	if r.won == nil {
		return r.first
	}
	var beaten *try
	if r.won == r.second && len(r.failed) == 0 {
		beaten = r.first
	}
	r.st.observe(r.won, beaten)
	return r.won
}
