package pgtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestTempDir removes the directory of a process that has ended, and none of one that runs or has another prefix.
func TestTempDir(t *testing.T) {
	base := t.TempDir()
	t.Setenv("TMPDIR", base)
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	pid := ended.Process.Pid
	stale, other := filepath.Join(base, fmt.Sprintf("mine-%d-1", pid)), filepath.Join(base, fmt.Sprintf("other-%d-1", pid))
	parent := filepath.Join(base, fmt.Sprintf("mine-%d-1", os.Getppid()))
	for _, dir := range []string{stale, other, parent} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := TempDir("mine-")
	if err != nil {
		t.Fatal(err)
	}
	for _, keep := range []string{dir, other, parent} {
		if _, err := os.Stat(keep); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(stale); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what an ended process left is still there (%v)", err)
	}
}
