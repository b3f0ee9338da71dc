package peers

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// archive writes a tarball of files, "name=text" or "name->target" for links.
func archive(t *testing.T, entries ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trino-server-1.tar.gz")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	zipped := gzip.NewWriter(file)
	w := tar.NewWriter(zipped)
	for _, e := range entries {
		name, text, _ := strings.Cut(e, "=")
		h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}
		if from, target, link := strings.Cut(e, "->"); link {
			h, text = &tar.Header{Name: from, Linkname: target, Typeflag: tar.TypeLink}, ""
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []interface{ Close() error }{w, zipped, file} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestUnpack(t *testing.T) {
	into := t.TempDir()
	err := unpackTrino(t.Context(), archive(t, "trino-server-1/README=x", "trino-server-1/plugin/hive/a.jar=A", "trino-server-1/plugin/memory/m.jar=M",
		"trino-server-1/plugin/postgresql/a.jar->trino-server-1/plugin/hive/a.jar", "trino-server-1/lib/a.jar->trino-server-1/plugin/hive/a.jar"), into)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = filepath.WalkDir(into, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			text, readErr := os.ReadFile(path)
			got, err = append(got, strings.TrimPrefix(path, into)+"="+string(text)), readErr
		}
		return err
	})
	if want := "/lib/a.jar=A /plugin/memory/m.jar=M /plugin/postgresql/a.jar=A"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("unpacked is %q, want %q; %v", got, want, err)
	}
}

func TestUnpackRefuses(t *testing.T) {
	for want, tarball := range map[string]string{
		"it is not one of Trino's server": archive(t, "x/lib/a.jar=A"),
		"escapes":                         archive(t, "x/../../a.jar=A"),
		"cannot be read":                  filepath.Join(t.TempDir(), "none"),
	} {
		if err := unpackTrino(t.Context(), tarball, t.TempDir()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestKept: a directory appears whole or not at all, is made once, and what a killed run left goes away.
func TestKept(t *testing.T) {
	dir := t.TempDir()
	old, young := filepath.Join(dir, "a"+partMark+"1"), filepath.Join(dir, "a"+partMark+"2")
	for _, path := range []string{old, young} {
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * staleAfter)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	failure := errors.New("no")
	if _, err := kept(dir, "b", func(string) error { return failure }); !errors.Is(err, failure) {
		t.Errorf("a failure is %v", err)
	}
	made := 0
	for range 2 {
		path, err := kept(dir, "b", func(into string) error {
			made++
			return os.WriteFile(filepath.Join(into, "x"), nil, 0o600)
		})
		if err != nil || path != filepath.Join(dir, "b") {
			t.Errorf("%s, %v", path, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || made != 1 || len(left) != 1 || isDir(old) || !isDir(young) {
		t.Errorf("made %d times, left %v, an old part %t, a young one %t, %v", made, left, isDir(old), isDir(young), err)
	}
}
