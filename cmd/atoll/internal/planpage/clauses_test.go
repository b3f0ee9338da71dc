package planpage

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestClauses(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"", ""},
		{"SELECT 1", "0 SELECT 1"},
		{"SELECT a, ' FROM x' FROM t WHERE a = 1 GROUP BY a", "0 SELECT a, ' FROM x' |0 FROM t |0 WHERE a = 1 |0 GROUP BY a"},
		{`SELECT [FROM], "WHERE ", 'it''s ( ' FROM t`, `0 SELECT [FROM], "WHERE ", 'it''s ( ' |0 FROM t`},
		{"SELECT extract(year FROM d) FROM t", "0 SELECT extract(year FROM d) |0 FROM t"},
		{"SELECT sum(x) OVER (ORDER BY y) FROM t", "0 SELECT sum(x) OVER (ORDER BY y) |0 FROM t"},
		{"SELECT a FROM t LEFT JOIN u ON x JOIN v ON left(a, 2) = y", "0 SELECT a |0 FROM t |0 LEFT JOIN u ON x |0 JOIN v ON left(a, 2) = y"},
		{"SELECT a FROM (SELECT b FROM t) AS s WHERE a IS DISTINCT FROM b", "0 SELECT a |0 FROM (|1 SELECT b |1 FROM t)|0  AS s |0 WHERE a IS DISTINCT FROM b"},
		{"SELECT 'open FROM t", "0 SELECT 'open FROM t"},
		{")) SELECT (", "0 )) |0 SELECT ("},
	} {
		var parts []string
		for _, p := range clauses(c.sql) {
			parts = append(parts, string(rune('0'+p.Depth))+" "+p.Text)
		}
		if got := strings.Join(parts, "|"); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.sql, got, c.want)
		}
	}
}

// TestClausesLoseNothing holds that the pieces are the statement, for statements of every dialect and much that is none.
func TestClausesLoseNothing(t *testing.T) {
	files, err := filepath.Glob("../../../../testdata/plan/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range append(strings.Split(string(text), "\n"), string(text), attack) {
			var b strings.Builder
			for _, p := range clauses(line) {
				b.WriteString(p.Text)
			}
			if b.String() != line {
				t.Fatalf("%s: %s", f, line)
			}
		}
	}
}
