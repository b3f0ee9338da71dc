// Package rooms checks the layout of this module: which package may import which, that every package says what
// it is, and that the paths named in the documentation exist.
package rooms

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

const module = "github.com/atoll-sql/atoll"

// source is one Go file's head.
type source struct {
	path, dir string // slash-separated, relative to the module's root
	test      bool
	doc       bool // has a package comment
	imports   []string
}

// sources reads the heads of all Go files of the module, leaving out hidden directories, test data and nested modules.
func sources(root fs.FS) ([]source, error) {
	var out []source
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skip(root, name)
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		file, err := readSource(root, name)
		out = append(out, file)
		return err
	})
	return out, err
}

func skip(root fs.FS, dir string) error {
	if dir == "." {
		return nil
	}
	base := path.Base(dir)
	_, err := fs.Stat(root, path.Join(dir, "go.mod"))
	if err == nil || base == "testdata" || base == "bin" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return fs.SkipDir
	}
	return nil
}

func readSource(root fs.FS, name string) (source, error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return source{}, err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return source{}, err
	}
	s := source{path: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), doc: documented(parsed)}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return source{}, err
		}
		s.imports = append(s.imports, imported)
	}
	return s, nil
}

func documented(file *ast.File) bool {
	return file.Doc != nil && strings.TrimSpace(file.Doc.Text()) != ""
}

// in reports whether a directory belongs to a room.
func in(dir, room string) bool {
	base, subtree := strings.CutSuffix(room, "/...")
	return dir == base || subtree && strings.HasPrefix(dir, base+"/")
}

func ruleFor(dir string) (rule, bool) {
	best, found := rule{}, false
	for _, r := range table {
		if in(dir, r.Room) && (!found || len(r.Room) > len(best.Room)) {
			best, found = r, true
		}
	}
	return best, found
}

// importFaults returns what breaks the table of rooms, one line each.
func importFaults(files []source) []string {
	var faults []string
	for _, file := range files {
		r, found := ruleFor(file.dir)
		if !found {
			faults = append(faults, fmt.Sprintf("%s: directory %s is in no room; add a row to internal/rooms/rules.go", file.path, file.dir))
			continue
		}
		for _, imported := range file.imports {
			if reason := forbidden(r, file, imported); reason != "" {
				faults = append(faults, fmt.Sprintf("%s imports %s: %s", file.path, imported, reason))
			}
		}
	}
	return faults
}

// forbidden returns why a file may not import a package, or "".
func forbidden(r rule, file source, imported string) string {
	own := imported == module || strings.HasPrefix(imported, module+"/")
	dir := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
	if dir == "" {
		dir = "."
	}
	switch {
	case own && file.test:
		for _, pair := range never {
			if in(file.dir, pair[0]) && in(dir, pair[1]) {
				return pair[0] + " and " + pair[1] + " stay apart, in tests too"
			}
		}
		return ""
	case own:
		if in(dir, r.Room) || slices.ContainsFunc(r.May, func(room string) bool { return in(dir, room) }) {
			return ""
		}
		return r.Reason
	case file.test || !strings.Contains(strings.Split(imported, "/")[0], "."):
		return "" // the standard library, "C", and what tests use
	}
	if slices.ContainsFunc(r.Outside, func(prefix string) bool { return prefix == "*" || strings.HasPrefix(imported, prefix) }) {
		return ""
	}
	return "not among the modules this room may use: " + r.Reason
}

// commentFaults returns the packages without a package comment, or with several.
func commentFaults(files []source) []string {
	count := map[string]int{}
	for _, file := range files {
		if file.test {
			continue
		}
		count[file.dir] += 0
		if file.doc {
			count[file.dir]++
		}
	}
	var faults []string
	for dir, n := range count {
		if n != 1 {
			faults = append(faults, fmt.Sprintf("package in %s has %d package comments, want one", dir, n))
		}
	}
	slices.Sort(faults)
	return faults
}
