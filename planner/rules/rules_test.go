package rules_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/rules"
)

// TestRewriteLogic rewrites every statement of testdata/logic: trees are sound before and after each rule, alone and in
// order, offer the same columns, and stay sound when the rules run again over what they made.
func TestRewriteLogic(t *testing.T) {
	w := plantest.Logic(t, plantest.Setup{})
	bound := 0
	for _, c := range plantest.LogicCases(t) {
		q, err := w.Bind(c.SQL, c.Params...)
		if err != nil {
			var e *ast.Error
			if !errors.As(err, &e) || c.SQLState == "" && e.SQLState != "0A000" && e.SQLState != c.Refused {
				t.Errorf("%s/%s: %v", c.File, c.Name, err)
			}
			continue
		}
		bound++
		before := plan.Tree(q.Root)
		full := sound(t, c, q.Root, nil)
		sound(t, c, full, nil)
		for _, r := range rules.All {
			sound(t, c, q.Root, map[string]bool{r.Name: true})
		}
		if plan.Tree(q.Root) != before {
			t.Errorf("%s/%s: a rule changed its input:\n%s", c.File, c.Name, before)
		}
	}
	if bound < 300 {
		t.Errorf("only %d statements could be bound", bound)
	}
}

func sound(t *testing.T, c plantest.LogicCase, root plan.Node, off map[string]bool) plan.Node {
	t.Helper()
	out, err := plantest.Rewrite(root, off)
	if err != nil {
		t.Fatalf("%s/%s: %v", c.File, c.Name, err)
	}
	want, got := root.Columns(), out.Columns()
	if len(want) != len(got) {
		t.Fatalf("%s/%s: %d columns became %d", c.File, c.Name, len(want), len(got))
	}
	for i := range want {
		if want[i] != got[i] {
			t.Fatalf("%s/%s: column %v became %v", c.File, c.Name, want[i], got[i])
		}
	}
	return out
}

// TestVerify: what the verifier must find.
func TestVerify(t *testing.T) {
	a, b := plan.Column{ID: 1, Name: "a", Type: plan.T(plan.Int4)}, plan.Column{ID: 2, Name: "b", Type: plan.T(plan.Bool)}
	scan := &plan.Scan{Table: "t", Cols: []plan.ScanCol{{Column: a, Source: "a"}}}
	item := func(c, from plan.Column) plan.Assign { return plan.Assign{Col: c, Expr: &plan.Col{Column: from}} }
	agg := plan.AggAssign{Col: b, Agg: plan.Agg{Fn: "count", Star: true, Filter: &plan.Col{Column: b}, T: plan.T(plan.Int8)}}
	tests := []struct {
		name string
		node plan.Node
		want string // part of the error, "" for none
	}{
		{"sound", &plan.Project{Input: scan, Items: []plan.Assign{item(a, a)}}, ""},
		{"filter", &plan.Filter{Input: scan, Conds: []plan.Expr{&plan.Col{Column: b}}}, "column #2 is not offered below"},
		{"projection", &plan.Project{Input: scan, Items: []plan.Assign{item(b, b)}}, "column #2 is not offered below"},
		{"twice", &plan.Project{Input: scan, Items: []plan.Assign{item(a, a), item(a, a)}}, "column a#1 is offered twice"},
		{"join", &plan.Join{Left: scan, Right: scan}, "column a#1 is offered twice"},
		{"join condition", &plan.Join{Left: scan, Right: &plan.OneRow{}, On: []plan.Expr{&plan.Col{Column: b}}}, "not offered"},
		{"aggregate's filter", &plan.Aggregate{Input: scan, Aggs: []plan.AggAssign{agg}}, "not offered"},
		{"sort key", &plan.Sort{Input: scan, Keys: []plan.SortKey{{Col: b}}}, "not offered"},
		{"below", &plan.Limit{Count: 1, Input: &plan.Sort{Input: scan, Keys: []plan.SortKey{{Col: b}}}}, "sort by b#2"},
	}
	for _, tt := range tests {
		err := rules.Verify(tt.node)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// TestSwitches: a rule that is off leaves the tree alone.
func TestSwitches(t *testing.T) {
	w := plantest.Housing(t, plantest.Setup{})
	q, err := w.Bind("select n from (select name as n, id from cooperatives) as c where id = 1")
	if err != nil {
		t.Fatal(err)
	}
	off := map[string]bool{}
	for _, r := range rules.All {
		off[r.Name] = true
	}
	if got := rules.Rewrite(q.Root, rules.NewEnv(q.Root, nil), off); got != q.Root {
		t.Errorf("all rules are off, and still:\n%s", plan.Tree(got))
	}
	if got := rules.Rewrite(q.Root, rules.NewEnv(q.Root, nil), nil); plan.Tree(got) == plan.Tree(q.Root) {
		t.Error("no rule is off, and none did anything")
	}
}
