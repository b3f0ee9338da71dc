//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrLocked is returned if another process writes the log.
var ErrLocked = errors.New("another process writes this log")

// lockFolder makes this process the folder's only writer until the file is closed, or the process ends. It waits as long as that for another one to finish.
func lockFolder(dir string, wait time.Duration) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(wait); ; time.Sleep(10 * time.Millisecond) {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != syscall.EINTR && (err != syscall.EWOULDBLOCK || !time.Now().Before(end)) {
			break
		}
	}
	if err == nil {
		err = noteHolder(f)
	} else if err == syscall.EWOULDBLOCK {
		err = fmt.Errorf("%s is in use: %w%s; a log has one writer at a time", dir, ErrLocked, holder(f))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// noteHolder writes this process's number into the file, for whoever waits for it.
func noteHolder(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// holder says which process has the lock, as far as it can be told.
func holder(f *os.File) string {
	var b [20]byte
	n, _ := f.ReadAt(b[:], 0) // at the end of the file it errs, always
	if pid, err := strconv.Atoi(strings.TrimSpace(string(b[:n]))); err == nil {
		return fmt.Sprintf(" (process %d)", pid)
	}
	return ""
}
