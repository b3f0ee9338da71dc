package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// TestLacks: every feature that the port names has its consequence.
func TestLacks(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../connectors/features.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Feature") {
			return true
		}
		name, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		named++
		if got := lack(name); !strings.HasPrefix(got, name+"; ") {
			t.Errorf("%s: %q", name, got)
		}
		return true
	})
	if named != len(withoutFeature) {
		t.Errorf("the port names %d features, %d have a consequence", named, len(withoutFeature))
	}
}
