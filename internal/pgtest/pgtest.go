// Package pgtest starts throw-away PostgreSQL clusters for tests, benchmarks and tools.
//
// A cluster listens on a unix socket only, unless [Loopback] is among its settings, trusts its superuser "atoll", speaks UTF-8 with C collation
// in UTC, and does not care for durability. initdb runs once per machine, server version and user; each
// cluster is a copy of its result. A server dies with the process that started it.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// User is the superuser of every cluster.
const User = "atoll"

// socketPort names the socket file of a cluster that does not listen on TCP.
const socketPort = 5432

// Cluster is one running PostgreSQL server. Its methods may be called from several goroutines; Kill and Restart not beside each other or Stop.
type Cluster struct {
	DSN string // URL of database "postgres" by the server's unix socket
	Dir string // everything the cluster keeps on disk; removed by Stop unless Open made it

	keep    bool
	again   func() error // starts the server over its files
	sockDir string
	tcp     bool
	port    int // names the socket file, too
	pid     int
	exited  chan struct{} // closed once the server is gone
	stop    sync.Once
	stopErr error
}

// Start starts n clusters at once and stops them when the test ends. It fails the test if it cannot.
func Start(tb testing.TB, n int, settings ...string) []*Cluster {
	tb.Helper()
	clusters, err := startAll(n, settings)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := stopAll(clusters); err != nil {
			tb.Error(err)
		}
	})
	return clusters
}

// New starts a cluster that keeps its files in dir, which must be absent or empty; "" means a temporary
// directory. Settings are further server parameters, each "name=value". The caller stops the cluster.
func New(dir string, settings ...string) (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	acct, err := serverAccount()
	if err != nil {
		return nil, err
	}
	template, err := bin.template(acct)
	if err != nil {
		return nil, err
	}
	if dir, err = acct.makeDir(dir); err != nil {
		return nil, err
	}
	c := &Cluster{Dir: dir, exited: make(chan struct{})}
	if err := copyTree(template, c.data(), acct); err != nil {
		return nil, errors.Join(fmt.Errorf("pgtest: copying the template cluster: %w", err), c.removeFiles())
	}
	if err := c.start(bin, acct, settings); err != nil {
		return nil, errors.Join(err, c.removeFiles())
	}
	return c, nil
}

// data is the server's data directory.
func (c *Cluster) data() string { return filepath.Join(c.Dir, "data") }

func (c *Cluster) start(bin *install, acct *account, settings []string) error {
	var err error
	if c.sockDir, err = acct.socketDir(c.Dir); err != nil {
		return err
	}
	c.again = func() error { return c.launch(bin, acct, c.data(), settings) }
	c.port, c.tcp = socketPort, slices.Contains(settings, Loopback)
	for attempt := 1; ; attempt++ {
		if c.tcp {
			if c.port, err = pickPort(); err != nil {
				return err
			}
		}
		c.DSN = c.DSNFor("postgres")
		if err := c.again(); err != nil {
			return err
		}
		err := c.awaitReady(30 * time.Second)
		if err == nil {
			return nil
		}
		if !c.portTaken() || attempt == loopbackAttempts {
			return errors.Join(err, c.Stop())
		}
		c.exited = make(chan struct{})
	}
}

// DSNFor returns the URL of one database of the cluster.
func (c *Cluster) DSNFor(db string) string {
	q := url.Values{"host": {c.sockDir}, "port": {strconv.Itoa(c.port)}, "sslmode": {"disable"}}
	return "postgres://" + User + "@/" + url.PathEscape(db) + "?" + q.Encode()
}

// Exec runs SQL, which may hold several statements, in database "postgres" on a connection of its own.
func (c *Cluster) Exec(ctx context.Context, sql string) error { return c.ExecIn(ctx, "postgres", sql) }

// ExecIn is Exec in the named database.
func (c *Cluster) ExecIn(ctx context.Context, db, sql string) error {
	conn, err := pgconn.Connect(ctx, c.DSNFor(db))
	if err != nil {
		return err
	}
	err = conn.Exec(ctx, sql).Close()
	return errors.Join(err, conn.Close(ctx))
}

// CreateDatabase makes an empty database, dropping an older one of that name, and returns its DSN.
func (c *Cluster) CreateDatabase(ctx context.Context, name string) (string, error) {
	quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	for _, sql := range []string{
		"DROP DATABASE IF EXISTS " + quoted + " WITH (FORCE)",
		"CREATE DATABASE " + quoted + " TEMPLATE template0",
	} {
		if err := c.Exec(ctx, sql); err != nil {
			return "", err
		}
	}
	return c.DSNFor(name), nil
}

// Stop shuts the server down, waits for its end and removes its files, unless Open made the cluster. It may be called more than once.
func (c *Cluster) Stop() error {
	c.stop.Do(func() {
		c.stopErr = errors.Join(c.shutdown(), c.removeFiles())
	})
	return c.stopErr
}

// shutdown asks for a fast shutdown, and for an immediate one where that takes too long.
func (c *Cluster) shutdown() error {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		select {
		case <-c.exited: // the pid may be somebody else's by now
			return nil
		default:
		}
		if err := syscall.Kill(c.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("pgtest: stopping the server: %w", err)
		}
		select {
		case <-c.exited:
			return nil
		case <-time.After(10 * time.Second):
		}
	}
	return errors.New("pgtest: the server does not stop")
}

func (c *Cluster) removeFiles() error {
	var err error
	if !c.keep {
		err = os.RemoveAll(c.Dir)
	}
	if c.sockDir != "" && c.sockDir != c.Dir {
		err = errors.Join(err, os.RemoveAll(c.sockDir))
	}
	return err
}

// awaitReady polls until the server answers, exits or the time is up.
func (c *Cluster) awaitReady(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for {
		conn, err := pgconn.Connect(ctx, c.DSN)
		if err == nil {
			if err := conn.Close(ctx); err != nil || c.ours() {
				return err
			}
		}
		select {
		case <-c.exited:
			return fmt.Errorf("pgtest: the server did not start: %s", c.logTail())
		case <-ctx.Done():
			return fmt.Errorf("pgtest: the server is not ready after %s: %s", limit, c.logTail())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// ours reports that the server which answers is the one that was started, and not another that has the directory open: the started one
// then ends by itself.
func (c *Cluster) ours() bool {
	text, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	pid, _, _ := strings.Cut(string(text), "\n")
	return err == nil && pid == strconv.Itoa(c.pid)
}

// logTail returns the end of the server's log for an error message.
func (c *Cluster) logTail() string {
	log, err := os.ReadFile(filepath.Join(c.Dir, "log"))
	if err != nil {
		return err.Error()
	}
	if len(log) > 2000 {
		log = log[len(log)-2000:]
	}
	return strings.TrimSpace(string(log))
}

// args makes a small, fast, forgetful server; later settings win.
func (c *Cluster) args(data string, settings []string) []string {
	args := []string{"-D", data, "-p", strconv.Itoa(c.port), "-k", c.sockDir}
	base := []string{
		"listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
		"max_connections=60", "shared_buffers=32MB", "timezone=UTC", "log_timezone=UTC", "jit=off",
		"max_wal_size=256MB", "wal_level=minimal", "max_wal_senders=0", "autovacuum_naptime=60s",
		"logging_collector=off", "log_destination=stderr",
	}
	for _, s := range append(base, settings...) {
		args = append(args, "-c", s)
	}
	return args
}

// launch starts the server from a thread that lives as long as the server: the kernel sends the
// parent-death signal when the starting thread ends, not the process.
func (c *Cluster) launch(bin *install, acct *account, data string, settings []string) error {
	log, err := os.Create(filepath.Join(c.Dir, "log"))
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(bin.dir, "postgres"), c.args(data, settings)...)
	cmd.Dir, cmd.Env = c.Dir, serverEnv()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = acct.procAttr()
	setDeathSignal(cmd.SysProcAttr)
	started := make(chan error, 1)
	go keepAlive(cmd, started, c.exited)
	if err := <-started; err != nil {
		return fmt.Errorf("pgtest: starting the server: %w", err)
	}
	c.pid = cmd.Process.Pid
	return nil
}
