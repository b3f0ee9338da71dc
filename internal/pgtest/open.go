package pgtest

import (
	"errors"
	"os"
	"path/filepath"
)

// Open is New for a cluster that outlives its server: Stop leaves the files, and a later Open of the same directory, by the same user
// and PostgreSQL version, starts a server over them. Only one process may have a directory open.
func Open(dir string, settings ...string) (*Cluster, error) {
	if _, err := os.Stat(filepath.Join(dir, "data", "PG_VERSION")); errors.Is(err, os.ErrNotExist) {
		c, err := New(dir, settings...)
		if err == nil {
			c.keep = true
		}
		return c, err
	}
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	acct, err := serverAccount()
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	c := &Cluster{Dir: dir, exited: make(chan struct{}), keep: true}
	if err := c.start(bin, acct, settings); err != nil {
		return nil, errors.Join(err, c.removeFiles())
	}
	return c, nil
}
