package tsql

import (
	"strings"
	"testing"
)

// accepted maps batches to their normal forms.
var accepted = []struct{ in, want string }{
	// Lexical matters.
	{"select 1", "SELECT 1"},
	{"SELECT 1;;; SELECT 2", "SELECT 1; SELECT 2"},
	{"SELECT 1 AS a SELECT 2 b", "SELECT 1 AS [a]; SELECT 2 AS [b]"},
	{"-- note\nSELECT /* a /* nested */ comment */ 1 -- end", "SELECT 1"},
	{`SELECT [a b], "c d", x_1, #t, é`, "SELECT [a b], [c d], [x_1], [#t], [é]"},
	{"SELECT 'it''s', N'ä', ''", "SELECT 'it''s', N'ä', ''"},
	{"SELECT 'a\\\nb', N'c\\\r\nd', 'e\\f'", "SELECT 'ab', N'cd', 'e\\f'"},
	{"SELECT 0x, 0X0aFF, 1, 1.50, .5, 2., 1e3, 1.5E-3", "SELECT 0x, 0x0aFF, 1, 1.50, .5, 2., 1e3, 1.5E-3"},
	{"SELECT @p1, @@VERSION, @@TRANCOUNT", "SELECT @p1, @@VERSION, @@TRANCOUNT"},
	{"SELECT [select] FROM [from]", "SELECT [select] FROM [from]"},
	{"SELECT offset, value, apply FROM t AS next", "SELECT [offset], [value], [apply] FROM [t] AS [next]"},

	// Expressions.
	{"SELECT 1 + 2 * 3 - 4 % 5", "SELECT ((1 + (2 * 3)) - (4 % 5))"},
	{"SELECT a & b + c ^ d | e", "SELECT ((((([a] & [b])) + [c]) ^ [d]) | [e])"},
	{"SELECT -a * b, a / -b * c, ~a * b, - -1, +1", "SELECT (-([a] * [b])), ([a] / (-([b] * [c]))), ((~[a]) * [b]), (-(-1)), (+1)"},
	{"SELECT a + b COLLATE Latin1_General_100_BIN2", "SELECT ([a] + ([b] COLLATE Latin1_General_100_BIN2))"},
	{"SELECT a AT TIME ZONE 'UTC' AT TIME ZONE N'W. Europe Standard Time'", "SELECT (([a] AT TIME ZONE 'UTC') AT TIME ZONE N'W. Europe Standard Time')"},
	{"SELECT CAST(a AS decimal(38, 10)), TRY_CAST(a AS nvarchar(max)), CONVERT(varchar(10), a, 23), TRY_CONVERT(date, a)",
		"SELECT CAST([a] AS [decimal](38, 10)), TRY_CAST([a] AS [nvarchar](max)), CONVERT([varchar](10), [a], 23), TRY_CAST([a] AS [date])"},
	{"SELECT CASE WHEN a = 1 THEN 'x' WHEN NOT b IS NULL THEN 'y' ELSE 'z' END", "SELECT CASE WHEN ([a] = 1) THEN 'x' WHEN (NOT ([b] IS NULL)) THEN 'y' ELSE 'z' END"},
	{"SELECT CASE a WHEN 1 THEN 2 END", "SELECT CASE [a] WHEN 1 THEN 2 END"},
	{"SELECT IIF(a > 1 AND b < 2, 1, 0)", "SELECT CASE WHEN (([a] > 1) AND ([b] < 2)) THEN 1 ELSE 0 END"},
	{"SELECT coalesce(a, b, NULL), nullif(a, 0), isnull(a, 1), left(a, 2), right(a, 3)",
		"SELECT COALESCE([a], [b], NULL), NULLIF([a], 0), ISNULL([a], 1), LEFT([a], 2), RIGHT([a], 3)"},
	{"SELECT COUNT(*), COUNT_BIG(*), COUNT(a), SUM(DISTINCT a), STDEVP(a)", "SELECT COUNT(*), COUNT_BIG(*), COUNT([a]), SUM(DISTINCT [a]), STDEVP([a])"},
	{"SELECT STRING_AGG(a, N',') WITHIN GROUP (ORDER BY b DESC, c)", "SELECT STRING_AGG([a], N',') WITHIN GROUP (ORDER BY [b] DESC, [c])"},
	{"SELECT row_number() over (partition by a, b + 1 order by c desc, (select null)), count(*) over (), SUM(a) OVER (ORDER BY b ROWS 2 PRECEDING)",
		"SELECT ROW_NUMBER() OVER (PARTITION BY [a], ([b] + 1) ORDER BY [c] DESC, (SELECT NULL)), COUNT(*) OVER (), " +
			"SUM([a]) OVER (ORDER BY [b] ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)"},
	{"SELECT LAG(a, 2, 0) OVER (ORDER BY b) + 1, LAST_VALUE(a) OVER (ORDER BY b RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
		"SELECT (LAG([a], 2, 0) OVER (ORDER BY [b]) + 1), LAST_VALUE([a]) OVER (ORDER BY [b] RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"},
	{"SELECT DATEADD(dd, 1, a), DATEDIFF_BIG(mcs, a, b), DATEPART(isoww, a), DATENAME(dw, a), DATETRUNC(qq, a), DATEPART(tz, a), DATEADD(n, 1, a), DATEPART(y, a)",
		"SELECT DATEADD(day, 1, [a]), DATEDIFF_BIG(microsecond, [a], [b]), DATEPART(iso_week, [a]), DATENAME(weekday, [a]), " +
			"DATETRUNC(quarter, [a]), DATEPART(tzoffset, [a]), DATEADD(minute, 1, [a]), DATEPART(dayofyear, [a])"},
	{"SELECT PI(), DB_NAME()", "SELECT PI(), DB_NAME()"},
	{"SELECT (SELECT MAX(a) FROM t) + 1, ((SELECT 1)), ((SELECT 1) + 2)", "SELECT ((SELECT MAX([a]) FROM [t]) + 1), (SELECT 1), ((SELECT 1) + 2)"},
	{"SELECT ((SELECT 1) UNION (SELECT 2))", "SELECT ((SELECT 1) UNION (SELECT 2))"},

	// Conditions.
	{"SELECT 1 WHERE a = 1 OR b <> 2 AND NOT c != 3", "SELECT 1 WHERE (([a] = 1) OR (([b] <> 2) AND (NOT ([c] <> 3))))"},
	{"SELECT 1 WHERE (a = 1 OR b = 2) AND (a + b) > (c)", "SELECT 1 WHERE ((([a] = 1) OR ([b] = 2)) AND (([a] + [b]) > [c]))"},
	{"SELECT 1 WHERE ((a)) = 1 AND ((a = 1))", "SELECT 1 WHERE (([a] = 1) AND ([a] = 1))"},
	{"SELECT 1 WHERE a !< 1 AND a !> 2 AND a <= 3 AND a >= 4", "SELECT 1 WHERE (((([a] >= 1) AND ([a] <= 2)) AND ([a] <= 3)) AND ([a] >= 4))"},
	{"SELECT 1 WHERE a IS NULL AND b IS NOT NULL", "SELECT 1 WHERE (([a] IS NULL) AND ([b] IS NOT NULL))"},
	{"SELECT 1 WHERE a IS DISTINCT FROM b OR a IS NOT DISTINCT FROM NULL", "SELECT 1 WHERE (([a] IS DISTINCT FROM [b]) OR ([a] IS NOT DISTINCT FROM NULL))"},
	{"SELECT 1 WHERE a IN (1, 2 + 3) AND b NOT IN (SELECT c FROM t)", "SELECT 1 WHERE (([a] IN (1, (2 + 3))) AND ([b] NOT IN (SELECT [c] FROM [t])))"},
	{"SELECT 1 WHERE a IN ((SELECT 1), 2)", "SELECT 1 WHERE ([a] IN ((SELECT 1), 2))"},
	{"SELECT 1 WHERE a LIKE N'x!%' ESCAPE N'!' OR a NOT LIKE b", "SELECT 1 WHERE (([a] LIKE N'x!%' ESCAPE N'!') OR ([a] NOT LIKE [b]))"},
	{"SELECT 1 WHERE a BETWEEN 1 AND 2 AND b NOT BETWEEN 3 AND 4 + 5", "SELECT 1 WHERE (([a] BETWEEN 1 AND 2) AND ([b] NOT BETWEEN 3 AND (4 + 5)))"},
	{"SELECT 1 WHERE EXISTS (SELECT * FROM t) AND NOT EXISTS (SELECT 1)", "SELECT 1 WHERE ((EXISTS (SELECT * FROM [t])) AND (NOT (EXISTS (SELECT 1))))"},
	{"SELECT 1 WHERE NOT NOT a = 1", "SELECT 1 WHERE (NOT (NOT ([a] = 1)))"},
	{"SELECT 1 WHERE ((SELECT 1)) = 1", "SELECT 1 WHERE ((SELECT 1) = 1)"},

	// Queries.
	{"SELECT *, t.*, t.a x, s.t.b AS y FROM s.t", "SELECT *, [t].*, [t].[a] AS [x], [s].[t].[b] AS [y] FROM [s].[t]"},
	{"SELECT DISTINCT TOP 5 a FROM db..t", "SELECT DISTINCT TOP (5) [a] FROM [db]..[t]"},
	{"SELECT ALL TOP (@p1) a", "SELECT TOP (@p1) [a]"},
	{"SELECT a, COUNT(*) FROM t GROUP BY a, b + 1 HAVING COUNT(*) > 1 ORDER BY a DESC, 2 ASC",
		"SELECT [a], COUNT(*) FROM [t] GROUP BY [a], ([b] + 1) HAVING (COUNT(*) > 1) ORDER BY [a] DESC, 2"},
	{"SELECT a FROM t ORDER BY a OFFSET 0 ROWS FETCH FIRST (@n + 1) ROW ONLY", "SELECT [a] FROM [t] ORDER BY [a] OFFSET 0 ROWS FETCH NEXT (@n + 1) ROWS ONLY"},
	{"SELECT a FROM t ORDER BY a OFFSET @p1 ROW", "SELECT [a] FROM [t] ORDER BY [a] OFFSET @p1 ROWS"},
	{"SELECT 1 UNION ALL SELECT 2 UNION SELECT 3 INTERSECT SELECT 4 EXCEPT SELECT 5 ORDER BY 1",
		"((((SELECT 1) UNION ALL (SELECT 2))) UNION ((SELECT 3) INTERSECT (SELECT 4))) EXCEPT (SELECT 5) ORDER BY 1"},
	{"(SELECT 1) UNION (SELECT 2 UNION ALL SELECT 3)", "(SELECT 1) UNION ((SELECT 2) UNION ALL (SELECT 3))"},
	{"SELECT TOP 1 a FROM (SELECT a FROM t ORDER BY a OFFSET 1 ROWS) AS d", "SELECT TOP (1) [a] FROM (SELECT [a] FROM [t] ORDER BY [a] OFFSET 1 ROWS) AS [d]"},

	// Sources.
	{"SELECT 1 FROM a, b AS c, d e", "SELECT 1 FROM [a], [b] AS [c], [d] AS [e]"},
	{"SELECT 1 FROM a JOIN b ON a.x = b.x LEFT OUTER JOIN c ON 1 = 1", "SELECT 1 FROM (([a] INNER JOIN [b] ON ([a].[x] = [b].[x])) LEFT JOIN [c] ON (1 = 1))"},
	{"SELECT 1 FROM a JOIN b LEFT JOIN c ON 1 = 1 ON 2 = 2", "SELECT 1 FROM ([a] INNER JOIN ([b] LEFT JOIN [c] ON (1 = 1)) ON (2 = 2))"},
	{"SELECT 1 FROM a LEFT JOIN (b CROSS JOIN c) ON 1 = 1", "SELECT 1 FROM ([a] LEFT JOIN ([b] CROSS JOIN [c]) ON (1 = 1))"},
	{"SELECT 1 FROM ((a FULL JOIN b ON 1 = 1) RIGHT JOIN c ON 1 = 1)", "SELECT 1 FROM (([a] FULL JOIN [b] ON (1 = 1)) RIGHT JOIN [c] ON (1 = 1))"},
	{"SELECT 1 FROM a CROSS APPLY (SELECT 1 AS x) AS b OUTER APPLY (VALUES (a.x), (2)) AS c(y)",
		"SELECT 1 FROM (([a] CROSS APPLY (SELECT 1 AS [x]) AS [b]) OUTER APPLY (VALUES ([a].[x]), (2)) AS [c]([y]))"},
	{"SELECT 1 FROM (SELECT 1, 2) d(a, b)", "SELECT 1 FROM (SELECT 1, 2) AS [d]([a], [b])"},
	{"SELECT 1 FROM ((SELECT 1 AS a) UNION (SELECT 2)) AS d", "SELECT 1 FROM ((SELECT 1 AS [a]) UNION (SELECT 2)) AS [d]"},
	{"SELECT 1 FROM (((SELECT 1 AS a) AS d CROSS JOIN e))", "SELECT 1 FROM ((SELECT 1 AS [a]) AS [d] CROSS JOIN [e])"},
	{"SELECT 1 FROM (VALUES (1, N'a'), (2, NULL)) AS v(i, s)", "SELECT 1 FROM (VALUES (1, N'a'), (2, NULL)) AS [v]([i], [s])"},
	{"SELECT j.a FROM OPENJSON(@p1) WITH (a nvarchar(max) '$.a', b bigint '$[1]', c int) AS j",
		"SELECT [j].[a] FROM OPENJSON(@p1) WITH ([a] [nvarchar](max) '$.a', [b] [bigint] '$[1]', [c] [int]) AS [j]"},

	// Other statements.
	{"INSERT t VALUES (1)", "INSERT INTO [t] VALUES (1)"},
	{"INSERT INTO s.t (a, [b]) VALUES (1, N'x'), (-2, NULL)", "INSERT INTO [s].[t] ([a], [b]) VALUES (1, N'x'), ((-2), NULL)"},
	{"INSERT t SELECT 1", "INSERT INTO [t] SELECT 1"},
	{"INSERT INTO t WITH (TABLOCK) (a, b) SELECT a, b FROM u UNION ALL SELECT 1, 2",
		"INSERT INTO [t] WITH (TABLOCK) ([a], [b]) (SELECT [a], [b] FROM [u]) UNION ALL (SELECT 1, 2)"},
	{"UPDATE t SET a = a + 1, b = NULL", "UPDATE [t] SET [a] = ([a] + 1), [b] = NULL"},
	{"UPDATE TOP (5) s.t WITH (HOLDLOCK) SET a = 1 WHERE b IS NULL UPDATE t SET a = 2", "UPDATE TOP (5) [s].[t] WITH (HOLDLOCK) SET [a] = 1 WHERE ([b] IS NULL); UPDATE [t] SET [a] = 2"},
	{"DELETE t", "DELETE FROM [t]"},
	{"DELETE TOP (1000) FROM s.t WHERE a = @p1; DELETE FROM t", "DELETE TOP (1000) FROM [s].[t] WHERE ([a] = @p1); DELETE FROM [t]"},
	{"SELECT a FROM t AS u WITH (TABLOCK, HOLDLOCK) JOIN v WITH (UPDLOCK) ON a = b",
		"SELECT [a] FROM ([t] AS [u] WITH (TABLOCK, HOLDLOCK) INNER JOIN [v] WITH (UPDLOCK) ON ([a] = [b]))"},
	{"CREATE SCHEMA s;", "CREATE SCHEMA [s]"},
	{"CREATE TABLE t (id bigint NOT NULL PRIMARY KEY CLUSTERED, n nvarchar(40) COLLATE Latin1_General_100_BIN2 NULL, " +
		"c AS (n + N'x') PERSISTED NOT NULL, d AS id * 2, v datetime2(7) GENERATED ALWAYS AS ROW START HIDDEN NOT NULL, " +
		"w datetime2 GENERATED ALWAYS AS ROW END, rv rowversion UNIQUE, PERIOD FOR SYSTEM_TIME (v, w))",
		"CREATE TABLE [t] ([id] [bigint] NOT NULL, [n] [nvarchar](40) COLLATE Latin1_General_100_BIN2, [c] AS ([n] + N'x') PERSISTED NOT NULL, " +
			"[d] AS ([id] * 2), [v] [datetime2](7) GENERATED ALWAYS AS ROW START HIDDEN NOT NULL, [w] [datetime2] NOT NULL, [rv] [rowversion], " +
			"PRIMARY KEY ([id]), UNIQUE ([rv]))"},
	{"CREATE TABLE t (a int, B int, CONSTRAINT pk PRIMARY KEY NONCLUSTERED (A, b), UNIQUE (a))", "CREATE TABLE [t] ([a] [int] NOT NULL, [B] [int] NOT NULL, CONSTRAINT [pk] PRIMARY KEY ([A], [b]), UNIQUE ([a]))"},
	{"CREATE TABLE t (a int CONSTRAINT pk PRIMARY KEY, b int, PRIMARY KEY (a ASC, b DESC))",
		"CREATE TABLE [t] ([a] [int] NOT NULL, [b] [int] NOT NULL, CONSTRAINT [pk] PRIMARY KEY ([a]), PRIMARY KEY ([a], [b]))"},
	{"CREATE TABLE t (a int CHECK (a > 0) REFERENCES u, b int CONSTRAINT f REFERENCES s.u (x), CONSTRAINT c CHECK (a < b), FOREIGN KEY (a, b) REFERENCES v (y, z))",
		"CREATE TABLE [t] ([a] [int], [b] [int], CHECK (([a] > 0)), CONSTRAINT [c] CHECK (([a] < [b])), FOREIGN KEY ([a]) REFERENCES [u], " +
			"CONSTRAINT [f] FOREIGN KEY ([b]) REFERENCES [s].[u] ([x]), FOREIGN KEY ([a], [b]) REFERENCES [v] ([y], [z]))"},
	{"CREATE TABLE t (a int IDENTITY PRIMARY KEY, b bigint NOT NULL IDENTITY(-5,-1))",
		"CREATE TABLE [t] ([a] [int] IDENTITY (1, 1) NOT NULL, [b] [bigint] IDENTITY (-5, -1) NOT NULL, PRIMARY KEY ([a]))"},
	{"SET IDENTITY_INSERT s.t ON SET IDENTITY_INSERT [t] off", "SET IDENTITY_INSERT [s].[t] ON; SET IDENTITY_INSERT [t] OFF"},
	{"DROP TABLE IF EXISTS s.t DROP SCHEMA s", "DROP TABLE IF EXISTS [s].[t]; DROP SCHEMA [s]"},
	{"SET TRANSACTION ISOLATION LEVEL SNAPSHOT; SET NOCOUNT ON SET LOCK_TIMEOUT -1", "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; SET NOCOUNT ON; SET LOCK_TIMEOUT -1"},
	{"set transaction isolation level read uncommitted set datefirst 7 set language us_english",
		"SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED; SET DATEFIRST 7; SET LANGUAGE US_ENGLISH"},
	{"BEGIN TRAN BEGIN TRANSACTION COMMIT COMMIT TRAN ROLLBACK WORK; ROLLBACK TRANSACTION",
		"BEGIN TRANSACTION; BEGIN TRANSACTION; COMMIT TRANSACTION; COMMIT TRANSACTION; ROLLBACK TRANSACTION; ROLLBACK TRANSACTION"},
	{"WAITFOR DELAY '00:00:01.5'", "WAITFOR DELAY '00:00:01.5'"},
	{"", ""},
	{" ; ", ""},
}

// odd are batches as accepted has them, of T-SQL that the checker of scripts/check-tsql.sh does not know.
var odd = []struct{ in, want string }{
	{"SELECT 1a, 1e", "SELECT 1 AS [a], 1e"},
	{"SELECT COUNT(ALL a)", "SELECT COUNT([a])"},
	{`SELECT [a]]b], "c""d"`, `SELECT [a]]b], [c"d]`},
}

func TestAccepts(t *testing.T) {
	for _, c := range append(odd, accepted...) {
		tree, err := Parse(c.in)
		if err != nil {
			t.Errorf("%s\n  error: %v", c.in, err)
			continue
		}
		got, want := format(tree), c.want
		if again, err := Parse(want); err != nil {
			t.Errorf("%s\n  its normal form: %v", want, err)
		} else {
			want = format(again)
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, want)
		}
	}
}

// TestLongChains holds that chains are no nesting, whatever their length.
func TestLongChains(t *testing.T) {
	const n = 10_000
	chain := func(term, op string) string { return strings.Repeat(term+op, n) + term }
	for _, in := range []string{
		"SELECT 1 WHERE " + chain("a = 1", " AND "),
		"SELECT 1 WHERE " + chain("a = 1", " OR "),
		"SELECT " + chain("a", " + "),
		"SELECT " + chain("a", " * "),
		"SELECT 1 WHERE a IN (" + chain("1", ", ") + ")",
		chain("SELECT 1", " UNION ALL "),
		"SELECT 1 FROM " + chain("t", " CROSS JOIN "),
		"SELECT CASE" + strings.Repeat(" WHEN a = 1 THEN 2", n) + " END",
		chain("SELECT 1", ";"),
	} {
		if _, err := Parse(in); err != nil {
			t.Errorf("%.60s…: %v", in, err)
		}
	}
}

func TestPositions(t *testing.T) {
	const batch = "SELECT\n  a,\n  é + b\nFROM t"
	tree, err := Parse(batch)
	if err != nil {
		t.Fatal(err)
	}
	items := tree[0].(*Query).Body.(*Select).Items
	sum := items[1].Expr.(*BinaryOp)
	for _, c := range []struct {
		pos  int
		text string
		line int
	}{
		{items[0].Expr.(*Column).Pos, "a", 2},
		{sum.Pos, "+", 3},
		{sum.R.(*Column).Pos, "b", 3},
	} {
		if !strings.HasPrefix(batch[c.pos:], c.text) || Line(batch, c.pos) != c.line {
			t.Errorf("%s: position %d, line %d", c.text, c.pos, Line(batch, c.pos))
		}
	}
}

func TestDeclarations(t *testing.T) {
	got, err := ParseDeclarations("@p1 bigint,@P2 nvarchar(max) , @p3 AS decimal(38, 10)")
	if err != nil {
		t.Fatal(err)
	}
	var p printer
	for _, d := range got {
		p.put(d.Name, " ")
		p.typeName(d.Type)
		p.put("; ")
	}
	if want := "@p1 [bigint]; @P2 [nvarchar](max); @p3 [decimal](38, 10); "; p.String() != want {
		t.Errorf("got %s\nwant %s", p.String(), want)
	}
	if none, err := ParseDeclarations(" "); err != nil || len(none) != 0 {
		t.Errorf("an empty list: %v, %v", none, err)
	}
	for _, in := range []string{"p1 int", "@p1", "@p1 int @p2 int", "@p1 int output", "@p1 int,", "@p1 int = 1", "'"} {
		if _, err := ParseDeclarations(in); err == nil {
			t.Errorf("%s: no error", in)
		}
	}
}
