package sqlgen_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

var (
	writeKey  = plan.Column{ID: 1, Name: "k", Type: plan.T(plan.Int8)}
	writeName = plan.Column{ID: 2, Name: "select", Type: plan.T(plan.Text)}
	writeScan = &plan.Scan{Table: "my t", Alias: "x", Cols: []plan.ScanCol{{Column: writeKey, Source: "k"}, {Column: writeName, Source: "select"}}}
	writeCond = &plan.Call{Fn: "=", Args: []plan.Expr{&plan.Col{Column: writeKey}, &plan.Param{N: 3, T: plan.T(plan.Int8)}}, T: plan.T(plan.Bool)}
)

// TestWriteStatements shows what each dialect gets. Parameters are numbered anew: they are the query's third and fifth.
func TestWriteStatements(t *testing.T) {
	name := &plan.Param{N: 5, T: plan.T(plan.Text)}
	sets := []sqlgen.Set{{Column: "select", Type: plan.T(plan.Text), Value: name}, {Column: "k", Type: plan.T(plan.Int8)}}
	cols := []sqlgen.Target{{Column: "k", Type: plan.T(plan.Int8)}, {Column: "select", Type: plan.T(plan.Text)}}
	rows := [][]plan.Expr{{&plan.Const{Text: "1", T: plan.T(plan.Int8)}, nil}, {&plan.Param{N: 3, T: plan.T(plan.Int8)}, name}}
	for dialect, want := range map[string][3]string{
		"postgres": {
			`INSERT INTO s."my t" (k, "select") VALUES (1::bigint, DEFAULT), ($1::bigint, $2::text) [3 5]`,
			`UPDATE s."my t" AS x SET "select" = $1::text, k = DEFAULT WHERE (x.k = $2::bigint) [5 3]`,
			`DELETE FROM s."my t" AS x WHERE (x.k = $1::bigint) [3]`,
		},
		"duckdb": {
			`INSERT INTO s."my t" (k, "select") VALUES (CAST(1 AS BIGINT), DEFAULT), (CAST($1 AS BIGINT), CAST($2 AS VARCHAR)) [3 5]`,
			`UPDATE s."my t" AS x SET "select" = CAST($1 AS VARCHAR), k = DEFAULT WHERE (x.k = CAST($2 AS BIGINT)) [5 3]`,
			`DELETE FROM s."my t" AS x WHERE (x.k = CAST($1 AS BIGINT)) [3]`,
		},
		"tsql": {
			`INSERT INTO [s].[my t] ([k], [select]) VALUES (CAST(1 AS bigint), DEFAULT), (CAST(@p1 AS bigint), @p2) [3 5]`,
			`UPDATE [s].[my t] SET [select] = @p1, [k] = DEFAULT WHERE ([my t].[k] = CAST(@p2 AS bigint)) [5 3]`,
			`DELETE FROM [s].[my t] WHERE ([my t].[k] = CAST(@p1 AS bigint)) [3]`,
		},
	} {
		site := sqlgen.Site{Dialect: dialect, Schema: "s", BinaryCollation: true}
		insert, insertErr := sqlgen.Insert("my t", cols, rows, site)
		update, updateErr := sqlgen.Update(writeScan, sets, writeCond, site)
		del, deleteErr := sqlgen.Delete(writeScan, writeCond, site)
		if err := errors.Join(insertErr, updateErr, deleteErr); err != nil {
			t.Fatal(dialect, err)
		}
		for i, st := range []plan.Statement{insert, update, del} {
			if got := fmt.Sprint(st.SQL, " ", st.Params); got != want[i] {
				t.Errorf("%s:\n%s\nwant\n%s", dialect, got, want[i])
			}
		}
	}
}

// TestWriteSubquery holds that the table that is written is told apart from the same one in a subquery.
func TestWriteSubquery(t *testing.T) {
	k2 := plan.Column{ID: 3, Name: "k", Type: plan.T(plan.Int8)}
	same := &plan.Filter{Input: &plan.Scan{Table: "k", Cols: []plan.ScanCol{{Column: k2, Source: "k"}}},
		Conds: []plan.Expr{&plan.Call{Fn: "=", Args: []plan.Expr{&plan.Col{Column: k2}, &plan.Col{Column: writeKey}}, T: plan.T(plan.Bool)}}}
	cond := &plan.Not{X: &plan.Subquery{Kind: plan.ExistsSubquery, Root: same, Output: same.Columns(), T: plan.T(plan.Bool)}}
	scan := &plan.Scan{Table: "k", Cols: []plan.ScanCol{{Column: writeKey, Source: "k"}}}
	for dialect, want := range map[string]string{
		"postgres": `DELETE FROM k AS k_2 WHERE (NOT (EXISTS (SELECT k_3.k FROM k AS k_3 WHERE (k_3.k = k_2.k))))`,
		"tsql":     `DELETE FROM [k] WHERE (NOT (EXISTS (SELECT [k_2].[k] FROM [k] AS [k_2] WHERE ([k_2].[k] = [k].[k]))))`,
	} {
		st, err := sqlgen.Delete(scan, cond, sqlgen.Site{Dialect: dialect})
		if err != nil || st.SQL != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", dialect, err, st.SQL, want)
		}
	}
}

// TestWriteColumns holds that a column which keeps less than the value is refused.
func TestWriteColumns(t *testing.T) {
	text, moment := plan.T(plan.Text), plan.T(plan.Timestamp)
	for _, c := range []struct {
		dialect, native string
		t               plan.Type
		value           string
		fits            bool
	}{
		{"tsql", "varchar(10)", text, "abc", true},
		{"tsql", "varchar(10)", text, "é", false},
		{"tsql", "nvarchar(10)", text, "é", true},
		{"tsql", "char(3)", text, "abc", false},
		{"tsql", "datetime", moment, "2024-01-01 00:00:00.001", false},
		{"tsql", "datetime2(3)", moment, "2024-01-01 00:00:00", false},
		{"tsql", "datetime2(7)", moment, "2024-01-01 00:00:00", true},
		{"tsql", "money", plan.NumericType(19, 4), "1", false},
		{"duckdb", "VARCHAR", text, "é", true},
		{"duckdb", "ENUM('a', 'b')", text, "a", false},
		{"duckdb", "DECIMAL(19,4)", plan.NumericType(19, 4), "1", true},
		{"duckdb", "TIMESTAMP_MS", moment, "2024-01-01 00:00:00", false},
		{"duckdb", "UTINYINT", plan.T(plan.Int2), "1", false},
		{"postgres", "timestamp(0) without time zone", moment, "2024-01-01 00:00:00", true},
	} {
		site := sqlgen.Site{Dialect: c.dialect, Native: func(string, string) string { return c.native }}
		_, err := sqlgen.Insert("t", []sqlgen.Target{{Column: "c", Type: c.t}}, [][]plan.Expr{{&plan.Const{Text: c.value, T: c.t}}}, site)
		var lacks *sqlgen.Unsupported
		if c.fits && err != nil || !c.fits && !errors.As(err, &lacks) {
			t.Errorf("%s %s %q: %v", c.dialect, c.native, c.value, err)
		}
	}
	site := sqlgen.Site{Dialect: "tsql", Native: func(string, string) string { return "varchar(10)" }}
	if _, err := sqlgen.Insert("t", []sqlgen.Target{{Column: "c", Type: text}}, [][]plan.Expr{{&plan.Param{N: 1, T: text}}}, site); err == nil {
		t.Error("a parameter that may hold any letter went to a varchar")
	}
}
