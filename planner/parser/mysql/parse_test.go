package mysql

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/parser/postgres"
)

// TestTPCHParses reads all 22 queries in MySQL's spelling.
func TestTPCHParses(t *testing.T) {
	queries := tpch(t)
	if len(queries) != 22 {
		t.Fatalf("%d queries", len(queries))
	}
	for name, sql := range queries {
		query, err := Parse(sql)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkPositions(t, sql, query)
	}
}

func tpch(t testing.TB) map[string]string {
	files, err := filepath.Glob("../../../internal/tpch/queries/mysql/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(f)] = string(text)
	}
	return out
}

// TestBothDoors: what both dialects mean alike becomes the same tree. Where two texts stand, the second is PostgreSQL's spelling.
func TestBothDoors(t *testing.T) {
	for _, test := range [][2]string{
		{"select 1, -2, 1.5, 'it''s', true, null"},
		{"SELECT a, t.b, s.t.c, t.*, * FROM s.t WHERE a = 1 AND b <> 2 OR NOT c < 3"},
		{"select a + b * c - d % 2, -a, +b, (a + b) * c from t", ""},
		{"select distinct a as x, b y from t as u, v w where u.a between 1 and 2 and b not in (1, 2)"},
		{"select a from t join u on t.a = u.a left join v using (a, b) right join w on true cross join x natural join y"},
		{"select a from t left join u join v on u.b = v.b on t.a = u.a"},
		{"select a from (select b as a from u limit 2 offset 1) d where exists (select 1 from v where v.a = d.a)"},
		{"select (select max(a) from u), a in (select 1), a not in (select 2), (a, b) in (select 1, 2) from t"},
		{"select a from t union select b from u union all (select c from v limit 1) limit 3"},
		{"select case when a then 1 when b then 2 else 3 end, case a when 1 then 'x' end from t"},
		{"select a is null, a is not null, a is true, a is not false, a like 'x%', a not like 'y_' escape '|' from t"},
		{"select count(*), count(distinct a), sum(a), avg(b), min(c), max(d), coalesce(a, b), nullif(a, b) from t group by a, 2 having count(*) > 1"},
		{"select cast(a as decimal(10, 2)), cast(b as date), date '2020-01-01' from t"},
		{"select upper(a), lower(a), replace(a, 'x', 'y'), round(a, 2), abs(a), left(a, 2) from t"},
		{"select a and b and c, a or b or c, (a and b) or c, not (a or b), a and (b and c) from t"},
		{"select a from t order by a, b desc", "select a from t order by a nulls first, b desc nulls last"},
		{"select `A``b` from `T`", "select \"A`b\" from \"T\""},
		{`select "x", 'a\'b'`, "select 'x', 'a''b'"},
		{"select a <=> b, a != b, a && b, a || b, !a from t", "select a is not distinct from b, a <> b, a and b, a or b, not a from t"},
		{"select if(a, b, c) as x, ifnull(a, b) as y from t", "select case when a then b else c end as x, coalesce(a, b) as y from t"},
		{"select a / b, a div b, a % b from t", "select a * 1. / nullif(b, 0), cast(div(a, nullif(b, 0)) as bigint), a % nullif(b, 0) from t"},
		{"select a from t limit 5, 10", "select a from t limit 10 offset 5"},
		{"select ?, a from t where b = ?", "select $1, a from t where b = $2"},
		{"select d + interval 1 day, d - interval '3' month from t", "select d + interval '1 day', d - interval '3 month' from t"},
		{"select 1 from dual where 1 = 1", "select 1 where 1 = 1"},
		{"select length(a), substring(a, 2, 3) from t", "select octet_length(a) as length, substring(a, 2, 3) from t"},
	} {
		other := test[1]
		if other == "" {
			other = test[0]
		}
		ours, err := Parse(test[0])
		if err != nil {
			t.Errorf("%s: %v", test[0], err)
			continue
		}
		theirs, err := postgres.Parse(other)
		if err != nil {
			t.Errorf("%s: %v", other, err)
			continue
		}
		// MySQL cannot divide by a literal zero; % keeps it NULL where PostgreSQL would raise an error.
		if a, b := ast.Dump(ours), ast.Dump(theirs); a != b {
			t.Errorf("%s\n mysql    %s\n postgres %s", test[0], a, b)
		}
	}
}

// TestPositions: every node stands where its word or operator does.
func TestPositions(t *testing.T) {
	for _, test := range []struct{ sql, want string }{
		{"  SELECT ä.b + 1 AS c FROM t JOIN u ON x.y = ?",
			"Select@2 Target@9 Binary@14 ColumnRef@9 Literal@16 JoinTable@28 TableName@28 TableName@35 Binary@44 ColumnRef@40 Param@46"},
		{"SELECT 1 FROM (SELECT 'é' x) s WHERE NOT a AND b IN (1)",
			"Select@0 Target@7 Literal@7 SubqueryTable@15 Select@15 Target@22 Literal@22 And@44 Not@38 ColumnRef@42 In@50 ColumnRef@48 Literal@54"},
		{"select count(*) * 2, f.`x y` - -3, (a) from s . f order by -a desc",
			"Select@0 Target@7 Binary@16 FuncCall@7 Literal@18 Target@21 Binary@29 ColumnRef@21 Literal@31 Target@35 ColumnRef@36 " +
				"TableName@44 SortItem@59 Unary@59 ColumnRef@60"},
		{"select case when case a when 1 then b end then - - c end, not exists (select 1)",
			"Select@0 Target@7 Case@7 When@12 Case@17 ColumnRef@22 When@24 Literal@29 ColumnRef@36 Unary@47 Unary@49 ColumnRef@51 " +
				"Target@58 Not@58 Exists@62 Select@70 Target@77 Literal@77"},
		{"select (select a from t) + cast(b as decimal(3,1)), greatest(a, b)",
			"Select@0 Target@7 Binary@25 ScalarSubquery@7 Select@8 Target@15 ColumnRef@15 TableName@22 Cast@27 ColumnRef@32 TypeName@37 " +
				"Target@52 Case@52 When@52 Or@52 IsNull@61 ColumnRef@61 IsNull@64 ColumnRef@64 Literal@52 FuncCall@52 ColumnRef@61 ColumnRef@64"},
		{"select 1 limit 2, 3", "Select@0 Target@7 Literal@7 Literal@18 Literal@15"},
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

// TestParametersCount from left to right, whatever order the tree has them in.
func TestParametersCount(t *testing.T) {
	query, err := Parse("select ?, '?', `?` /* ? */ from (select a from t where b = ?) s where c in (?, ?) limit ?, ? -- ?")
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[int]int{}
	ast.Walk(query, func(n ast.Node) bool {
		if p, ok := n.(*ast.Param); ok {
			numbers[p.N] = p.Position()
		}
		return true
	})
	last := -1
	for n := 1; n <= 6; n++ {
		if pos, ok := numbers[n]; !ok || pos <= last {
			t.Errorf("parameter %d at %d after %d", n, pos, last)
		} else {
			last = pos
		}
	}
	if len(numbers) != 6 {
		t.Errorf("%v", numbers)
	}
}

// TestParseConcurrently shares the grammar between goroutines, errors included.
func TestParseConcurrently(t *testing.T) {
	queries := []string{"SELECT FROM FROM", "SELECT 'x"}
	for _, sql := range tpch(t) {
		queries = append(queries, sql)
	}
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

// FuzzParse: no text whatever ends the process, what is found lies within the text, and every error has a place but for
// those of the whole text.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"select", "expr", "errors"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			if strings.Contains(line, "select") && !strings.HasPrefix(line, "(select (") {
				f.Add(line)
			}
		}
	}
	for _, sql := range tpch(f) {
		f.Add(sql)
	}
	for _, s := range shapes {
		f.Add(s.text(3))
	}
	f.Add("select \x00")
	f.Add("select '\xff'")
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
		if len(e.SQLState) != 5 || e.Pos < -1 || e.Pos > len(sql) || e.SQLState == "XX000" || e.Text == "" {
			t.Fatalf("%q: %+v", sql, e)
		}
		if e.Pos < 0 && e.SQLState != "54000" && e.Text != "the query is empty" {
			t.Fatalf("%q: no place: %+v", sql, e)
		}
		e.Render(sql)
	})
}

func BenchmarkParse(b *testing.B) {
	for name, sql := range map[string]string{
		"report": "SELECT region, count(*), sum(amount) FROM payments GROUP BY region",
		"tpch8":  tpch(b)["q08.sql"],
		"in100k": "SELECT 1 FROM t WHERE a IN (-1" + strings.Repeat(", -123456", 100_000) + ")",
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
