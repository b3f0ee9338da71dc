package postgres

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// slowWriter is a connection whose first write returns long after the server has had it, as it does on a machine that is short of processors.
type slowWriter struct {
	net.Conn
	wrote bool
}

func (c *slowWriter) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if !c.wrote {
		time.Sleep(200 * time.Millisecond) // pgx reads beside a write after 15 ms
	}
	c.wrote = true
	return n, err
}

// TestSlowLogin holds that the first answer reaches who waits for it, also where the login was so slow that the driver began to read beside its writes.
func TestSlowLogin(t *testing.T) {
	cfg, err := pgconn.ParseConfig(cluster(t).DSN)
	if err != nil {
		t.Fatal(err)
	}
	var tc *tripConn
	cfg.BuildFrontend = wary
	cfg.AfterNetConnect = func(_ context.Context, _ *pgconn.Config, c net.Conn) (net.Conn, error) {
		tc = &tripConn{Conn: &slowWriter{Conn: c}}
		return tc, nil
	}
	c, err := connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if err := tc.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c.out, err = (&pgproto3.Query{String: "SELECT 1"}).Encode(c.out)
	if err != nil {
		t.Fatal(err)
	}
	c.pending++
	if err := c.send(); err != nil {
		t.Fatal(err)
	}
	for c.pending > 0 {
		if _, _, err := c.receive(); err != nil {
			t.Fatalf("the answer to the first statement does not come: %v", err)
		}
	}
}
