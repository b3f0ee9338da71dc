package sqlgen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

// TestBuckets holds the bucket of a value of each kind, in each dialect, against testdata/buckets.txt. Engines compute them in the tests of
// the aggregate; this one shows what they compute, and that nothing is taken a logarithm of that has none.
func TestBuckets(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "buckets.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		head, want, _ := strings.Cut(block, "\n")
		dialect, name, _ := strings.Cut(head, " ")
		typ, err := plan.ParseType(name)
		if err != nil {
			t.Fatal(head, err)
		}
		bucket := (&plan.Sketch{Alpha: 0.005, Width: 3600e6}).Bucket(&plan.Col{Column: plan.Column{ID: 1, Name: "x", Type: typ}})
		row := &plan.Values{Cols: []plan.Column{{ID: 1, Name: "x", Type: typ}}, Rows: [][]plan.Expr{{&plan.Const{Null: true, T: typ}}}}
		out := &plan.Project{Input: row, Items: []plan.Assign{{Col: plan.Column{ID: 2, Name: "b", Type: bucket.Type()}, Expr: bucket}}}
		st, err := sqlgen.Generate(out, sqlgen.Site{Dialect: dialect})
		if err != nil {
			t.Fatal(head, err)
		}
		_, got, _ := strings.Cut(st.SQL, "CASE")
		if strings.Contains(st.SQL, "SELECT DATEDIFF") {
			_, got, _ = strings.Cut(st.SQL, "SELECT")
		}
		if got = got[:strings.Index(got, " AS b FROM")+strings.Index(got, " AS [b] FROM")+1]; strings.TrimSpace(got) != want {
			t.Errorf("%s\n%s", head, strings.TrimSpace(got))
		}
	}
}
