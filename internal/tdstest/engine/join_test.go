package engine

import "testing"

func TestJoins(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: "SELECT f.id, s.qty FROM fruit f JOIN sales s ON s.fruit_id = f.id ORDER BY s.qty", want: "1|3;1|4;2|5"},
		{batch: "SELECT f.id, s.qty FROM fruit f INNER JOIN sales s ON f.id = s.fruit_id AND s.qty > 3 ORDER BY s.qty", want: "1|4;2|5"},
		{batch: "SELECT f.id, s.qty FROM fruit f LEFT JOIN sales s ON s.fruit_id = f.id AND s.qty > 3 ORDER BY f.id", want: "1|4;2|5;3|NULL;4|NULL"},
		{batch: "SELECT f.id, s.qty FROM fruit f RIGHT OUTER JOIN sales s ON s.fruit_id = f.id ORDER BY s.qty", want: "NULL|1;1|3;1|4;2|5;NULL|9"},
		{batch: "SELECT f.id, s.qty FROM fruit f FULL JOIN sales s ON s.fruit_id = f.id ORDER BY f.id, s.qty", want: "NULL|1;NULL|9;1|3;1|4;2|5;3|NULL;4|NULL"},
		{batch: "SELECT COUNT(*) FROM fruit CROSS JOIN sales", want: "20"},
		{batch: "SELECT COUNT(*) FROM fruit, sales", want: "20"},
		{batch: "SELECT f.id, s.qty FROM fruit f, sales s WHERE f.id = s.fruit_id AND s.qty <> 4 ORDER BY f.id", want: "1|3;2|5"},
		{batch: "SELECT f.id FROM fruit f JOIN sales s ON f.id < s.fruit_id AND s.qty = 5", want: "1"},
		{batch: "SELECT a.qty FROM sales a JOIN sales b ON a.fruit_id IS NOT DISTINCT FROM b.fruit_id AND a.qty < b.qty", want: "3"},
		{batch: "SELECT COUNT(*) FROM sales a JOIN sales b ON a.fruit_id IS NOT DISTINCT FROM b.fruit_id", want: "7"},
		{batch: "SELECT f.name FROM fruit f JOIN (VALUES (N'APPLE '), (N'fig')) AS v(n) ON v.n = f.name ORDER BY 1", want: "apple;fig"},
		{batch: "SELECT f.id, d.total FROM fruit f LEFT JOIN (SELECT fruit_id, SUM(qty) AS total FROM sales GROUP BY fruit_id) AS d ON d.fruit_id = f.id ORDER BY f.id",
			want: "1|7;2|5;3|NULL;4|NULL"},
		{batch: "SELECT a.id FROM fruit a LEFT JOIN (fruit b JOIN sales s ON s.fruit_id = b.id) ON b.id = a.id AND s.qty > 4 ORDER BY a.id, b.id", want: "1;2;3;4"},
		{batch: "SELECT 1 FROM fruit f JOIN sales s ON s.fruit_id = f.name", fails: 245},
	})
}

func TestApply(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: "SELECT f.id, d.qty FROM fruit f CROSS APPLY (SELECT TOP (1) s.qty FROM sales s WHERE s.fruit_id = f.id ORDER BY s.qty DESC) AS d ORDER BY f.id",
			want: "1|4;2|5"},
		{batch: "SELECT f.id, d.qty FROM fruit f OUTER APPLY (SELECT s.qty FROM sales s WHERE s.fruit_id = f.id) AS d ORDER BY f.id, d.qty",
			want: "1|3;1|4;2|5;3|NULL;4|NULL"},
		{batch: "SELECT f.id, v.x FROM fruit f CROSS APPLY (VALUES (f.id * 2), (f.id * 3)) AS v(x) WHERE f.id < 3 ORDER BY v.x", want: "1|2;1|3;2|4;2|6"},
		{batch: "SELECT f.id, j.v FROM fruit f CROSS APPLY OPENJSON(N'[' + CAST(f.id AS nvarchar(9)) + N',7]') WITH (v int '$') AS j WHERE f.id = 2", want: "2|2;2|7"},
		{batch: "SELECT 1 FROM fruit f JOIN (SELECT s.qty FROM sales s WHERE s.fruit_id = f.id) AS d ON d.qty = 1", fails: 4104},
	})
}

func TestSubqueries(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: "SELECT id FROM fruit f WHERE EXISTS (SELECT 1 FROM sales s WHERE s.fruit_id = f.id)", want: "1;2"},
		{batch: "SELECT id FROM fruit f WHERE NOT EXISTS (SELECT 1 FROM sales s WHERE s.fruit_id = f.id)", want: "3;4"},
		{batch: "SELECT id FROM fruit WHERE id IN (SELECT fruit_id FROM sales)", want: "1;2"},
		{batch: "SELECT id FROM fruit WHERE id NOT IN (SELECT fruit_id FROM sales)", want: ""},
		{batch: "SELECT id FROM fruit WHERE id NOT IN (SELECT fruit_id FROM sales WHERE fruit_id IS NOT NULL)", want: "3;4"},
		{batch: "SELECT id FROM fruit f WHERE 5 IN (SELECT qty FROM sales s WHERE s.fruit_id = f.id)", want: "2"},
		{batch: "SELECT id, (SELECT SUM(qty) FROM sales WHERE fruit_id = id) FROM fruit", want: "1|7;2|5;3|NULL;4|NULL"},
		{batch: "SELECT (SELECT qty FROM sales)", fails: 512},
		{batch: "SELECT (SELECT qty FROM sales WHERE qty > 100)", want: "NULL"},
		{batch: "SELECT (SELECT qty, fruit_id FROM sales)", fails: 116},
		{batch: "SELECT 1 WHERE 1 IN (SELECT qty, fruit_id FROM sales)", fails: 116},
		{batch: "SELECT id FROM fruit f WHERE EXISTS (SELECT f.kind INTERSECT SELECT NULL)", want: "4"},
		{batch: "SELECT id FROM fruit f WHERE id = (SELECT MAX(g.id) FROM fruit g WHERE EXISTS (SELECT 1 FROM sales s WHERE s.fruit_id = g.id AND g.id <= f.id))", want: "1;2"},
		{batch: "SELECT kind, COUNT(*) FROM fruit GROUP BY kind HAVING COUNT(*) > (SELECT COUNT(*) FROM sales WHERE qty = 9)", want: "pome|2"},
	})
}

func TestDerivedTables(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: "SELECT d.n FROM (SELECT id AS n FROM fruit) AS d WHERE d.n > 2", want: "3;4"},
		{batch: "SELECT d.b FROM (SELECT id, name FROM fruit) AS d(a, b) WHERE a = 1", want: "apple"},
		{batch: "SELECT 1 FROM (SELECT id + 1 FROM fruit) AS d", fails: 8155},
		{batch: "SELECT 1 FROM (SELECT id, id FROM fruit) AS d", fails: 8156},
		{batch: "SELECT 1 FROM (SELECT id, name FROM fruit) AS d(a)", fails: 8158},
		{batch: "SELECT 1 FROM (SELECT id FROM fruit) AS d(a, b)", fails: 8159},
		{batch: "SELECT x, y FROM (VALUES (1, 'a'), (NULL, N'b')) AS v(x, y)", want: "1|a;NULL|b"},
		{batch: "SELECT x FROM (VALUES (1), ('7')) AS v(x)", want: "1;7"},
		{batch: "SELECT x FROM (VALUES (1), (2, 3)) AS v(x)", fails: 10709},
		{batch: "SELECT SUM(n) FROM (SELECT COUNT(*) AS n FROM sales GROUP BY fruit_id) AS d", want: "5"},
	})
}

func TestSetOperations(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: "SELECT 1 UNION ALL SELECT 1", want: "1;1"},
		{batch: "SELECT 1 UNION SELECT 1", want: "1"},
		{batch: "SELECT 'a' UNION SELECT 'A '", want: "a"},
		{batch: "SELECT NULL UNION ALL SELECT 'x'", want: "NULL;x"},
		{batch: "SELECT NULL UNION SELECT NULL", want: "NULL"},
		{batch: "SELECT kind FROM fruit EXCEPT SELECT 'pome' ORDER BY kind", want: "NULL;stone"},
		{batch: "SELECT kind FROM fruit INTERSECT SELECT 'POME'", want: "pome"},
		{batch: "SELECT id AS n FROM fruit UNION SELECT qty FROM sales ORDER BY n DESC", want: "9;5;4;3;2;1"},
		{batch: "SELECT id AS n FROM fruit UNION SELECT qty FROM sales ORDER BY qty", fails: 207},
		{batch: "SELECT id AS n FROM fruit UNION SELECT qty FROM sales ORDER BY n + 1", fails: 104},
		{batch: "SELECT id FROM fruit UNION ALL SELECT qty FROM sales ORDER BY 1 OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY", want: "1;2"},
		{batch: "SELECT 1 UNION SELECT 1, 2", fails: 205},
		{batch: "SELECT 1 UNION ALL SELECT CAST('2020-01-01' AS date)", fails: 206},
		{batch: "SELECT 1.5 UNION ALL SELECT 2", want: "1.5;2.0"},
	})
}

func TestOpenJSON(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: `SELECT v FROM OPENJSON(N'["a", null, "1é"]') WITH (v nvarchar(10) '$') AS j`, want: "a;NULL;1é"},
		{batch: `SELECT a, b, c FROM OPENJSON(N'[{"a":1,"b":{"x y":"q"}},{"a":2.0,"c":true}]') WITH (a decimal(5,1), b nvarchar(5) '$.b."x y"', c bit) AS j`,
			want: "1.0|q|NULL;2.0|NULL|1"},
		{batch: `SELECT f.name FROM fruit f JOIN OPENJSON(@p) WITH (k int '$') AS j ON j.k = f.id ORDER BY f.id`, want: "apple;plum"},
		{batch: `SELECT name FROM fruit WHERE id IN (SELECT k FROM OPENJSON(@p) WITH (k int '$') AS j)`, want: "apple;plum"},
		{batch: `SELECT a FROM OPENJSON(N'{"a":"x"}') WITH (a nvarchar(5)) AS j`, want: "x"},
		{batch: `SELECT a FROM OPENJSON(NULL) WITH (a nvarchar(5)) AS j`, want: ""},
		{batch: `SELECT a FROM OPENJSON(N'[1') WITH (a int '$') AS j`, fails: 13609},
		{batch: `SELECT a FROM OPENJSON(N'["x"]') WITH (a int '$') AS j`, fails: 245},
		{batch: `SELECT a FROM OPENJSON(N'[]') WITH (a int '$[') AS j`, fails: 13607},
	}, Param{Name: "@p", Type: Type{Kind: NVarchar, Length: -1}, Value: NewString16("[1,3]")})
}
