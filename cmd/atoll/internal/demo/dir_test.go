package demo

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/config"
)

// touch is a Store that writes something small.
func touch(_ context.Context, path string, tables []Table) error {
	if len(tables) != len(schemas) {
		return errors.New("not all tables")
	}
	return os.WriteFile(path, []byte("rows"), 0o644)
}

func TestPrepareMakesAndReuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "demo")
	existed, err := Prepare(context.Background(), dir, touch)
	if existed || err != nil {
		t.Fatal(existed, err)
	}
	for _, name := range []string{"eu-1.duckdb", "br-1.duckdb", "us-1.duckdb", ConfigFile, PolicyFile, VerdictsFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	existed, err = Prepare(context.Background(), dir, func(context.Context, string, []Table) error {
		t.Error("an existing demo was written again")
		return nil
	})
	if !existed || err != nil {
		t.Error(existed, err)
	}
	if err := os.Remove(filepath.Join(dir, "br-1.duckdb")); err != nil {
		t.Fatal(err)
	}
	if _, err := Prepare(context.Background(), dir, touch); err == nil || !strings.Contains(err.Error(), "br-1.duckdb is missing") {
		t.Error(err)
	}
}

func TestPrepareLeavesOtherFoldersAlone(t *testing.T) {
	for name, text := range map[string]string{"thesis.txt": "words", ConfigFile: "version: 1\n"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Prepare(context.Background(), dir, touch); !errors.Is(err, ErrNotDemo) {
			t.Errorf("%s: %v", name, err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Errorf("%s: %d entries, %v", name, len(entries), err)
		}
	}
}

func TestFailureLeavesNothingBehind(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	interrupted := func(ctx context.Context, path string, tables []Table) error {
		cancel()
		return touch(ctx, path, tables)
	}
	dir := filepath.Join(t.TempDir(), "demo")
	if _, err := Prepare(ctx, dir, interrupted); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Error("the folder is still there")
	}
	given := t.TempDir()
	if _, err := Prepare(ctx, given, interrupted); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if entries, err := os.ReadDir(given); err != nil || len(entries) != 0 {
		t.Errorf("%d entries in an empty folder that was given, %v", len(entries), err)
	}
}

func TestConfigListsEveryShardAndTable(t *testing.T) {
	text := Config()
	for _, want := range []string{
		`eu-1: {region: eu-central-1, driver: duckdb, dsn: "eu-1.duckdb"}`,
		`br-1: [201, 202, 203, 204, 205, 206]`,
		`payments: {sharding: {strategy: lookup, key: [cooperative_id]}, colocated_with: cooperatives}`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
	for name := range schemas {
		if !strings.Contains(text, "\n  "+name+":") {
			t.Errorf("table %s is missing", name)
		}
	}
}

func TestConfigIsValid(t *testing.T) {
	c, err := config.Parse([]byte(Config()), ConfigFile, "/islands", func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Shards) != len(Sites) || c.Coordinator.Region != Sites[0].Region {
		t.Errorf("%d shards, coordinator in %s", len(c.Shards), c.Coordinator.Region)
	}
}
