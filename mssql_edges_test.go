package atoll

import (
	"fmt"
	"strings"
	"testing"
)

// TestSQLServerEdges: values at the bounds of what SQL Server's types hold, where it would cut or round.
func TestSQLServerEdges(t *testing.T) {
	s := newSQLServer(t, "sqlserver")
	long := strings.Repeat("x", 3999)
	for _, sql := range []string{
		`CREATE TABLE %s.edges (id int NOT NULL, t nvarchar(4000) NULL, v varchar(4000) NULL, m nvarchar(max) NULL, r real NULL,
	c char(2) COLLATE Latin1_General_CS_AS NULL, nc nchar(5) COLLATE Latin1_General_CI_AS NULL,
	ts datetime2(7) NULL, tm time(7) NULL, tz datetimeoffset(7) NULL)`,
		`INSERT INTO %s.edges (id, t, v, m, r, c, nc, ts, tm, tz) VALUES
	(1, N'` + long + `y', '` + long + `y', N'` + long + `y', -1.5, 'ab', N'abc', '9999-12-31 23:59:59.9999999', '23:59:59.9999999', '9999-12-31 23:59:59.9999999 +00:00'),
	(2, N'` + long + ` ', '` + long + ` ', N'` + long + ` ', 2, 'a', N'a', '2024-02-29 23:59:59.9999995', '00:00:00.0000009', '2024-02-29 23:59:59.9999995 +00:00'),
	(3, N'` + long + `', '` + long + `', N'` + long + `', NULL, NULL, N'b', NULL, NULL, NULL)`,
	} {
		if err := s.exec(t.Context(), strings.Replace(sql, "%s", s.schema, 1)); err != nil {
			t.Fatal(err)
		}
	}
	e := s.only(t, "edges")
	for _, c := range []struct {
		sql, want string
		args      []any
	}{
		{sql: "select id from edges where t = $1", want: "1", args: []any{long + "y"}},
		{sql: "select id from edges where v = $1", want: "1", args: []any{long + "y"}},
		{sql: "select id from edges where m = $1", want: "2", args: []any{long + " "}},
		{sql: "select id from edges where m = '" + long + "y'", want: "1"},
		{sql: "select id from edges where m in ('" + long + " ', 'b')", want: "2"},
		{sql: "select id from edges where t = '" + long + "'", want: "3"},
		{sql: "select a.id from edges a join edges b on a.t = b.m and a.v = b.t order by 1", want: "1; 2; 3"},
		{sql: "select id from edges where left(m, 4000) = $1", want: "2", args: []any{long + " "}},
		{sql: "select id from edges where m::varchar(4000) = $1", want: "1", args: []any{long + "y"}},
		{sql: "select id from edges where starts_with(m, '" + long + "y')", want: "1"},
		{sql: "select id from edges order by t", want: "3; 2; 1"},
		{sql: "select length(max(t)), right(max(t), 1), length(min(v)), count(distinct t) from edges", want: "4000 y 3999 3"},
		{sql: "select count(*) from (select t from edges group by t) g", want: "3"},
		{sql: "select abs(r), pg_typeof_of from (select r, 1 as pg_typeof_of from edges) x order by abs(r)", want: "1.5 1; 2 1; (null) 1"},
		{sql: "select '<' || (coalesce(c, nc))::text || '>' from edges order by id", want: "<ab>; <a>; <b>"},
		{sql: "select ts::text, tm, tz::text from edges order by id", want: "9999-12-31 23:59:59.999999 23:59:59.999999 9999-12-31 23:59:59.999999+00; " +
			"2024-02-29 23:59:59.999999 00:00:00.000000 2024-02-29 23:59:59.999999+00; (null) (null) (null)"},
		{sql: "select ts::date, tz::date from edges where id = 2", want: "2024-02-29 2024-02-29"},
		{sql: "select id from edges where tz <= $1", want: "2", args: []any{"2024-03-01 01:59:59.999999+02"}},
		{sql: "select max(ts)::text from edges where ts < '9999-12-31 23:59:59.999999'", want: "2024-02-29 23:59:59.999999"},
	} {
		t.Run(fmt.Sprintf("%.60s", c.sql), func(t *testing.T) { answers(t, e, c.sql, c.want, c.args...) })
	}
}

// only is an engine over the one shard, with one table.
func (s sqlServer) only(t *testing.T, table string) *Engine {
	t.Helper()
	text := "version: 1\ncoordinator: {region: here}\nregions: {here: {jurisdiction: EU}}\nshards:\n  one: {region: here, driver: sqlserver, dsn: \"${ONE}\", schema: " +
		s.schema + "}\ntables:\n  " + table + ": {sharding: {strategy: single, shard: one}}\n"
	cfg, err := ParseConfig([]byte(text), t.TempDir(), func(string) (string, bool) { return s.dsn, true })
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), cfg, WithInvariantChecks())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}
