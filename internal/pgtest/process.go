package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
)

// keepAlive starts cmd and waits for its end on one locked thread. It reports the start, then closes exited.
func keepAlive(cmd *exec.Cmd, started chan<- error, exited chan<- struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(exited)
	err := cmd.Start()
	started <- err
	if err == nil {
		// How it ended is for the log file: Stop ends servers by signal.
		_ = cmd.Wait()
	}
}

// serverEnv is the environment without PG* variables, which would change what initdb and clients do.
func serverEnv() []string {
	env := []string{"TZ=UTC", "LC_ALL=C"}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PG") && !strings.HasPrefix(kv, "LC_") && !strings.HasPrefix(kv, "TZ=") {
			env = append(env, kv)
		}
	}
	return env
}

// startAll starts n clusters concurrently; on failure none is left running.
func startAll(n int, settings []string) ([]*Cluster, error) {
	clusters, errs := make([]*Cluster, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { clusters[i], errs[i] = New("", settings...) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(errs[firstError(errs)], stopAll(clusters))
	}
	return clusters, nil
}

func firstError(errs []error) int {
	for i, err := range errs {
		if err != nil {
			return i
		}
	}
	return -1
}

func stopAll(clusters []*Cluster) error {
	errs := make([]error, len(clusters))
	var wg sync.WaitGroup
	for i, c := range clusters {
		if c != nil {
			wg.Go(func() { errs[i] = c.Stop() })
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}

var shared struct {
	sync.Mutex
	clusters []*Cluster
}

// Shared returns n clusters that all callers in this process share, starting those that do not run yet.
// Whoever uses it calls StopShared before the process ends, best from TestMain, and keeps to databases or
// schemas of their own.
func Shared(n int) ([]*Cluster, error) {
	shared.Lock()
	defer shared.Unlock()
	if missing := n - len(shared.clusters); missing > 0 {
		more, err := startAll(missing, nil)
		if err != nil {
			return nil, err
		}
		shared.clusters = append(shared.clusters, more...)
	}
	return append([]*Cluster(nil), shared.clusters[:n]...), nil
}

// StopShared stops the clusters that Shared started.
func StopShared() error {
	shared.Lock()
	defer shared.Unlock()
	clusters := shared.clusters
	shared.clusters = nil
	if err := stopAll(clusters); err != nil {
		return fmt.Errorf("pgtest: stopping shared clusters: %w", err)
	}
	return nil
}
