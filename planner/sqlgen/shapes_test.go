package sqlgen_test

import (
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/plan"
)

// longName is as long as PostgreSQL's identifiers may be.
var longName = strings.Repeat("n", 63)

// shapes are statements whose operators fold into one SELECT, or must not: each engine must answer as PostgreSQL does to the
// original text.
var shapes = []string{
	// Filters, projections and groupings in every order.
	"select x from (select i4 - 1 as x, t from samples where id <> 5) s where x > 1 and t <> ''",
	"select k, c from (select b as k, count(*) as c from samples group by b) s where c > 1",
	"select count(*) from (select b, count(*) from samples group by b) s",
	"select distinct c from (select b, count(*) as c from samples group by b) s",
	"select c, count(*) from (select count(*) as c from samples group by b) s group by c having count(*) > 0",
	"select x from (select i4 as x from samples order by id limit 3) s where x > 0",
	"select count(*), sum(x) from (select i4::numeric as x from samples order by id limit 4 offset 1) s",
	"select id from (select id from samples order by id limit 5) s order by id desc limit 3",
	"select id from (select id, t from (select id, t from samples limit 100) a) b where id < 4 order by id",
	"select b, id from (select distinct b, id from samples) s order by id desc, b",
	"select i2 from samples group by i2 order by i2 desc nulls last",
	"select upper(t) as u, count(*) from samples group by upper(t) order by u",
	"select 1 as one, count(*) from samples group by 1",
	"select 'x' as k, id from samples order by k, id",
	"select id, 5 as five from samples order by five, id desc",
	"select null::text as k, count(*) from samples group by k",
	"select sum(i2) filter (where b) from samples having count(*) > 1",
	"select 1 from samples having false",
	"select true and b, not b, b or id = 2 from samples",
	"select - i4, - (- i4), -(-1), 1 - -1, - n from samples where id in (1, 4)",
	"select (i4 + 1) * 2, i4 + 1 * 2, (i2 - 1) - 1, i2 - (1 - 1), n * (n - 1) from samples where id < 5",
	"select (i4 = 1) = b, (b is null) is true, (t like 'a%') is not false from samples",
	"select case when i4 > 1 then 'a' when b then null else t end || '!' from samples",

	// Names that collide, or end like one another.
	"select a.id, b.id from samples a join samples b on a.id = b.id + 1",
	"select a.id as id, b.id as id, a.id as id_2 from samples a join samples b on a.id = b.id",
	"select name, count(*) from (select t || t as t, id + i4 as i4, t as name from samples limit 100) s group by name",
	"select x.t, x.i4 from (select a.t || b.t as t, a.i2 + b.i4 as i4 from samples a join samples b on a.id = b.id limit 100) x where x.t is not null",
	"select t_2.id, t.id from samples t_2 join (select id from samples limit 100) t on t.id = t_2.id",
	"select t.id from samples t join (select id from (select id from samples limit 100) t limit 50) t_2 on t.id = t_2.id",
	`select u.id, "U".id from samples u join (select id from samples as u limit 100) "U" on "U".id = u.id`,
	`select 1 as "select", id as "a b", t as "q""q" from samples as "from" where "from".id = 1`,
	`select a.id from samples a left join samples "x JOIN y" on a.id = "x JOIN y".id + 1`,
	"select " + longName + ".id, x.id from samples " + longName + " join (select " + longName + ".id from samples " + longName + ") x on x.id = " + longName + ".id",

	"select x." + longName + " from (select a.id as " + longName + ", b.i4 as " + longName + "_ from samples a join samples b on a.id = b.id limit 100) x (" + longName + ", y) where y > 0",

	// Joins of every kind, nested to both sides, with filters and groupings below.
	"select a.id, b.id from samples a left join samples b on a.i4 = b.id",
	"select a.id, b.id from samples a right join samples b on a.i4 = b.id",
	"select a.id, b.id from samples a full join samples b on a.i4 = b.id",
	"select a.id, b.id from samples a left join samples b on a.i4 = b.id where b.id is null",
	"select a.id, b.id from samples a left join (select id from samples where b) b on a.id = b.id",
	"select a.id, b.k from samples a left join (select id, 'in' as k from samples where b) b on a.id = b.id",
	"select a.id, b.n from samples a left join (select i2, count(*) as n from samples group by i2) b on a.i2 = b.i2",
	"select a.id, b.id, c.id from samples a left join (samples b join samples c on b.id = c.i4) on a.id = c.id",
	"select a.id, b.id, c.id from samples a left join samples b on a.id = b.i4 left join samples c on c.id = b.i2",
	"select a.id, c.id from samples a left join ((select id, count(*) as n from samples group by id) b cross join samples c) on a.id = b.id and c.id = 1",
	"select a.id, b.id from (select id from samples where id < 4) a full join (select id from samples where id > 2) b on a.id = b.id",
	"select id, a.t, b.t from samples a full join samples b using (id)",
	"select count(*) from samples a cross join samples b cross join (select 1 as one) c",
	"select a.id from samples a, samples b, samples c where a.id = b.id and b.id = c.i4",
	"select a.id, x.m from samples a join (select b, max(id) as m from samples group by b having count(*) > 1) x on x.b = a.b",
	"select c.k, sum(c.v) from (select a.b as k, b.i2 as v from samples a left join samples b on a.id = b.id) c group by c.k",

	// Text order, whatever the database's collation.
	"select t from samples order by t",
	"select min(t), max(t) from samples",
	"select t from samples where t > 'a' order by t desc nulls last limit 3",
	"select greatest(t, 'b'), least(t, 'B') from samples",
	"select t from samples where t between 'A' and 'b'",
	"select upper(t), lower(t), initcap(t) from samples",
	"select t from samples where t ilike 'ä%' or t ilike '%WORLD'",
	"select a.t, b.t from samples a join samples b on a.t < b.t",
	"select t || 'x' as k, count(*) from samples group by k order by k desc",
	"select case when t < 'a' then 'low' else 'high' end as k, min(t || '') from samples group by 1 order by 1",
}

func (l *live) shapes(t *testing.T) {
	w := plantest.Samples(t, "postgres")
	for _, sql := range shapes {
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
		for _, on := range l.engines {
			// The binder's own tree, and what the rules make of it.
			for _, root := range []plan.Node{q.Root, rewritten} {
				want.Columns = plan.Aliases(root.Columns()) // the names of a fragment, not of the answer
				if err := on.agrees(t.Context(), root, want, nil); err != nil {
					t.Errorf("%s: %s: %v", sql, on.name, err)
				}
			}
		}
	}
}
