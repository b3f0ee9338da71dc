//go:build unix

package heat

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// lockPause is how long to wait before the lock is tried again: the kernel cannot wake a waiter that may also give up.
const lockPause = 5 * time.Millisecond

// lock takes the lock that a file stands for, making the file. It ends with the process that holds it.
func lock(ctx context.Context, path string) (unlock func() error, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return file.Close, nil // which lets go of the lock
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(errors.New("another process holds it"), file.Close())
		case <-time.After(lockPause):
		}
	}
}
