package rooms

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

var (
	codePattern = regexp.MustCompile("`([^`\\s]+)`")
	linkPattern = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	pathPattern = regexp.MustCompile(`^[A-Za-z0-9_.*/{},-]+$`)
)

// docFaults returns the paths that documentation names and that do not exist. Code in backticks counts as a path
// if it has a slash and begins with a directory of the module's root; links count unless they lead elsewhere.
// The changelog and the decision notes tell of their time, so they are not checked.
func docFaults(root fs.FS) ([]string, error) {
	var faults []string
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			base := path.Base(name)
			if name != "." && (strings.HasPrefix(base, ".") || base == "bin" || name == "docs/decisions") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".md" || name == "CHANGELOG.md" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		faults = append(faults, missingPaths(root, name, string(text))...)
		return err
	})
	return faults, err
}

func missingPaths(root fs.FS, doc, text string) []string {
	var faults []string
	for n, line := range strings.Split(text, "\n") {
		for _, match := range codePattern.FindAllStringSubmatch(line, -1) {
			named := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(match[1], "./"), "/..."), "/")
			if looksLikePath(root, match[1]) && !exists(root, named) {
				faults = append(faults, fmt.Sprintf("%s:%d names %s, which does not exist", doc, n+1, match[1]))
			}
		}
		for _, match := range linkPattern.FindAllStringSubmatch(line, -1) {
			target, _, _ := strings.Cut(match[1], "#")
			if target == "" || strings.Contains(target, ":") {
				continue
			}
			if !exists(root, path.Join(path.Dir(doc), target)) {
				faults = append(faults, fmt.Sprintf("%s:%d links to %s, which does not exist", doc, n+1, match[1]))
			}
		}
	}
	return faults
}

func looksLikePath(root fs.FS, text string) bool {
	text = strings.TrimPrefix(text, "./")
	first, _, slash := strings.Cut(text, "/")
	if !slash || first == "bin" || first == "" || !pathPattern.MatchString(text) {
		return false
	}
	_, err := fs.Stat(root, first)
	return err == nil
}

// exists accepts glob patterns and one {a,b} group.
func exists(root fs.FS, name string) bool {
	before, rest, group := strings.Cut(name, "{")
	if group {
		choices, after, _ := strings.Cut(rest, "}")
		for _, choice := range strings.Split(choices, ",") {
			if !exists(root, before+choice+after) {
				return false
			}
		}
		return true
	}
	matches, err := fs.Glob(root, path.Clean(name))
	return err == nil && len(matches) > 0
}
