package logictest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// File is one parsed case file.
type File struct {
	Name  string // base name without its extension, e.g. "aggregates"
	Cases []Case
}

// Case is one statement whose answer must equal the oracle's.
type Case struct {
	Name string
	File string // base name of the file it stands in
	Line int    // of its "==" line, from 1
	SQL  string
	// Args are the values of $1, $2, …: int64, bool, string or nil.
	Args []any

	// Ordered says that the ORDER BY is total, so that rows are compared one by one in order.
	Ordered bool
	// Keys are the output columns (from 1) whose values must come in the oracle's order although the rows as a
	// whole are compared as a multiset: an ORDER BY with ties.
	Keys []int
	// SQLState is the error the statement must raise; "" if it must answer.
	SQLState string
	// Refused is the SQLSTATE with which the side under test refuses a statement that PostgreSQL answers: it is
	// not supported yet. "" if it must answer.
	Refused string
	// Needs names a rule without which the side under test may fail, with whatever error, but not answer otherwise; "" if it
	// needs none.
	Needs string
	// FloatTolerance admits small differences in floating-point columns; see [Compare].
	FloatTolerance bool
	// Pseudo says that the statement reads atoll_shard or atoll_region.
	Pseudo bool
	// Configs are the only configurations the case is for; empty means all.
	Configs []string
	// Skip maps a configuration to the reason why the case is not run there.
	Skip map[string]string
}

// Skipped returns why the case is not run under a configuration, or "".
func (c Case) Skipped(config string) string {
	if reason := c.Skip[config]; reason != "" {
		return reason
	}
	if len(c.Configs) > 0 && !slices.Contains(c.Configs, config) {
		return "only for " + strings.Join(c.Configs, ", ")
	}
	return ""
}

// Files reads every case file of testdata/logic, in the order of their names.
func Files() ([]File, error) {
	dir, err := dataDir()
	if err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.test"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no case files (*.test) in %s", dir)
	}
	sort.Strings(paths)
	var files []File
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		file, err := Parse(strings.TrimSuffix(filepath.Base(path), ".test"), string(text))
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// Parse reads the text of one case file. Its errors name the file and the line.
func Parse(name, text string) (File, error) {
	p := parser{file: File{Name: name}, seen: map[string]bool{}}
	for i, line := range strings.Split(text, "\n") {
		if err := p.line(i+1, strings.TrimRight(line, "\r")); err != nil {
			return File{}, fmt.Errorf("%s.test:%d: %w", name, i+1, err)
		}
	}
	if err := p.finish(); err != nil {
		return File{}, fmt.Errorf("%s.test: %w", name, err)
	}
	return p.file, nil
}

type parser struct {
	file File
	seen map[string]bool
	open bool // inside a case
	now  Case
	sql  []string
}

func (p *parser) line(n int, line string) error {
	switch {
	case strings.HasPrefix(line, "== "):
		if err := p.finish(); err != nil {
			return err
		}
		name := strings.TrimSpace(line[3:])
		if p.seen[name] || name == "" {
			return fmt.Errorf("the name %q is empty or taken", name)
		}
		p.seen[name] = true
		p.open, p.now, p.sql = true, Case{Name: name, File: p.file.Name, Line: n}, nil
	case len(p.sql) > 0:
		p.sql = append(p.sql, line)
	case line == "" || strings.HasPrefix(line, "#"):
	case !p.open:
		return fmt.Errorf("text before the first case: %q", line)
	case strings.HasPrefix(line, "@"):
		word, rest, _ := strings.Cut(line[1:], " ")
		return p.now.directive(word, strings.TrimSpace(rest))
	default:
		p.sql = append(p.sql, line)
	}
	return nil
}

func (p *parser) finish() error {
	if !p.open {
		return nil
	}
	var err error
	if p.now.SQL, err = expand(strings.TrimSpace(strings.Join(p.sql, "\n"))); err != nil {
		return err
	}
	if p.now.SQL == "" {
		return fmt.Errorf("case %s has no SQL", p.now.Name)
	}
	if strings.HasSuffix(p.now.SQL, ";") {
		return fmt.Errorf("case %s: leave the semicolon away", p.now.Name)
	}
	p.file.Cases = append(p.file.Cases, p.now)
	p.open = false
	return nil
}

func (c *Case) directive(word, rest string) (err error) {
	switch word {
	case "ordered":
		c.Ordered = true
	case "keys":
		c.Keys, err = parseInts(rest)
	case "error":
		if len(rest) != 5 {
			return fmt.Errorf("@error wants a SQLSTATE of five characters, not %q", rest)
		}
		c.SQLState = rest
	case "refused":
		if len(rest) != 5 {
			return fmt.Errorf("@refused wants a SQLSTATE of five characters, not %q", rest)
		}
		c.Refused = rest
	case "needs":
		if c.Needs = rest; rest == "" {
			return errors.New("@needs wants the name of a rule")
		}
	case "float-tolerance":
		c.FloatTolerance = true
	case "pseudo":
		c.Pseudo = true
	case "args":
		c.Args, err = parseArgs(rest)
	case "args-range":
		c.Args, err = rangeArgs(rest)
	case "configs":
		c.Configs = strings.Fields(rest)
	case "skip":
		config, reason, found := strings.Cut(rest, ":")
		if !found {
			return fmt.Errorf("@skip wants `configuration: reason`, not %q", rest)
		}
		if c.Skip == nil {
			c.Skip = map[string]string{}
		}
		c.Skip[strings.TrimSpace(config)] = strings.TrimSpace(reason)
	default:
		return fmt.Errorf("unknown directive @%s", word)
	}
	return err
}

func parseInts(text string) ([]int, error) {
	var out []int
	for _, field := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("@keys wants column numbers from 1, not %q", field)
		}
		out = append(out, n)
	}
	return out, nil
}

// parseArgs reads values separated by " | ": an integer, true, false, null, or a string in single quotes.
func parseArgs(text string) ([]any, error) {
	var out []any
	for _, field := range strings.Split(text, " | ") {
		field = strings.TrimSpace(field)
		n, err := strconv.ParseInt(field, 10, 64)
		switch {
		case err == nil:
			out = append(out, n)
		case field == "null":
			out = append(out, nil)
		case field == "true" || field == "false":
			out = append(out, field == "true")
		case len(field) >= 2 && field[0] == '\'' && field[len(field)-1] == '\'':
			out = append(out, strings.ReplaceAll(field[1:len(field)-1], "''", "'"))
		default:
			return nil, fmt.Errorf("@args: %q is not an integer, true, false, null or a 'string'", field)
		}
	}
	return out, nil
}

// dataDir finds testdata/logic from the working directory, which `go test` sets to the package's own.
func dataDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "testdata", "logic"), nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod above the working directory")
		}
		dir = parent
	}
}
