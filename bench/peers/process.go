package peers

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a child that ends with this process. Its methods may be called from several goroutines.
type process struct {
	pid    int
	exited chan struct{} // closed once it is gone and its output has been taken
	err    error         // how it ended; to be read after exited
}

// launch starts a child out of reach of the terminal's Ctrl-C, which would end it before it could be asked to. The thread that starts it lives
// as long as it does: the kernel sends the parent-death signal when that thread ends.
func launch(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	setDeathSignal(cmd.SysProcAttr)
	cmd.WaitDelay = 5 * time.Second // for output that a grandchild holds open
	p := &process{exited: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.exited)
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// gone reports whether the process has ended.
func (p *process) gone() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// stop asks the process and its children to end, and kills them when the grace is over.
func (p *process) stop(grace time.Duration) error {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if p.gone() { // the number may be another's by now
			return nil
		}
		if err := syscall.Kill(-p.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stopping process %d: %w", p.pid, err)
		}
		select {
		case <-p.exited:
			return nil
		case <-time.After(grace):
		}
	}
	return fmt.Errorf("process %d does not stop", p.pid)
}

// run runs a program to its end and returns what it wrote. When the context ends it is stopped.
func run(ctx context.Context, cmd *exec.Cmd) (string, error) {
	var out tail
	cmd.Stdout, cmd.Stderr = &out, &out
	p, err := launch(cmd)
	if err != nil {
		return "", err
	}
	select {
	case <-p.exited:
		return out.String(), p.err
	case <-ctx.Done():
		return out.String(), errors.Join(ctx.Err(), p.stop(2*time.Second))
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - 16<<10; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// telling picks the line of a program's output that says what went wrong: the last that has one of the words, else the last.
func telling(out string, words ...string) string {
	last := ""
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimSpace(lines[i])
		for _, w := range words {
			if strings.Contains(line, w) {
				return line
			}
		}
		if last == "" {
			last = line
		}
	}
	return last
}
