package faultproxy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// answer is what the test server says to "n\n": n bytes that differ from place to place.
func answer(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(i % 251)
	}
	return out
}

// start makes a server and a proxy before it.
func start(t *testing.T, network string, seed uint64) *Proxy {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "s")
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer c.Close()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					n, err := strconv.Atoi(lines.Text())
					if err != nil || n < 0 {
						return
					}
					if _, err := c.Write(answer(n)); err != nil {
						return
					}
				}
			})
		}
	})
	p, err := Listen(Options{Network: network, Address: l.Addr().String(), Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
		_ = l.Close()
		served.Wait()
		if n := p.Connections(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
	return p
}

func dial(t *testing.T, p *Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func say(t *testing.T, c net.Conn, n int) {
	t.Helper()
	if _, err := fmt.Fprintln(c, n); err != nil {
		t.Fatal(err)
	}
}

// hear reads n bytes, which must be the server's from the given place on.
func hear(t *testing.T, c net.Conn, from, n int) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, n)
	if _, err := io.ReadFull(c, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, answer(from + n)[from:]) {
		t.Fatalf("%d bytes from %d on are not what was sent", n, from)
	}
}

func exchange(t *testing.T, c net.Conn, n int) time.Duration {
	t.Helper()
	began := time.Now()
	say(t, c, n)
	hear(t, c, 0, n)
	return time.Since(began)
}

func set(t *testing.T, p *Proxy, f Faults) {
	t.Helper()
	if err := p.Set(f); err != nil {
		t.Fatal(err)
	}
}

// quiet checks that nothing arrives. It cannot fail because the machine is slow.
func quiet(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	var e net.Error
	if n, err := c.Read(make([]byte, 1)); n > 0 || !errors.As(err, &e) || !e.Timeout() {
		t.Fatalf("%d bytes and %v arrive", n, err)
	}
}

func TestForwards(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		p := start(t, network, 1)
		for range 3 {
			c := dial(t, p)
			exchange(t, c, 10)
			exchange(t, c, 3<<20)
		}
		if p.Made() != 3 || p.Struck() != 0 {
			t.Errorf("%d connections, %d faults", p.Made(), p.Struck())
		}
	}
}

func TestRefuses(t *testing.T) {
	p := start(t, "unix", 1)
	old := dial(t, p)
	exchange(t, old, 10)
	for range 20 {
		set(t, p, Faults{Refuse: true})
		if c, err := net.Dial("tcp", p.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatal(c, err)
		}
		exchange(t, old, 10)
		set(t, p, Faults{})
		exchange(t, dial(t, p), 10)
	}
	p.Cut()
	if _, err := old.Read(make([]byte, 1)); err == nil {
		t.Error("the connection was not cut")
	}
}

func TestHangsUp(t *testing.T) {
	p := start(t, "unix", 1)
	old := dial(t, p)
	exchange(t, old, 10)
	set(t, p, Faults{HangUp: true})
	c := dial(t, p)
	dial(t, p) // which says nothing, and does not hold up the proxy's end
	say(t, c, 10)
	if n, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("%d bytes and %v", n, err)
	}
	exchange(t, old, 10)
}

func TestSilent(t *testing.T) {
	p := start(t, "unix", 1)
	old := dial(t, p)
	exchange(t, old, 10)
	set(t, p, Faults{Silent: true})
	fresh := dial(t, p)
	say(t, old, 10)
	say(t, fresh, 20)
	quiet(t, old)
	quiet(t, fresh)
	set(t, p, Faults{})
	hear(t, old, 0, 10)
	hear(t, fresh, 0, 20)
	set(t, p, Faults{Silent: true}) // what is held when the proxy closes holds nobody up
	say(t, old, 10)
}

func TestAtByte(t *testing.T) {
	for _, at := range []int{1, 1000, pieceBytes, 1<<20 + 1} {
		p := start(t, "tcp", 1)
		for name, f := range map[string]Faults{"reset": {ResetAfter: int64(at)}, "cut": {CutAfter: int64(at)}, "silence": {SilentAfter: int64(at)},
			"garbage": {GarbageAfter: int64(at)}} {
			set(t, p, Faults{})
			c := dial(t, p)
			exchange(t, c, 5000) // what was before does not count
			set(t, p, f)
			say(t, c, 2<<20)
			if name == "reset" { // which may overtake what is on its way
				n, err := io.Copy(io.Discard, c)
				if n > int64(at) || !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("reset after %d: %d bytes and %v", at, n, err)
				}
				continue
			}
			hear(t, c, 0, at)
			if name == "silence" {
				quiet(t, c)
				set(t, p, Faults{})
				hear(t, c, at, 2<<20-at)
				continue
			}
			if name == "cut" {
				if n, err := c.Read(make([]byte, 1)); err != io.EOF {
					t.Errorf("cut after %d: %d bytes and %v", at, n, err)
				}
				continue
			}
			bad := make([]byte, GarbageBytes)
			if _, err := io.ReadFull(c, bad); err != nil || bytes.Equal(bad, answer(at + GarbageBytes)[at:]) {
				t.Errorf("garbage after %d: %x, %v", at, bad, err)
			}
			hear(t, c, at, 2<<20-at)
			exchange(t, c, 2<<20) // once is enough
		}
		if p.Struck() != 4 {
			t.Errorf("%d faults struck, want 4", p.Struck())
		}
	}
}

// TestSlow measures with lower bounds only: a busy machine is slower still.
func TestSlow(t *testing.T) {
	p := start(t, "unix", 1)
	c := dial(t, p)
	const d = 30 * time.Millisecond
	atLeast := func(what string, took, want time.Duration) {
		t.Helper()
		if took < want {
			t.Errorf("%s: %s, want at least %s", what, took, want)
		}
	}
	set(t, p, Faults{Latency: d})
	atLeast("latency", exchange(t, c, 10), 2*d)
	set(t, p, Faults{Latency: d, Jitter: d / 2})
	for range 5 {
		atLeast("jitter", exchange(t, c, 100_000), d)
	}
	set(t, p, Faults{Bandwidth: 1 << 20})
	atLeast("bandwidth", exchange(t, c, 100<<10), 90*time.Millisecond)
	set(t, p, Faults{Latency: time.Hour})
	say(t, c, 10)
	quiet(t, c)
	set(t, p, Faults{SlowClose: d}) // what waits is reckoned anew
	hear(t, c, 0, 10)
	began := time.Now()
	say(t, c, -1) // the server gives up
	if err := c.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("an answer to nonsense")
	}
	atLeast("slow close", time.Since(began), d)
}

// TestStalls holds that requests are stalled by their share, by the seed, and never a connection's first.
func TestStalls(t *testing.T) {
	const by = 20 * time.Millisecond
	draw := func(seed uint64, share float64) string {
		p := start(t, "unix", seed)
		c := dial(t, p)
		set(t, p, Faults{StallShare: share, StallBy: by})
		var out strings.Builder
		for range 40 {
			before := p.Struck()
			took := exchange(t, c, 10)
			stalled := p.Struck() > before
			if stalled && took < by {
				t.Errorf("a stall of %s", took)
			}
			fmt.Fprint(&out, map[bool]int{true: 1}[stalled])
		}
		return out.String()
	}
	if got := draw(1, 1); got != "0"+strings.Repeat("1", 39) {
		t.Errorf("all stall: %s", got)
	}
	if got := draw(1, 0); strings.Contains(got, "1") {
		t.Errorf("none stalls: %s", got)
	}
	a, b, c := draw(7, 0.3), draw(7, 0.3), draw(8, 0.3)
	if a != b || a == c || strings.Count(a, "1") < 4 || strings.Count(a, "1") > 24 {
		t.Errorf("by lot:\n%s\n%s\n%s", a, b, c)
	}
}

func TestExisting(t *testing.T) {
	p := start(t, "unix", 1)
	old := dial(t, p)
	exchange(t, old, 10)
	set(t, p, Faults{Silent: true, Existing: true})
	say(t, old, 10)
	exchange(t, dial(t, p), 10)
	quiet(t, old)
	set(t, p, Faults{})
	hear(t, old, 0, 10)
}

// TestServerAway holds that a server which cannot be reached closes the client's connection, and that a reset is told.
func TestServerAway(t *testing.T) {
	p, err := Listen(Options{Network: "unix", Address: filepath.Join(t.TempDir(), "nobody")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	c := dial(t, p)
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("an answer of nobody")
	}
	q := start(t, "unix", 1)
	c = dial(t, q)
	exchange(t, c, 10)
	q.Reset()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Error(err)
	}
}
