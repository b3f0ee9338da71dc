package tsql

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The goldens that hold T-SQL: plans, whose statements in T-SQL are marked, and the forms of expressions, of which each is
// the indented line behind the expression, or a comment.
const (
	goldenPlans = "../../../testdata/plan"
	goldenForms = "../../../planner/sqlgen/testdata/tsql_forms"
)

var markedLine = regexp.MustCompile(`^  [^ ].* \[tsql\]: (.*)$`)

// fragmentsEnv names a file to write fragments to, for the checker of scripts/check-tsql.sh.
const fragmentsEnv = "ATOLL_TSQL_FRAGMENTS"

// fragment is a piece of T-SQL and where it stands.
type fragment struct {
	Where string `json:"where"`
	SQL   string `json:"sql"`
}

// goldenFragments returns the T-SQL of the goldens.
func goldenFragments(t *testing.T) []fragment {
	var out []fragment
	err := filepath.WalkDir(goldenPlans, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != "" {
			return err
		}
		out = append(out, fragmentsOf(t, path, func(line string) string {
			if m := markedLine.FindStringSubmatch(line); m != nil {
				return m[1]
			}
			return ""
		})...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return append(out, fragmentsOf(t, goldenForms, func(line string) string {
		if form, ok := strings.CutPrefix(line, "\t"); ok && !strings.HasPrefix(form, "--") {
			return "SELECT " + form
		}
		return ""
	})...)
}

// fragmentsOf returns what extract finds in the lines of a file.
func fragmentsOf(t *testing.T, path string, extract func(line string) string) []fragment {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []fragment
	for i, line := range strings.Split(string(text), "\n") {
		if sql := extract(line); sql != "" {
			out = append(out, fragment{Where: fmt.Sprintf("%s:%d", strings.TrimPrefix(path, "../../../"), i+1), SQL: sql})
		}
	}
	return out
}

// TestGoldens holds that all T-SQL of the goldens is within the subset.
func TestGoldens(t *testing.T) {
	for _, f := range goldenFragments(t) {
		tree, err := Parse(f.SQL)
		if err != nil {
			t.Errorf("%s: %v\n%s", f.Where, err, f.SQL)
			continue
		}
		if _, ok := tree[0].(*Query); !ok || len(tree) != 1 {
			t.Errorf("%s: not one query\n%s", f.Where, f.SQL)
		}
	}
}

// TestFragments writes the goldens' fragments and the statements of accepted, for another checker to judge.
func TestFragments(t *testing.T) {
	path := os.Getenv(fragmentsEnv)
	if path == "" {
		t.Skip("make check-tsql runs this")
	}
	all := goldenFragments(t)
	t.Logf("%d fragments of goldens", len(all))
	for i, c := range accepted {
		where := fmt.Sprintf("accept_test.go, case %d", i+1)
		all = append(all, fragment{where, c.in}, fragment{where + ", normal form", c.want})
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
