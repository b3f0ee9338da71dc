package atoll

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// attack is one query of testdata/attacks, whose README.md says what the parts are.
type attack struct {
	file, name string
	line       int
	class      int
	caller     Caller
	today      string
	sql        string
	verdict    string // refuse, permit, error, not answered, safe
	says       string // of refuse: words of the message, separated by |; of error: its SQLSTATE
	oracle     string // of permit, and of safe where it is answered
	late       bool   // of refuse: by the data, not by the plan
	crosses    string // part of the names of planted values that may cross, "" for none
}

// attackClasses are the classes that files of queries cover; the last one takes more than a query.
const attackClasses = 19

// attackDay is the day on which attacks are made that name none.
const attackDay = "2026-06-15"

// attacks reads every file.
func attacks(t *testing.T) (out []attack) {
	t.Helper()
	files, err := filepath.Glob("testdata/attacks/*.attack")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no attacks", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := parseAttacks(strings.TrimSuffix(filepath.Base(file), ".attack"), string(text))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, list...)
	}
	return out
}

// parseAttacks reads one file.
func parseAttacks(file, text string) (out []attack, err error) {
	class := 0
	var a *attack
	seen := map[string]bool{}
	for n, line := range strings.Split(text, "\n") {
		switch key, value, _ := strings.Cut(line, " "); {
		case key == "==":
			if seen[value] || a != nil && a.verdict == "" {
				return nil, fmt.Errorf("%s:%d: %q is there twice, or the one before has no verdict", file, n+1, value)
			}
			seen[value] = true
			out = append(out, attack{file: file, name: value, line: n + 1, class: class, today: attackDay})
			a = &out[len(out)-1]
		case key == "@class":
			if class, err = strconv.Atoi(value); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, n+1, err)
			}
		case line == "" || a == nil || key == "#" && a.sql == "":
		case strings.HasPrefix(key, "@"):
			err = a.directive(key, value)
		case key == "->":
			err = a.judged(value)
		case a.verdict == "":
			a.sql += line + "\n"
		case a.verdict == "permit", a.verdict == "safe":
			a.oracle += line + "\n"
		default:
			err = fmt.Errorf("%q stands after the verdict", line)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n+1, err)
		}
	}
	return out, nil
}

func (a *attack) directive(key, value string) error {
	switch key {
	case "@purpose":
		a.caller.Purpose = value
	case "@role":
		a.caller.Roles = append(a.caller.Roles, value)
	case "@client":
		a.caller.ClientRegion = value
	case "@late":
		a.late = true
	case "@crosses":
		a.crosses = value
	case "@today":
		a.today = value
		_, err := time.Parse(time.DateOnly, value)
		return err
	default:
		return fmt.Errorf("unknown directive %s", key)
	}
	return nil
}

func (a *attack) judged(verdict string) error {
	if a.sql = strings.TrimSpace(a.sql); a.sql == "" || a.class == 0 || a.verdict != "" {
		return fmt.Errorf("a verdict follows a class and a statement, once")
	}
	a.verdict, a.says, _ = strings.Cut(verdict, " ")
	switch a.verdict {
	case "not":
		a.verdict = verdict
		if verdict != "not answered" {
			return fmt.Errorf("no verdict %q", verdict)
		}
	case "refuse", "error", "permit", "safe":
	default:
		return fmt.Errorf("no verdict %q", verdict)
	}
	return nil
}

// TestAttackFiles checks that every class is there, that there are attacks enough, and that each has a neighbour that is permitted.
func TestAttackFiles(t *testing.T) {
	permitted, hostile := map[int]int{}, map[int]int{}
	n := 0
	for _, a := range attacks(t) {
		n++
		if a.verdict == "permit" {
			permitted[a.class]++
		} else {
			hostile[a.class]++
		}
	}
	for class := 1; class <= attackClasses; class++ {
		if permitted[class] == 0 && class != 15 && class != 16 || hostile[class] == 0 && class != 18 {
			t.Errorf("class %d has %d attacks and %d permitted neighbours", class, hostile[class], permitted[class])
		}
	}
	if n < 150 {
		t.Errorf("only %d attacks", n)
	}
	for _, bad := range []string{"== a\nSELECT 1\n-> permit", "@class 1\n== a\n-> refuse", "@class 1\n== a\nSELECT 1\n-> perhaps", "@class x",
		"@class 1\n== a\n@colour red\nSELECT 1\n-> safe", "@class 1\n== a\nSELECT 1\n-> refuse\nSELECT 2", "@class 1\n== a\nSELECT 1\n== b\nSELECT 2\n-> safe"} {
		if _, err := parseAttacks("bad", bad); err == nil {
			t.Errorf("accepted:\n%s", bad)
		}
	}
}
