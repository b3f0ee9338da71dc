package tsql

import (
	"errors"
	"strings"
	"testing"
)

// rejected maps batches to the number and the end of the error's first sentence.
var rejected = []struct {
	in     string
	number int32
	near   string
}{
	// PostgreSQL's and others' ways.
	{"SELECT a FROM t LIMIT 5", 102, "'5'."},
	{"SELECT a FROM t ORDER BY a LIMIT 5", 102, "'LIMIT'."},
	{"SELECT a FROM t WHERE a = 1 LIMIT 5 OFFSET 2", 102, "'LIMIT'."},
	{"SELECT a::int FROM t", 102, "'::'."},
	{"SELECT a FROM t WHERE a ILIKE 'x'", 4145, "'ILIKE'."},
	{"SELECT a FROM t WHERE a SIMILAR TO 'x'", 4145, "'SIMILAR'."},
	{"SELECT COUNT(*) FILTER (WHERE a = 1) FROM t", 102, "'('."},
	{"SELECT 1 FROM a JOIN b USING (id)", 102, "'('."},
	{"SELECT 1 FROM a NATURAL JOIN b", 102, "'b'."},
	{"SELECT a FROM t ORDER BY a NULLS FIRST", 102, "'NULLS'."},
	{"SELECT a FROM t ORDER BY a DESC NULLS LAST", 102, "'NULLS'."},
	{"SELECT a || b FROM t", 102, "'|'."},
	{"SELECT a FROM t WHERE a = $1", 102, "'$'."},
	{"SELECT a FROM t WHERE a = ?", 102, "'?'."},
	{"SELECT a FROM t WHERE a = :x", 102, "':'."},
	{"SELECT 1 WHERE a IS TRUE", 102, "'TRUE'."},
	{"SELECT 1 WHERE a IS NOT FALSE", 102, "'FALSE'."},
	{"SELECT 1 WHERE a IS UNKNOWN", 102, "'UNKNOWN'."},
	{"SELECT DATE '2024-01-01'", 102, "'2024-01-01'."},
	{"SELECT a + INTERVAL '1 day'", 102, "'1 day'."},
	{"SELECT EXTRACT(YEAR FROM a)", 156, "'FROM'."},
	{"SELECT POSITION('a' IN b)", 156, "'IN'."},
	{"SELECT SUBSTRING(a FROM 1 FOR 2)", 156, "'FROM'."},
	{"SELECT TRIM(BOTH 'x' FROM a)", 102, "'x'."},
	{"SELECT `a` FROM t", 102, "'`'."},
	{"SELECT E'a\\n'", 102, "'a\\n'."},
	{"SELECT a FROM t WHERE a ~ 'x'", 4145, "'~'."},
	{"SELECT a ^@ b", 102, "'@'."},
	{"SELECT 1 WHERE a = ANY (SELECT 1)", 156, "'ANY'."},
	{"SELECT a FROM t FOR UPDATE", 156, "'FOR'."},
	{"SELECT ROW(1, 2)", 195, "'ROW' is not a recognized built-in function name."},
	{"SELECT LENGTH(a), NOW()", 195, "'LENGTH' is not a recognized built-in function name."},
	{"SELECT GROUP_CONCAT(a)", 195, "'GROUP_CONCAT' is not a recognized built-in function name."},
	{"SELECT date_trunc('day', a)", 195, "'date_trunc' is not a recognized built-in function name."},
	{"SELECT CURRENT_DATE", 156, "'CURRENT_DATE'."},
	{"SELECT CURRENT_TIMESTAMP", 156, "'CURRENT_TIMESTAMP'."},
	{"SELECT 1 FROM t TABLESAMPLE (1)", 156, "'TABLESAMPLE'."},
	{"VALUES (1)", 156, "'VALUES'."},
	{"WITH c AS (SELECT 1) SELECT 1", 319, "'WITH'."},
	{"SELECT DISTINCT ON (a) a FROM t", 156, "'ON'."},
	{"SELECT 1 FROM LATERAL (SELECT 1) x", 102, "'('."},

	// A condition is no value, and a value is no condition.
	{"SELECT 1 WHERE a", 4145, "'a'."},
	{"SELECT 1 FROM t WHERE a ORDER BY a", 4145, "'ORDER'."},
	{"SELECT 1 WHERE TRUE", 4145, "'TRUE'."},
	{"SELECT 1 WHERE (a) AND b = 1", 4145, "'AND'."},
	{"SELECT 1 WHERE b = 1 AND a", 4145, "'a'."},
	{"SELECT 1 WHERE b = 1 OR (a + 1)", 4145, "')'."},
	{"SELECT 1 WHERE NOT a", 4145, "'a'."},
	{"SELECT 1 WHERE a NOT b", 4145, "'NOT'."},
	{"SELECT 1 WHERE CASE WHEN a = 1 THEN 1 END", 4145, "'END'."},
	{"SELECT 1 FROM a JOIN b ON a.x WHERE 1 = 1", 4145, "'WHERE'."},
	{"SELECT 1 HAVING COUNT(*)", 4145, "')'."},
	{"SELECT CASE WHEN a THEN 1 END", 4145, "'THEN'."},
	{"SELECT IIF(a, 1, 0)", 4145, "','."},
	{"SELECT a = b", 102, "'='."},
	{"SELECT (a = b)", 102, "'='."},
	{"SELECT a > b", 102, "'>'."},
	{"SELECT NOT a", 156, "'NOT'."},
	{"SELECT a IS NULL", 156, "'IS'."},
	{"SELECT a AND b", 156, "'AND'."},
	{"SELECT a IN (1)", 156, "'IN'."},
	{"SELECT EXISTS (SELECT 1)", 156, "'EXISTS'."},
	{"SELECT COUNT(a = 1)", 102, "'='."},
	{"SELECT 1 WHERE (a = 1) = (b = 1)", 102, "'='."},
	{"SELECT 1 WHERE (a = 1) + 1 = 2", 102, "'+'."},
	{"SELECT 1 WHERE a = (b = 1)", 102, "'='."},
	{"SELECT 1 WHERE (a = 1) IS NULL", 156, "'IS'."},
	{"SELECT 1 ORDER BY a = 1", 102, "'='."},
	{"SELECT 1 GROUP BY a = 1", 102, "'='."},
	{"SELECT TRUE", 207, "'TRUE'."},
	{"SELECT 1 WHERE a = false", 207, "'false'."},
	{"SELECT TRUE FROM", 102, "'FROM'."},

	// Reserved words.
	{"SELECT user FROM t", 156, "'user'."},
	{"SELECT a FROM order", 156, "'order'."},
	{"SELECT a AS key FROM t", 156, "'key'."},
	{"SELECT t.select FROM t", 156, "'select'."},
	{"SELECT a plan FROM t", 156, "'plan'."},
	{"SELECT 1 FROM t AS external", 156, "'external'."},

	// Row limits.
	{"SELECT a FROM t OFFSET 5 ROWS", 102, "'5'."},
	{"SELECT a FROM t WHERE a = 1 OFFSET 5 ROWS", 102, "'OFFSET'."},
	{"SELECT a FROM t ORDER BY a FETCH NEXT 5 ROWS ONLY", 153, "Invalid usage of the option NEXT in the FETCH statement."},
	{"SELECT a FROM t ORDER BY a OFFSET 5", 102, "'5'."},
	{"SELECT a FROM t ORDER BY a OFFSET 5 ROWS FETCH NEXT 1 ROWS", 102, "'ROWS'."},
	{"SELECT TOP 5 a FROM t ORDER BY a OFFSET 5 ROWS", 10741, "A TOP can not be used in the same query or sub-query as a OFFSET."},
	{"SELECT TOP @n a FROM t", 102, "'@n'."},
	{"SELECT TOP 5 DISTINCT a FROM t", 156, "'DISTINCT'."},
	{"SELECT TOP 5 PERCENT a FROM t", 156, "'PERCENT'."},
	{"SELECT TOP (5) WITH TIES a FROM t", 319, "'WITH'."},

	// Outside the subset, though not of T-SQL.
	{"SELECT ROW_NUMBER() FROM t", 10753, "must have an OVER clause."},
	{"SELECT ROW_NUMBER() OVER (PARTITION BY b) FROM t", 4112, "must have an OVER clause with ORDER BY."},
	{"SELECT FIRST_VALUE(a) OVER () FROM t", 4112, "must have an OVER clause with ORDER BY."},
	{"SELECT LAG(a) OVER (ORDER BY a ROWS UNBOUNDED PRECEDING) FROM t", 10752, "may not have a window frame."},
	{"SELECT ABS(a) OVER () FROM t", 4113, "cannot be used with the OVER clause."},
	{"SELECT STRING_AGG(a, ',') OVER () FROM t", 4113, "cannot be used with the OVER clause."},
	{"SELECT COUNT(DISTINCT a) OVER () FROM t", 10759, "Use of DISTINCT is not allowed with the OVER clause."},
	{"SELECT SUM(a) OVER (ROWS UNBOUNDED PRECEDING) FROM t", 10756, "must have an ORDER BY clause."},
	{"SELECT SUM(a) OVER (ORDER BY b RANGE 1 PRECEDING) FROM t", 4194, "window frame delimiters."},
	{"SELECT SUM(a) OVER (ORDER BY b RANGE BETWEEN CURRENT ROW AND 2 FOLLOWING) FROM t", 4194, "window frame delimiters."},
	{"SELECT SUM(a) OVER (ORDER BY b ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) FROM t", 4193, "cannot be used with the OVER clause."},
	{"SELECT SUM(a) OVER (ORDER BY b ROWS BETWEEN UNBOUNDED FOLLOWING AND UNBOUNDED FOLLOWING) FROM t", 4193, "cannot be used with the OVER clause."},
	{"SELECT SUM(a) OVER (ORDER BY b GROUPS UNBOUNDED PRECEDING) FROM t", 102, "'GROUPS'."},
	{"SELECT SUM(a) OVER (ORDER BY b ROWS @n PRECEDING) FROM t", 102, "'@n'."},
	{"SELECT SUM(a) OVER (ORDER BY b ROWS (1 + 1) PRECEDING) FROM t", 102, "'('."},
	{"SELECT SUM(a) OVER (ORDER BY b ROWS UNBOUNDED PRECEDING EXCLUDE TIES) FROM t", 102, "'EXCLUDE'."},
	{"SELECT SUM(a) OVER w FROM t", 102, "'w'."},
	{"SELECT NTH_VALUE(a, 2) OVER (ORDER BY b) FROM t", 195, "'NTH_VALUE' is not a recognized built-in function name."},
	{"SELECT 1 FROM t WITH (NOLOCK)", 319, "'WITH'."},
	{"SELECT 1 OPTION (MAXDOP 1)", 156, "'OPTION'."},
	{"SELECT a INTO b FROM t", 156, "'INTO'."},
	{"SELECT 1 AS 'a'", 102, "'a'."},
	{"SELECT @a = 1", 102, "'='."},
	{"EXEC sp_who", 156, "'EXEC'."},
	{"UPDATE t SET a = 1 FROM u", 156, "'FROM'."},
	{"UPDATE t SET", 102, "'SET'."},
	{"UPDATE t SET t.a = 1", 102, "'.'."},
	{"UPDATE TOP 5 t SET a = 1", 102, "'5'."},
	{"DELETE TOP 5 FROM t", 102, "'5'."},
	{"DELETE FROM t FROM u", 156, "'FROM'."},
	{"DELETE FROM t WHERE a", 4145, "'a'."},
	{"SELECT 1 FROM t WITH (TABLOCK, NOLOCK)", 102, "'NOLOCK'."},
	{"CREATE TABLE t (a int CONSTRAINT c NOT NULL)", 156, "'NOT'."},
	{"IF 1 = 1 SELECT 1", 156, "'IF'."},
	{"DECLARE @a int", 156, "'DECLARE'."},
	{"INSERT t (a) (b) VALUES (1)", 102, "'b'."},
	{"INSERT t DEFAULT VALUES", 156, "'DEFAULT'."},
	{"CREATE VIEW v AS SELECT 1", 156, "'VIEW'."},
	{"DROP VIEW v", 156, "'VIEW'."},
	{"SELECT 1 FROM OPENJSON(@p1)", 102, "')'."},
	{"SELECT 1 FROM OPENJSON(@p1) WITH (a int N'$.a') AS j", 102, "'$.a'."},
	{"SELECT dbo.f(1)", 4121, `"dbo.f", or the name is ambiguous.`},

	// Malformed.
	{"SELECT", 102, "'SELECT'."},
	{"SELECT a FROM", 102, "'FROM'."},
	{"SELECT a,, b", 102, "','."},
	{"SELECT a FROM t WHERE", 102, "'WHERE'."},
	{"SELECT (1", 102, "'1'."},
	{"SELECT 1)", 102, "')'."},
	{"SELECT a FROM t GROUP BY", 102, "'BY'."},
	{"SELECT 1 FROM (SELECT 1 AS a)", 102, "')'."},
	{"SELECT 1 FROM (VALUES (1), (2, 3)) AS v(a)", 10709, "must be the same."},
	{"SELECT 1 FROM (t)", 102, "')'."},
	{"SELECT 1 FROM a JOIN b", 102, "'b'."},
	{"SELECT 1 FROM a CROSS JOIN b ON 1 = 1", 156, "'ON'."},
	{"SELECT 1 WHERE a IN ()", 102, "')'."},
	{"SELECT 1 WHERE a < = 1", 102, "'='."},
	{"(SELECT a FROM t ORDER BY a) UNION SELECT 1", 156, "'ORDER'."},
	{"SELECT 'abc", 105, "'abc'."},
	{"SELECT N'abc", 105, "'abc'."},
	{"SELECT [abc", 105, "'abc'."},
	{`SELECT "abc`, 105, "'abc'."},
	{"SELECT 1 /* a /* b */", 113, "'*/'."},
	{"SELECT []", 1038, "Change the alias to a valid name."},
	{"SELECT " + strings.Repeat("x", 129), 103, "Maximum length is 128."},
	{"SELECT 1 FROM a.b.c.d.e", 117, "The maximum is 3."},
	{"SELECT CASE END", 156, "'END'."},
	{"SELECT CASE WHEN a = 1 THEN 2 ELSE 3", 102, "'3'."},
	{"foo", 102, "'foo'."},
	{"SELECT CAST(a AS int", 102, "'int'."},
	{"SELECT CAST(a, int)", 102, "','."},
	{"SELECT CAST(a AS decimal(1, 2, 3))", 102, "'3'."},
	{"SELECT 1 (SELECT 2)", 102, "'('."},
	{"SELECT @, 1", 102, "'@'."},
	{"SELECT 1 SELECT", 102, "'SELECT'."},
	{"SET IDENTITY_INSERT ON", 156, "'ON'."},
	{"SET IDENTITY_INSERT t 1", 102, "'1'."},
	{"CREATE TABLE t (a int IDENTITY (1))", 102, "')'."},
	{"CREATE TABLE t (a int IDENTITY IDENTITY)", 156, "'IDENTITY'."},
	{"CREATE TABLE t (a int IDENTITY (1, 99999999999999999999))", 102, "'99999999999999999999'."},
	{"SET FOO ON", 195, "'FOO' is not a recognized SET option."},
	{"SET NOCOUNT 1", 102, "'1'."},
	{"SET TRANSACTION ISOLATION LEVEL REPEATABLE", 102, "'REPEATABLE'."},
	{"BEGIN SELECT 1 END", 156, "'SELECT'."},
	{"WAITFOR DELAY 5", 102, "'5'."},
	{"WAITFOR DELAY '25:00'", 148, "used with WAITFOR."},
	{"CREATE SCHEMA s; CREATE TABLE s.t (a int)", 156, "'CREATE'."},
	{"SELECT 1; CREATE SCHEMA s", 111, "'CREATE SCHEMA' must be the first statement in a query batch."},

	// Calls.
	{"SELECT SUBSTRING(a, 1)", 174, "The substring function requires 3 argument(s)."},
	{"SELECT ROUND(a)", 189, "The round function requires 2 to 3 arguments."},
	{"SELECT PI(1)", 174, "The pi function requires 0 argument(s)."},
	{"SELECT COUNT()", 174, "The count function requires 1 argument(s)."},
	{"SELECT SUM(*)", 102, "'*'."},
	{"SELECT LEN(DISTINCT a)", 156, "'DISTINCT'."},
	{"SELECT STRING_AGG(DISTINCT a, ',')", 156, "'DISTINCT'."},
	{"SELECT STRING_AGG(a, ',' ORDER BY a)", 156, "'ORDER'."},
	{"SELECT DATEADD('day', 1, a)", 1023, "Invalid parameter 1 specified for dateadd."},
	{"SELECT DATEADD(@p, 1, a)", 1023, "Invalid parameter 1 specified for dateadd."},
	{"SELECT DATEADD(days, 1, a)", 155, "'days' is not a recognized dateadd option."},
	{"SELECT DATEPART(epoch, a)", 155, "'epoch' is not a recognized datepart option."},
	{"SELECT DATEPART(year)", 174, "The datepart function requires 2 argument(s)."},
	{"SELECT [LEN](a)", 195, "'LEN' is not a recognized built-in function name."},
}

func TestRejects(t *testing.T) {
	for _, c := range rejected {
		tree, err := Parse(c.in)
		if err == nil {
			t.Errorf("%s\n  accepted as %s", c.in, format(tree))
			continue
		}
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("%s: error of type %T", c.in, err)
		}
		first, _, _ := strings.Cut(e.Text, " If this ")
		if e.Number != c.number || !strings.HasSuffix(first, c.near) || e.Line != 1 {
			t.Errorf("%s\n  got %d, line %d: %s\n  want %d: … %s", c.in, e.Number, e.Line, e.Text, c.number, c.near)
		}
	}
}

// TestWording holds the words of errors that clients tell apart by their text.
func TestWording(t *testing.T) {
	for in, want := range map[string]string{
		"SELECT a\nFROM t LIMIT 5": "line 2: Incorrect syntax near '5'.",
		"SELECT 1\n\nWHERE Where":  "line 3: Incorrect syntax near the keyword 'Where'.",
		"SELECT 1\nWHERE a":        "line 2: An expression of non-boolean type specified in a context where a condition is expected, near 'a'.",
		"SELECT 'a\n":              "line 1: Unclosed quotation mark after the character string 'a\n'.",
	} {
		_, err := Parse(in)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := "line " + string(rune('0'+e.Line)) + ": " + e.Error(); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

// TestLimits holds SQL Server's limits that the dialect must stay within.
func TestLimits(t *testing.T) {
	nested := func(open, inner, shut string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(shut, n)
	}
	const deep = 100_000
	for _, c := range []struct {
		name, in string
		number   int32
	}{
		{"parentheses", "SELECT " + nested("(", "1", ")", deep), 191},
		{"conditions", "SELECT 1 WHERE " + nested("(", "a = 1", ")", deep), 191},
		{"unclosed", "SELECT " + strings.Repeat("(", deep), 191},
		{"negations", "SELECT 1 WHERE " + strings.Repeat("NOT ", deep) + "a = 1", 191},
		{"signs", "SELECT " + strings.Repeat("- ", deep) + "1", 191},
		{"complements", "SELECT " + strings.Repeat("~", deep) + "1", 191},
		{"calls", "SELECT " + nested("ABS(", "1", ")", deep), 191},
		{"subqueries", "SELECT " + nested("(SELECT ", "1", ")", deep), 191},
		{"derived tables", nested("SELECT 1 FROM (", "SELECT 1", ") AS d", deep), 191},
		{"bodies", nested("(", "SELECT 1", ")", deep), 191},
		{"joins", "SELECT 1 FROM " + strings.Repeat("a JOIN ", deep) + "a" + strings.Repeat(" ON 1 = 1", deep), 191},
		{"joins in parentheses", "SELECT 1 FROM " + nested("(", "a CROSS JOIN b", ")", deep), 191},
		{"CASE", "SELECT " + nested("CASE WHEN a = 1 THEN ", "1", " END", 11), 125},
		{"IIF", "SELECT " + nested("IIF(1 = 1, 1, ", "1", ")", 11), 125},
		{"constants", "SELECT 1 WHERE a IN (1" + strings.Repeat(", 1", 65_535) + ")", 8632},
		{"rows", "INSERT t VALUES (1)" + strings.Repeat(", (1)", 1000), 10738},
		{"columns", "SELECT 1" + strings.Repeat(", 1", 4096), 1056},
	} {
		_, err := Parse(c.in)
		var e *Error
		if !errors.As(err, &e) || e.Number != c.number {
			t.Errorf("%s: %v, want error %d", c.name, err, c.number)
		}
	}
	for name, in := range map[string]string{
		"parentheses":      "SELECT " + nested("(", "1", ")", 100),
		"CASE":             "SELECT " + nested("CASE WHEN a = 1 THEN ", "1", " END", 10),
		"CASE in subquery": "SELECT " + nested("CASE WHEN a = 1 THEN ", "(SELECT CASE WHEN a = 1 THEN 1 END)", " END", 10),
		"rows":             "INSERT t VALUES (1)" + strings.Repeat(", (1)", 999),
		"derived rows":     "SELECT 1 FROM (VALUES (1)" + strings.Repeat(", (1)", 5000) + ") AS v(a)",
		"constants":        "SELECT 1 WHERE a IN (1" + strings.Repeat(", 1", 65_000) + ") AND b = 1",
	} {
		if _, err := Parse(in); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
