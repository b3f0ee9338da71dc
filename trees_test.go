package atoll

import (
	"fmt"
	"sync"
	"testing"

	"github.com/atoll-sql/atoll/planner/ast"
)

// TestTreeCacheBounds: the latest texts are kept, older ones give way, and errors and long texts are not kept at all.
func TestTreeCacheBounds(t *testing.T) {
	var c treeCache
	parse := func(sql string) *ast.Select {
		tree, err := c.parse(sql)
		if err != nil {
			t.Fatal(err)
		}
		return tree
	}
	kept := func(sql string) bool {
		_, ok := c.trees.find(sql)
		return ok
	}
	text := func(i int) string { return fmt.Sprintf("SELECT %d", i) }
	first := parse(text(0))
	if parse(text(0)) != first {
		t.Error("the same text was parsed twice")
	}
	for i := range keptTexts {
		parse(text(1 + i))
	}
	if kept(text(0)) {
		t.Error("the oldest text did not give way")
	}
	if !kept(text(1)) || !kept(text(keptTexts)) || len(c.trees.at) != keptTexts {
		t.Errorf("%d texts are kept, expected the latest %d", len(c.trees.at), keptTexts)
	}
	if _, err := c.parse("SELECT FROM WHERE"); err == nil || len(c.trees.at) != keptTexts || kept("SELECT FROM WHERE") {
		t.Errorf("a text with an error was kept: %v", err)
	}
	long := fmt.Sprintf("SELECT '%*s'", keptTextLen, "")
	if parse(long); kept(long) {
		t.Error("a long text was kept")
	}
}

// TestTreeCacheShared parses, evicts and reads at the same time.
func TestTreeCacheShared(t *testing.T) {
	var c treeCache
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 2 * keptTexts {
				want := fmt.Sprintf("SELECT %d AS x", i)
				tree, err := c.parse(want)
				if err != nil || len(tree.Targets) != 1 {
					t.Errorf("%s: %v, %v", want, tree, err)
				}
			}
		})
	}
	wg.Wait()
	if len(c.trees.at) != keptTexts || len(c.trees.ring) != keptTexts {
		t.Errorf("%d trees, %d texts", len(c.trees.at), len(c.trees.ring))
	}
}
