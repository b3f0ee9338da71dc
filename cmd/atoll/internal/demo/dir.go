package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// ConfigFile is the name of the configuration in a demo's folder.
const ConfigFile = "atoll.yaml"

// PolicyFile and VerdictsFile are the names of the residency policy in a demo's folder, and of queries with their verdicts. AuditDir is where the
// engine keeps its log.
const (
	PolicyFile   = "residency.yaml"
	VerdictsFile = "verdicts.yaml"
	AuditDir     = "audit"
)

// Store writes the tables of one shard into a new database file. It keeps no batch after it returned.
type Store func(ctx context.Context, path string, tables []Table) error

// ErrNotDemo is the error for a folder that holds something else.
var ErrNotDemo = errors.New("the folder is not empty and holds no demo of this version")

// Prepare makes dir, which need not exist, hold the demo, and reports whether it was there already. It never
// touches a folder that holds anything else. When it fails it leaves nothing behind.
func Prepare(ctx context.Context, dir string, store Store) (existed bool, err error) {
	switch existed, err := isDemo(dir); {
	case err != nil:
		return false, err
	case existed:
		return true, nil
	}
	made, err := makeDir(dir)
	if err != nil {
		return false, err
	}
	if err := fill(ctx, dir, store); err != nil {
		return false, errors.Join(err, clear(dir, made))
	}
	return false, nil
}

// isDemo reports whether dir holds a complete demo; a folder that is missing or empty holds none.
func isDemo(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(entries) == 0:
		return false, nil
	case err != nil:
		return false, err
	}
	// The configuration is written last, so its presence says that the shards are complete.
	text, err := os.ReadFile(filepath.Join(dir, ConfigFile))
	if err != nil || !strings.HasPrefix(string(text), marker) {
		return false, fmt.Errorf("%s: %w; name another folder", dir, ErrNotDemo)
	}
	for _, s := range Sites {
		if _, err := os.Stat(filepath.Join(dir, s.File())); err != nil {
			return false, fmt.Errorf("%s: %s is missing from the demo; remove the folder or name another one", dir, s.File())
		}
	}
	return true, nil
}

// makeDir makes dir if necessary and reports whether it did.
func makeDir(dir string) (bool, error) {
	if _, err := os.Stat(dir); err == nil {
		return false, nil
	}
	return true, os.MkdirAll(dir, 0o755)
}

func fill(ctx context.Context, dir string, store Store) error {
	for _, s := range Sites {
		if err := fillShard(ctx, filepath.Join(dir, s.File()), s, store); err != nil {
			return fmt.Errorf("shard %s: %w", s.Shard, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		text string
	}{{PolicyFile, Policy()}, {VerdictsFile, Verdicts()}, {ConfigFile, Config()}} {
		if err := os.WriteFile(filepath.Join(dir, f.name), []byte(f.text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func fillShard(ctx context.Context, path string, s Site, store Store) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tables := Generate(s, memory.DefaultAllocator)
	defer func() {
		for i := range tables {
			tables[i].Release()
		}
	}()
	return store(ctx, path, tables)
}

// clear removes what fill may have written to dir, and dir itself if it was made for the demo.
func clear(dir string, made bool) error {
	var errs []error
	names := []string{ConfigFile, PolicyFile, VerdictsFile}
	for _, s := range Sites {
		names = append(names, s.File(), s.File()+".wal")
	}
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if made {
		errs = append(errs, os.Remove(dir))
	}
	return errors.Join(errs...)
}
