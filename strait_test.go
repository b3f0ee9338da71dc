package atoll

import (
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/pgtest"
)

// strait stands between engine and server: connections can be cut, and new ones refused.
type strait struct {
	t      *testing.T
	to     string
	addr   string
	mu     sync.Mutex
	listen net.Listener
	conns  map[net.Conn]bool
	done   sync.WaitGroup
	// lag holds what the engine sends, except requests to cancel, which are the only messages of 16 bytes.
	lag atomic.Int64
}

// newStrait forwards a port of this machine to the server's socket.
func newStrait(t *testing.T, s *sea) *strait {
	t.Helper()
	u, err := url.Parse(s.server.DSN)
	if err != nil {
		t.Fatal(err)
	}
	x := &strait{t: t, to: u.Query().Get("host") + "/.s.PGSQL." + u.Query().Get("port"), addr: "127.0.0.1:0", conns: map[net.Conn]bool{}}
	x.up()
	t.Cleanup(x.down)
	return x
}

// dsn leads through the strait.
func (x *strait) dsn(db string) string {
	return "postgres://" + pgtest.User + "@" + x.addr + "/" + db + "?sslmode=disable"
}

func (x *strait) up() {
	l, err := net.Listen("tcp", x.addr)
	if err != nil {
		x.t.Fatal(err)
	}
	x.mu.Lock()
	x.listen, x.addr = l, l.Addr().String()
	x.mu.Unlock()
	x.done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			x.done.Go(func() { x.forward(c) })
		}
	})
}

func (x *strait) forward(c net.Conn) {
	s, err := net.Dial("unix", x.to)
	if err != nil {
		_ = c.Close()
		return
	}
	x.mu.Lock()
	x.conns[c], x.conns[s] = true, true
	x.mu.Unlock()
	var both sync.WaitGroup
	for _, way := range []struct {
		to   io.Writer
		from net.Conn
	}{{c, s}, {slowly{x, s}, c}} {
		both.Go(func() {
			_, _ = io.Copy(way.to, way.from)
			_ = c.Close()
			_ = s.Close()
		})
	}
	both.Wait()
	x.mu.Lock()
	delete(x.conns, c)
	delete(x.conns, s)
	x.mu.Unlock()
}

// slowly writes after the strait's lag.
type slowly struct {
	x  *strait
	to net.Conn
}

func (w slowly) Write(p []byte) (int, error) {
	if len(p) != 16 {
		time.Sleep(time.Duration(w.x.lag.Load()))
	}
	return w.to.Write(p)
}

// down refuses new connections and cuts those that there are.
func (x *strait) down() {
	_ = x.listen.Close()
	x.mu.Lock()
	for c := range x.conns {
		_ = c.Close()
	}
	x.mu.Unlock()
	x.done.Wait()
}
