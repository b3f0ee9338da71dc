//go:build !unix

package spill

import (
	"errors"
	"os"
	"syscall"
)

// unlinks says that a file whose name was removed lives on until it is closed.
const unlinks = false

// tryLock reports nobody's lock: without one no folder is known to be left over, and none of others is removed.
func tryLock(*os.File) (bool, error) { return true, nil }

// mine reports that a folder belongs to this process's user, which is not known here.
func mine(os.FileInfo) bool { return false }

// full reports an error of a disk that is used up: Windows' ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
func full(err error) bool {
	return errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112))
}
