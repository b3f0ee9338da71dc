package plan

import (
	"strings"
	"testing"
)

func TestAliases(t *testing.T) {
	long := strings.Repeat("ä", 31) // 62 bytes
	tests := []struct {
		cols []Column
		want string
	}{
		{[]Column{{ID: 1, Name: "a"}, {ID: 2, Name: "b"}}, "a b"},
		{[]Column{{ID: 1, Name: "a"}, {ID: 2, Name: "a"}}, "a a_2"},
		{[]Column{{ID: 1, Name: "a"}, {ID: 2, Name: "A"}}, "a A_2"},
		{[]Column{{ID: 1, Name: "?column?"}, {ID: 2, Name: ""}}, "column column_2"},
		{[]Column{{ID: 5, Name: "a"}, {ID: 6, Name: "a_7"}, {ID: 7, Name: "a"}}, "a a_7 a_7_7"},
		{[]Column{{ID: 1, Name: long}, {ID: 2, Name: long}}, long + " " + long[:60] + "_2"},
	}
	for _, tt := range tests {
		if got := strings.Join(Aliases(tt.cols), " "); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

// everyNode is one of every operator that has inputs.
func everyNode(leaf Node) Node {
	a := Column{ID: 1, Name: "a", Type: T(Int4)}
	agg := &Aggregate{Input: &Filter{Input: leaf, Conds: []Expr{&IsNull{X: &Col{a}}}}, Groups: []Assign{{a, &Col{a}}}}
	join := &Join{Kind: Left, Left: agg, Right: &OneRow{}}
	sorted := &Sort{Input: &Project{Input: join, Items: []Assign{{a, &Col{a}}}}, Keys: []SortKey{{Col: a}}}
	merged := &MergeAggregate{Input: &Limit{Input: sorted, Count: 1}, Keys: []Column{a}}
	return &Residual{Root: &Input{Cols: []Column{a}}, Sources: []Node{merged}}
}

// TestTransform: what changes nothing returns the same tree, and a new leaf leaves the old tree as it was.
func TestTransform(t *testing.T) {
	leaf := &Scan{Table: "t", Cols: []ScanCol{{Column: Column{ID: 1, Name: "a", Type: T(Int4)}, Source: "a"}}}
	root := everyNode(leaf)
	if got := Transform(root, func(n Node) Node { return n }); got != root {
		t.Error("a transformation that does nothing made a new tree")
	}
	before := Tree(root)
	other := &Scan{Table: "u", Cols: leaf.Cols}
	got := Transform(root, func(n Node) Node {
		if n == Node(leaf) {
			return other
		}
		return n
	})
	if Tree(root) != before || Tree(got) != strings.Replace(before, "scan t", "scan u", 1) {
		t.Errorf("got\n%swant only the scan of\n%schanged", Tree(got), before)
	}
	visited := 0
	Visit(got, func(Node) { visited++ })
	if visited != strings.Count(before, "\n") {
		t.Errorf("visited %d nodes of\n%s", visited, before)
	}
}

func TestColumns(t *testing.T) {
	a, b := Column{ID: 1, Name: "a", Type: T(Int4)}, Column{ID: 2, Name: "b", Type: T(Text)}
	left := &Scan{Cols: []ScanCol{{Column: a}}}
	right := &Scan{Cols: []ScanCol{{Column: b}}}
	agg := &Aggregate{Input: left, Groups: []Assign{{b, &Const{T: T(Text)}}}, Aggs: []AggAssign{{Col: a}}}
	tests := []struct {
		node Node
		want string
	}{
		{&Join{Left: left, Right: right}, "a#1, b#2"},
		{&Limit{Input: &Sort{Input: &Filter{Input: right}}}, "b#2"},
		{agg, "b#2, a#1"},
		{&MergeAggregate{Input: agg, Keys: []Column{b}, Aggs: []MergeAgg{{Col: a}}}, "b#2, a#1"},
		{&Gather{Fragment: &Fragment{Root: right}}, "b#2"},
		{&OneRow{}, ""},
	}
	for _, tt := range tests {
		if got := columnNames(tt.node.Columns()); got != tt.want {
			t.Errorf("%s offers %s, want %s", Describe(tt.node), got, tt.want)
		}
	}
}
