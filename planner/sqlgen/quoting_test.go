package sqlgen_test

import (
	"testing"

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

// words are names and texts that a careless generator breaks on.
var words = []string{
	"select", "user", "order", "end", "table", "limit", "both", "timestamp", "year", "pivot", "qualify", "lambda", "window", "values",
	"group", "default", "null", "true", "all", "offset", "fetch", "Mixed Case", "with space", `quote"d`, `"`, `""`, "apo'strophe", "''",
	`back\slash`, `\'`, "semi;colon", "com--ment", "/* star */", "1digit", "ünïcode", "日本", "$1", "$$", "%s", "a.b", "", " ",
	"x'; DROP TABLE samples; --", `x"; DROP TABLE samples; --`, "e'\\x'", "a JOIN b", "line\nbreak", "tab\there", "t", "t_2", "in0", "?", ":x", "{fn}",
}

// quoting: names and texts reach the engine as they are. Each word is a column of a derived table, its alias, and a text.
func (l *live) quoting(t *testing.T) {
	for _, word := range words {
		root := wordTree(word)
		for _, on := range l.engines {
			st, err := sqlgen.Generate(root, on.site)
			if err != nil {
				t.Errorf("%q: %v", word, err)
				continue
			}
			got, err := on.answer(t.Context(), st, root.Columns(), nil)
			if err != nil {
				t.Errorf("%q, %s: %v\n%s", word, on.name, err, st.SQL)
				continue
			}
			if len(got.Rows) != 1 || got.Rows[0][0] != (logictest.Cell{Text: word}) || got.Rows[0][1] != (logictest.Cell{Text: "7"}) {
				t.Errorf("%q, %s: got %v\n%s", word, on.name, got.Rows, st.SQL)
			}
		}
	}
}

// wordTree selects a text and a number through a LIMIT, which makes a derived table, from a scan with an alias; all of them
// bear the word as their name.
func wordTree(word string) plan.Node {
	id := plan.Column{ID: 1, Name: "id", Type: plan.T(plan.Int4)}
	i2 := plan.Column{ID: 2, Name: "i2", Type: plan.T(plan.Int2)}
	text := plan.Column{ID: 3, Name: word, Type: plan.T(plan.Text)}
	number := plan.Column{ID: 4, Name: word, Type: plan.T(plan.Int2)}
	read := func(c plan.Column) plan.Expr { return &plan.Col{Column: c} }
	konst := func(s string, k plan.Kind) plan.Expr { return &plan.Const{Text: s, T: plan.T(k)} }
	equal := func(a, b plan.Expr) plan.Expr {
		return &plan.Call{Fn: "=", Args: []plan.Expr{a, b}, T: plan.T(plan.Bool)}
	}
	scan := &plan.Scan{Table: "samples", Alias: word, Cols: []plan.ScanCol{{Column: id, Source: "id"}, {Column: i2, Source: "i2"}}}
	if word == "" {
		scan.Alias = "samples"
	}
	inner := &plan.Limit{Count: 1, Input: &plan.Project{
		Input: &plan.Filter{Input: scan, Conds: []plan.Expr{equal(read(id), konst("1", plan.Int4))}},
		Items: []plan.Assign{{Col: text, Expr: konst(word, plan.Text)}, {Col: number, Expr: read(i2)}},
	}}
	return &plan.Project{
		Input: &plan.Filter{Input: inner, Conds: []plan.Expr{equal(read(text), konst(word, plan.Text))}},
		Items: []plan.Assign{{Col: text, Expr: read(text)}, {Col: number, Expr: read(number)}},
	}
}
