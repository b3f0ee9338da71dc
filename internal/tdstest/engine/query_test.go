package engine

import "testing"

func TestNames(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: "SELECT ID FROM DBO.FRUIT WHERE NAME = 'APPLE'", want: "1"},
		{batch: "SELECT f.id FROM [atoll].[dbo].[fruit] AS f WHERE F.kind = 'stone'", want: "3"},
		{batch: "SELECT fruit.id FROM dbo.fruit WHERE dbo.fruit.id = 2", want: "2"},
		{batch: "SELECT colour FROM fruit", fails: 207},
		{batch: "SELECT f.colour FROM fruit f", fails: 207},
		{batch: "SELECT g.id FROM fruit f", fails: 4104},
		{batch: "SELECT id FROM vegetables", fails: 208},
		{batch: "SELECT id FROM other.dbo.fruit", fails: 208},
		{batch: "SELECT id FROM fruit a CROSS JOIN fruit b", fails: 209},
		{batch: "SELECT 1 FROM fruit a CROSS JOIN fruit a", fails: 1011},
		{batch: "SELECT 1 FROM fruit CROSS JOIN fruit", fails: 1013},
		{batch: "SELECT @nothing", fails: 137},
		{batch: "SELECT *", fails: 263},
		{batch: "SELECT g.* FROM fruit f", fails: 107},
		{batch: "SELECT f.* FROM fruit f WHERE id = 4", want: "4|fig|NULL|3.00|7"},
	})
	sensitive := fruit(t, Options{Collation: "Latin1_General_100_BIN2"})
	check(t, sensitive, []ask{
		{batch: "SELECT ID FROM fruit", fails: 207},
		{batch: "SELECT id FROM Fruit", fails: 208},
		{batch: "SELECT id FROM fruit WHERE name = N'Apple'", want: ""},
	})
}

func TestParameters(t *testing.T) {
	s := fruit(t, Options{})
	text := Param{Name: "@p1", Type: Type{Kind: NVarchar, Length: 10}, Value: NewString16("2")}
	null := Param{Name: "@p2", Type: Type{Kind: NVarchar, Length: 10}}
	check(t, s, []ask{
		{batch: "SELECT name FROM fruit WHERE id = CAST(@P1 AS bigint)", want: "Pear"},
		{batch: "SELECT @p1, @p2", want: "2|NULL"},
		{batch: "SELECT COUNT(*) FROM fruit WHERE name = @p2", want: "0"},
	}, text, null)
}

func TestConditions(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: "SELECT id FROM fruit WHERE kind <> 'pome'", want: "3"},
		{batch: "SELECT id FROM fruit WHERE NOT kind = 'pome'", want: "3"},
		{batch: "SELECT id FROM fruit WHERE kind IS NULL OR amount IS NULL ORDER BY id", want: "3;4"},
		{batch: "SELECT id FROM fruit WHERE kind IN ('stone', NULL)", want: "3"},
		{batch: "SELECT id FROM fruit WHERE kind NOT IN ('stone', NULL)", want: ""},
		{batch: "SELECT id FROM fruit WHERE id IN (1, '2', 3.0)", want: "1;2;3"},
		{batch: "SELECT id FROM fruit WHERE id BETWEEN 2 AND 3", want: "2;3"},
		{batch: "SELECT id FROM fruit WHERE id NOT BETWEEN 2 AND 3", want: "1;4"},
		{batch: "SELECT id FROM fruit WHERE name LIKE 'P%'", want: "2;3"},
		{batch: "SELECT id FROM fruit WHERE name COLLATE Latin1_General_100_BIN2 LIKE N'P%'", want: "2"},
		{batch: "SELECT id FROM fruit WHERE name LIKE N'a!%' ESCAPE '!'", want: ""},
		{batch: "SELECT id FROM fruit WHERE name = 'apple   '", want: "1"},
		{batch: "SELECT id FROM fruit WHERE amount IS NOT DISTINCT FROM NULL", want: "3"},
		{batch: "SELECT id FROM fruit WHERE kind IS DISTINCT FROM 'pome'", want: "3;4"},
		{batch: "SELECT id FROM fruit WHERE id = 1 OR 1 / 0 = 1", fails: 8134},
		{batch: "SELECT id FROM fruit WHERE name = CAST('x' AS date)", fails: 241},
		{batch: "SELECT id FROM fruit WHERE id = CAST('2020-01-01' AS date)", fails: 206},
		{batch: "SELECT id FROM fruit WHERE name COLLATE Latin1_General_BIN2 = name COLLATE Latin1_General_100_BIN2", fails: 468},
		{batch: "SELECT id FROM fruit WHERE name = N'x' COLLATE Klingon_CI", fails: 448},
	})
}

func TestColumnsOfTwoCollations(t *testing.T) {
	s := NewDatabase(Options{}).NewSession()
	mustExecute(t, s, `CREATE TABLE c (a varchar(5) COLLATE Latin1_General_100_BIN2, b varchar(5)); INSERT INTO c VALUES ('x', 'X')`)
	check(t, s, []ask{
		{batch: "SELECT 1 FROM c WHERE a = b", fails: 468},
		{batch: "SELECT 1 FROM c WHERE a = b COLLATE Latin1_General_100_BIN2", want: ""},
		{batch: "SELECT 1 FROM c WHERE a COLLATE DATABASE_DEFAULT = 'X'", fails: 448},
		{batch: "SELECT a + b FROM c", fails: 451},
		{batch: "SELECT (a + b) COLLATE Latin1_General_100_BIN2 FROM c", want: "xX"},
		{batch: "SELECT a FROM c UNION SELECT b FROM c", fails: 468},
		{batch: "SELECT 1 FROM c WHERE a = 'X'", want: ""},
		{batch: "SELECT 1 FROM c WHERE b = 'x'", want: "1"},
		{batch: "SELECT 1 FROM (SELECT a COLLATE SQL_Latin1_General_CP1_CI_AS AS a, b FROM c) AS d WHERE a = b", want: "1"},
	})
}

func TestCaseIsLazy(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: "SELECT CASE WHEN id = 1 THEN 0 ELSE 10 / (id - 1) END FROM fruit", want: "0;10;5;3"},
		{batch: "SELECT CASE kind WHEN 'pome' THEN 1 WHEN NULL THEN 2 END FROM fruit", want: "1;1;NULL;NULL"},
		{batch: "SELECT COALESCE(id, 1 / 0) FROM fruit WHERE id = 1", want: "1"},
		{batch: "SELECT CASE WHEN id = 1 THEN NULL ELSE NULL END FROM fruit", fails: 8133},
		{batch: "SELECT COALESCE(NULL, NULL)", fails: 4127},
		{batch: "SELECT COALESCE(kind, N'?') FROM fruit", want: "pome;pome;stone;?"},
		{batch: "SELECT NULLIF(kind, 'POME') FROM fruit", want: "NULL;NULL;stone;NULL"},
		{batch: "SELECT NULLIF(NULL, 1)", fails: 4151},
		{batch: "SELECT ISNULL(CAST(NULL AS varchar(2)), 'abc')", want: "ab"},
		{batch: "SELECT CHOOSE(2, 'a', 'b'), CHOOSE(3, 'a', 'b')", want: "b|NULL"},
		{batch: "SELECT CASE WHEN id = 1 THEN 'x' ELSE 2 END FROM fruit WHERE id = 1", fails: 245},
		{batch: "SELECT TRY_CAST('x' AS int), TRY_CAST('7' AS int)", want: "NULL|7"},
		{batch: "SELECT CAST('x' AS int)", fails: 245},
		{batch: "SELECT CAST(1 AS wombat)", fails: 243},
	})
}

func TestGroupBy(t *testing.T) {
	s := fruit(t, Options{})
	mustExecute(t, s, "CREATE TABLE g (k varchar(5), v int); INSERT INTO g VALUES ('a', 1), ('A ', 2), ('b', 4), (NULL, 8), (NULL, 16)")
	check(t, s, []ask{
		{batch: "SELECT k, SUM(v) FROM g GROUP BY k ORDER BY k", want: "NULL|24;a|3;b|4"},
		{batch: "SELECT COUNT(*), COUNT(k), COUNT_BIG(*) FROM g", want: "5|3|5"},
		{batch: "SELECT SUM(v), COUNT(*) FROM g WHERE v > 100", want: "NULL|0"},
		{batch: "SELECT SUM(v) FROM g WHERE v > 100 GROUP BY k", want: ""},
		{batch: "SELECT v % 2, COUNT(*) FROM g GROUP BY v % 2 ORDER BY v % 2", want: "0|4;1|1"},
		{batch: "SELECT (v % 2) + 1 FROM g GROUP BY v % 2 ORDER BY 1", want: "1;2"},
		{batch: "SELECT UPPER(g.k) AS u FROM g GROUP BY UPPER(k) ORDER BY u", want: "NULL;A;B"},
		{batch: "SELECT k FROM g GROUP BY k HAVING SUM(v) > 3 ORDER BY SUM(v)", want: "b;NULL"},
		{batch: "SELECT 1 FROM g HAVING COUNT(*) > 4", want: "1"},
		{batch: "SELECT MAX(v) - MIN(v) FROM g", want: "15"},
		{batch: "SELECT CASE WHEN k IS NULL THEN 1 ELSE 0 END, COUNT(*) FROM g GROUP BY CASE WHEN k IS NULL THEN 1 ELSE 0 END ORDER BY 1", want: "0|3;1|2"},
		{batch: "SELECT k, (SELECT COUNT(*) FROM fruit f WHERE f.name LIKE g.k + '%') FROM g GROUP BY k ORDER BY k", want: "NULL|0;a|1;b|0"},
		{batch: "SELECT v FROM g GROUP BY k", fails: 8120},
		{batch: "SELECT *, COUNT(*) FROM g", fails: 8120},
		{batch: "SELECT k FROM g GROUP BY k HAVING v > 1", fails: 8121},
		{batch: "SELECT k FROM g GROUP BY k ORDER BY v", fails: 8127},
		{batch: "SELECT COUNT(*) FROM g GROUP BY 1", fails: 164},
		{batch: "SELECT COUNT(*) FROM g GROUP BY 'x'", fails: 164},
		{batch: "SELECT COUNT(*) FROM g GROUP BY SUM(v)", fails: 144},
		{batch: "SELECT k FROM g WHERE SUM(v) > 1", fails: 147},
		{batch: "SELECT SUM(COUNT(*)) FROM g", fails: 130},
		{batch: "SELECT SUM((SELECT 1)) FROM g", fails: 130},
		{batch: "SELECT 1 FROM g a JOIN g b ON SUM(a.v) = b.v", fails: 1015},
		{batch: "SELECT STRING_AGG(k, '-') WITHIN GROUP (ORDER BY v DESC) FROM g", want: "b-A -a"},
		{batch: "SELECT STRING_AGG(v, ',') WITHIN GROUP (ORDER BY v) FROM g WHERE v > 4", want: "8,16"},
		{batch: "SELECT STRING_AGG(k, k) FROM g", fails: 8733},
	})
}

func TestOrderBy(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: "SELECT name FROM fruit ORDER BY name", want: "apple;fig;Pear;plum"},
		{batch: "SELECT name FROM fruit ORDER BY name COLLATE Latin1_General_100_BIN2", want: "Pear;apple;fig;plum"},
		{batch: "SELECT id FROM fruit ORDER BY amount, id", want: "3;2;4;1"},
		{batch: "SELECT id FROM fruit ORDER BY amount DESC", want: "1;4;2;3"},
		{batch: "SELECT id AS n, amount AS id FROM fruit ORDER BY id", want: "3|NULL;2|5;4|7;1|10"},
		{batch: "SELECT id FROM fruit ORDER BY -id", want: "4;3;2;1"},
		{batch: "SELECT id x FROM fruit ORDER BY x + 1", fails: 207},
		{batch: "SELECT id FROM fruit ORDER BY 'x'", fails: 408},
		{batch: "SELECT id FROM fruit ORDER BY 2", fails: 108},
		{batch: "SELECT id FROM fruit ORDER BY id, ID", fails: 169},
		{batch: "SELECT id FROM fruit ORDER BY (SELECT NULL)", want: "1;2;3;4"},
		{batch: "SELECT f.id, s.qty AS id FROM fruit f JOIN sales s ON s.fruit_id = f.id ORDER BY id", fails: 209},
		{batch: "SELECT DISTINCT kind FROM fruit ORDER BY kind", want: "NULL;pome;stone"},
		{batch: "SELECT DISTINCT kind FROM fruit ORDER BY id", fails: 145},
		{batch: "SELECT DISTINCT kind + 'x' FROM fruit ORDER BY kind + 'x'", want: "NULL;pomex;stonex"},
		{batch: "SELECT DISTINCT kind AS k FROM fruit ORDER BY k DESC", want: "stone;pome;NULL"},
		{batch: "SELECT 1 FROM (SELECT id FROM fruit ORDER BY id) AS d", fails: 1033},
		{batch: "SELECT 1 WHERE EXISTS (SELECT id FROM fruit ORDER BY id)", fails: 1033},
		{batch: "SELECT id FROM (SELECT TOP (2) id FROM fruit ORDER BY id DESC) AS d ORDER BY id", want: "3;4"},
	})
}

func TestLimits(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: "SELECT TOP (2) id FROM fruit ORDER BY id", want: "1;2"},
		{batch: "SELECT TOP (0) id FROM fruit", want: ""},
		{batch: "SELECT TOP (@n) id FROM fruit ORDER BY id", want: "1"},
		{batch: "SELECT TOP (-1) id FROM fruit", fails: 127},
		{batch: "SELECT TOP (1.5) id FROM fruit", fails: 1060},
		{batch: "SELECT id FROM fruit ORDER BY id OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY", want: "2;3"},
		{batch: "SELECT id FROM fruit ORDER BY id OFFSET 3 ROWS", want: "4"},
		{batch: "SELECT id FROM fruit ORDER BY id OFFSET 9 ROWS", want: ""},
		{batch: "SELECT id FROM fruit ORDER BY id OFFSET 0 ROWS FETCH NEXT 0 ROWS ONLY", fails: 10744},
		{batch: "SELECT id FROM fruit ORDER BY id OFFSET -1 ROWS", fails: 10742},
		{batch: "SELECT id FROM fruit ORDER BY id OFFSET @n ROWS FETCH NEXT @n ROWS ONLY", want: "2"},
	}, Param{Name: "@n", Type: Type{Kind: Int}, Value: int64(1)})
}
