// Package etcdtest runs etcd servers for tests: the program etcd of the PATH, or else the one pinned in tools/etcd, which is built when it is first
// needed. A server listens on the loopback interface and keeps its data until the test ends, so that it can be killed and started again.
package etcdtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// program returns the path of the server's program.
var program = sync.OnceValues(func() (string, error) {
	if path, err := exec.LookPath("etcd"); err == nil {
		return path, nil
	}
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("etcdtest: etcd is not in PATH, and there is no go to build it: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(mod)))
	path := filepath.Join(root, "bin", "tools", "etcd")
	build := exec.Command("go", "-C", filepath.Join(root, "tools", "etcd"), "build", "-o", path, "go.etcd.io/etcd/server/v3")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("etcdtest: etcd is not in PATH and cannot be built: %w\n%s", err, out)
	}
	return path, nil
})

// Server is one cluster of one member.
type Server struct {
	Endpoint string

	args   []string
	log    string
	cmd    *exec.Cmd
	exited chan struct{}
}

// patience bounds how long a server may take to start.
const patience = 30 * time.Second

// Start starts a server with further flags; it ends with the test. A flag --cert-file makes it speak TLS with clients, and the caller waits for it.
func Start(tb testing.TB, flags ...string) *Server {
	tb.Helper()
	client, peer := freeAddress(tb), freeAddress(tb)
	scheme := "http"
	for _, f := range flags {
		if strings.HasPrefix(f, "--cert-file") {
			scheme = "https"
		}
	}
	dir := tb.TempDir()
	s := &Server{Endpoint: scheme + "://" + client, log: filepath.Join(dir, "log")}
	s.args = append([]string{
		"--name=one", "--data-dir=" + filepath.Join(dir, "data"), "--log-level=error", "--unsafe-no-fsync",
		"--listen-client-urls=" + s.Endpoint, "--advertise-client-urls=" + s.Endpoint,
		"--listen-peer-urls=http://" + peer, "--initial-advertise-peer-urls=http://" + peer, "--initial-cluster=one=http://" + peer,
	}, flags...)
	tb.Cleanup(func() { s.Kill(tb) })
	s.Run(tb)
	if scheme == "http" {
		s.wait(tb)
	}
	return s
}

// Run starts the server again after Kill.
func (s *Server) Run(tb testing.TB) {
	tb.Helper()
	path, err := program()
	if err != nil {
		tb.Fatal(err)
	}
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		tb.Fatal(err)
	}
	s.cmd = exec.Command(path, s.args...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt from the terminal is the test's to handle
	setDeathSignal(s.cmd.SysProcAttr)
	err = s.cmd.Start()
	if err := errors.Join(err, log.Close()); err != nil {
		tb.Fatalf("etcdtest: %v", err)
	}
	exited := make(chan struct{})
	s.exited = exited
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait() // it is killed, as a rule
		close(exited)
	}(s.cmd)
}

// wait returns when the server answers.
func (s *Server) wait(tb testing.TB) {
	tb.Helper()
	client := s.Client(tb)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		attempt, cancel := context.WithTimeout(ctx, time.Second)
		_, err := client.Get(attempt, "ready")
		cancel()
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			log, _ := os.ReadFile(s.log) // as much as there is
			tb.Fatalf("etcdtest: the server does not answer: %v\n%s", err, log)
		}
	}
}

// Client returns a client for setting a test up; it closes with the test.
func (s *Server) Client(tb testing.TB) *clientv3.Client {
	tb.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{s.Endpoint}, Logger: zap.NewNop()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = client.Close() }) // its server may be gone
	return client
}

// Kill ends the server as a crash does, if it runs. Its data stay.
func (s *Server) Kill(tb testing.TB) {
	tb.Helper()
	if s.cmd == nil || s.exited == nil {
		return
	}
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		tb.Error(err)
	}
	<-s.exited
}

// freeAddress returns an address on the loopback interface that nobody listens at.
func freeAddress(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }() // nothing was written
	return l.Addr().String()
}
