package postgres

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/atoll-sql/atoll/planner/ast"
)

const report = "SELECT region, count(*), sum(amount) FROM payments GROUP BY region"

// TestTPCHParses: the goldens of TestParse could hold errors; these queries must not.
func TestTPCHParses(t *testing.T) {
	queries := tpch(t)
	if len(queries) != 22 {
		t.Fatalf("%d queries", len(queries))
	}
	for i, sql := range queries {
		if _, err := Parse(sql); err != nil {
			t.Errorf("query %d: %v", i+1, err)
		}
	}
}

func tpch(t testing.TB) []string {
	text, err := os.ReadFile("testdata/tpch")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, part := range strings.Split(string(text), "\nparse\n")[1:] {
		sql, _, _ := strings.Cut(part, "\n----\n")
		out = append(out, sql)
	}
	return out
}

// TestPositions: every node stands where its word or operator does.
func TestPositions(t *testing.T) {
	for _, test := range []struct{ sql, want string }{
		{"  SELECT ä.b + 1 AS c FROM t JOIN u ON x.y = $1",
			"Select@2 Target@9 Binary@14 ColumnRef@9 Literal@16 JoinTable@28 TableName@28 TableName@35 Binary@44 ColumnRef@40 Param@46"},
		{"SELECT 1 FROM (SELECT 'é' x) s WHERE NOT a AND b IN (1)",
			"Select@0 Target@7 Literal@7 SubqueryTable@22 Select@22 Target@22 Literal@22 And@44 Not@38 ColumnRef@42 In@50 ColumnRef@48 Literal@54"},
		{"SELECT date '2020-01-01', a::int, f(x) FILTER (WHERE b) OVER w ORDER BY z",
			"Select@0 Target@7 Cast@7 Literal@12 TypeName@7 Target@26 Cast@27 ColumnRef@26 TypeName@29 " +
				"Target@34 FuncCall@34 ColumnRef@36 ColumnRef@53 WindowDef@61 SortItem@72 ColumnRef@72"},
		{"WITH a AS (TABLE b) VALUES (1) UNION SELECT 2",
			"Select@0 With@0 CTE@5 Select@17 Target@-1 Star@-1 TableName@17 SetOp@44 Select@28 Literal@28 Select@44 Target@44 Literal@44"},
	} {
		query, err := Parse(test.sql)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		ast.Walk(query, func(n ast.Node) bool {
			got = append(got, fmt.Sprintf("%s@%d", strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast."), n.Position()))
			return true
		})
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.sql, s, test.want)
		}
	}
}

// TestParseConcurrently shares the grammar between goroutines, errors included.
func TestParseConcurrently(t *testing.T) {
	queries := append(tpch(t), "SELECT FROM FROM", "SELECT 'x")
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 3 * len(queries) {
				_, err := Parse(queries[(i+worker)%len(queries)])
				var e *ast.Error
				if err != nil && !errors.As(err, &e) {
					t.Errorf("%v", err)
				}
			}
		})
	}
	group.Wait()
}

// FuzzParse: no text whatever ends the process, and what is found lies within the text.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"select", "from", "expr", "errors"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			if strings.Contains(line, "SELECT") {
				f.Add(line)
			}
		}
	}
	for _, s := range shapes {
		f.Add(s.text(3))
	}
	f.Add("SELECT \x00")
	f.Add("SELECT '\xff'")
	f.Fuzz(func(t *testing.T, sql string) {
		query, err := Parse(sql)
		if err == nil {
			checkPositions(t, sql, query)
			ast.Dump(query)
			return
		}
		var e *ast.Error
		if !errors.As(err, &e) {
			t.Fatalf("error of type %T", err)
		}
		if len(e.SQLState) != 5 || e.Pos < -1 || e.Pos > len(sql) || e.SQLState == "XX000" {
			t.Fatalf("%+v", e)
		}
		e.Render(sql)
	})
}

// FuzzGuard repeats parts of a text, to look for chains that the guard does not see.
func FuzzGuard(f *testing.F) {
	for _, s := range shapes {
		text := s.text(2)
		f.Add(text, uint16(7), uint16(len(text)), uint16(400))
	}
	f.Fuzz(func(t *testing.T, sql string, from, to, times uint16) {
		if len(sql) > 200 || int(from) > int(to) || int(to) > len(sql) {
			t.Skip()
		}
		text := sql[:from] + rep(sql[from:to], 5*int(times)) + sql[to:]
		query, err := Parse(text)
		if err == nil {
			checkPositions(t, text, query)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for name, sql := range map[string]string{
		"report": report,
		"tpch8":  tpch(b)[7],
		"in100k": "SELECT 1 FROM t WHERE a IN (-1" + rep(", -123456", 100_000) + ")",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(sql); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkGuard(b *testing.B) {
	sql := "SELECT 1 FROM t WHERE a IN (-1" + rep(", -123456", 100_000) + ")"
	b.ReportAllocs()
	for b.Loop() {
		if err := guard(sql); err != nil {
			b.Fatal(err)
		}
	}
}
