package spill

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

const (
	folderPrefix = "atoll-spill-"
	lockName     = "lock" // in the folder; locked while its process lives
)

// Options say where a [Space] is and what it may hold.
type Options struct {
	Dir     string // "" means the system's folder for temporary files
	Limit   int64  // bytes on disk at the same time; 0 means no limit but the disk's
	Encrypt bool   // files are sealed
}

// Space is the folder of one engine. It is safe for concurrent use.
type Space struct {
	opts Options
	used atomic.Int64
	peak atomic.Int64

	// write writes at an offset of a file; tests put failing disks here.
	write func(f *os.File, b []byte, at int64) (int, error)
	// try is tryLock; tests put file systems without locks here.
	try func(f *os.File) (bool, error)

	mu     sync.Mutex
	path   string   // the folder; "" until it is needed
	lock   *os.File // held while the folder is there
	closed bool
}

// Open removes the folders that crashed processes left in the same parent, and makes a Space. Where Options.Dir is set its own folder is made
// at once, so that a wrong configuration is known at the start; else with the first file. The error is an [*Error].
func Open(o Options) (*Space, error) {
	s := &Space{opts: o, write: (*os.File).WriteAt, try: tryLock}
	clean(s.parent())
	if o.Dir != "" {
		if _, err := s.Folder(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Space) parent() string {
	if s.opts.Dir != "" {
		return s.opts.Dir
	}
	return os.TempDir()
}

// Used is the number of bytes that the files hold now.
func (s *Space) Used() int64 { return s.used.Load() }

// Peak is the most that the files held at any time.
func (s *Space) Peak() int64 { return s.peak.Load() }

// Folder returns the private folder, mode 0700, which it makes if there is none yet. Whatever is in it goes with it.
func (s *Space) Folder() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return "", &Error{Text: "the engine is closed", Dir: s.opts.Dir}
	}
	if s.path != "" {
		return s.path, nil
	}
	// A cleaner may take a folder that is not locked yet for one left over: then it is gone, and another is made.
	var err error
	for range 10 {
		var ok bool
		if ok, err = s.make(); ok {
			return s.path, nil
		}
	}
	return "", s.failed("no folder can be made", err)
}

// make makes a folder and locks it; false if that failed, or a cleaner was faster.
func (s *Space) make() (bool, error) {
	var name [8]byte
	if _, err := rand.Read(name[:]); err != nil {
		return false, err
	}
	path := filepath.Join(s.parent(), folderPrefix+hex.EncodeToString(name[:]))
	if err := os.Mkdir(path, 0o700); err != nil {
		return false, err
	}
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, errors.Join(err, ignoreMissing(os.Remove(path)))
	}
	held, err := s.try(lock)
	if held && err == nil && same(lock) {
		s.path, s.lock = path, lock
		return true, nil
	}
	closed := lock.Close()
	if err != nil { // no cleaner can take it either
		err = errors.Join(err, ignoreMissing(os.Remove(lock.Name())), ignoreMissing(os.Remove(path)))
	}
	return false, errors.Join(err, closed)
}

// same reports that a file still has its name.
func same(f *os.File) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(f.Name())
	return err == nil && os.SameFile(mine, there)
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Close removes the folder with everything in it. Files must have been closed before. It may be called more than once.
func (s *Space) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.path == "" {
		return nil
	}
	// The lock goes last: until then no cleaner touches the folder.
	err := errors.Join(os.RemoveAll(s.path), s.lock.Close())
	if err != nil {
		err = s.failed("the folder cannot be removed", err)
	}
	s.path, s.lock = "", nil
	return err
}

// failed makes an error of the disk's.
func (s *Space) failed(text string, err error) error {
	if full(err) {
		text = "the disk has no room for what does not fit in memory"
	}
	return &Error{Text: text, Dir: s.opts.Dir, Full: full(err), Err: err}
}

// take counts n bytes more on disk, negative if fewer.
func (s *Space) take(n int64) error {
	used := s.used.Add(n)
	if n > 0 && s.opts.Limit > 0 && used > s.opts.Limit {
		s.used.Add(-n)
		return &LimitError{Used: used, Max: s.opts.Limit}
	}
	for peak := s.peak.Load(); used > peak && !s.peak.CompareAndSwap(peak, used); peak = s.peak.Load() {
	}
	return nil
}
