package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestReal downloads what DuckDB and Trino are made of, where it is not there, and asks them, if ATOLL_PEERS is set. ATOLL_PEERS_DIR names the
// directory that keeps downloads; by default the user's cache directory has them.
func TestReal(t *testing.T) {
	if os.Getenv("ATOLL_PEERS") == "" {
		t.Skip("downloads 700 MB with ATOLL_PEERS=1")
	}
	w := newWorld(t)
	o := Options{Dir: os.Getenv("ATOLL_PEERS_DIR"), Download: true, Progress: func(line string) { t.Log(line) }}
	long := map[string]string{
		DuckDB: "select count(*) from range(100000000) a, range(100000000) b where a.range * b.range = 3",
		Trino: `select count(*) from unnest(sequence(1, 10000)) a(x), unnest(sequence(1, 10000)) b(x), unnest(sequence(1, 10000)) c(x)
			where a.x * b.x * c.x = 7`,
	}
	for name, sql := range long {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			p, about, err := Open(t.Context(), name, w, o)
			if err != nil || p == nil {
				t.Fatalf("%v, missing %q", err, about.Missing)
			}
			t.Logf("%s; %s; started in %s", about.Version, about.Setup, about.Start)
			process := processOf(p)
			ask(t, w, p)
			listensOnLoopback(t, process.pid)
			slow(t, p, sql)
			if _, err := p.Ask(t.Context(), "select nothing from nowhere", time.Minute); err == nil || !strings.Contains(err.Error(), "nowhere") {
				t.Errorf("a query that cannot be: %v", err)
			}
			closePeer(t, p)
			if !process.gone() {
				t.Error("the process lives on")
			}
			t.Logf("in all %s", time.Since(begin))
		})
	}
}

func processOf(p Peer) *process {
	if d, ok := p.(*duckPeer); ok {
		return d.driver.process
	}
	return p.(*trinoPeer).server.process
}

// listensOnLoopback looks at what a process listens on, as Linux says it.
func listensOnLoopback(t *testing.T, pid int) {
	t.Helper()
	own := map[string]bool{} // its sockets' inodes
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err == nil {
			own[strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")] = true
		}
	}
	// 127.0.0.1 as Linux writes it on a little-endian machine, alone and mapped into IPv6.
	const v4, v6 = "0100007F", "0000000000000000FFFF00000100007F"
	for _, file := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, file))
		if err != nil {
			t.Skipf("what a process listens on cannot be seen: %v", err)
		}
		for line := range strings.Lines(string(text)) {
			const listening = "0A"
			f := strings.Fields(line)
			if len(f) < 10 || f[3] != listening || !own[f[9]] {
				continue
			}
			address, port, _ := strings.Cut(f[1], ":")
			number, err := strconv.ParseUint(port, 16, 16)
			t.Logf("it listens on %s, port %d", address, number)
			if err != nil || address != v4 && address != v6 {
				t.Errorf("it listens on %s, which is no loopback address", address)
			}
		}
	}
}
