package file

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/atoll-sql/atoll/shardmap/store/storetest"
)

func TestWatchSeesWhatEditorsDo(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "map.yaml")
	s := open(t, path)
	w := storetest.Watch(t, s)
	write(t, path, storetest.Text(1, "made"))
	w.Sees(t, s, 1)
	write(t, path, storetest.Text(2, "in place"))
	w.Sees(t, s, 2)
	write(t, filepath.Join(dir, "4913"), storetest.Text(3, "by renaming"))
	rename(t, filepath.Join(dir, "4913"), path)
	w.Sees(t, s, 3)
	rename(t, path, path+"~")
	write(t, path, storetest.Text(4, "after a backup"))
	w.Sees(t, s, 4)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write(t, path, storetest.Text(5, "anew"))
	w.Sees(t, s, 5)
}

// Kubernetes projects a volume as a link map.yaml → ..data/map.yaml, and replaces the link ..data, then removes the old folder.
func TestWatchSeesExchangedLinks(t *testing.T) {
	dir := t.TempDir()
	release := func(version uint64, name string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name, "map.yaml"), storetest.Text(version, "x"))
		if err := os.Symlink(name, filepath.Join(dir, "..data_tmp")); err != nil {
			t.Fatal(err)
		}
		rename(t, filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data"))
	}
	release(1, "..one")
	if err := os.Symlink("..data/map.yaml", filepath.Join(dir, "map.yaml")); err != nil {
		t.Fatal(err)
	}
	// The folder itself is reached by a link, too, as a deployment may do.
	outside := filepath.Join(t.TempDir(), "current")
	if err := os.Symlink(dir, outside); err != nil {
		t.Fatal(err)
	}
	s := open(t, filepath.Join(outside, "map.yaml"))
	w := storetest.Watch(t, s)
	for i, name := range []string{"..two", "..three", "..four"} {
		before := []string{"..one", "..two", "..three"}[i]
		release(uint64(i+2), name)
		w.Sees(t, s, uint64(i+2))
		if err := os.RemoveAll(filepath.Join(dir, before)); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := t.TempDir()
	write(t, filepath.Join(elsewhere, "map.yaml"), storetest.Text(5, "x"))
	if err := os.Symlink(elsewhere, outside+".new"); err != nil {
		t.Fatal(err)
	}
	rename(t, outside+".new", outside)
	w.Sees(t, s, 5)
	write(t, filepath.Join(elsewhere, "map.yaml"), storetest.Text(6, "x"))
	w.Sees(t, s, 6)
}

func TestWatchIsLostWithItsFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep")
	s := open(t, filepath.Join(dir, "map.yaml"))
	if err := s.Watch(t.Context(), func() {}); err == nil {
		t.Fatal("a folder that is not there was watched")
	}
	for name, end := range map[string]func() error{
		"removed": func() error { return os.RemoveAll(dir) },
		"renamed": func() error { return os.Rename(dir, dir+".old") },
	} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		w := storetest.Watch(t, s)
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if err := w.End(t); !errors.Is(err, errLost) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOtherFilesOfTheFolderAreNoNews(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "map.yaml")
	write(t, path, storetest.Text(1, "x"))
	s := open(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	calls := 0
	err := s.Watch(ctx, func() {
		calls++
		switch doc, err := s.Load(ctx); {
		case err != nil:
			t.Error(err)
			cancel()
		case doc.Version == 2:
			cancel()
		case calls == 1:
			for i := range 50 { // of names of their own, since the kernel merges equal events
				write(t, filepath.Join(dir, fmt.Sprint("other", i)), []byte("x"))
			}
			write(t, path, storetest.Text(2, "x"))
		}
	})
	if !errors.Is(err, context.Canceled) || calls > 10 {
		t.Errorf("%d calls: %v", calls, err)
	}
}

func TestWay(t *testing.T) {
	root := t.TempDir()
	in := func(names ...string) string { return filepath.Join(append([]string{root}, names...)...) }
	if err := errors.Join(os.MkdirAll(in("a", "b"), 0o755), os.Symlink("a", in("link")), os.Symlink("../c.yaml", in("a", "b", "up.yaml")),
		os.Symlink("loop", in("loop"))); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]string{
		in("a", "none.yaml"):           {in("a", "none.yaml")},
		in("link", "b", "x.yaml"):      {in("a", "b", "x.yaml"), in("link")},
		in("link", "b", "up.yaml"):     {in("a", "b", "up.yaml"), in("a", "c.yaml"), in("link")},
		in("loop"):                     {in("loop")},
		in("not", "there", "yet.yaml"): {in("not", "there", "yet.yaml")},
	} {
		_, links := way(path)
		if got := slices.Sorted(maps.Keys(links)); !slices.Equal(got, want) {
			t.Errorf("%s: %v; want %v", path, got, want)
		}
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}
