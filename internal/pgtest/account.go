package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is the user the servers run as: PostgreSQL refuses to run as root.
type account struct {
	uid, gid int
	foreign  bool // not the user of this process: change owner and credential
}

func serverAccount() (*account, error) {
	if os.Getuid() != 0 {
		return &account{uid: os.Getuid(), gid: os.Getgid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("pgtest: user %s: %w", name, err)
		}
		return &account{uid: uid, gid: gid, foreign: true}, nil
	}
	return nil, errors.New("pgtest: running as root, and neither user postgres nor nobody exists to run PostgreSQL as")
}

// procAttr makes a child run as the account, out of reach of the terminal's Ctrl-C.
func (a *account) procAttr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if a.foreign {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attr
}

// own hands a path to the account.
func (a *account) own(path string) error {
	if !a.foreign {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// tempBase is where clusters and the template live. A temporary directory that is private to root is of
// no use to an unprivileged server.
func (a *account) tempBase() string {
	base := os.TempDir()
	if a.foreign && !passable(base) {
		return "/tmp"
	}
	return base
}

// passable reports whether every user may pass through path and its parents.
func passable(path string) bool {
	for {
		st, err := os.Stat(path)
		if err != nil || st.Mode().Perm()&0o001 == 0 {
			return false
		}
		parent := filepath.Dir(path)
		if parent == path {
			return true
		}
		path = parent
	}
}

const dirPrefix = "atoll-pg-"

// makeDir makes the directory of one cluster.
func (a *account) makeDir(dir string) (string, error) {
	var err error
	if dir == "" {
		dir, err = tempDir(a.tempBase(), dirPrefix)
	} else if dir, err = filepath.Abs(dir); err == nil {
		err = emptyDir(dir)
	}
	if err == nil {
		err = a.own(dir)
	}
	if err != nil {
		return "", fmt.Errorf("pgtest: cluster directory: %w", err)
	}
	return dir, nil
}

func emptyDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty", dir)
	}
	return err
}

// TempDir makes a directory for this process's temporary files, and removes those that were made with the same prefix by processes which were killed before
// they could. The prefix is unlike those of others.
func TempDir(prefix string) (string, error) { return tempDir(os.TempDir(), prefix) }

func tempDir(base, prefix string) (string, error) {
	removeStale(base, prefix)
	return os.MkdirTemp(base, prefix+strconv.Itoa(os.Getpid())+"-")
}

// removeStale removes what killed processes left behind.
func removeStale(base, prefix string) {
	dirs, err := filepath.Glob(filepath.Join(base, prefix+"*"))
	if err != nil {
		return // only a malformed pattern: nothing to sweep
	}
	for _, dir := range dirs {
		pidText, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		pid, err := strconv.Atoi(pidText)
		if err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			// Best effort: another process may be sweeping too, or it may not be ours.
			_ = os.RemoveAll(dir)
		}
	}
}

// socketDir returns where the server puts its socket: the cluster's own directory unless that is too long
// for a socket address.
func (a *account) socketDir(dir string) (string, error) {
	if len(dir) < 80 {
		return dir, nil
	}
	short, err := os.MkdirTemp("/tmp", dirPrefix+strconv.Itoa(os.Getpid())+"-")
	if err == nil {
		err = a.own(short)
	}
	if err != nil {
		return "", fmt.Errorf("pgtest: socket directory: %w", err)
	}
	return short, nil
}
