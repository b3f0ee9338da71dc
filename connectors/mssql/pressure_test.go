package mssql

import (
	"context"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// sluice stands between client and server and knows how much has come down, and when the last of it did.
type sluice struct {
	passed, last atomic.Int64
}

// start forwards a port of this machine to the server.
func (s *sluice) start(t *testing.T, server string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var g sync.WaitGroup
	g.Go(func() {
		for {
			down, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", server)
			if err != nil {
				_ = down.Close()
				return
			}
			g.Go(func() { s.forward(up, down, false) })
			g.Go(func() { s.forward(down, up, true) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		g.Wait()
	})
	return l.Addr().String()
}

func (s *sluice) forward(to, from net.Conn, counts bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
		if counts {
			s.passed.Add(int64(n))
			s.last.Store(time.Now().UnixNano())
		}
	}
}

// still reports that nothing has come down for a while.
func (s *sluice) still() bool { return time.Since(time.Unix(0, s.last.Load())) > 200*time.Millisecond }

// TestStoppedConsumer holds that a consumer who stops reading holds little, however much there is to come: what is not read stays in the sockets' buffers and with
// the server, which goes on when the consumer does.
func TestStoppedConsumer(t *testing.T) {
	srv := server(t)
	way := &sluice{}
	u, err := url.Parse(srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	u.Host = way.start(t, srv.Addr())
	s := openShard(t, connectors.Config{DSN: u.String()})
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	for name, q := range map[string]func(context.Context, connectors.Statement) (connectors.Reader, error){
		"alone": s.Query, "in a snapshot": func(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
			n := s.Snapshot(func() error { return nil })
			defer n.Close()
			return n.Query(ctx, stmt)
		},
	} {
		before := way.passed.Load()
		r, err := q(t.Context(), connectors.Statement{SQL: counting(9), Schema: oneInt, BatchRows: 1000, Alloc: alloc})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := r.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
			eventually(t, 30*slack, "the server waits for the consumer", way.still)
			// All rows are 9 GB; the sockets of the loopback hold a few megabytes on each side of the sluice.
			if held, passed := alloc.CurrentAlloc(), way.passed.Load()-before; held > 1<<20 || passed > 32<<20 {
				t.Errorf("%s: %d bytes are held, %d have left the server", name, held, passed)
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	eventually(t, 5*slack, "the server is idle", func() bool { return running(srv) == 0 })
}
