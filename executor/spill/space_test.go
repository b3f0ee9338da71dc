//go:build unix

package spill

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestFolder(t *testing.T) {
	parent := t.TempDir()
	s := open(t, Options{Dir: parent})
	path, err := s.Folder()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o700 || filepath.Dir(path) != parent || !strings.HasPrefix(filepath.Base(path), "atoll-spill-") {
		t.Errorf("%s: %v %v", path, info, err)
	}
	if again, _ := s.Folder(); again != path {
		t.Errorf("%s, then %s", path, again)
	}
	if err := os.MkdirAll(filepath.Join(path, "engine", "deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if left := names(t, parent); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if _, err := s.Create(); err == nil {
		t.Error("a closed space made a file")
	}
}

func TestDirMissing(t *testing.T) {
	_, err := Open(Options{Dir: filepath.Join(t.TempDir(), "none")})
	var disk *Error
	if !errors.As(err, &disk) || !strings.Contains(err.Error(), "spill.dir") {
		t.Fatal(err)
	}
	if _, err := Open(Options{}); err != nil { // made when it is needed
		t.Fatal(err)
	}
}

// TestNoLocks holds that nothing is left where folders cannot be locked.
func TestNoLocks(t *testing.T) {
	parent := t.TempDir()
	none := errors.New("no locks here")
	s := &Space{opts: Options{Dir: parent}, try: func(*os.File) (bool, error) { return false, none }}
	if _, err := s.Folder(); !errors.Is(err, none) {
		t.Error(err)
	}
	if left := names(t, parent); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// TestLazy checks that without a folder configured nothing is made before it is needed.
func TestLazy(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := open(t, Options{})
	if left := names(t, os.TempDir()); len(left) != 0 {
		t.Errorf("made: %v", left)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// crashEnv makes this test's program a process that spills into the folder given, says so, and waits to be killed.
const crashEnv = "ATOLL_TEST_SPILL_CRASH"

func crash(dir string) {
	s, err := Open(Options{Dir: dir})
	if err == nil {
		err = leave(s)
	}
	fmt.Println("spilled", err)
	select {}
}

// leave makes an open file, and one such as the residual engine makes.
func leave(s *Space) error {
	f, err := s.Create()
	if err != nil {
		return err
	}
	if _, err := f.f.WriteAt([]byte("rows"), 0); err != nil {
		return err
	}
	folder, err := s.Folder()
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(folder, "engine"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "engine", "temp.tmp"), []byte("rows"), 0o600)
}

// child starts a process that spills and returns once it has.
func child(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), crashEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "spilled <nil>\n" {
		t.Fatalf("%q %v", line, err)
	}
	return cmd
}

// TestCrash kills one of two processes that spill into the same folder: the next to open it removes what that one left, and not what the
// other one has.
func TestCrash(t *testing.T) {
	parent := t.TempDir()
	dead := child(t, parent)
	first := names(t, parent)
	child(t, parent)
	if got := names(t, parent); len(got) != 2 {
		t.Fatalf("two processes have %v", got)
	}
	live := slices.DeleteFunc(names(t, parent), func(n string) bool { return n == first[0] })
	if err := dead.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	dead.Wait()
	// What the kernel frees by itself has no name: only the other engine's file is left.
	if got := names(t, filepath.Join(parent, first[0])); !slices.Equal(got, []string{"engine", "lock"}) {
		t.Errorf("the dead process left %v", got)
	}
	s := open(t, Options{Dir: parent})
	own, _ := s.Folder()
	want := []string{filepath.Base(own), live[0]}
	slices.Sort(want)
	if got := names(t, parent); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := names(t, filepath.Join(parent, live[0])); !slices.Equal(got, []string{"engine", "lock"}) {
		t.Errorf("the living process has %v", got)
	}
}

// TestCleanLeavesOthers puts things under the name of a folder that are none.
func TestCleanLeavesOthers(t *testing.T) {
	parent, elsewhere := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(elsewhere, lockName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(parent, folderPrefix+"file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(parent, folderPrefix+"link")); err != nil {
		t.Fatal(err)
	}
	unlocked := filepath.Join(parent, folderPrefix+"full")
	if err := os.MkdirAll(filepath.Join(unlocked, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(parent, folderPrefix+"empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(parent, "atoll-other"), 0o700); err != nil {
		t.Fatal(err)
	}
	clean(parent)
	want := []string{"atoll-other", folderPrefix + "file", folderPrefix + "full", folderPrefix + "link"}
	if got := names(t, parent); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := names(t, elsewhere); len(got) != 1 {
		t.Errorf("a link was followed: %v", got)
	}
}

// TestRace makes folders while others clean: no folder in use may vanish.
func TestRace(t *testing.T) {
	parent := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 50 {
				s, err := Open(Options{Dir: parent})
				if err != nil {
					t.Error(err)
					return
				}
				f, err := s.Create()
				if err != nil {
					t.Error(err)
				} else if err := f.Close(); err != nil {
					t.Error(err)
				}
				if folder, err := s.Folder(); err != nil || len(names(t, folder)) != 1 {
					t.Errorf("the folder vanished: %v", err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	if left := names(t, parent); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}
