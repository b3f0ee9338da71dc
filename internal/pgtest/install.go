package pgtest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

// install is one set of PostgreSQL programs.
type install struct {
	dir     string
	version string // "15.18"
}

var versionPattern = regexp.MustCompile(`\d+(\.\d+)*`)

// binaries finds PostgreSQL, version 15 before any other.
func binaries() (*install, error) {
	for _, dir := range candidates() {
		out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
		if err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
			return &install{dir: dir, version: versionPattern.FindString(string(out))}, nil
		}
	}
	return nil, errors.New("pgtest: PostgreSQL's server programs (postgres, initdb) are missing: install postgresql-15 or put them in PATH")
}

// candidates lists directories to look in, best first.
func candidates() []string {
	dirs := []string{"/usr/lib/postgresql/15/bin"}
	if p, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	others, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return dirs
	}
	sort.Slice(others, func(i, j int) bool { return majorOf(others[i]) > majorOf(others[j]) })
	return append(dirs, others...)
}

// majorOf reads the version out of /usr/lib/postgresql/<version>/bin; 0 if it holds none.
func majorOf(dir string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	if err != nil {
		return 0
	}
	return n
}

// template returns the initialised cluster that others are copied from, making it if it is not there. It
// appears by rename, so processes may race for it.
func (in *install) template(acct *account) (string, error) {
	base := acct.tempBase()
	final := filepath.Join(base, fmt.Sprintf("atoll-pgtemplate-%s-%d", in.version, acct.uid))
	if in.templateUsable(final, acct) {
		return final, nil
	}
	work, err := os.MkdirTemp(base, dirPrefix+strconv.Itoa(os.Getpid())+"-init-")
	if err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }() // what is left is swept by a later start
	if err := acct.own(work); err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	data := filepath.Join(work, "data")
	if err := in.initdb(data, acct); err != nil {
		return "", err
	}
	if err := os.Rename(data, final); err != nil && !in.templateUsable(final, acct) {
		return "", fmt.Errorf("pgtest: keeping the template cluster: %w", err)
	}
	return final, nil
}

// templateUsable reports whether dir is a cluster of this version that the account owns.
func (in *install) templateUsable(dir string, acct *account) bool {
	st, err := os.Lstat(dir)
	if err != nil || !st.IsDir() {
		return false
	}
	owner, ok := st.Sys().(*syscall.Stat_t)
	if !ok || int(owner.Uid) != acct.uid {
		return false
	}
	version, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if err != nil || !strings.HasPrefix(in.version, strings.TrimSpace(string(version))) {
		return false
	}
	_, err = os.Stat(filepath.Join(dir, "global", "pg_control"))
	return err == nil
}

func (in *install) initdb(data string, acct *account) error {
	cmd := exec.Command(filepath.Join(in.dir, "initdb"), "-D", data, "-U", User, "--auth=trust",
		"--locale=C", "--encoding=UTF8", "--no-sync", "--wal-segsize=1", "--no-instructions")
	cmd.Dir, cmd.Env = filepath.Dir(data), serverEnv()
	cmd.SysProcAttr = acct.procAttr()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pgtest: initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// copyTree copies a stopped cluster's data directory and hands it to the account.
func copyTree(from, to string, acct *account) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if entry.IsDir() {
			err = os.Mkdir(target, 0o700)
		} else {
			err = copyFile(path, target)
		}
		if err != nil {
			return err
		}
		return acct.own(target)
	})
}

func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close())
}

// Program returns the path of one of PostgreSQL's programs, such as psql.
func Program(name string) (string, error) {
	in, err := binaries()
	if err != nil {
		return "", err
	}
	return filepath.Join(in.dir, name), nil
}
