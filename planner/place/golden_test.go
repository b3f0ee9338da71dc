package place_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-sql/atoll/internal/plantest"
)

// root is the module's root as seen from this package.
const root = "../.."

// TestPlans compares plans with testdata/plan; -rewrite writes them anew. The last line of each golden names the
// rules and decisions that made the plan: those without which it would be another.
func TestPlans(t *testing.T) {
	fired, idle := map[string]int{}, map[string]int{}
	var faults []string // reported last: a failed case keeps -rewrite from writing the rest
	for _, path := range plantest.GoldenFiles(t, root) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			g := plantest.ParseGolden(t, d)
			text := g.Text(t)
			made := decisions(t, g, text)
			for _, name := range g.Fires {
				fired[name]++
				if !slices.Contains(made, name) {
					faults = append(faults, d.Pos+": "+name+" must fire and does not:\n"+text)
				}
			}
			for _, name := range g.Idle {
				idle[name]++
				if slices.Contains(made, name) {
					faults = append(faults, d.Pos+": "+name+" must not fire and does:\n"+text)
				}
			}
			checkNames(t, d, append(slices.Clone(g.Fires), g.Idle...))
			return text + "decided by: " + strings.Join(made, ", ") + "\n"
		})
	}
	for _, f := range faults {
		t.Error(f)
	}
	for _, name := range plantest.Names() {
		if fired[name] < 2 || idle[name] < 1 {
			t.Errorf("%s must fire in %d cases and must not in %d: want 2 and 1 at least", name, fired[name], idle[name])
		}
	}
}

// decisions returns the rules and decisions without which the plan is another.
func decisions(t *testing.T, g plantest.Golden, text string) []string {
	t.Helper()
	var out []string
	for _, name := range plantest.Names() {
		if !g.Off[name] && g.Text(t, name) != text {
			out = append(out, name)
		}
	}
	return out
}

func checkNames(t *testing.T, d *datadriven.TestData, names []string) {
	t.Helper()
	for _, name := range names {
		if !slices.Contains(plantest.Names(), name) {
			d.Fatalf(t, "no rule or decision is called %s", name)
		}
	}
}
