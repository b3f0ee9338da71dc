package pgtest

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
)

// TestLoopback connects by TCP to a cluster whose first port somebody else has taken, also after it was started again, and finds that it listens
// nowhere but on 127.0.0.1.
func TestLoopback(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	defer func() { pickPort = freePort }()
	picks := 0
	pickPort = func() (int, error) {
		if picks++; picks == 1 {
			return taken.Addr().(*net.TCPAddr).Port, nil
		}
		return freePort()
	}
	c := Start(t, 1, Loopback)[0]
	if picks != 2 {
		t.Errorf("it picked a port %d times, not once more than in vain", picks)
	}
	byTCP := fmt.Sprintf("postgres://%s@%s:%d/postgres?sslmode=disable", User, c.Host(), c.Port())
	for _, dsn := range []string{byTCP, c.DSN} {
		if got := query(t, dsn, "SHOW listen_addresses"); got != "127.0.0.1" {
			t.Errorf("it listens on %s", got)
		}
	}
	if conn, err := net.Dial("unix", c.Socket()); err != nil {
		t.Error(err)
	} else if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.Restart(); err != nil {
		t.Fatal(err)
	}
	if got := query(t, byTCP, "SELECT 1"); got != "1" {
		t.Errorf("after its restart it answers %s", got)
	}
}

func TestLoopbackGivesUp(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	defer func() { pickPort = freePort }()
	pickPort = func() (int, error) { return taken.Addr().(*net.TCPAddr).Port, nil }
	c, err := New("", Loopback)
	if err == nil {
		t.Error(c.Stop())
		t.Fatal("it started on a port that is taken")
	}
	if !strings.Contains(err.Error(), "the server did not start") || !strings.Contains(err.Error(), "TCP/IP") {
		t.Errorf("the error is %v", err)
	}
}

// TestNoLoopback says that a cluster listens on TCP only if it was asked to.
func TestNoLoopback(t *testing.T) {
	c := Start(t, 1)[0]
	if got := query(t, c.DSN, "SHOW listen_addresses"); got != "" || c.Host() != "" || c.Port() != 0 {
		t.Errorf("it listens on %q, and says %q, %d", got, c.Host(), c.Port())
	}
	if err := c.Exec(context.Background(), "SELECT 1"); err != nil {
		t.Error(err)
	}
}
