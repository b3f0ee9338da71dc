package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/atoll-sql/atoll/shardmap/store"
)

// newMode is the permission of a file that Swap makes: its document may name what others need not know. A file that exists keeps its own.
const newMode = 0o600

// Swap implements [store.Store]. The file is exchanged as a whole: who reads it sees the old text or the new one, also after a crash. Its permission
// bits and its owner stay. A symbolic link stays too: the file that it leads to is exchanged.
func (s *Store) Swap(ctx context.Context, old uint64, doc store.Document) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if err := store.CheckSwap(old, doc, s.String()); err != nil {
		return err
	}
	target, err := s.target()
	if err != nil {
		return fmt.Errorf("%s: %w", s, err)
	}
	unlock, err := lock(ctx, target)
	if err != nil {
		return fmt.Errorf("%s: cannot lock it for a change: %w", s, err)
	}
	err = s.exchange(ctx, target, old, doc)
	return errors.Join(err, unlock())
}

// target is the file that the path leads to, or the path itself where there is nothing yet.
func (s *Store) target() (string, error) {
	target, err := filepath.EvalSymlinks(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(s.path); err == nil {
			return "", errors.New("it is a symbolic link to nothing")
		}
		return s.path, nil
	}
	return target, err
}

// exchange replaces the target by doc if it is at version old. The lock is held.
func (s *Store) exchange(ctx context.Context, target string, old uint64, doc store.Document) error {
	removeLeftovers(target)
	if err := s.expect(ctx, old); err != nil {
		return err
	}
	temp, err := s.write(target, doc.Text)
	if err != nil {
		return fmt.Errorf("%s: %w", s, err)
	}
	// Once more, since editors do not take the lock and writing to a disk takes a while.
	if err := s.expect(ctx, old); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	err = noteChecksum(target, doc.Text)
	if err == nil {
		err = os.Rename(temp, target)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", s, err), os.Remove(temp))
	}
	if err := syncFolder(filepath.Dir(target)); err != nil {
		return fmt.Errorf("%s: it was exchanged, but a crash may bring the old one back: %w", s, err)
	}
	return nil
}

// expect fails unless the file is at a version.
func (s *Store) expect(ctx context.Context, old uint64) error {
	held, err := s.Load(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if held.Version != old {
		return fmt.Errorf("%w: %s is at version %d, not %d", store.ErrConflict, s, held.Version, old)
	}
	return nil
}

// tempPattern names the files beside target that are on their way to become it.
func tempPattern(target string) string { return "." + filepath.Base(target) + ".new-*" }

// removeLeftovers sweeps what others left who were killed while they wrote. Whoever writes holds the lock, so nothing is in use. What cannot be
// removed is in nobody's way.
func removeLeftovers(target string) {
	names, err := os.ReadDir(filepath.Dir(target))
	if err != nil {
		return
	}
	for _, n := range names {
		if match, err := filepath.Match(tempPattern(target), n.Name()); err == nil && match {
			_ = os.Remove(filepath.Join(filepath.Dir(target), n.Name())) // see above
		}
	}
}

// write puts a text into a new file beside target that looks like it, safely on the disk, and returns its path.
func (s *Store) write(target string, text []byte) (path string, err error) {
	temp, err := os.CreateTemp(filepath.Dir(target), tempPattern(target))
	if err != nil {
		return "", err
	}
	_, err = temp.Write(text)
	err = errors.Join(err, likeness(temp, target), temp.Sync(), temp.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(temp.Name()))
	}
	return temp.Name(), nil
}

// likeness gives a new file the permission bits and the owner of the one that it will replace.
func likeness(temp *os.File, target string) error {
	info, err := os.Stat(target)
	if errors.Is(err, fs.ErrNotExist) {
		return temp.Chmod(newMode)
	}
	if err != nil {
		return err
	}
	// The owner first: a change of owner may clear permission bits.
	if err := keepOwner(temp, info); err != nil {
		return fmt.Errorf("its owner cannot be kept: %w", err)
	}
	return temp.Chmod(info.Mode().Perm())
}

// syncFolder makes a rename in a folder outlive a crash.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
