package tdstest

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
)

// errAttention is the cause for which a statement's context ends when the client asks for it.
var errAttention = errors.New("tdstest: stopped by ATTENTION")

// conn serves one connection: one goroutine runs its requests, another reads them, so that ATTENTION is seen while a
// statement runs.
type conn struct {
	s     *Server
	id    int64
	t     *transport
	w     *packetWriter
	exec  Executor
	login Login

	ctx    context.Context // ends with the connection
	cancel context.CancelFunc

	mu        sync.Mutex
	stop      context.CancelCauseFunc // of the running request, nil between requests
	attention atomic.Bool             // the running request is to stop; set under mu
}

// request is a message with the context in which it is served.
type request struct {
	message
	ctx context.Context
}

// sendBuffer is how much the kernel may hold of an answer. Rows that are on their way when ATTENTION comes are read by
// the client all the same, so a large buffer would let it wait.
const sendBuffer = 128 << 10

func newConn(s *Server, c net.Conn) *conn {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBuffer) // without it the server works as well
	}
	t := newTransport(c)
	out := &conn{s: s, id: s.sessions.Add(1), t: t, w: newPacketWriter(t)}
	out.ctx, out.cancel = context.WithCancel(s.ctx)
	return out
}

// serve runs the connection to its end; who calls closes it.
func (c *conn) serve() {
	defer c.cancel()
	if err := c.open(); err != nil {
		return
	}
	defer c.exec.Close()
	requests, idle := make(chan request), make(chan struct{}, 1)
	idle <- struct{}{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer c.cancel() // a client that is gone wants no answer
		c.read(requests, idle)
	}()
	c.run(requests, idle)
	c.cancel()
	c.t.Conn.Close()
	<-done
}

// run serves requests until one breaks the connection or none will come.
func (c *conn) run(requests <-chan request, idle chan<- struct{}) {
	for {
		select {
		case <-c.ctx.Done():
			return
		case r := <-requests:
			if err := c.handle(r); err != nil {
				return
			}
			if r.kind != typeAttention {
				idle <- struct{}{}
			}
		}
	}
}

// read hands requests on. It takes idle before each, so that it never mistakes the request for which an ATTENTION is
// meant.
func (c *conn) read(requests chan<- request, idle <-chan struct{}) {
	for {
		m, err := readMessage(c.t, nil)
		if err != nil {
			return
		}
		r := request{message: m, ctx: c.ctx}
		if m.kind == typeAttention {
			if c.interrupt() {
				continue
			}
		} else {
			select {
			case <-idle:
			case <-c.ctx.Done():
				return
			}
			r.ctx = c.begin()
		}
		select {
		case requests <- r:
		case <-c.ctx.Done():
			return
		}
	}
}

// begin opens the time in which ATTENTION stops the request.
func (c *conn) begin() context.Context {
	ctx, stop := context.WithCancelCause(c.ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop = stop
	c.attention.Store(false)
	return ctx
}

// interrupt stops the running request; it reports false if none runs, and the client then gets an answer of its own.
func (c *conn) interrupt() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stop == nil {
		return false
	}
	c.attention.Store(true)
	c.stop(errAttention)
	return true
}

// finish closes the time that begin opened and reports whether ATTENTION came within it. It may be called again.
func (c *conn) finish() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stop != nil {
		c.stop(nil)
		c.stop = nil
	}
	return c.attention.Load()
}
