package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fsnotify/fsnotify"
)

// errLost is why a watch ends while the store is in use.
var errLost = errors.New("the watch on its folder was lost")

// maxLinks bounds the symbolic links on the way to a file, as kernels do.
const maxLinks = 40

// Watch implements [store.Store]. It watches folders, not the file: those of the path, of each symbolic link on the way, and of the file itself. So it sees
// files that are replaced by renaming and links that are turned to another file. It ends with an error if one of the folders goes away.
func (s *Store) Watch(ctx context.Context, changed func()) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("%s: %w", s, err)
	}
	defer func() { _ = w.Close() }() // nothing is written through it
	watch := &watch{store: s, watcher: w, folders: map[string]bool{}}
	if err := watch.follow(); err != nil {
		return fmt.Errorf("%s: %w", s, err)
	}
	changed()
	if err := watch.run(ctx, changed); err != nil {
		return fmt.Errorf("%s: %w", s, err)
	}
	return ctx.Err()
}

// watch is one call of Watch.
type watch struct {
	store   *Store
	watcher *fsnotify.Watcher
	folders map[string]bool // that are watched
	links   map[string]bool // full names on the way to the file, the file's own among them
	seen    os.FileInfo     // what was at the end of the way; nil for nothing
}

// run returns when ctx ends, without an error, or when the watch is lost.
func (w *watch) run(ctx context.Context, changed func()) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err, ok := <-w.watcher.Errors:
			if !ok {
				return errLost
			}
			return fmt.Errorf("%w: %w", errLost, err) // events may be missing
		case event, ok := <-w.watcher.Events:
			if !ok {
				return errLost
			}
			if w.folders[event.Name] && (event.Has(fsnotify.Remove) || event.Has(fsnotify.Rename)) {
				return fmt.Errorf("%w: %s is gone", errLost, event.Name)
			}
			news, err := w.concerns(event)
			if err != nil {
				return err
			}
			if news {
				changed()
			}
		}
	}
}

// concerns reports whether an event may have changed what the path leads to.
func (w *watch) concerns(event fsnotify.Event) (bool, error) {
	named, before := w.links[event.Name], w.seen
	if err := w.follow(); err != nil {
		return false, err
	}
	// A name on the way is news whatever the file's times say, since two writes may share one moment of the file system's clock. Another name is news
	// if it is a folder or a link above the file that was turned.
	return named || w.links[event.Name] || !same(before, w.seen), nil
}

func same(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// follow walks the way from the path to the file and watches the folders on it.
func (w *watch) follow() error {
	folders, links := way(w.store.path)
	for folder := range folders {
		if w.folders[folder] {
			continue
		}
		if err := w.watcher.Add(folder); err != nil {
			return fmt.Errorf("cannot watch %s: %w", folder, err)
		}
	}
	for folder := range w.folders {
		if !folders[folder] {
			_ = w.watcher.Remove(folder) // gone already, perhaps
		}
	}
	w.folders, w.links, w.seen = folders, links, nil
	if info, err := os.Stat(w.store.path); err == nil {
		w.seen = info
	}
	return nil
}

// way resolves a full path name by name. It returns the folders that hold a symbolic link on the way or its end, and the full names of those links and
// the end; no folder's name has a link in it.
func way(path string) (folders, links map[string]bool) {
	folders, links = map[string]bool{}, map[string]bool{}
	at, rest := "/", strings.Split(path, "/")
	for turns := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		if name == "" || name == "." {
			continue
		}
		next := filepath.Join(at, name) // which takes the .. of a link back to the folder above
		to, err := os.Readlink(next)
		if err == nil && turns < maxLinks {
			turns++
			folders[at], links[next] = true, true
			if filepath.IsAbs(to) {
				at = "/"
			}
			rest = append(strings.Split(to, "/"), rest...)
			continue
		}
		if len(rest) == 0 {
			folders[at], links[next] = true, true
		}
		at = next
	}
	return folders, links
}
