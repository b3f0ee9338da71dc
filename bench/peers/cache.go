package peers

import (
	"errors"
	"os"
	"path/filepath"
	"time"
)

// directory returns where downloads are kept, and makes it.
func (o Options) directory() (string, error) {
	dir := o.Dir
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", lacks("there is no directory to keep downloads in (%v): name one", err)
		}
		dir = filepath.Join(cache, "atoll", "peers")
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return "", lacks("the directory for downloads cannot be used (%v): name another", err)
	}
	return dir, nil
}

// kept returns the directory of a name below dir, which make fills if it is not there. It appears whole or not at all, also where two runs make it
// at once.
func kept(dir, name string, fill func(into string) error) (string, error) {
	path := filepath.Join(dir, name)
	if isDir(path) {
		return path, nil
	}
	if err := removeStale(dir); err != nil {
		return "", err
	}
	part, err := os.MkdirTemp(dir, name+partMark)
	if err != nil {
		return "", err
	}
	if err := fill(part); err != nil {
		return "", errors.Join(err, os.RemoveAll(part))
	}
	if err := os.Rename(part, path); err != nil {
		err = errors.Join(err, os.RemoveAll(part))
		if isDir(path) { // another run was faster
			return path, nil
		}
		return "", err
	}
	return path, nil
}

// partMark is in the names of directories that are being filled, staleAfter the age at which nobody can be filling one any more.
const (
	partMark   = ".part-"
	staleAfter = 24 * time.Hour
)

// removeStale removes what runs left that were killed while they filled a directory.
func removeStale(dir string) error {
	parts, err := filepath.Glob(filepath.Join(dir, "*"+partMark+"*"))
	for _, part := range parts {
		if st, statErr := os.Stat(part); statErr == nil && time.Since(st.ModTime()) > staleAfter {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}
	return err
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}
