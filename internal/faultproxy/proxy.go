package faultproxy

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Options say what a proxy stands in front of.
type Options struct {
	// Network and Address are the server's, as for net.Dial: "tcp" or "unix".
	Network, Address string
	// Seed decides all that is drawn by lot.
	Seed uint64
}

// Proxy forwards a port of this machine to a server. Its methods are safe for concurrent use, also while connections run.
type Proxy struct {
	network, address string
	addr             string
	port             io.Closer // keeps the port from others while it is closed
	ctx              context.Context
	cancel           context.CancelFunc
	done             sync.WaitGroup
	struck           atomic.Int64

	mu       sync.Mutex
	random   *rand.Rand
	listener net.Listener // nil while connections are refused
	faults   *setting
	spared   *setting
	links    map[*link]struct{}
	made     int
	closed   bool
}

// Listen starts a proxy without faults on a free port of 127.0.0.1. The caller closes it.
func Listen(o Options) (*Proxy, error) {
	port, addr, err := reserve()
	if err != nil {
		return nil, fmt.Errorf("faultproxy: %w", err)
	}
	p := &Proxy{network: o.Network, address: o.Address, addr: addr, port: port, links: map[*link]struct{}{},
		random: rand.New(rand.NewPCG(o.Seed, 0x61746f6c6c))} //nolint:gosec // faults are drawn by a seed
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if err := p.Set(Faults{}); err != nil {
		p.cancel()
		_ = port.Close()
		return nil, err
	}
	return p, nil
}

// Addr is where the proxy listens, the same for all of its life.
func (p *Proxy) Addr() string { return p.addr }

// Connections is how many connections pass through the proxy at the moment.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

// Made is how many connections were made so far.
func (p *Proxy) Made() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.made
}

// Struck is how many times a fault that picks its victims, or counts bytes, struck so far: stalls, resets, cuts, silences after some bytes, and garbage.
func (p *Proxy) Struck() int { return int(p.struck.Load()) }

// Set puts faults in the place of those in force, for connections that there are and those to come. An error says that the port cannot be
// opened again; the other faults are in force then all the same.
func (p *Proxy) Set(f Faults) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	if p.faults != nil {
		close(p.faults.over)
	}
	p.faults = &setting{Faults: f, made: p.made, over: make(chan struct{})}
	p.spared = p.faults.calm()
	if f.Refuse {
		p.refuse()
		return nil
	}
	return p.accept()
}

// Heal ends all faults.
func (p *Proxy) Heal() error { return p.Set(Faults{}) }

// Cut closes all connections that there are.
func (p *Proxy) Cut() { p.end((*link).close) }

// Reset resets all connections that there are.
func (p *Proxy) Reset() { p.end((*link).reset) }

func (p *Proxy) end(how func(*link)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		how(l)
	}
}

// Close cuts all connections and waits for everything that the proxy started. It may be called more than once.
func (p *Proxy) Close() error {
	p.mu.Lock()
	var err error
	if !p.closed {
		p.closed = true
		p.cancel()
		p.refuse()
		err = p.port.Close()
		for l := range p.links {
			l.close()
		}
	}
	p.mu.Unlock()
	p.done.Wait()
	return err
}

// refuse closes the port. The caller holds the lock.
func (p *Proxy) refuse() {
	if p.listener != nil {
		_ = p.listener.Close() // it is closed either way
		p.listener = nil
	}
}

// accept opens the port unless it is open. The caller holds the lock.
func (p *Proxy) accept() error {
	if p.listener != nil {
		return nil
	}
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		return fmt.Errorf("faultproxy: %w", err)
	}
	p.listener = l
	p.done.Go(func() {
		for p.ctx.Err() == nil {
			c, err := l.Accept()
			if err == nil {
				p.done.Go(func() { p.serve(c) })
				continue
			}
			if !p.open(l) {
				return
			}
			time.Sleep(10 * time.Millisecond) // out of descriptors, perhaps
		}
	})
	return nil
}

// open reports whether the proxy still listens by l.
func (p *Proxy) open(l net.Listener) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.listener == l
}

// serve forwards one connection until it ends. Where the server cannot be reached the client's connection closes.
func (p *Proxy) serve(client net.Conn) {
	if p.hangsUp() {
		defer context.AfterFunc(p.ctx, func() { _ = client.Close() })()
		_, _ = client.Read(make([]byte, pieceBytes)) // what is unread would make it a reset
		_ = client.Close()
		return
	}
	server, err := new(net.Dialer).DialContext(p.ctx, p.network, p.address)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{p: p, client: client, server: server, gone: make(chan struct{})}
	if p.keep(l) {
		l.run()
		p.forget(l)
	} else {
		l.close()
	}
}

// keep remembers a connection, unless the proxy is closed.
func (p *Proxy) keep(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	l.number = p.made
	p.made++
	p.links[l] = struct{}{}
	return true
}

func (p *Proxy) forget(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

// inForce is what applies to a connection at the moment.
func (p *Proxy) inForce(l *link) *setting {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.faults.Existing && l.number >= p.faults.made {
		return p.spared
	}
	return p.faults
}

func (p *Proxy) hangsUp() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults.HangUp
}

// lot draws from [0, 1).
func (p *Proxy) lot() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.random.Float64()
}

// garbage is random bytes.
func (p *Proxy) garbage() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]byte, GarbageBytes)
	for i := range out {
		out[i] = byte(p.random.Uint32())
	}
	return out
}
