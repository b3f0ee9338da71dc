package faultproxy

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// link is a connection through the proxy: the client's and the one to the server.
type link struct {
	p              *Proxy
	number         int
	client, server net.Conn
	heard          atomic.Bool             // the server sent something after the client's last request
	silent         atomic.Pointer[setting] // under which the connection fell silent
	gone           chan struct{}           // closed when both connections are
	once           sync.Once
}

// run forwards both directions until the connection ends.
func (l *link) run() {
	up := &way{link: l, from: l.client, to: l.server, queue: make(chan piece, queued)}
	down := &way{link: l, from: l.server, to: l.client, queue: make(chan piece, queued), answers: true}
	var all sync.WaitGroup
	for _, w := range []*way{up, down} {
		all.Go(w.read)
		all.Go(w.carry)
	}
	all.Wait()
}

// close ends both connections.
func (l *link) close() {
	l.once.Do(func() {
		_ = l.client.Close() // the ends learn what they learn
		_ = l.server.Close()
		close(l.gone)
	})
}

// reset ends both connections, without the manners of TCP where they are of TCP.
func (l *link) reset() {
	for _, c := range []net.Conn{l.client, l.server} {
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetLinger(0) // an error means that it is closed already
		}
	}
	l.close()
}

// pause waits until d has passed or the setting ends, and reports whether the connection is still there. A d less than 0 is forever.
func (l *link) pause(d time.Duration, s *setting) bool {
	var passed <-chan time.Time
	if d >= 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		passed = t.C
	}
	select {
	case <-passed:
	case <-s.over:
	case <-l.gone:
		return false
	}
	return true
}
