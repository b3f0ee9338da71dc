package sqlgen_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

// shippedColumns are columns of every type that rows are sent to SQL Server in.
func shippedColumns() []plan.Column {
	types := []plan.Type{plan.T(plan.Int2), plan.T(plan.Int4), plan.T(plan.Int8), plan.NumericType(12, 3), plan.T(plan.Bool), plan.T(plan.Text), plan.T(plan.Bytea),
		plan.T(plan.UUID), plan.NumericType(38, 0)}
	cols := make([]plan.Column, len(types))
	for i, t := range types {
		cols[i] = plan.Column{ID: 100 + i, Name: t.String(), Type: t}
	}
	return cols
}

// TestTSQLShipped: rows come as one parameter of JSON, read by place.
func TestTSQLShipped(t *testing.T) {
	cols := shippedColumns()
	leaf := &plan.Shipped{Cols: cols[1:6], Params: []int{1, 2, 3, 4, 5}, Rows: 6}
	sql, err := statement(t, leaf, tsqlSite(connectors.FeatureUTF16Bytes))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"OPENJSON(@p1) WITH ([v1] nvarchar(100) '$[0]'", "[v5] nvarchar(max) '$[4]'", "CAST([v1] AS int)", "CAST([v3] AS decimal(12, 3))"} {
		if !strings.Contains(sql, part) {
			t.Errorf("%s is missing in %s", part, sql)
		}
	}
	var none *sqlgen.Unsupported
	if err := sqlgen.Check(leaf, tsqlSite(connectors.FeatureOpenJSON)); !errors.As(err, &none) {
		t.Errorf("without OPENJSON: %v", err)
	}
	long := &plan.Shipped{Cols: []plan.Column{{ID: 1, Name: "c", Type: plan.NumericType(38, 10)}}, Params: []int{1}, Rows: 2}
	if err := sqlgen.Check(long, tsqlSite(connectors.FeatureDecimalScale)); !errors.As(err, &none) {
		t.Errorf("a numeric of 38 digits without its scale: %v", err)
	}
	for _, k := range []plan.Kind{plan.Float8, plan.Float4, plan.Numeric, plan.Interval, plan.JSON, plan.Bpchar, plan.Date, plan.Time, plan.Timestamp, plan.TimestampTZ} {
		leaf := &plan.Shipped{Cols: []plan.Column{{ID: 1, Name: "c", Type: plan.T(k)}}, Params: []int{1}, Rows: 2}
		if err := sqlgen.Check(leaf, tsqlSite()); !errors.As(err, &none) {
			t.Errorf("%v: %v", plan.T(k), err)
		}
	}
}

// shipped: rows that come as a parameter are what was sent, whatever the text holds; they join, and find their like.
func (e engine) shipped(t *testing.T) {
	cols := shippedColumns()
	leaf := &plan.Shipped{Cols: cols, Params: make([]int, len(cols)), Rows: 10}
	rows := `[["-7","42","9000000000","123.456","true","a\\b \"quoted\" 'it''s' \u0026 日本 🏝  ","\\x00ff","a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","99999999999999999999999999999999999999"],[` + strings.TrimSuffix(strings.Repeat("null,", len(cols)), ",") +
		`],["0","-1","0","-0.5","false","","\\x","00000000-0000-0000-0000-000000000000","0"],` +
		`["1","1","1","1","false","` + strings.Repeat("x", 5000) + `","\\x` + strings.Repeat("ab", 9000) + `","ffffffff-ffff-ffff-ffff-ffffffffffff","-1"]]`
	args := make([]connectors.Arg, 10)
	args[9] = connectors.Arg{Text: rows}
	run := func(root plan.Node, cols []plan.Column) logictest.Answer {
		t.Helper()
		st, err := sqlgen.Generate(root, e.site)
		if err != nil {
			t.Fatal(err)
		}
		own := make([]connectors.Arg, len(st.Params))
		for i, n := range st.Params {
			own[i] = args[n-1]
		}
		a, err := e.answer(t.Context(), st, cols, own)
		if err != nil {
			t.Fatalf("%v%s\n%s", err, causes(err), st.SQL)
		}
		return a
	}
	a := run(leaf, cols)
	want := [][]string{
		{"-7", "42", "9000000000", "123.456", "true", "a\\b \"quoted\" 'it''s' & 日本 🏝  ", "\\x00ff", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "99999999999999999999999999999999999999"},
		nil,
		{"0", "-1", "0", "-0.5", "false", "", "\\x", "00000000-0000-0000-0000-000000000000", "0"},
	}
	if len(a.Rows) != 4 {
		t.Fatalf("%d rows", len(a.Rows))
	}
	for r, row := range want {
		for i, c := range a.Rows[r] {
			if row == nil && !c.Null || row != nil && (c.Null || c.Text != row[i]) {
				t.Errorf("row %d, %s: %q", r, cols[i].Name, c.Text)
			}
		}
	}
	if text, bytes := a.Rows[3][5].Text, a.Rows[3][6].Text; len(text) != 5000 || len(bytes) != 2+18000 {
		t.Errorf("long values have %d and %d characters", len(text), len(bytes))
	}
	id := plan.Column{ID: 1, Name: "id", Type: plan.T(plan.Int4)}
	text := plan.Column{ID: 2, Name: "t", Type: plan.T(plan.Text)}
	scan := &plan.Scan{Table: "samples", Cols: []plan.ScanCol{{Column: id, Source: "id"}, {Column: text, Source: "t"}}}
	in := &plan.Filter{Input: scan, Conds: []plan.Expr{&plan.Subquery{Kind: plan.AnySubquery, Op: "=", X: []plan.Expr{&plan.Col{Column: text}}, Root: leaf,
		Output: cols[5:6], T: plan.T(plan.Bool)}}}
	if a := run(in, in.Columns()); len(a.Rows) != 1 || a.Rows[0][0].Text != "3" {
		t.Errorf("rows with a text among those sent: %v", a.Rows)
	}
	equal := &plan.Call{Fn: "=", Args: []plan.Expr{&plan.Col{Column: id}, &plan.Col{Column: cols[1]}}, T: plan.T(plan.Bool)}
	join := &plan.Join{Kind: plan.Left, Left: scan, Right: leaf, On: []plan.Expr{equal}}
	if a := run(join, join.Columns()); len(a.Rows) != 9 {
		t.Errorf("a left join gives %d rows", len(a.Rows))
	}
}
