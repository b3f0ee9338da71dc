package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Kill ends the server's first process by kill -9 and returns when it is gone. What it forked finds out by itself, and no connection is told
// anything. The files stay: Restart starts the server again, without what was committed in the last moments unless CHECKPOINT was called since,
// because these servers do not wait for the disk. It does nothing where the server has ended already.
func (c *Cluster) Kill() error {
	select {
	case <-c.exited: // the pid may be somebody else's by now
		return nil
	default:
	}
	if err := syscall.Kill(c.pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("pgtest: killing the server: %w", err)
	}
	<-c.exited
	return nil
}

// Restart starts a server that was killed over the same files and by the same socket, and returns when it answers. It is patient with what
// the old one has left running, which keeps a new one from starting.
func (c *Cluster) Restart() error {
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		c.exited = make(chan struct{})
		err := c.again()
		if err == nil {
			err = c.awaitReady(30 * time.Second)
		}
		if err == nil || time.Now().After(end) || !c.held() {
			return err
		}
	}
}

// held reports that a server ended at once because processes of an older one hold its memory.
func (c *Cluster) held() bool {
	select {
	case <-c.exited:
		log, err := os.ReadFile(filepath.Join(c.Dir, "log"))
		return err == nil && strings.Contains(string(log), "still in use")
	default:
		return false
	}
}
