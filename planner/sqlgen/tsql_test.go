package sqlgen_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

var rewrite = flag.Bool("rewrite-forms", false, "write the golden forms anew")

// tsqlSite is a server that lacks what is named.
func tsqlSite(missing ...string) sqlgen.Site {
	return sqlgen.Site{Dialect: "tsql", Schema: "dbo", Missing: missing}
}

// statement writes a statement over samples in T-SQL, and holds it against the parser of the test server.
func statement(t *testing.T, root plan.Node, site sqlgen.Site) (string, error) {
	t.Helper()
	st, err := sqlgen.Generate(root, site)
	if err != nil {
		var none *sqlgen.Unsupported
		if !errors.As(err, &none) {
			t.Error(err)
		}
		return "", err
	}
	parsed, err := tsql.Parse(st.SQL)
	if err != nil || len(parsed) != 1 {
		t.Errorf("the parser says %v\n%s", err, st.SQL)
	}
	return st.SQL, nil
}

// compareGolden holds lines against a file of testdata.
func compareGolden(t *testing.T, name string, lines []string) {
	t.Helper()
	lines = strings.Split(strings.Join(lines, "\n"), "\n")
	got := strings.Join(lines, "\n") + "\n"
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	old := strings.Split(strings.TrimSuffix(string(want), "\n"), "\n")
	for i := range max(len(old), len(lines)) {
		switch {
		case i >= len(old):
			t.Errorf("%s: new: %s", name, lines[i])
		case i >= len(lines):
			t.Errorf("%s:%d: gone: %s", name, i+1, old[i])
		case old[i] != lines[i]:
			t.Errorf("%s:%d:\nwant %s\ngot  %s", name, i+1, old[i], lines[i])
		}
	}
}

// TestTSQLForms: how every expression of testdata/plan/expressions.txt is written, or why it is not. The select list of what
// stands in the golden is what the test server's parser accepts.
func TestTSQLForms(t *testing.T) {
	w := plantest.Samples(t, "postgres")
	lines := []string{"# How T-SQL writes each expression of testdata/plan/expressions.txt; -- says why it does not. Rewritten by -rewrite-forms."}
	for _, e := range plantest.Expressions(t, root) {
		if e.State != "" {
			continue
		}
		q, err := w.Bind("select " + e.SQL + " as x from samples s")
		if err != nil {
			t.Fatalf("expressions.txt:%d: %v", e.Line, err)
		}
		sql, err := statement(t, q.Root, tsqlSite())
		if err != nil {
			lines = append(lines, fmt.Sprintf("%s\n\t-- %v", e.SQL, err))
			continue
		}
		sql = strings.TrimSuffix(strings.TrimPrefix(sql, "SELECT "), " AS [x] FROM [dbo].[samples] AS [s]")
		lines = append(lines, e.SQL+"\n\t"+sql)
	}
	compareGolden(t, "tsql_forms", lines)
}

// TestTSQLShapes: how whole statements over samples are written.
func TestTSQLShapes(t *testing.T) {
	w := plantest.Samples(t, "postgres")
	lines := []string{"# How T-SQL writes statements over samples; -- says why it does not. Rewritten by -rewrite-forms."}
	for _, sql := range slices.Concat(shapes, tsqlShapes, tsqlQueries) {
		q, err := w.Bind(sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		rewritten, err := plantest.Rewrite(q.Root, nil)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		text, err := statement(t, rewritten, tsqlSite())
		if err != nil {
			text = "-- " + err.Error()
		}
		if _, err := statement(t, q.Root, tsqlSite()); err != nil && !strings.HasPrefix(text, "--") {
			t.Errorf("%s: only after the rules: %v", sql, err)
		}
		lines = append(lines, sql, "\t"+text)
	}
	compareGolden(t, "tsql_shapes", lines)
}

// tsqlShapes are statements that T-SQL writes in ways of its own.
var tsqlShapes = []string{
	"select id from samples where b",
	"select id from samples where not b and (b or i4 > 1) and true",
	"select id from samples where b = (i4 > 1)",
	"select id from samples where (i4 > 1) is true and (b is false) is not false and (t = 'x') is not true",
	"select id from samples where b is null or (i4 = 1) is unknown",
	"select id from samples where case when b then i4 = 1 else t is null end",
	"select id from samples where coalesce(b, i4 > 1, false)",
	"select id from samples where b in (true, i4 = 1)",
	"select id from samples where false",
	"select id from samples where null",
	"select i4 > 1, b and b from samples order by 1, 2 desc",
	"select i4 > 1 as k, count(*) from samples group by k having bool_or(b) order by k",
	"select a.id from samples a left join samples b on true",
	"select a.id from samples a join samples b on a.t = b.t and a.by = b.by",
	"select id from samples where i4::boolean",
	"select id from samples limit 0",
	"select id from samples limit 3",
	"select id from samples offset 3",
	"select id, 'x' as k from samples order by k, id offset 3 limit 2",
	"select id from samples order by id limit 0 offset 3",
	"select id from samples order by id, id desc, id + 0",
	"select count(*) from (select id from samples order by id) s",
	"select t, by, count(*) from samples group by t, by",
	"select distinct t from samples order by t desc nulls last limit 2",
	"select 'a' as k, 1 as n, count(*) from samples group by k, 2",
	"select 'a' as k from samples group by k",
	"select 'a' as k, i4 from samples group by k, i4",
	"select extract(year from d) as y, count(*) from samples where extract(year from d) = 2020 group by 1",
	"select sum(i2), sum(i4), sum(i8), sum(n), sum(f4), sum(f8), avg(f8), count(i4), count(distinct t), count(*) from samples",
	"select sum(n::numeric(32,4)), sum(n::numeric(28,2)) from samples",
	"select sum(n * n * n) from samples where i4 > 1000000",
	"select sum(n::numeric(38,2)) from samples",
	"select avg(i4) from samples",
	"select sum(i4) filter (where b), count(*) filter (where t = 'x'), max(t) filter (where i4 > 0) from samples",
	"select min(t), max(d), min(tz), bool_and(b), bool_or(i4 > 1) from samples",
	"select var_pop(f8), stddev(f4), variance(f8) filter (where b) from samples",
	"select sum(distinct i4), count(distinct d), count(distinct by) from samples",
	"select bit_and(i4) from samples",
	"select corr(f8, f8) from samples",
	"select id from samples where u > 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' order by u",
	"select id from samples where by < '\\x01' order by by desc",
	"select id from samples where by in ('\\x01', '\\x02') or by not in ('\\x')",
	"select id from samples where t in ('a', 'b ', '') and t not in ('c')",
	"select id from samples where t || 'x' in ('ax')",
	"select id from samples where i4::text = 'x' or i4::text in ('y', '3') or t || t = '1212' or length(t || t) = 4 or upper(t || t) like '%1'",
	"select k from (select i4::text as k, t || t as l from samples) s where k = 'x' or l = '1212'",
	"select id from samples where t like '100\\%[_]%'",
	"select id from samples where t like '_a%'",
	"select id from samples where t like '%a\\\\' or t ilike 'AB%'",
	"select id from samples where t like 'a!_%' escape '!' or t like '' or t ilike 'H%[_o,%' escape '['",
	"select id from samples where t < E'\\U0001F600'",
	"select id from samples where t < 'a' and 'b' > t",
	"select id from samples where t = E'back\\\\\\nslash'",
	"select ts + interval '1 year 2 mons -3 days 04:05:06.7', tz - interval '90 min', d + interval '1 week' from samples",
	"select ts + interval '1 hour' from samples",
	"select timestamp '2020-01-31 10:00' + interval '1 year 2 mons -3 days 04:05:06.7', timestamptz '2020-01-31 10:00+00' - interval '90 min' from samples",
	"select date '2020-01-31' + 30, date '2020-01-31' - interval '1 month', d + 1 from samples",
	"select date '2020-01-31' + 30, date '2020-01-31' - interval '1 month' from samples",
	"select make_date(2020, i2, 1) from samples where i2 = 7",
	"select date_trunc('week', ts), date_trunc('quarter', tz), date_trunc('century', ts), date_trunc('milliseconds', ts) from samples",
	"select extract(isoyear from d), extract(second from ts), extract(epoch from d), extract(week from tz), extract(decade from ts), date_part('dow', ts) from samples",
	"select id from samples where tz >= '2020-01-01' and ts < '2021-01-01 00:00:00.5' and d <> '2020-02-29'",
	"select id from samples where d < 'infinity'",
	"select id from samples where f8 > 0.1 and f4 > 0.1 and f8 > 123456789.123456789",
	"select id from samples union all select i4 from samples",
	"select t from samples union all (select t from samples order by id limit 1)",
	"select id from samples intersect select i4 from samples",
	"select t from samples except select t from samples",
	"select nullif(t, ''), greatest(t, 'b', null), least(n, 1.5) from samples",
	"select left(t, 3)::varchar(2), i4::varchar(2) from samples",
	"select translate(t, 'abc', 'xyz'), substr(t, -1, 3), substr(t, 0), right(t, 0), rpad(t, 3, 'ab'), lpad(t, 0) from samples",
	"select concat_ws('', t, i4), concat(t), strpos(t, ''), strpos(t, 'ab') from samples",
}

// TestTSQLNative: columns are read as the plan's type where their own is another.
func TestTSQLNative(t *testing.T) {
	columns := []struct {
		typ, native, want string
	}{
		{"numeric(19,4)", "money", "CAST([t].[c] AS decimal(19, 4))"},
		{"numeric(10,4)", "smallmoney", "CAST([t].[c] AS decimal(10, 4))"},
		{"numeric(15,2)", "decimal(15,2)", "[t].[c]"},
		{"numeric(15,2)", "decimal(12,2)", "CAST([t].[c] AS decimal(15, 2))"},
		{"smallint", "tinyint", "CAST([t].[c] AS smallint)"},
		{"integer", "int", "[t].[c]"},
		{"bigint", "int", "CAST([t].[c] AS bigint)"},
		{"boolean", "bit", "[t].[c]"},
		{"timestamp", "datetime", "CAST([t].[c] AS datetime2(3))"},
		{"timestamp", "smalldatetime", "CAST([t].[c] AS datetime2(0))"},
		{"timestamp", "datetime2(7)", "CAST(DATEADD(nanosecond, - (DATEPART(nanosecond, [t].[c]) % 1000), [t].[c]) AS datetime2(6))"},
		{"timestamp", "datetime2(3)", "[t].[c]"},
		{"timestamptz", "datetimeoffset(7)", "CAST(DATEADD(nanosecond, - (DATEPART(nanosecond, [t].[c]) % 1000), [t].[c]) AS datetimeoffset(6))"},
		{"time", "time(7)", "CAST(DATEADD(nanosecond, - (DATEPART(nanosecond, [t].[c]) % 1000), [t].[c]) AS time(6))"},
		{"date", "date", "[t].[c]"},
		{"text", "nvarchar(40)", "[t].[c]"},
		{"text", "nvarchar(3999)", "[t].[c]"},
		{"text", "nvarchar(4000)", "CAST([t].[c] AS nvarchar(max))"},
		{"text", "nvarchar(max)", "[t].[c]"},
		{"text", "varchar(40)", "([t].[c] + N'')"},
		{"text", "varchar(4000)", "CAST([t].[c] AS nvarchar(max))"},
		{"text", "varchar(8000)", "CAST([t].[c] AS nvarchar(max))"},
		{"text", "varchar(max)", "CAST([t].[c] AS nvarchar(max))"},
		{"character", "char(3)", "CAST([t].[c] AS nchar(3))"},
		{"character", "nchar(3)", "[t].[c]"},
		{"bytea", "rowversion", "CAST([t].[c] AS binary(8))"},
		{"bytea", "varbinary(max)", "[t].[c]"},
		{"uuid", "uniqueidentifier", "[t].[c]"},
		{"double precision", "float", "[t].[c]"},
	}
	for _, c := range columns {
		typ, err := plan.ParseType(c.typ)
		if err != nil {
			t.Fatal(err)
		}
		scan := &plan.Scan{Table: "t", Cols: []plan.ScanCol{{Column: plan.Column{ID: 1, Name: "x", Type: typ}, Source: "c"}}}
		site := sqlgen.Site{Dialect: "tsql", Native: func(string, string) string { return c.native }, Missing: []string{connectors.FeatureUTF16Bytes}}
		got, err := statement(t, scan, site)
		if want := "SELECT " + c.want + " AS [x] FROM [t] AS [t]"; err != nil || got != want {
			t.Errorf("%s read from %s: %s, %v", c.typ, c.native, got, err)
		}
	}
}
