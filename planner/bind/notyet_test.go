package bind_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/ast"
)

// TestNotYet: what docs/semantics.md lists as not there yet is refused with its SQLSTATE and a place, and by the parser or the
// binder, before any shard is asked.
func TestNotYet(t *testing.T) {
	text, err := os.ReadFile("../../docs/semantics.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, ok := strings.Cut(string(text), "\n## Not yet\n")
	if !ok {
		t.Fatal("docs/semantics.md has no section Not yet")
	}
	list, _, _ = strings.Cut(list, "\n## ")
	w := plantest.Housing(t, plantest.Setup{})
	statements := 0
	for _, line := range strings.Split(list, "\n") {
		cells := strings.Split(line, " | ")
		sql, isStatement := strings.CutPrefix(cells[0], "| `")
		if !isStatement || len(cells) != 3 {
			continue
		}
		statements++
		sql = strings.TrimSuffix(sql, "`")
		_, err := w.Bind(sql)
		refusal, ok := errors.AsType[*ast.Error](err)
		switch {
		case !ok:
			t.Errorf("%s: %v, not refused", sql, err)
		case refusal.SQLState != cells[1] || refusal.Pos < 0:
			t.Errorf("%s: %s at %d (%s), want %s", sql, refusal.SQLState, refusal.Pos, refusal.Text, cells[1])
		}
	}
	if statements < 30 {
		t.Errorf("only %d statements were found", statements)
	}
}
