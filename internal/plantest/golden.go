package plantest

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/plan"
)

// Golden is one case of testdata/plan: a statement, and the circumstances under which it is planned.
type Golden struct {
	Pos    string // file and line, for messages
	SQL    string
	Params []bind.Param
	Off    map[string]bool
	Setup  Setup
	Fires  []string // rules and decisions without which the plan must be another
	Idle   []string // those without which it must be the same
}

// ParseGolden reads a directive of testdata/plan; testdata/plan/README.md explains its arguments.
func ParseGolden(tb testing.TB, d *datadriven.TestData) Golden {
	tb.Helper()
	if d.Cmd != "plan" {
		d.Fatalf(tb, "unknown command %s", d.Cmd)
	}
	g := Golden{Pos: d.Pos, SQL: d.Input, Off: map[string]bool{}}
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "fires":
			g.Fires = a.Vals
		case "idle":
			g.Idle = a.Vals
		case "off":
			for _, v := range a.Vals {
				g.Off[v] = true
			}
		case "params":
			for _, v := range a.Vals {
				g.Params = append(g.Params, bind.Param{Text: strings.Trim(v, "'"), Null: v == "null"})
			}
		case "dialects":
			g.Setup.Dialects = a.Vals
		case "missing":
			g.Setup.Missing = a.Vals
		case "class":
			g.Setup.Class = a.Vals
		case "binary":
			g.Setup.Binary = true
		case "down":
			g.Setup.Down = a.Vals
		case "without":
			g.Setup.Without = a.Vals
		default:
			d.Fatalf(tb, "unknown argument %s", a.Key)
		}
	}
	return g
}

// Plan plans the case in the housing world. off is switched off besides the case's own.
func (g Golden) Plan(tb testing.TB, off ...string) (*plan.Plan, error) {
	return g.planIn(Housing(tb, g.Setup), off)
}

func (g Golden) planIn(w *World, off []string) (*plan.Plan, error) {
	all := map[string]bool{}
	for name := range g.Off {
		all[name] = true
	}
	for _, name := range off {
		all[name] = true
	}
	return w.Plan(g.SQL, g.Params, all)
}

// Text is the golden text: the plan or the error.
func (g Golden) Text(tb testing.TB, off ...string) string {
	w := Housing(tb, g.Setup)
	p, err := g.planIn(w, off)
	if err != nil {
		return RenderError(err, g.SQL)
	}
	return w.Render(p)
}

// GoldenFiles returns the files of testdata/plan. The path of a package's tests to the module's root is up.
func GoldenFiles(tb testing.TB, up string) []string {
	tb.Helper()
	all, err := filepath.Glob(filepath.Join(up, "testdata", "plan", "*"))
	if err != nil {
		tb.Fatal(err)
	}
	var out []string
	for _, f := range all {
		if filepath.Ext(f) == "" {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		tb.Fatal("testdata/plan has no goldens")
	}
	return out
}

// Goldens reads every case of testdata/plan without looking at its expected text.
func Goldens(tb testing.TB, up string) []Golden {
	tb.Helper()
	var out []Golden
	for _, f := range GoldenFiles(tb, up) {
		datadriven.RunTestAny(tb, f, func(tb testing.TB, d *datadriven.TestData) string {
			out = append(out, ParseGolden(tb, d))
			return d.Expected
		})
	}
	return out
}
