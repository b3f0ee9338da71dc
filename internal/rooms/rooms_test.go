package rooms

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

var root = os.DirFS("../..")

func report(t *testing.T, faults []string) {
	t.Helper()
	for _, fault := range faults {
		t.Error(fault)
	}
}

func moduleSources(t *testing.T) []source {
	t.Helper()
	files, err := sources(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("only %d Go files found", len(files))
	}
	return files
}

func TestImportsFollowTheTable(t *testing.T) { report(t, importFaults(moduleSources(t))) }

func TestEveryPackageHasAComment(t *testing.T) { report(t, commentFaults(moduleSources(t))) }

func TestPathsInDocumentationExist(t *testing.T) {
	faults, err := docFaults(root)
	if err != nil {
		t.Fatal(err)
	}
	report(t, faults)
}

func TestTableIsWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range table {
		if seen[r.Room] || r.Reason == "" {
			t.Errorf("room %s appears twice or has no reason", r.Room)
		}
		seen[r.Room] = true
	}
}

// goFile makes a file of a made-up module.
func goFile(comment string, imports ...string) *fstest.MapFile {
	text := comment + "package x\n"
	for _, imported := range imports {
		text += "import _ \"" + imported + "\"\n"
	}
	return &fstest.MapFile{Data: []byte(text)}
}

func TestCheckersFindFaults(t *testing.T) {
	made := fstest.MapFS{
		"planner/bind/a.go":       goFile("// Package x.\n", module+"/executor"),
		"planner/bind/a_test.go":  goFile("", module+"/executor/residual", module+"/internal/pgtest", "example.org/any"),
		"executor/a.go":           goFile("// Package x.\n", module+"/planner/plan", module+"/planner/sqlgen", module+"/executor/inner", "fmt"),
		"executor/b_test.go":      goFile("", module+"/planner/parser/postgres"),
		"executor/inner/a.go":     goFile("// Package x.\n", "C", "go.uber.org/goleak"),
		"connectors/a.go":         goFile("// Package x.\n", arrow+"arrow", pgx),
		"connectors/duckdb/a.go":  goFile("// Package x.\n", duck, module+"/scalar"),
		"aggregate/a.go":          goFile("// Package x.\n", module+"/connectors"),
		"attic/a.go":              goFile("// Package x.\n"),
		"scalar/a.go":             goFile(""),
		"shardmap/a.go":           goFile("// Package x.\n", module),
		"shardmap/b.go":           goFile("// Package x again.\n"),
		"tools/go.mod":            {Data: []byte("module tools")},
		"tools/a.go":              goFile("", module+"/executor"),
		"planner/testdata/bad.go": {Data: []byte("not Go")},
	}
	files, err := sources(made)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, importFaults(files), []string{
		"planner/bind/a.go imports " + module + "/executor:", "planner/bind/a_test.go imports " + module + "/executor/residual:",
		"executor/a.go imports " + module + "/planner/sqlgen:", "executor/b_test.go imports " + module + "/planner/parser/postgres:",
		"executor/inner/a.go imports go.uber.org/goleak:", "connectors/a.go imports " + pgx + ":", "aggregate/a.go imports " + module + "/connectors:",
		"attic/a.go: directory attic is in no room", "shardmap/a.go imports " + module + ":",
	})
	expect(t, commentFaults(files), []string{"package in scalar has 0", "package in shardmap has 2"})
}

func TestDocCheckerFindsFaults(t *testing.T) {
	made := fstest.MapFS{
		"docs/types.md": {Data: []byte("see [up](../README.md#top), [gone](gone.md), [web](https://example.org/x)\n")},
		"README.md": {Data: []byte("`docs/types.md`, `docs/none.md`, `docs/*.md` and `docs/{types,none}.md`; `text/plain`, `bin/atoll`, `a b/c`,\n" +
			"`./docs/...`, `docs/`\n")},
		"CHANGELOG.md":          {Data: []byte("`docs/old.md`\n")},
		"docs/decisions/001.md": {Data: []byte("`docs/old.md`\n")},
	}
	faults, err := docFaults(fs.FS(made))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, faults, []string{"README.md:1 names docs/none.md", "README.md:1 names docs/{types,none}.md", "docs/types.md:1 links to gone.md"})
}

// expect checks that there is one fault for each beginning, and no other.
func expect(t *testing.T, faults, beginnings []string) {
	t.Helper()
	left := append([]string(nil), faults...)
	for _, beginning := range beginnings {
		found := false
		for i, fault := range left {
			if strings.HasPrefix(fault, beginning) {
				left = append(left[:i], left[i+1:]...)
				found = true
				break
			}
		}
		if !found {
			t.Errorf("no fault %q", beginning)
		}
	}
	report(t, left)
}
