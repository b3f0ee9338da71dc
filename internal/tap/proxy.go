package tap

import (
	"context"
	"io"
	"net"
	"sync"
)

// Proxy forwards a port of this machine to a server and records both directions.
type Proxy struct {
	Recorder
	shard, network, address string
	tds                     bool
	listener                net.Listener
	mu                      sync.Mutex
	conns                   map[net.Conn]bool // nil once closed
	done                    sync.WaitGroup
}

// Options say what a proxy stands in front of.
type Options struct {
	// Shard is the server's name in hits.
	Shard string
	// Network and Address are the server's, as for net.Dial.
	Network, Address string
	// TDS says that the protocol is TDS, whose packets may cut a value in two: their contents are recorded without the
	// headers as well.
	TDS bool
}

// Listen starts a proxy on a free loopback port. The caller closes it.
func Listen(o Options) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{shard: o.Shard, network: o.Network, address: o.Address, tds: o.TDS, listener: l, conns: map[net.Conn]bool{}}
	p.done.Go(p.accept)
	return p, nil
}

// Addr is where the proxy listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Close cuts all connections and waits for everything that the proxy started. It may be called more than once.
func (p *Proxy) Close() error {
	p.mu.Lock()
	first := p.conns != nil
	for c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
	p.mu.Unlock()
	var err error
	if first {
		err = p.listener.Close()
	}
	p.done.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.done.Go(func() { p.serve(c) })
	}
}

// serve forwards one connection until either side ends it.
func (p *Proxy) serve(client net.Conn) {
	defer p.forget(client)
	if !p.keep(client) {
		return
	}
	server, err := new(net.Dialer).DialContext(context.Background(), p.network, p.address)
	if err != nil {
		return // the client sees its connection close, as if nobody listened
	}
	defer p.forget(server)
	if !p.keep(server) {
		return
	}
	n := p.number()
	var both sync.WaitGroup
	both.Go(func() { p.copy(server, client, p.ear(n, true)) })
	both.Go(func() { p.copy(client, server, p.ear(n, false)) })
	both.Wait()
}

// copy records what it forwards before it does: nothing can cross unrecorded.
func (p *Proxy) copy(to, from net.Conn, ear io.Writer) {
	_, _ = io.Copy(to, io.TeeReader(from, ear)) // how a connection ends is its ends' affair
	_ = to.Close()
	_ = from.Close()
}

// ear is what listens to one direction of a connection.
func (p *Proxy) ear(conn int, out bool) io.Writer {
	way := "from the shard"
	if out {
		way = "to the shard"
	}
	raw := p.open(streamName(p.shard, conn, way), out)
	if !p.tds {
		return raw
	}
	return io.MultiWriter(raw, &unpacker{to: p.open(streamName(p.shard, conn, way+" without headers"), out)})
}

// keep remembers a connection, unless the proxy is closed.
func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns == nil {
		return false
	}
	p.conns[c] = true
	return true
}

func (p *Proxy) forget(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// unpacker writes the contents of TDS packets without their headers of eight bytes.
type unpacker struct {
	to   io.Writer
	head []byte
	left int // bytes of the packet at hand still to come
}

// Write implements io.Writer.
func (u *unpacker) Write(p []byte) (int, error) {
	const header = 8
	total := len(p)
	for len(p) > 0 {
		if u.left == 0 {
			n := min(header-len(u.head), len(p))
			u.head, p = append(u.head, p[:n]...), p[n:]
			if len(u.head) == header {
				u.left = max(int(u.head[2])<<8|int(u.head[3])-header, 0)
				u.head = u.head[:0]
			}
			continue
		}
		n := min(u.left, len(p))
		if _, err := u.to.Write(p[:n]); err != nil {
			return 0, err
		}
		u.left, p = u.left-n, p[n:]
	}
	return total, nil
}
