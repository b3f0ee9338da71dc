package bounds_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/bounds"
)

// meanings are queries over the housing world, of which us-1 is missing, and what is said of their answers: the rows, and each
// column; or what they are refused for. Currencies are on every shard, the archive is on us-1 alone; units, members and
// payments lie where their cooperative does.
var meanings = []struct{ sql, want string }{
	{"select code, name from currencies", "all: exact exact"},
	{"select id, rent + 1 from units where rent > 3", "subset: exact exact"},
	{"select id from archive", "subset: exact"},
	{"select 1", "all: exact"},
	{"select id from units order by rent", "subset: exact"},

	// Aggregates of all rows: one row, whose values are bounds.
	{"select count(*), count(rent), count(distinct rooms) from units", "all: at_least at_least at_least"},
	{"select max(rent), min(rent), avg(rent), stddev(rent) from units", "all: at_least at_most of_answered of_answered"},
	{"select sum(rent) from units", "all: of_answered"},
	{"select sum(rent) from units where rent >= 0", "all: at_least"},
	{"select sum(rent) from units where 0 > rent", "all: at_most"},
	{"select sum(rent) filter (where rent > 10), sum(rent) filter (where id > 10) from units", "all: at_least of_answered"},
	{"select sum(rooms) from units where rooms between 1 and 5", "all: at_least"},
	{"select sum(abs(rent)), sum(1), sum(length(label)), sum(-1) from units", "all: at_least at_least at_least at_most"},
	{"select sum(area) from units where area > 0", "all: of_answered"}, // the order of its additions shows
	{"select sum(distinct rent) from units where rent > 0", "all: at_least"},
	{"select bool_or(active), bool_and(active) from members", "all: at_least at_most"},
	{"select bit_or(rooms), bit_and(rooms) from units", "all: of_answered of_answered"},
	{"select bit_or(rooms), bit_and(rooms) from units where rooms > 0", "all: at_least at_most"},
	{"select string_agg(label, ','), percentile_disc(0.5) within group (order by rent) from units", "all: of_answered of_answered"},
	{"select approx_count_distinct(id) from units", "all: of_answered"},
	{"select cooperative_id, approx_count_distinct(id), approx_percentile(rent, 0.5) from units group by 1", "groups: exact of_answered of_answered"},
	{"select cooperative_id from units group by 1 having approx_count_distinct(id) > 3", "HAVING: approx_count_distinct may be another"},
	{"select approx_count_distinct(code) from currencies", "all: exact"},
	{"select count(*) from currencies", "all: exact"},
	{"select count(*) from units where false", "all: at_least"},

	// What is made of bounds.
	{"select count(*) + 1, count(*) * 2, -count(*), 10 - count(*), count(*) / 2, count(*)::numeric from units", "all: at_least at_least at_most at_most at_least at_least"},
	{"select count(*) * -2, 100.0 / count(*), count(*) % 3 from units", "all: at_most of_answered of_answered"},
	{"select coalesce(max(rent), 0), coalesce(sum(abs(rent)), 0), greatest(max(rent), 7), least(max(rent), 7) from units", "all: of_answered at_least at_least of_answered"},
	{"select count(*) > 10, count(*) < 10, count(*) = 10, case when count(*) > 3 then 'many' else 'few' end from units", "all: at_least at_most of_answered of_answered"},
	{"select max(name), upper(max(name)), max(born), max(born) + 1 from members", "all: at_least of_answered at_least of_answered"},

	// Groups.
	{"select rooms, count(*) from units group by rooms", "groups: exact at_least"},
	{"select rooms, count(*) from units group by rollup (rooms)", "groups: exact at_least"},
	{"select distinct rooms from units", "subset: exact"},
	{"select rooms from units union select minor_units from currencies", "subset: exact"},
	{"select rooms, max(rent) from units group by 1 having count(*) > 3", "groups: exact at_least"},
	{"select rooms, max(rent) from units group by 1 having count(*) < 3", "HAVING: count may be another"},
	{"select rooms from units group by 1 having avg(rent) > 3", "HAVING: sum may be another"},
	{"select n, count(*) from (select rooms, count(*) n from units group by 1) x group by n", "GROUP BY: n may be another"},
	{"select took, count(*) from events group by 1", "groups: exact at_least"},
	{"select took::text from events group by took", "groups: of_answered"}, // 1 mon is 30 days
	{"select took from events group by took having took > interval '1 day'", "subset: exact"},
	{"select reading * 0 from sensors group by reading", "groups: of_answered"}, // -0 is 0
	{"select rent * 0 from units group by rent", "subset: exact"},
	{"select count(n), count(nullif(n, 1)) from (select rooms, count(*) n from units group by 1) x", "all: at_least of_answered"},
	{"select count(distinct n), count(*) filter (where n < 3), count(*) filter (where n > 3) from (select rooms, count(*) n from units group by 1) x", "all: of_answered of_answered at_least"},
	{"select distinct count(*) from units group by rooms", "DISTINCT, or UNION without ALL,: count may be another"},
	{"select sum(n) from (select rooms, count(*) n from units group by 1) x", "all: at_least"},

	// Groups that lie on one shard are there wholly or not at all.
	{"select cooperative_id, sum(rent), avg(rent), count(*) from units group by 1", "subset: exact exact exact exact"},
	{"select cooperative_id, rooms from units group by 1, 2 having avg(rent) < 3", "subset: exact exact"},
	{"select atoll_shard, avg(rent) from units group by 1", "subset: exact exact"},
	{"select atoll_region, avg(rent) from units group by 1", "groups: exact of_answered"},
	{"select id, rank() over (partition by cooperative_id order by rent) from units", "subset: exact exact"},
	{"select cooperative_id, sum(rent) from units group by rollup (cooperative_id)", "groups: exact of_answered"},
	{"select cooperative_id, avg(rent) from units where id in (select member_id from payments) group by 1", "groups: exact of_answered"},
	{"select u.cooperative_id, sum(p.amount) from units u join payments p using (cooperative_id) group by 1", "subset: exact exact"},
	{"select u.cooperative_id, sum(p.amount) from units u join payments p on u.id = p.member_id group by 1", "groups: exact of_answered"},
	{"select country, count(*) from sensors group by 1", "groups: exact at_least"}, // those without a country may lie anywhere
	{"select country, avg(reading) from sensors where country > 'A' group by 1", "subset: exact exact"},

	// Negation.
	{"select id from units u where not exists (select from payments p where p.member_id = u.id)", "NOT EXISTS over payments"},
	{"select id from units u where exists (select from payments p where p.member_id = u.id limit 1)", "subset: exact"},
	{"select id from units where id not in (select member_id from payments)", "NOT IN over payments"},
	{"select id from units where id in (select member_id from payments)", "subset: exact"},
	{"select id from units where (id, rooms) in (select member_id, method from payments)", "subset: exact"},
	{"select id from units where (id, rooms) not in (select member_id, method from payments)", "WHERE over payments"},
	{"select id from units where id > all (select member_id from payments)", "> ALL over payments"},
	{"select id from units where id > any (select member_id from payments)", "subset: exact"},
	{"select id from units where not id > any (select member_id from payments)", "NOT … > ANY over payments"},
	{"select code from currencies where code not in (select currency from payments)", "NOT IN over payments"},
	{"select code from currencies where code not in (select name from currencies)", "all: exact"},
	{"select id from units except select member_id from payments", "EXCEPT over payments"},
	{"select minor_units from currencies except all select rooms from units", "EXCEPT ALL over units"},
	{"select rooms from units except select minor_units from currencies", "subset: exact"},
	{"select count(*) from units intersect select 3", "INTERSECT over units"},
	{"select id from units intersect select member_id from payments", "subset: exact"},
	// What lies with the row is there if it is.
	{"select id from units u where not exists (select from payments p where p.member_id = u.id and p.cooperative_id = u.cooperative_id)", "subset: exact"},
	{"select id from units where cooperative_id not in (select cooperative_id from payments)", "subset: exact"},
	{"select cooperative_id from units except select cooperative_id from payments", "subset: exact"},
	{"select u.id, (select avg(amount) from payments p where p.cooperative_id = u.cooperative_id) from units u", "subset: exact exact"},
	{"select u.id, p.id from units u left join payments p on p.cooperative_id = u.cooperative_id where p.id is null", "subset: exact exact"},
	{"select e.id from events e where not exists (select from units u where u.cooperative_id = e.id)", "NOT EXISTS over units"},

	// Scalar subqueries.
	{"select id from payments where amount < (select max(amount) from payments)", "subset: exact"},
	{"select id from payments where amount > (select max(amount) from payments)", "the comparison with a subquery over payments"},
	{"select id from payments where amount > (select avg(amount) from payments)", "the comparison with a subquery over payments"},
	{"select code, (select max(paid_on) from payments p where p.currency = code) from currencies", "all: exact at_least"},
	{"select code, (select label from units where id = 7) from currencies", "all: exact exact_or_null"},
	{"select code, exists (select from units where label = code), not exists (select from units where label = code) from currencies", "all: exact at_least at_most"},
	{"select code, code in (select currency from payments) from currencies", "all: exact of_answered"}, // false may be NULL

	// Outer joins.
	{"select c.code, p.id from currencies c left join payments p on p.currency = c.code", "groups: exact exact_or_null"},
	{"select p.id, c.name from payments p left join currencies c on p.currency = c.code", "subset: exact exact"},
	{"select c.code, p.id from payments p right join currencies c on p.currency = c.code", "groups: exact exact_or_null"},
	{"select c.code, count(p.id), count(*), coalesce(sum(abs(p.amount)), 0) from currencies c left join payments p on p.currency = c.code group by 1", "groups: exact at_least at_least at_least"},
	{"select c.code from currencies c left join payments p on p.currency = c.code where p.id is null", "IS NULL: id may be another"},
	{"select c.code from currencies c left join payments p on p.currency = c.code where p.id is not null", "subset: exact"},
	{"select p.method, count(*) from currencies c left join payments p on p.currency = c.code group by 1", "GROUP BY: method may be another"},
	{"select u.id, p.id from units u full join payments p on u.id = p.member_id", "FULL JOIN over units"},
	{"select c.code, p.id from currencies c full join payments p on p.currency = c.code", "groups: exact exact_or_null"},
	{"select u.id, m.id from units u full join members m on u.cooperative_id = m.cooperative_id", "subset: exact exact"},

	// Choices among rows.
	{"select id from units order by rent limit 3", "of_answered: exact"},
	{"select rooms, count(*) from units group by 1 order by 2 desc limit 3", "of_answered: exact at_least"},
	{"select count(*) from units limit 5", "all: at_least"},
	{"select code from currencies order by code limit 3", "all: exact"},
	{"select count(*) from (select id from units limit 10) x", "all: of_answered"},
	{"select distinct on (rooms) rooms, id from units order by rooms, rent", "of_answered: exact exact"},
	{"select id from units order by rent fetch first 3 rows with ties", "of_answered: exact"},
	{"select id, r from (select id, rank() over (order by rent) r from units) x where r <= 3", "of_answered: exact at_least"},
	{"select id, n from (select id, row_number() over (order by rent) n from units) x", "groups: exact of_answered"},
	{"select id, n from (select id, count(*) over (partition by rooms) n from units) x where n < 3", "WHERE: n may be another"},
	{"select id, sum(rooms) over (order by id), lag(id) over (order by id), count(*) over (order by id), max(id) over () from units", "groups: exact of_answered of_answered at_least at_least"},
	{"select count(*) over (order by id rows unbounded preceding) from units", "groups: of_answered"}, // equals come in any order
	{"select count(*) over (order by id range between unbounded preceding and current row exclude ties) from units", "groups: of_answered"},
	{"select count(*) over (order by id rows between 1 preceding and current row) from units", "groups: of_answered"},
	{"select id from units where id in (select member_id from payments order by amount limit 3)", "of_answered: exact"},
	{"select id from units where id not in (select member_id from payments order by amount limit 3)", "NOT IN over payments"},

	// Recursion.
	{"with recursive r(n) as (select 1::bigint union select u.id from r join units u on u.rooms = r.n) select n from r", "subset: exact"},
	{"with recursive r(n) as (select 1 union all select n + 1 from r where n < (select count(*) from units)) select n from r", "subset: exact"},
	{"with recursive r(n) as (select 1 union all select n + 1 from r where n > (select count(*) from units)) select n from r", "the comparison with a subquery over units"},
	{"with recursive r(n, k) as (select 1::bigint, 0::bigint union select u.id, count(*) over () from r join units u on u.rooms = r.n) select n from r", "WITH RECURSIVE … UNION over units"},

	{"with recursive r(n) as (select 1::bigint union select id from (select u.id, count(*) over () n from r join units u on u.rooms = r.n) x where n > 1) select n from r", "WITH RECURSIVE … UNION over units"},

	{"select n from generate_series(1, (select count(*) from units)) n", "generate_series over units"},
}

func TestMeanings(t *testing.T) {
	w := plantest.Housing(t, plantest.Setup{})
	for _, tt := range meanings {
		if got := said(w, tt.sql); got != tt.want && !(strings.Contains(tt.want, ":") && strings.HasPrefix(got, tt.want+" ")) {
			t.Errorf("%s\nsays %s\nwant %s", tt.sql, got, tt.want)
		}
	}
}

// said is what is said of a query without us-1.
func said(w *plantest.World, sql string) string {
	q, err := w.Bind(sql)
	if err != nil {
		return "not bound"
	}
	m, err := bounds.Of(q.Root, q.Output, missing(w, []string{"us-1"}, true))
	var unsound *bounds.Unsound
	switch {
	case errors.As(err, &unsound):
		if unsound.Table != "" {
			return unsound.Construct + " over " + unsound.Table
		}
		return unsound.Construct + ": " + unsound.Reason
	case err != nil:
		return err.Error()
	}
	out := string(m.Rows) + ":"
	for _, c := range m.Columns {
		out += " " + string(c.Kind)
	}
	return out
}
