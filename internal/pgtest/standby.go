package pgtest

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Replicating are the settings of a cluster that standbys follow.
var Replicating = []string{"wal_level=replica", "max_wal_senders=10"}

// NewStandby starts a cluster that replays the log of c, which was started with the settings [Replicating], and answers queries. It keeps its
// files in a temporary directory. The caller stops it.
func (c *Cluster) NewStandby(settings ...string) (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	acct, err := serverAccount()
	if err != nil {
		return nil, err
	}
	dir, err := acct.makeDir("")
	if err != nil {
		return nil, err
	}
	s := &Cluster{Dir: dir, exited: make(chan struct{})}
	if err := c.backup(bin, acct, s.data()); err != nil {
		return nil, errors.Join(err, s.removeFiles())
	}
	if err := s.start(bin, acct, append(append(slices.Clone(Replicating), "hot_standby=on"), settings...)); err != nil {
		return nil, errors.Join(err, s.removeFiles())
	}
	return s, nil
}

// backup copies the running cluster's files, with what makes of them those of a standby.
func (c *Cluster) backup(bin *install, acct *account, data string) error {
	cmd := exec.Command(filepath.Join(bin.dir, "pg_basebackup"), "-h", c.sockDir, "-p", strconv.Itoa(c.port), "-U", User, "-D", data, "--write-recovery-conf",
		"--wal-method=stream", "--checkpoint=fast", "--no-sync")
	cmd.Dir, cmd.Env = filepath.Dir(data), serverEnv()
	cmd.SysProcAttr = acct.procAttr()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pgtest: pg_basebackup: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
