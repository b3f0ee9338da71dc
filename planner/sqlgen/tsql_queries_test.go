package sqlgen_test

import (
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/plantest"
)

// tsqlQueries are statements of more than one query, or with windows, which T-SQL writes in ways of its own or not at all.
var tsqlQueries = []string{
	// Subqueries as values and conditions.
	"select id, (select max(b.i4) from samples b where b.id < a.id) as m from samples a",
	"select id, (select t from samples order by id limit 1) || 'x' as m from samples",
	"select id from samples a where exists (select 1 from samples b where b.i4 = a.id)",
	"select id from samples a where not exists (select b.t from samples b where b.t = a.t and b.id <> a.id)",
	"select id, exists (select 1 from samples b where b.i4 = a.id) as e, not exists (select 1 where false) as n from samples a",
	"select id from samples a where (select b from samples where id = a.id)",
	"select id from samples where i4 = (select max(i4) from samples) or t = (select min(t) from samples)",
	"select id from samples a where coalesce((select count(*) from samples b where b.i2 = a.i2), 0) > 1",
	"select id from samples where (select n from samples where id = 1) < n",
	"select (select sum(n) from samples) as s",

	// IN, and comparisons with ANY and ALL: as conditions, where unknown counts as false, and as values.
	"select id from samples where id in (select i4 from samples)",
	"select id from samples where id not in (select i4 from samples where i4 is not null)",
	"select id from samples where id not in (select i4 from samples)",
	"select id, i2 in (select i4 from samples) as i, i2 not in (select i4 from samples where i4 > 0) as n from samples",
	"select id from samples where t in (select upper(t) || '  ' from samples)",
	"select id from samples where t not in (select t || ' ' from samples where t is not null)",
	"select id from samples where t in (select t from samples group by t having count(*) = 1)",
	"select id from samples where t in (select distinct t from samples order by t limit 2)",
	"select id from samples where (i4, t) in (select i4, t from samples where b)",
	"select id from samples where (i2, b) not in (select i2, b from samples where id > 3)",
	"select id, (i2, b) in (select i2, b from samples) as r from samples",
	"select id from samples where i4 > any (select i2 from samples)",
	"select id from samples where i4 >= all (select i2 from samples)",
	"select id from samples where not i4 > all (select i2 from samples where i2 is not null)",
	"select id, i4 > all (select i2 from samples where i2 < 0) as l, i4 <> any (select i4 from samples where id < 3) as o from samples",
	"select id from samples where i4 > all (select i4 from samples where false) or id > any (select id from samples where id = 8)",
	"select id from samples where t < all (select t from samples where id in (1, 6))",
	"select id from samples where n <= any (select i4 from samples where b)",
	"select id from samples where f8 in (select f8 from samples where id > 3) and u in (select u from samples where id < 6) and d in (select d from samples)",
	"select id from samples where by in (select by from samples)",
	"select id from samples where id in (select i4 from samples a where exists (select 1 from samples b where b.i4 > a.i4 and b.id in (select id from samples where b.t = t)))",

	// Aggregates that read the rows around them, and conditions on groups with subqueries.
	"select id, (select sum(b.i2::integer + a.i2) from samples b where b.id < a.id) as s from samples a",
	"select id, (select count(*) filter (where b.id < a.id) from samples b) as c from samples a",
	"select id, (select max(b.t || a.t) from samples b where b.id = a.id group by b.b, a.id) as m from samples a",
	"select b, count(*) from samples a group by b having exists (select 1 from samples x where x.b = a.b) and count(*) > (select count(*) from samples x where x.b = a.b and x.id > 8)",
	"select u.u, (select count(*) from samples x where x.t < u.u) as n from (select upper(t) as u from samples group by upper(t)) u",
	"select sum((select 1)) from samples",
	"select (select i4) as k, count(*) from samples group by 1",

	// Lateral joins.
	"select a.id, x.id from samples a cross join lateral (select id from samples b where b.id < a.id order by id desc limit 2) x",
	"select a.id, x.s from samples a left join lateral (select sum(b.i2) as s from samples b where b.i4 > a.i4 having count(*) > 1) x on true",
	"select a.id, x.k, y.m from samples a, lateral (select a.t || '!' as k) x, lateral (select max(t) as m from samples where t < x.k) y where a.id < 5",
	"select a.id, x.v from samples a left join lateral (select 5 as v from samples b where b.id = a.i4) x on true",
	"select a.id, x.v from samples a cross join lateral (values (a.i4), (a.i2::integer), (null)) x (v)",
	"select a.id, x.v from samples a cross join lateral (values (a.t), (upper(a.t)), ('c')) x (v)",
	"select v.a, v.b, s.id from (values (1, 'x'), (2, null), (null, 'z ')) v (a, b) left join samples s on s.id = v.a",
	"select a.id, s.v from samples a cross join lateral generate_series(1, a.id) s (v)",

	// Set operations.
	"select t from samples intersect select t from samples where id > 3",
	"select t || ' ' as k from samples except select t from samples",
	"select t, i4 from samples where id < 6 except select t, i4 from samples where id > 3",
	"select t from samples union select upper(t) from samples",
	"select i4, b from samples intersect select i2::integer, b from samples",
	"select n from samples except select 1.5",
	"select by from samples except select by from samples",
	"select id from samples except all select i4 from samples",
	"select k from (select t as k from samples except select 'true') x where k > 'a' order by k",

	// Windows.
	"select id, row_number() over (order by i4, id) as n, rank() over (order by b), dense_rank() over (partition by b order by i2 desc nulls last) from samples",
	"select id, row_number() over (partition by t order by id) as a, count(*) over (partition by t, by) as b, rank() over (order by t, id) as c from samples",
	"select id, count(*) over (partition by case when id < 4 then 'x' when id < 6 then 'X' else 'x ' end) as c, rank() over (order by case when id < 4 then 'x' when id < 6 then 'X' else 'x ' end) as r, first_value(id) over (partition by case when id < 4 then 'x' when id < 6 then 'X' else 'x ' end order by id) as f from samples",
	"select id, count(*) over (partition by i4 > 3) as c, rank() over () as r, dense_rank() over (partition by b) as d from samples",
	"select id, ntile(4) over (order by id) as n, percent_rank() over (order by t) as p, cume_dist() over (partition by b order by i2 nulls first) as c, cume_dist() over (order by i2 nulls first) as d, cume_dist() over (order by t desc) as e from samples",
	"select id, lag(t) over (order by id) as a, lead(i4, 2, -1) over (order by id) as b, lag(t, 1, 'none of the others, and longer than the forty characters of the column ') over (order by id) as c, lag(n, 2, 1.5) over (order by id) as d from samples",
	"select id, lead(b, 1, false) over (order by id) as a, lag(i4 > 3) over (order by id) as b, lag(d, 0) over (order by id) as c from samples",
	"select id, lag(id, i4) over (order by id) from samples",
	"select id, lag(id, -1) over (order by id) from samples",
	"select id, first_value(t) over (order by id) as f, last_value(i4) over (partition by b order by id rows between current row and unbounded following) as l from samples",
	"select id, sum(i4) over (order by id) as a, sum(i8) over (partition by b) as b, count(t) over (order by id desc rows 2 preceding) as c, sum(n) over (order by b) as d from samples",
	"select id, min(t) over (order by id rows between 1 preceding and 1 following) as a, max(d) over () as b, bool_or(b) over (order by i2) as c from samples",
	"select id, count(*) filter (where b) over (order by id) as a, sum(i4) filter (where t > 'a') over () as b, avg(f8) over (order by id rows between 1 following and 3 following) as c from samples",
	"select id, sum(i4) over (order by i2 + 1 range between current row and unbounded following) as a, sum(i4) over (rows between unbounded preceding and unbounded following) as b from samples",
	"select id, sum(n::numeric(32,4)) over (order by id) as s from samples",
	"select id, sum(id) over (order by 1::integer range unbounded preceding) as s from samples",
	"select b, sum(sum(i2)) over (order by b) as s, rank() over (order by count(*) desc) as r from samples group by b",
	"select id from (select id, row_number() over (partition by b order by id desc) as n from samples) x where n = 1",
	"select distinct on (b) b, id, t from samples order by b, id desc",
	"select id, (select n from (select x.id, row_number() over (order by x.i2::integer + a.i2, x.id) as n from samples x) y where y.id = a.id) as n from samples a where id < 5",
	"select id, row_number() over (order by id) as n from samples order by n desc limit 3 offset 1",

	// What a window has no exact form for.
	"select id, avg(i4) over () from samples",
	"select id, nth_value(id, 2) over (order by id) from samples",
	"select id, count(*) over (order by t) from samples",
	"select id, sum(id) over (order by id groups current row) from samples",
	"select id, sum(id) over (order by id range 1 preceding) from samples",
	"select id, sum(id) over (order by id rows unbounded preceding exclude current row) from samples",
	"select id, sum(id) over (order by id rows between 1 preceding and 2 preceding) from samples",
	"select id, sum((select 1)) over () from samples",
	"select id, sum(n * n * n * n) over () from samples",
}

// TestTSQLQueriesWithout: without a binary collation no text is compared, chosen or combined in these forms either.
func TestTSQLQueriesWithout(t *testing.T) {
	w := plantest.Samples(t, "postgres")
	for _, sql := range []string{
		"select id from samples where t in (select t from samples)", "select id, lag(t) over (order by id) from samples", "select id, first_value(t) over (order by id) from samples",
		"select count(*) over (partition by t) from samples", "select t from samples intersect select t from samples",
		"select x.v from samples a cross join lateral (values (a.t), ('b')) x (v)",
	} {
		q, err := w.Bind(sql)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := statement(t, q.Root, tsqlSite()); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
		if !refuses(q.Root, tsqlSite(connectors.FeatureBinaryCollation)) {
			t.Errorf("%s: placement is not told", sql)
		}
	}
}
