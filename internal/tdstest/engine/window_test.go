package engine

import "testing"

func TestWindows(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: "SELECT id, ROW_NUMBER() OVER (ORDER BY price) FROM fruit ORDER BY id", want: "1|2;2|3;3|1;4|4"},
		{batch: "SELECT id, RANK() OVER (ORDER BY kind), DENSE_RANK() OVER (ORDER BY kind DESC) FROM fruit ORDER BY id", want: "1|2|2;2|2|2;3|4|1;4|1|3"},
		{batch: "SELECT id, COUNT(*) OVER (PARTITION BY kind) FROM fruit ORDER BY id", want: "1|2;2|2;3|1;4|1"},
		{batch: "SELECT id, SUM(amount) OVER (ORDER BY id) FROM fruit", want: "1|10;2|15;3|15;4|22"},
		{batch: "SELECT id, SUM(price) OVER (ORDER BY kind) FROM fruit ORDER BY id", want: "1|6.75;2|6.75;3|7.50;4|3.00"},
		{batch: "SELECT id, SUM(amount) OVER (ORDER BY id ROWS 1 PRECEDING) FROM fruit", want: "1|10;2|15;3|5;4|7"},
		{batch: "SELECT id, COUNT(*) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) FROM fruit", want: "1|2;2|2;3|1;4|0"},
		{batch: "SELECT id, MIN(id) OVER (ORDER BY id ROWS BETWEEN 5 PRECEDING AND 2 PRECEDING) FROM fruit", want: "1|NULL;2|NULL;3|1;4|1"},
		{batch: "SELECT id, LAG(name) OVER (ORDER BY id), LEAD(id, 2, -1) OVER (ORDER BY id) FROM fruit", want: "1|NULL|3;2|apple|4;3|Pear|-1;4|plum|-1"},
		{batch: "SELECT id, LAG(id, amount) OVER (ORDER BY id) FROM fruit WHERE amount IS NULL", want: "3|NULL"},
		{batch: "SELECT id, NTILE(3) OVER (ORDER BY id) FROM fruit", want: "1|1;2|1;3|2;4|3"},
		{batch: "SELECT id, NTILE(9) OVER (ORDER BY id) FROM fruit", want: "1|1;2|2;3|3;4|4"},
		{batch: "SELECT id, FIRST_VALUE(name) OVER (PARTITION BY kind ORDER BY id), LAST_VALUE(id) OVER (ORDER BY kind) FROM fruit ORDER BY id",
			want: "1|apple|2;2|apple|2;3|plum|3;4|fig|4"},
		{batch: "SELECT LAST_VALUE(id) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM fruit", want: "4;4;4;4"},
		{batch: "SELECT id FROM fruit ORDER BY ROW_NUMBER() OVER (ORDER BY price DESC)", want: "4;2;1;3"},
		{batch: "SELECT kind, SUM(SUM(amount)) OVER (ORDER BY kind) FROM fruit GROUP BY kind ORDER BY kind", want: "NULL|7;pome|22;stone|22"},
		{batch: "SELECT n FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS n FROM fruit) AS d WHERE n > 3", want: "4"},
		{batch: "SELECT id, (SELECT MAX(r) FROM (SELECT ROW_NUMBER() OVER (ORDER BY qty) AS r FROM sales WHERE fruit_id = f.id) AS d) FROM fruit AS f", want: "1|2;2|1;3|NULL;4|NULL"},
		{batch: "SELECT DISTINCT COUNT(*) OVER () FROM fruit", want: "4"},
		{batch: "SELECT TOP (1) name, COUNT(*) OVER () FROM fruit ORDER BY name", want: "apple|4"},
	})
}

func TestWindowsRefused(t *testing.T) {
	s := fruit(t, Options{})
	mustExecute(t, s, "CREATE TABLE long (id int, t nvarchar(max), m nvarchar(451), k nvarchar(450), x xml)")
	check(t, s, []ask{
		{batch: "SELECT id FROM fruit WHERE ROW_NUMBER() OVER (ORDER BY id) = 1", fails: 4108},
		{batch: "SELECT kind FROM fruit GROUP BY kind HAVING COUNT(*) OVER () = 1", fails: 4108},
		{batch: "SELECT 1 FROM fruit a JOIN fruit b ON COUNT(*) OVER () = a.id", fails: 4108},
		{batch: "SELECT TOP (COUNT(*) OVER ()) id FROM fruit", fails: 4108},
		{batch: "SELECT SUM(COUNT(*) OVER ()) OVER () FROM fruit", fails: 4109},
		{batch: "SELECT SUM(COUNT(*) OVER ()) FROM fruit", fails: 4109},
		{batch: "SELECT SUM(id) OVER (ORDER BY 1) FROM fruit", fails: 5308},
		{batch: "SELECT SUM(id) OVER (ORDER BY N'x') FROM fruit", fails: 5309},
		{batch: "SELECT SUM((SELECT 1)) OVER () FROM fruit", fails: 130},
		{batch: "SELECT id, COUNT(*) OVER () FROM fruit GROUP BY kind", fails: 8120},
		{batch: "SELECT SUM(name) OVER () FROM fruit", fails: 8117},
		{batch: "SELECT LAG(id, -1) OVER (ORDER BY id) FROM fruit", fails: 8730},
		{batch: "SELECT NTILE(0) OVER (ORDER BY id) FROM fruit", fails: 4116},
		{batch: "SELECT SUM(id) OVER (ORDER BY t) FROM long", fails: 8728},
		{batch: "SELECT SUM(id) OVER (ORDER BY m) FROM long", fails: 8729},
		{batch: "SELECT SUM(id) OVER (ORDER BY k), ROW_NUMBER() OVER (ORDER BY t), SUM(id) OVER (ORDER BY t ROWS UNBOUNDED PRECEDING) FROM long"},
		{batch: "SELECT ROW_NUMBER() OVER (ORDER BY x) FROM long", fails: 306},
		{batch: "SELECT LAG(id, 1, N'x') OVER (ORDER BY id) FROM fruit", fails: 245},
	})
}

// TestOuterAggregates: an aggregate reads the rows of its own query only.
func TestOuterAggregates(t *testing.T) {
	s := fruit(t, Options{})
	check(t, s, []ask{
		{batch: "SELECT id, (SELECT SUM(qty * f.id) FROM sales WHERE fruit_id = f.id) FROM fruit f", fails: 8124},
		{batch: "SELECT id, (SELECT SUM(x) FROM (SELECT qty * f.id AS x FROM sales WHERE fruit_id = f.id) AS d) FROM fruit f", want: "1|7;2|10;3|NULL;4|NULL"},
		{batch: "SELECT id, (SELECT f.id + SUM(qty) FROM sales WHERE fruit_id = f.id) FROM fruit f", want: "1|8;2|7;3|NULL;4|NULL"},
		{batch: "SELECT id FROM fruit f WHERE id = (SELECT fruit_id FROM sales GROUP BY fruit_id, f.id)", fails: 164},
	})
}

func TestOpenJSONPlaces(t *testing.T) {
	s := fruit(t, Options{})
	p := Param{Name: "@p1", Type: Type{Kind: NVarchar, Length: -1}, Value: NewString16(`[["1","x"],["2",null],["3"],[{"a":[5,6]},"y"],7]`)}
	check(t, s, []ask{
		{batch: "SELECT c0, c1 FROM OPENJSON(@p1) WITH (c0 nvarchar(100) '$[0]', c1 nvarchar(max) '$[1]') AS s", want: "1|x;2|NULL;3|NULL;NULL|y;NULL|NULL"},
		{batch: "SELECT c FROM OPENJSON(@p1) WITH (c int '$[0].a[1]') AS s", want: "NULL;NULL;NULL;6;NULL"},
		{batch: "SELECT c FROM OPENJSON(@p1) WITH (c int '$[0') AS s", fails: 13607},
		{batch: "SELECT c FROM OPENJSON(@p1) WITH (c int '$[x]') AS s", fails: 13607},
		{batch: "SELECT c FROM OPENJSON(@p1) WITH (c int '$[-1]') AS s", fails: 13607},
	}, p)
}
