package residency

import (
	"errors"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/planner/plan"
)

// The trees of these tests are made by hand: the planner makes none of most of them.
var (
	idColumn     = plan.Column{ID: 1, Name: "id", Type: plan.T(plan.Int8)}
	kindColumn   = plan.Column{ID: 2, Name: "kind", Type: plan.T(plan.Text)}
	amountColumn = plan.Column{ID: 3, Name: "amount", Type: plan.T(plan.Int8)}
)

func scanOf(table string, cols ...plan.Column) *plan.Scan {
	s := &plan.Scan{Table: table, Alias: table}
	for _, c := range cols {
		s.Cols = append(s.Cols, plan.ScanCol{Column: c, Source: c.Name})
	}
	return s
}

// sums adds up amount by kind.
func sums(in plan.Node) *plan.Aggregate {
	return &plan.Aggregate{Input: in, Groups: []plan.Assign{{Col: kindColumn, Expr: columnExpr(kindColumn)}},
		Aggs: []plan.AggAssign{{Col: plan.Column{ID: 9, Name: "sum", Type: plan.T(plan.Numeric)}, Agg: plan.Agg{Fn: "sum", Args: []plan.Expr{columnExpr(amountColumn)}, T: plan.T(plan.Numeric)}}}}
}

// handEnv has one rule, for sums of fees by kind.
func handEnv() (*Env, *Rule) {
	r := &Rule{ID: "r", From: []string{"a"}, To: []string{"b"}, Tables: []string{"fees"}, Columns: []string{"amount"}, Form: Aggregate,
		Aggregate: &AggregateTerms{Functions: []string{"sum"}, GroupBy: []string{"kind"}, Entity: "member", Min: 5}}
	return &Env{
		Policy: &Policy{Entities: map[string]*Entity{"member": {Name: "member", Columns: map[string]string{"fees": "member_id"}}}, Rules: []*Rule{r}},
		Total:  func(plan.Expr) bool { return true }, Jurisdiction: func(string) string { return "" },
		Condition: func(table, _ string) (*plan.Scan, plan.Expr, error) {
			c := plan.Column{ID: 1, Name: "member_id", Type: plan.T(plan.Int8)}
			return scanOf(table, c), &plan.IsNull{X: columnExpr(c), Not: true}, nil
		},
	}, r
}

// chosenFor puts every reference of a tree under a rule.
func chosenFor(root plan.Node, r *Rule) []choice {
	var out []choice
	for _, ref := range trace(root, root.Columns()).refs {
		out = append(out, choice{ref, r})
	}
	return out
}

// TestShapeOfGroupingSets holds the clause about plans that the planner does not make: of several sets of groups at a shard some would be thresholded
// by others. Without it, they are what no threshold can be made of.
func TestShapeOfGroupingSets(t *testing.T) {
	e, r := handEnv()
	agg := sums(scanOf("fees", kindColumn, amountColumn))
	if s := e.shapeOf(agg); s.clause != "" || s.aggregate != agg {
		t.Fatalf("of one set: %+v", s)
	}
	agg.Sets = [][]int{{0}, {}}
	root := &plan.Project{Input: agg, Items: plan.PassOn(agg.Columns())}
	s := e.shapeOf(root)
	ref := trace(root, root.Columns()).refs[0]
	if clause, _ := s.permits(ref); clause != clauseSets {
		t.Errorf("of two sets: %+v", s)
	}
	defer SkipClause(clauseSets)()
	if s = e.shapeOf(root); s.clause != "" {
		t.Errorf("without the clause: %+v", s)
	}
	if _, _, err := e.enforce(root, s, chosenFor(root, r)); err == nil || !strings.Contains(err.Error(), "grouping sets have no threshold") {
		t.Errorf("without the clause they are written: %v", err)
	}
}

// TestShapeBelowUnion: without the clause about shapes, a UNION ALL below an aggregate is a refusal, and its tree with entities is none that is proven.
func TestShapeBelowUnion(t *testing.T) {
	e, r := handEnv()
	in := []plan.Node{scanOf("fees", kindColumn, amountColumn), scanOf("fees", plan.Column{ID: 4, Name: "kind", Type: plan.T(plan.Text)}, plan.Column{ID: 5, Name: "amount", Type: plan.T(plan.Int8)})}
	agg := sums(&plan.SetOp{Kind: plan.UnionAll, In: in, Cols: []plan.Column{kindColumn, amountColumn}})
	if s := e.shapeOf(agg); s.clause != clauseShape {
		t.Errorf("%+v", s)
	}
	defer SkipClause(clauseShape)()
	s := e.shapeOf(agg)
	if _, _, err := e.enforce(agg, s, chosenFor(agg, r)); err == nil || !strings.Contains(err.Error(), "UNION ALL") {
		t.Errorf("enforced: %v", err)
	}
	wide := sums(&plan.SetOp{Kind: plan.UnionAll, Cols: []plan.Column{kindColumn, amountColumn},
		In: []plan.Node{scanOf("fees", kindColumn, amountColumn, idColumn), in[1]}})
	if err := e.prove(wide, chosenFor(agg, r)); !errors.Is(err, errUnproven) {
		t.Errorf("proven: %v", err)
	}
}

// TestShapeOfGroupsOfGroups: what a shard makes of groups that pass is as good as what the coordinator makes of them. The lowest aggregate is the one that is
// held to the rules.
func TestShapeOfGroupsOfGroups(t *testing.T) {
	e, r := handEnv()
	low := sums(scanOf("fees", kindColumn, amountColumn))
	total := plan.AggAssign{Col: plan.Column{ID: 20, Name: "total", Type: plan.T(plan.Numeric)}, Agg: plan.Agg{Fn: "sum", Args: []plan.Expr{columnExpr(low.Aggs[0].Col)}, T: plan.T(plan.Numeric)}}
	high := &plan.Aggregate{Input: &plan.Sort{Input: low, Keys: []plan.SortKey{{Col: kindColumn}}}, Aggs: []plan.AggAssign{total}}
	s := e.shapeOf(high)
	if s.aggregate != low || !s.nested || s.clause != "" {
		t.Fatalf("%+v", s)
	}
	chosen := chosenFor(high, r)
	out, _, err := e.enforce(high, s, chosen)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.prove(out, chosen); err != nil {
		t.Errorf("%v\n%s", err, plan.Tree(out))
	}
	bare, agg, _ := unprotected(out)
	if agg == nil || len(agg.Groups) != 1 || bare == nil {
		t.Errorf("the threshold is elsewhere:\n%s", plan.Tree(out))
	}
	above, err := Protect(high, Threshold{Entities: []EntityMin{{Col: kindColumn, Min: 5}}}, func() int { return 99 })
	if err == nil {
		err = e.prove(above, chosen)
	}
	if !errors.Is(err, errUnproven) && err == nil {
		t.Errorf("a threshold over groups in place of one over members is proven:\n%s", plan.Tree(above))
	}
}
