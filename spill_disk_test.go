//go:build linux

package atoll

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk spills onto a disk of 2 MiB: the query fails by the folder's name, its files are gone, and the next one is answered, by the
// operators as by the residual engine.
func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may mount a disk")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("no disk can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	e := newHoard(t).open(t, "", dir, WithMemoryLimit(1<<20))
	for _, sql := range []string{manySets, manyRollup, manySets} {
		_, err := ask(t.Context(), e, sql)
		if stateOf(err) != "53100" || !strings.Contains(err.Error(), "spill.dir") {
			t.Errorf("%s: %v", sql, err)
		}
		if used := e.spill.Used(); used != 0 {
			t.Errorf("%d bytes are counted", used)
		}
		var fs syscall.Statfs_t
		if err := syscall.Statfs(dir, &fs); err != nil || fs.Bfree < fs.Blocks-4 {
			t.Errorf("%d of %d blocks are free: %v", fs.Bfree, fs.Blocks, err)
		}
		answers(t, e, "SELECT count(*) FROM visits", "120000")
	}
}
