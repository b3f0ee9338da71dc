package bind_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/parser/postgres"
)

// later is another moment than plantest.Now, on another day.
var later = plantest.Now.Add(75 * time.Hour)

// strange are values that lead elsewhere than most, in one type or another.
var strange = []bind.Param{{Null: true}, {Text: ""}, {Text: "x"}, {Text: "0"}, {Text: "-7"}, {Text: "12"}, {Text: "1.50"}, {Text: "1e3"}, {Text: strings.Repeat("9", 45)}, {Text: "NaN"},
	{Text: "Infinity"}, {Text: "t"}, {Text: "2024-02-29"}, {Text: "2024-02-29 13:30"}, {Text: "today"}, {Text: " NOW "}, {Text: "infinity"}, {Text: "0044-03-15 BC"}, {Text: "12345-01-01"},
	{Text: "24:00"}, {Text: "13:30"}, {Text: "1 day"}, {Text: "{1,2,NULL}"}, {Text: "{}"}, {Text: "{a}"}, {Text: `\xff`}, {Text: `{"a": 1}`}, {Text: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}}

// again holds a query bound again to what binding anew gives, and reports whether it could be.
func again(t *testing.T, w *plantest.World, sql string, tree *ast.Select, q *bind.Query, params []bind.Param, now time.Time) bool {
	t.Helper()
	got, ok := q.Again(params, now)
	if !ok {
		return false
	}
	want, err := bind.Bind(tree, w.Catalog, bind.Options{Params: params, Now: now, Pseudonym: plantest.PseudonymKey})
	parts := func(q *bind.Query) []any { return []any{q.Root, q.Output, q.Params, q.Args} } // all but whether it lasts
	if err != nil || !reflect.DeepEqual(parts(got), parts(want)) {
		t.Errorf("%s with %v: bound again it is not what it is bound anew: %v\n%s\n%s", sql, params, err, describe(got, nil), describe(want, err))
	}
	return true
}

// TestAgain turns the literals of every expression of the table into parameters, and binds the query again to other values, at another moment.
func TestAgain(t *testing.T) {
	w, r := plantest.Samples(t, "postgres"), rand.New(rand.NewPCG(9, 1))
	literal := regexp.MustCompile(`'[^']*'|\b[0-9]+\b`)
	lasting, served, refused := 0, 0, 0
	for _, e := range plantest.Expressions(t, root) {
		for _, casts := range []bool{false, true} {
			var params []bind.Param
			sql := "select " + e.SQL + " from samples"
			if casts {
				sql = literal.ReplaceAllStringFunc(sql, func(s string) string {
					params = append(params, bind.Param{Text: strings.Trim(s, "'")})
					return fmt.Sprintf("$%d", len(params))
				})
			}
			tree, err := postgres.Parse(sql)
			if err != nil {
				continue
			}
			q, err := bind.Bind(tree, w.Catalog, bind.Options{Params: params, Now: plantest.Now, Pseudonym: plantest.PseudonymKey})
			if err != nil || !q.Lasting() {
				continue
			}
			lasting++
			for range 1 + 8*len(params) {
				if again(t, w, sql, tree, q, params, later) {
					served++
				} else {
					refused++
				}
				for i := range params {
					if r.IntN(len(params)) == 0 {
						params[i] = strange[r.IntN(len(strange))]
					}
				}
			}
		}
	}
	t.Logf("%d queries can be bound again; they were, %d times, and had to be bound anew %d times", lasting, served, refused)
	if lasting < 300 || served < 1000 || refused < 300 {
		t.Error("too few to tell")
	}
}

// TestLasting names what a tree depends on, or does not.
func TestLasting(t *testing.T) {
	w := plantest.Samples(t, "postgres")
	for _, c := range []struct {
		sql     string
		params  string
		lasting bool
	}{
		{"select 1 from samples where i8 = $1", "1", true},
		{"select $1::text, i8 from samples where i4 between $2 and $3 or t like $4", "a|1|2|x%", true},
		{"select 1 from samples where d = $1", "2024-01-01", true},
		{"select 1 from samples where d = $1", "today", false},
		{"select 1 from samples where d = 'today'", "", false},
		{"select now() from samples", "", false},
		{"select current_date - d from samples", "", false},
		{"select 1 from samples where d = $1", "infinity", false},
		{"select 1 from samples limit $1", "5", false},
		{"select 1 from samples where n = $1", "1.5", false},
		{"select * from generate_series(1, $1)", "5", false},
		{"select pseudonym(t) from samples", "", false},
	} {
		var params []bind.Param
		if c.params != "" {
			for _, s := range strings.Split(c.params, "|") {
				params = append(params, bind.Param{Text: s})
			}
		}
		q, err := w.Bind(c.sql, params...)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
		} else if q.Lasting() != c.lasting {
			t.Errorf("%s with %s: lasting is %v", c.sql, c.params, q.Lasting())
		}
	}
}

// TestValuesAreAskedFor: values and the moment are read where note is taken of it, or where a value is brought into the form of its type, and nowhere else.
func TestValuesAreAskedFor(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	direct, seen := regexp.MustCompile(`\.args\[|opts\.Params\[|opts\.Now`), map[string]int{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			if direct.MatchString(line) && !strings.Contains(line, "o.args[") && !strings.HasSuffix(f, "_test.go") { // the types of an overload
				seen[f]++
			}
		}
	}
	if want := map[string]int{"again.go": 3, "coerce.go": 1}; !reflect.DeepEqual(seen, want) {
		t.Errorf("%v, want %v", seen, want)
	}
}
