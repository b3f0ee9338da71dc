package sqlgen_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/mssql"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

// tsqlColumns are the columns of samples that SQL Server has a type for; some are of a type that is read through a cast.
const tsqlColumns = `id int NOT NULL, b bit, i2 smallint, i4 int, i8 bigint, n decimal(12,3), f4 real, f8 float, t nvarchar(40), [by] varbinary(40),
 d date, tm time(6), ts datetime2(6), tz datetimeoffset(6), u uniqueidentifier`

// tsqlRows are the rows of samples without the values that SQL Server does not have, which are NULL here: NaN and infinities in f4 and
// f8, and 24:00 in tm.
const tsqlRows = `
(1, 1, 7, 42, 9000000000, 123.456, 1.5, 2.25, N'Hello, World', 0x00ff41, '2020-02-29', '12:30:15.25', '2020-02-29 23:59:59.999999', '2020-02-29 23:30:00 +00:00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(3, 0, 0, 0, 0, 0, 0, 0, N'', 0x, '1970-01-01', '00:00', '1970-01-01 00:00:00', '1970-01-01 00:00:00 +00:00', '00000000-0000-0000-0000-000000000000'),
(4, 1, -7, -43, -9000000001, -123.455, -1.5, -2.75, N'äÖü ß  ', 0xfe, '1899-12-31', '23:59:59.999999', '1899-12-31 01:02:03', '1899-12-31 22:00:00 -02:00', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
(5, 0, -32768, 2147483647, 9223372036854775807, 999999999.999, NULL, NULL, N'a_b%c\d', 0x00, '9999-12-31', NULL, '9999-12-31 23:59:59', '0001-01-01 00:00:00 +00:00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'),
(6, 1, 1, 3, 12, 2.500, 0.1, 0.5, N'12', 0x31, '2024-02-29', '01:02:03', '2021-03-04 05:06:07.5', '2021-03-04 05:06:07.5 +00:00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a13'),
(7, 1, 2, 13, 100, -2.500, NULL, NULL, N'2020-01-31', 0x32, '2020-01-31', '12:00', '2020-01-31 12:00:00', '2020-01-31 12:00:00 +00:00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a14'),
(8, 0, 3, 1, 2, 0.001, NULL, NULL, N'true', 0x33, '2000-02-28', '06:00', '2000-02-28 06:00:00', '2000-02-28 06:00:00 +00:00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a15'),
(9, 1, 5, 65, 3, 1.000, 0.25, 3, N'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 0x34, '2021-12-31', '06:00', '2021-12-31 06:00:00', '2021-12-31 06:00:00 +00:00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a16')`

// TestLiveTSQL runs on the test server, whose collation folds case, what the dialect writes, and compares with PostgreSQL.
func TestLiveTSQL(t *testing.T) {
	l := startLive(t)
	// What T-SQL cannot hold is NULL for PostgreSQL, too.
	if _, err := l.oracle.Exec(t.Context(), "UPDATE samples SET f4 = NULL, f8 = NULL WHERE id IN (5, 7, 8)"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.oracle.Exec(t.Context(), "UPDATE samples SET tm = NULL WHERE id = 5"); err != nil {
		t.Fatal(err)
	}
	e := l.addTSQL(t)
	t.Run("expressions", func(t *testing.T) { e.expressions(t, l) })
	t.Run("shapes", func(t *testing.T) { e.shapes(t, l) })
	t.Run("shipped", func(t *testing.T) { e.shipped(t) })
	t.Run("parameters", func(t *testing.T) { e.parameters(t, l) })
	t.Run("quoting", func(t *testing.T) { (&live{engines: []engine{e}}).quoting(t) })
}

func (l *live) addTSQL(t *testing.T) engine {
	t.Helper()
	s := tdstest.Start(t)
	for _, sql := range []string{"CREATE TABLE [samples] (" + tsqlColumns + ")", "INSERT INTO [samples] VALUES " + tsqlRows} {
		if err := s.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	e := (&live{}).add(t, "SQL Server", sqlgen.Site{Dialect: "tsql", Schema: "dbo"}, mssql.Open, s.DSN())
	caps, err := e.conn.Calibrate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e.site.Missing = caps.Missing
	if len(caps.Missing) > 0 {
		t.Logf("the test server lacks %v", caps.Missing)
	}
	return e
}

// expressions: whatever has a form gives PostgreSQL's value in every row, or its error.
func (e engine) expressions(t *testing.T, l *live) {
	w := plantest.Samples(t, "postgres")
	ran := 0
	for _, x := range plantest.Expressions(t, root) {
		if x.State != "" || strings.HasPrefix(x.SQL, "current_") || x.SQL == "now()" || x.SQL == "localtimestamp" {
			continue
		}
		for id := 1; id <= 9; id++ {
			sql := fmt.Sprintf("select %s as x from samples where id = %d", x.SQL, id)
			want, wantErr := logictest.FromPostgres(t.Context(), l.oracle, sql, nil)
			q, err := w.Bind(sql)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := sqlgen.Generate(q.Root, e.site); err != nil {
				break
			}
			ran++
			if err := e.agrees(t.Context(), q.Root, want, wantErr, q.Args...); err != nil {
				t.Errorf("expressions.txt:%d: %s, row %d: %v%s", x.Line, x.SQL, id, err, causes(err))
			}
		}
	}
	t.Logf("%d values compared", ran)
}

// causes are the errors behind one of a connector, which hides the server's own words.
func causes(err error) string {
	var c *connectors.Error
	if errors.As(err, &c) && c.Unwrap() != nil {
		return ": " + c.Unwrap().Error()
	}
	return ""
}

// shapes: whole statements, after the rules, which leave no column without a reader.
func (e engine) shapes(t *testing.T, l *live) {
	w := plantest.Samples(t, "postgres")
	for _, sql := range slices.Concat(shapes, tsqlShapes, tsqlQueries) {
		want, wantErr := logictest.FromPostgres(t.Context(), l.oracle, sql, nil)
		if wantErr != nil {
			t.Errorf("%s: PostgreSQL says %v", sql, wantErr)
			continue
		}
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
		if _, err := sqlgen.Generate(rewritten, e.site); err != nil {
			continue
		}
		want.Columns = plan.Aliases(rewritten.Columns())
		if err := e.agrees(t.Context(), rewritten, want, nil); err != nil {
			t.Errorf("%s: %v%s", sql, err, causes(err))
		}
	}
}

// parameters: a value of each type in canonical form finds the row that PostgreSQL finds.
func (e engine) parameters(t *testing.T, l *live) {
	w := plantest.Samples(t, "postgres")
	for where, text := range map[string]string{
		"i2 = $1": "-7", "i4 = $1": "42", "i8 >= $1": "9000000000", "n = $1": "123.456", "n < $1": "-2.4999", "t = $1": "Hello, World", "t <> $1": "hello, world",
		"b = $1": "true", "d > $1": "2020-02-29", "tm = $1": "06:00:00", "ts = $1": "2020-02-29 23:59:59.999999", "tz <= $1": "1970-01-01 00:00:00+00",
		"u >= $1": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a13", "by > $1": `\x31`, "t in ($1, 'true')": "12", "tz + interval '1 hour' > $1": "2020-01-01 00:00:00+00",
		"i4::text = $1": "42", "i4::text in ($1, 'x')": "3", "substr(t || $1, 1, 3) = '12x'": "x", "length(t || $1) = 3": "x", "i4 % $1 = 1": "2", "t || $1 = '12x'": "x", "coalesce(t, $1) = 'none'": "none",
	} {
		sql := "select id from samples where " + where + " order by id"
		want, err := logictest.FromPostgres(t.Context(), l.oracle, strings.Replace(sql, "$1", "'"+text+"'", 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		q, err := w.Bind(sql, bind.Param{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		st, err := sqlgen.Generate(q.Root, e.site)
		if err != nil {
			continue
		}
		got, err := e.answer(t.Context(), st, q.Root.Columns(), []connectors.Arg{{Text: text}})
		if err == nil {
			err = logictest.Compare(logictest.Case{Ordered: true}, want, got)
		}
		if err != nil {
			t.Errorf("%s: %v%s\n%s", where, err, causes(err), st.SQL)
		}
	}
}
