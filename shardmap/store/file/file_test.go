package file

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/shardmap/store"
	"github.com/atoll-sql/atoll/shardmap/store/storetest"
)

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		path := filepath.Join(t.TempDir(), "map.yaml")
		return func(t *testing.T) store.Store { return open(t, path) }
	})
}

// write writes as an editor may: in place.
func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o640); err != nil {
		t.Fatal(err)
	}
}

func TestHalfWrittenFilesAreNoVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map.yaml")
	s := open(t, path)
	text := []byte("map_version: 1\nregions: {eu: {jurisdiction: EU}}\n# the end\n")
	for _, cut := range []int{0, 5, len("map_version"), len("map_version:"), 30, 40} {
		write(t, path, text[:cut])
		if doc, err := s.Load(t.Context()); !errors.Is(err, store.ErrBad) {
			t.Errorf("%q: %+v, %v", text[:cut], doc, err)
		}
		if err := s.Swap(t.Context(), 0, storetest.Doc(1, "x")); !errors.Is(err, store.ErrBad) {
			t.Errorf("a swap over %q: %v", text[:cut], err)
		}
	}
}

// Half a file may state a version and be good YAML.
func TestFilesAreReadWhenTheyRest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map.yaml")
	s := open(t, path)
	parts := []string{"map_version: 1", "7\n", "regions: {eu: {jurisdiction: EU}}\n", "tables: {a: {}, b: {}}\n", ""}
	text := ""
	more := func(context.Context, time.Duration) error {
		if len(parts) > 0 {
			text, parts = text+parts[0], parts[1:]
			write(t, path, []byte(text))
		}
		return nil
	}
	s.pause = more
	s.now = func() time.Time { return time.Unix(0, 0) } // the file is always young
	if err := more(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	doc, err := s.Load(t.Context())
	if err != nil || doc.Version != 17 || string(doc.Text) != text || len(parts) != 0 {
		t.Fatalf("%q, %v", doc.Text, err)
	}
	s.pause = func(context.Context, time.Duration) error { return context.Canceled }
	if _, err := s.Load(t.Context()); !errors.Is(err, context.Canceled) {
		t.Fatalf("a young file was read: %v", err)
	}
	s.now = func() time.Time { return time.Now().Add(time.Hour) }
	if _, err := s.Load(t.Context()); err != nil {
		t.Fatalf("an old file: %v", err)
	}
}

// The moment that an answer names lies before the read.
func TestAsOfIsBeforeTheRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map.yaml")
	write(t, path, storetest.Text(1, "x"))
	s := open(t, path)
	s.now = func() time.Time {
		write(t, path, storetest.Text(2, "x"))
		return time.Now().Add(time.Hour) // so that the file need not rest
	}
	if doc, err := s.Load(t.Context()); err != nil || doc.Version != 2 {
		t.Fatalf("version %d was replaced when the clock was read: %v", doc.Version, err)
	}
}

func TestSwapKeepsPermissionsAndLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "map.yaml")
	s := open(t, path)
	write(t, path, storetest.Text(1, "x"))
	if err := os.Chmod(path, 0o664); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, ".map.yaml.new-123") // of a process that was killed
	write(t, left, []byte("map_version: 9"))
	if err := s.Swap(t.Context(), 1, storetest.Doc(2, "x")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o664 {
		t.Errorf("%v, %v", info, err)
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 2 || names[0].Name() != "map.yaml" || names[1].Name() != "map.yaml.lock" {
		t.Errorf("%v, %v", names, err)
	}
	fresh := open(t, filepath.Join(dir, "new.yaml"))
	if err := fresh.Swap(t.Context(), 0, storetest.Doc(1, "x")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(fresh.path); err != nil || info.Mode() != newMode {
		t.Errorf("%v, %v", info, err)
	}
}

func TestSwapGoesThroughLinks(t *testing.T) {
	dir, real := t.TempDir(), t.TempDir()
	path, target := filepath.Join(dir, "map.yaml"), filepath.Join(real, "there.yaml")
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	if err := s.Swap(t.Context(), 0, storetest.Doc(1, "x")); err == nil {
		t.Error("a link to nothing was written through")
	}
	write(t, target, storetest.Text(1, "x"))
	if err := s.Swap(t.Context(), 1, storetest.Doc(2, "x")); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(path); err != nil || to != target {
		t.Errorf("the link was replaced: %s, %v", to, err)
	}
	if doc, err := open(t, target).Load(t.Context()); err != nil || doc.Version != 2 {
		t.Errorf("%+v, %v", doc, err)
	}
}

func TestSwapWaitsForTheLockOrTheContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map.yaml")
	unlock, err := lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Swap(ctx, 0, storetest.Doc(1, "x")); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("with the lock held by another: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("the file was written without the lock")
	}
	done := make(chan error)
	go func() { done <- s.Swap(t.Context(), 0, storetest.Doc(1, "x")) }()
	if err := errors.Join(unlock(), <-done); err != nil {
		t.Fatal(err)
	}
}

// A process that is killed while it swaps leaves the old text or the new one, and no lock.
func TestKilledSwappers(t *testing.T) {
	if path := os.Getenv("ATOLL_TEST_SWAP"); path != "" {
		swapForever(path)
	}
	path := filepath.Join(t.TempDir(), "map.yaml")
	s := open(t, path)
	if err := s.Swap(t.Context(), 0, storetest.Doc(1, "x")); err != nil {
		t.Fatal(err)
	}
	held := uint64(1)
	for range 5 {
		child := exec.Command(os.Args[0], "-test.run", "^TestKilledSwappers$")
		child.Env = append(os.Environ(), "ATOLL_TEST_SWAP="+path)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		from := held
		for late := time.Now().Add(30 * time.Second); held < from+10; runtime.Gosched() {
			doc, err := s.Load(t.Context())
			if err != nil || doc.Version < held || time.Now().After(late) {
				t.Fatalf("version %d after %d: %v", doc.Version, held, err)
			}
			held = doc.Version
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed
		doc, err := s.Load(t.Context())
		if err != nil || doc.Version < held || string(doc.Text) != string(storetest.Text(doc.Version, "x")) {
			t.Fatalf("%+v, %v", doc, err)
		}
		held = doc.Version + 1
		if err := s.Swap(t.Context(), doc.Version, storetest.Doc(held, "x")); err != nil {
			t.Fatal(err)
		}
	}
}

func swapForever(path string) {
	s, err := Open(path)
	for err == nil {
		var doc store.Document
		if doc, err = s.Load(context.Background()); err == nil {
			err = s.Swap(context.Background(), doc.Version, storetest.Doc(doc.Version+1, "x"))
		}
	}
	os.Exit(1)
}
