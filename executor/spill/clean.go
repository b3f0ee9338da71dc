package spill

import (
	"os"
	"path/filepath"
	"strings"
)

// clean removes the folders in parent that processes of this user left when they crashed: those whose lock nobody holds. What cannot be
// removed stays; it is tried again by the next one.
func clean(parent string) {
	if !unlinks {
		return // there is no lock either: see tryLock
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		return // Folder tells why, if it is needed
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), folderPrefix) && e.IsDir() {
			cleanOne(filepath.Join(parent, e.Name()))
		}
	}
}

// cleanOne removes a folder if it is this user's and its process is gone. It follows no links: whoever may write to the parent could place one.
func cleanOne(path string) {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || !mine(info) {
		return
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return
	}
	defer func() { _ = root.Close() }()
	if opened, err := root.Stat("."); err != nil || !os.SameFile(info, opened) {
		return
	}
	lock, err := root.OpenFile(lockName, os.O_RDWR, 0)
	if err != nil {
		_ = os.Remove(path) // nothing else is in it if its process ended before it locked it, and only then does this remove it
		return
	}
	defer lock.Close()
	if held, err := tryLock(lock); err != nil || !held {
		return
	}
	removeAll(root)
	_ = os.Remove(path) // what is left is found again at the next start
}

// removeAll empties a folder; the lock goes last, so that a folder which could not be emptied is found again.
func removeAll(root *os.Root) {
	dir, err := root.Open(".")
	if err != nil {
		return
	}
	names, err := dir.Readdirnames(-1)
	dir.Close()
	if err != nil {
		return
	}
	for _, n := range names {
		if n != lockName && root.RemoveAll(n) != nil {
			return
		}
	}
	_ = root.Remove(lockName)
}
