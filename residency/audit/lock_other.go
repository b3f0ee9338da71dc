//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package audit

import (
	"errors"
	"os"
	"runtime"
	"time"
)

// ErrLocked is returned if another process writes the log.
var ErrLocked = errors.New("another process writes this log")

// lockFolder refuses: without a lock two writers would break the chain.
func lockFolder(string, time.Duration) (*os.File, error) {
	return nil, errors.New("audit logs are not written on " + runtime.GOOS + ": it has no flock")
}
