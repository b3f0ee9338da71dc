package sqlgen_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

// TestTSQLMissing: what rests on a feature has no form where the server lacks it, and nothing else is lost.
func TestTSQLMissing(t *testing.T) {
	w := plantest.Samples(t, "postgres")
	long := "select id from samples where id in (" + numbers(1001) + ")"
	features := map[string][]string{
		connectors.FeatureUTF8Collation: {"select t from samples order by t", "select min(t) from samples", "select id from samples where t < t || 'x'",
			"select octet_length(t) from samples", "select pseudonym(t) from samples"},
		connectors.FeatureBinaryCollation: {"select id from samples where t = 'x'", "select t, count(*) from samples group by t", "select id from samples where t like 'a%'",
			"select id from samples where t in ('a')", "select count(distinct t) from samples", "select t || 'x' from samples", "select t from samples union all select t from samples"},
		connectors.FeatureSupplementary:  {"select length(t) from samples", "select substr(t, 2, 3), left(t, 1) from samples", "select strpos(t, 'a') from samples"},
		connectors.FeatureTranslate:      {"select upper(t) from samples", "select id from samples where t ilike 'a%'"},
		connectors.FeatureOpenJSON:       {long},
		connectors.FeatureDecimalScale:   {"select n + 1 from samples", "select sum(n) from samples"},
		connectors.FeatureStableVariance: {"select var_pop(f8) from samples", "select stddev(f8) from samples"},
		connectors.FeatureDateParts:      {"select extract(second from ts) from samples", "select extract(epoch from tz) from samples"},
		connectors.FeatureOffsets:        {"select tz::timestamp from samples", "select d::timestamptz from samples", "select date_trunc('day', tz) from samples"},
		connectors.FeatureHashBytes:      {"select md5(t) from samples", "select pseudonym(t) from samples"},
		connectors.FeatureSHA256:         {"select pseudonym(t) from samples", "select pseudonym(i4) from samples"},
		connectors.FeatureOffsetFetch:    {"select id from samples order by id offset 1"},
	}
	always := []string{"select id from samples where i4 = 1 limit 3", "select b, count(*) from samples group by b order by b", "select t, tz, n from samples"}
	for feature, list := range features {
		for _, sql := range list {
			q, err := w.Bind(sql)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := statement(t, q.Root, tsqlSite()); err != nil {
				t.Errorf("%s: %v", sql, err)
			}
			var none *sqlgen.Unsupported
			if _, err := statement(t, q.Root, tsqlSite(feature)); !errors.As(err, &none) {
				t.Errorf("%s is written without %s: %v", sql, feature, err)
			}
			if !refuses(q.Root, tsqlSite(feature)) {
				t.Errorf("%s: placement is not told that %s is missing", sql, feature)
			}
		}
		for _, sql := range always {
			q, err := w.Bind(sql)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := statement(t, q.Root, tsqlSite(feature)); err != nil {
				t.Errorf("%s without %s: %v", sql, feature, err)
			}
		}
	}
}

// refuses reports that Check refuses a node of the tree.
func refuses(root plan.Node, site sqlgen.Site) bool {
	refused := false
	plan.Visit(root, func(n plan.Node) { refused = refused || sqlgen.Check(n, site) != nil })
	return refused
}

func numbers(n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(i)
	}
	return strings.Join(out, ", ")
}

// TestTSQLChecked: what placement is told can be written can be written, over every expression as a value, a condition, a
// key of a group and an aggregate's argument.
func TestTSQLChecked(t *testing.T) {
	w := plantest.Samples(t, "postgres")
	frames := []string{"select %s as x from samples", "select id from samples where (%s) is null", "select %[1]s, count(*) from samples group by %[1]s",
		"select count(%s) from samples", "select count(distinct %s) from samples", "select max(%s) from samples", "select distinct %s as x from samples order by x"}
	for _, e := range plantest.Expressions(t, root) {
		for _, frame := range frames {
			sql := fmt.Sprintf(frame, e.SQL)
			q, err := w.Bind(sql)
			if err != nil {
				continue // refused, as max(boolean) is
			}
			_, err = statement(t, q.Root, tsqlSite())
			if err != nil && !refuses(q.Root, tsqlSite()) {
				t.Errorf("%s: placement is not told: %v", sql, err)
			}
		}
	}
}

// TestTSQLLong: long lists travel as JSON, long chains in groups that the server can read.
func TestTSQLLong(t *testing.T) {
	w := plantest.Samples(t, "postgres")
	words := strings.Repeat(`'it''s "quoted" \ and 日本 ', `, 1000) + "null"
	chain := strings.TrimSuffix(strings.Repeat("i4 = 1 or i2 > 3 and ", 1500), " and ")
	for _, c := range []struct {
		sql, contains string
	}{
		{"select id from samples where id in (" + numbers(1000) + ")", " IN (0, 1, 2"},
		{"select id from samples where id in (" + numbers(1001) + ")", `IN (SELECT [v] FROM OPENJSON(N'["0","1",`},
		{"select id from samples where i8 not in (" + numbers(5000) + ", null)", `NOT IN (SELECT [v] FROM OPENJSON(`},
		{"select id from samples where t not in (" + words + ")", `SELECT [v] COLLATE Latin1_General_100_BIN2 + NCHAR(0) FROM OPENJSON(N'["it''s \"quoted\" \\ and 日本 "`},
		{"select id from samples where " + chain, "OR"},
	} {
		q, err := w.Bind(c.sql)
		if err != nil {
			t.Fatal(err)
		}
		sql, err := statement(t, q.Root, tsqlSite())
		if err != nil || !strings.Contains(sql, c.contains) {
			t.Errorf("%.60s…: %v: %.300s", c.sql, err, sql)
		}
	}
	for _, sql := range []string{"select max(case when id in (" + numbers(1001) + ") then 1 end) from samples", "select by in (" + strings.Repeat("by, ", 1000) + "by) from samples"} {
		q, err := w.Bind(sql)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := statement(t, q.Root, tsqlSite()); err == nil {
			t.Errorf("%.60s… has a form", sql)
		}
	}
}

// TestTSQLParams: a parameter of each type, and how it is read.
func TestTSQLParams(t *testing.T) {
	w := plantest.Samples(t, "postgres")
	for _, c := range []struct {
		where, text, want string
	}{
		{"i4 = $1", "5", "CAST(@p1 AS int)"}, {"i8 = $1", "5", "CAST(@p1 AS bigint)"}, {"n = $1", "5.5", "CAST(@p1 AS decimal(12, 3))"},
		{"t = $1", "x", "([samples].[t] = @p1 AND [samples].[t] COLLATE Latin1_General_100_BIN2 + NCHAR(0) = @p1 COLLATE Latin1_General_100_BIN2 + NCHAR(0))"},
		{"b = $1", "true", "CAST(@p1 AS bit)"}, {"d = $1", "2020-02-29", "CAST(@p1 AS date)"}, {"ts = $1", "2020-02-29 10:00:00", "CAST(@p1 AS datetime2(6))"},
		{"tz = $1", "2020-02-29 10:00:00+02", "CAST(REPLACE(@p1, N'+00', N' +00:00') AS datetimeoffset(6))"}, {"tm = $1", "10:00:00", "CAST(@p1 AS time(6))"},
		{"u = $1", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "CAST(@p1 AS uniqueidentifier)"},
		{"by = $1", `\x01`, "CONVERT(varbinary(max), SUBSTRING(@p1, 3, 2147483647), 2)"},
		{"i4 in ($2, $1, $2)", "5", "IN (CAST(@p1 AS int), CAST(@p2 AS int), CAST(@p1 AS int))"},
	} {
		params := []bind.Param{{Text: c.text}}
		if strings.Contains(c.where, "$2") {
			params = append(params, bind.Param{Text: "1"})
		}
		q, err := w.Bind("select id from samples where "+c.where, params...)
		if err != nil {
			t.Errorf("%s: %v", c.where, err)
			continue
		}
		sql, err := statement(t, q.Root, tsqlSite())
		if err != nil || !strings.Contains(sql, c.want) {
			t.Errorf("%s: %v\n%s", c.where, err, sql)
		}
	}
	q, err := w.Bind("select id from samples where f8 > $1", bind.Param{Text: "0.1"})
	if err != nil {
		t.Fatal(err)
	}
	if sql, err := statement(t, q.Root, tsqlSite()); err == nil {
		t.Errorf("a float is read from text: %s", sql)
	}
}

// FuzzTSQLNames: whatever names and texts hold, what is written parses, as one statement.
func FuzzTSQLNames(f *testing.F) {
	for _, w := range words {
		f.Add(w)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if strings.Contains(word, "\x00") || len(word) > 60 || strings.ToValidUTF8(word, "") != word || word == "" {
			t.Skip()
		}
		st, err := sqlgen.Generate(wordTree(word), tsqlSite())
		if err != nil {
			t.Fatal(err)
		}
		if list, err := tsql.Parse(st.SQL); err != nil || len(list) != 1 {
			t.Errorf("%v\n%s", err, st.SQL)
		}
	})
}
