package mssql

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	keepAlive = 30 * time.Second
	// lineBuffer holds a few packets, so that the driver's two reads per packet are not two system calls.
	lineBuffer = 64 << 10
)

// line is the socket of one connection. It counts what comes in, and how often a read follows a write: the round trips.
// One goroutine reads; writes and kill may come from others.
type line struct {
	net.Conn
	buf        []byte
	start, end int

	bytes atomic.Int64
	wrote atomic.Bool
	trips atomic.Int64
	dead  atomic.Bool
}

// Write implements net.Conn. A connection that breaks after the server was heard is told of by Read alone: where the driver cannot send its
// request to stop, it leaves the goroutine behind that reads the answer.
func (l *line) Write(p []byte) (int, error) {
	l.wrote.Store(true)
	n, err := l.Conn.Write(p)
	if err != nil && l.bytes.Load() > 0 {
		l.kill()
		return len(p), nil
	}
	return n, err
}

func (l *line) Read(p []byte) (int, error) {
	if l.wrote.CompareAndSwap(true, false) {
		l.trips.Add(1)
	}
	if l.start == l.end {
		if len(p) >= len(l.buf) {
			n, err := l.Conn.Read(p)
			l.bytes.Add(int64(n))
			return n, err
		}
		n, err := l.Conn.Read(l.buf)
		l.bytes.Add(int64(n))
		l.start, l.end = 0, n
		if n == 0 {
			return 0, err
		}
	}
	n := copy(p, l.buf[l.start:l.end])
	l.start += n
	return n, nil
}

// kill ends the connection and unblocks whoever reads or writes.
func (l *line) kill() {
	l.dead.Store(true)
	_ = l.Conn.Close() // nothing is left to be done about a socket that fails to close
}

// attempt gathers what was dialled while one connection was being made, so that it can be given up at any time.
type attempt struct {
	mu    sync.Mutex
	lines []*line
	over  bool
}

type attemptKey struct{}

func (a *attempt) add(l *line) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lines = append(a.lines, l)
	if a.over {
		l.kill()
	}
}

// giveUp unblocks the driver, which does not watch the context in every phase.
func (a *attempt) giveUp() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
	for _, l := range a.lines {
		l.kill()
	}
}

// line returns the one in use: the last, for routing and fail-over close those before.
func (a *attempt) line() *line {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.lines) == 0 {
		return nil
	}
	return a.lines[len(a.lines)-1]
}

// dialer makes the driver's sockets. Being a driver.HostDialer it resolves names itself, which the driver would do
// without heeding the context.
type dialer struct{}

// HostName implements the driver's HostDialer.
func (dialer) HostName() string { return "" }

// DialContext implements the driver's Dialer.
func (dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{KeepAlive: keepAlive}
	c, err := d.DialContext(ctx, network, address)
	if err != nil || strings.HasPrefix(network, "udp") {
		return c, err
	}
	l := &line{Conn: c, buf: make([]byte, lineBuffer)}
	if a, ok := ctx.Value(attemptKey{}).(*attempt); ok {
		a.add(l)
	}
	return l, nil
}
