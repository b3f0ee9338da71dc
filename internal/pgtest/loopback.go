package pgtest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Loopback, given among a cluster's settings, makes it listen on a free port of 127.0.0.1 as well, for programs that speak TCP only. Whoever can reach that
// address, which is every user of this machine and nobody else, may connect as the superuser, for the cluster asks for no password.
const Loopback = "listen_addresses=" + loopbackHost

const loopbackHost = "127.0.0.1"

// loopbackAttempts is how many ports are tried. One that was free may be taken by the time that the server asks for it.
const loopbackAttempts = 5

// Host is the address on which a [Loopback] cluster listens, "" for others.
func (c *Cluster) Host() string {
	if !c.tcp {
		return ""
	}
	return loopbackHost
}

// Port is the port of [Cluster.Host], 0 for clusters that do not listen on TCP. It stays the same when the server is started again.
func (c *Cluster) Port() int {
	if !c.tcp {
		return 0
	}
	return c.port
}

// Socket is the path of the unix socket, as net.Dial takes it.
func (c *Cluster) Socket() string { return filepath.Join(c.sockDir, ".s.PGSQL."+strconv.Itoa(c.port)) }

// pickPort is freePort, but in a test.
var pickPort = freePort

// freePort finds a port that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp", loopbackHost+":0")
	if err != nil {
		return 0, fmt.Errorf("pgtest: no free port: %w", err)
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// portTaken reports that a server ended because somebody else has its port.
func (c *Cluster) portTaken() bool {
	select {
	case <-c.exited:
		log, err := os.ReadFile(filepath.Join(c.Dir, "log"))
		return c.tcp && err == nil && strings.Contains(string(log), "could not create any TCP/IP sockets")
	default:
		return false
	}
}
