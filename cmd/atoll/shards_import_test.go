package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestReplaceFile: a file is replaced with its permissions kept, unless somebody else changed it; nothing else stays behind.
func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "atoll.yaml")
	if err := os.WriteFile(path, []byte("theirs"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(path, []byte("ours"), []byte("new")); err == nil {
		t.Error("another's change is overwritten")
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "theirs" {
		t.Errorf("%q, %v", data, err)
	}
	if err := replaceFile(path, []byte("theirs"), []byte("new")); err != nil {
		t.Error(err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "new" {
		t.Errorf("%q, %v", data, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info, err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%d files, %v", len(files), err)
	}
}
