package ast

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// everyNode lists one of each node, so that a new one is not forgotten by Walk or Dump: the test below
// fills all of its fields.
var everyNode = []Node{
	&Select{}, &Target{}, &SetOp{}, &With{}, &CTE{}, &SortItem{}, &GroupingSet{}, &WindowDef{}, &Frame{},
	&TableName{}, &SubqueryTable{}, &FuncTable{}, &ColumnDef{}, &JoinTable{},
	&ColumnRef{}, &Star{}, &Literal{}, &Param{}, &Binary{}, &Unary{}, &And{}, &Or{}, &Not{}, &IsNull{}, &IsBool{},
	&IsDistinct{}, &Like{}, &SimilarTo{}, &Between{}, &In{}, &When{}, &Case{}, &TypeName{}, &Cast{}, &Collate{},
	&Row{}, &Array{}, &Subscript{}, &FieldSelect{}, &FuncCall{}, &Extract{}, &InSubquery{}, &Quantified{},
	&Exists{}, &ScalarSubquery{}, &ArraySubquery{},
}

// TestWalkReachesEveryField fills each field that can hold nodes with a marked leaf and looks for the marks.
func TestWalkReachesEveryField(t *testing.T) {
	for _, n := range everyNode {
		marks := fill(reflect.ValueOf(n).Elem())
		seen := map[int]bool{}
		Walk(n, func(n Node) bool {
			seen[n.Position()] = true
			return true
		})
		for field, mark := range marks {
			if !seen[mark] {
				t.Errorf("%T.%s is not visited", n, field)
			}
		}
	}
}

// fill sets the fields of a node that hold nodes, each to a leaf with a position of its own.
func fill(v reflect.Value) map[string]int {
	marks := map[string]int{}
	for i := range v.NumField() {
		field := v.Field(i)
		for field.Kind() == reflect.Slice {
			field.Set(reflect.MakeSlice(field.Type(), 1, 1))
			field = field.Index(0)
		}
		mark := 100 + i
		if leaf := leafFor(field.Type(), Pos(mark)); leaf.IsValid() {
			field.Set(leaf)
			marks[v.Type().Field(i).Name] = mark
		}
	}
	return marks
}

func leafFor(t reflect.Type, pos Pos) reflect.Value {
	switch {
	case t == reflect.TypeFor[Expr]():
		return reflect.ValueOf(&Param{Pos: pos})
	case t == reflect.TypeFor[TableExpr]():
		return reflect.ValueOf(&TableName{Pos: pos})
	case t.Kind() == reflect.Pointer && t.Implements(reflect.TypeFor[Node]()):
		leaf := reflect.New(t.Elem())
		leaf.Elem().FieldByName("Pos").Set(reflect.ValueOf(pos))
		return leaf
	}
	return reflect.Value{}
}

func TestWalkOrderAndPruning(t *testing.T) {
	// SELECT a + (SELECT b), c
	tree := &Select{Targets: []*Target{
		{Expr: &Binary{Op: "+", L: &ColumnRef{Parts: []string{"a"}}, R: &ScalarSubquery{Query: &Select{
			Targets: []*Target{{Expr: &ColumnRef{Parts: []string{"b"}}}}}}}},
		{Expr: &ColumnRef{Parts: []string{"c"}}},
	}}
	names := func(enter bool) string {
		var out []string
		Walk(tree, func(n Node) bool {
			if c, ok := n.(*ColumnRef); ok {
				out = append(out, c.Parts[0])
			}
			_, sub := n.(*ScalarSubquery)
			return enter || !sub
		})
		return strings.Join(out, " ")
	}
	if got := fmt.Sprint(names(true), ", ", names(false)); got != "a b c, a c" {
		t.Error(got)
	}
	Walk(nil, func(Node) bool { t.Error("visited nothing"); return true })
}

// TestDumpKnowsEveryNode: neither an unknown node nor a crash on empty ones.
func TestDumpKnowsEveryNode(t *testing.T) {
	for _, n := range everyNode {
		switch n.(type) {
		case *Frame, *Select, *With, *FuncTable: // the leaves in these are too empty; the parser's tests have full ones
			continue
		}
		fill(reflect.ValueOf(n).Elem())
		if s := Dump(n); strings.Contains(s, "ast.") {
			t.Errorf("%T: %s", n, s)
		}
	}
}
