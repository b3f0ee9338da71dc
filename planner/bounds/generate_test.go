package bounds_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// dense makes statements over the dense world. Every column is an integer.
type dense struct {
	*rand.Rand
	names int
}

func (d *dense) one(n int) bool              { return d.IntN(n) == 0 }
func (d *dense) pick(list ...string) string  { return pickOne(d.Rand, list...) }
func (d *dense) name() string                { d.names++; return fmt.Sprint("t", d.names) }
func (d *dense) of(cols []string) string     { return d.pick(cols...) }
func (d *dense) number() string              { return d.pick("0", "1", "2", "-1", "null::int") }
func (d *dense) compare() string             { return d.pick("=", "=", "<>", "<", "<=", ">", ">=") }
func (d *dense) both(a, b []string) []string { return append(a[:len(a):len(a)], b...) }

// query makes a query of n columns, any number if n is 0, within which the columns of outer may be named.
func (d *dense) query(depth, n int, outer []string) string {
	if n == 0 {
		n = 1 + d.IntN(3)
	}
	switch {
	case depth > 0 && d.one(5):
		op := d.pick("union all", "union", "except", "except", "except all", "intersect", "intersect all")
		return "(" + d.query(depth-1, n, outer) + ") " + op + " (" + d.query(depth-1, n, outer) + ")"
	case depth > 1 && outer == nil && d.one(12):
		return d.recursion(n)
	}
	cols, from := d.from(depth, outer)
	sql := ""
	switch d.IntN(8) {
	case 0, 1, 7:
		sql = d.grouped(depth, n, cols, outer, from)
	case 2:
		sql = "select " + d.aggregates(n, cols) + from + d.where(depth, cols, outer)
		if d.one(2) {
			sql += " having " + d.aggregate(cols) + d.compare() + d.number()
		}
		return sql
	case 3:
		sql = d.ranked(depth, n, cols, outer, from)
	case 4:
		sql = "select /*choose*/distinct on (" + cols[0] + ")/*chosen*/ " + d.items(depth, n, cols, outer) + from + d.where(depth, cols, outer)
		if !d.one(4) {
			sql = "select distinct " + d.items(0, n, cols, outer) + from + d.where(depth, cols, outer)
		}
	default:
		sql = "select " + d.items(depth, n, cols, outer) + from + d.where(depth, cols, outer)
	}
	if d.one(12) {
		sql += " order by 1 /*choose*/" + d.pick("limit 1", "limit 2", "offset 1", "limit 1 offset 1") + "/*chosen*/"
	}
	return sql
}

// recursion walks from value to value, for a few rounds or, without repetition, to the end.
func (d *dense) recursion(n int) string {
	sql := "with recursive w(v, d) as (select x, 0 from " + d.pick("a", "r", "n") + " union all select t.y, w.d + 1 from w join " + d.pick("a", "b", "r") +
		" t on t.x = w.v where w.d < 2"
	if d.one(2) {
		sql = "with recursive w(v, d) as (select x, 0 from " + d.pick("a", "r", "n") + " union select t.y, " + d.pick("0", "t.x", "(count(*) over ())::int % 2") +
			" from w join " + d.pick("a", "b", "r") + " t on t.x = w.v where true"
	}
	if d.one(2) {
		sql += " and " + d.predicate(1, []string{"w.v", "t.y"}, nil)
	}
	return sql + ") select " + d.pick(d.items(0, n, []string{"v", "d"}, nil), d.aggregates(n, []string{"v", "d"})) + " from w"
}

// from makes a FROM, and lists its columns.
func (d *dense) from(depth int, outer []string) (cols []string, sql string) {
	cols, sql = d.relation(depth, outer, "")
	sql = " from " + sql
	for range pickOne(d.Rand, 0, 0, 0, 1, 1, 2) {
		join := d.pick("join", "join", "join", "left join", "left join", "left join", "right join", "cross join")
		if d.one(12) {
			join = "full join"
		}
		lateral := ""
		if depth > 0 && d.one(6) && (join == "join" || join == "left join") {
			lateral = "lateral "
		}
		inside := outer
		if lateral != "" {
			inside = d.both(outer, cols)
		}
		more, text := d.relation(depth, inside, lateral)
		sql += " " + join + " " + text
		if join != "cross join" {
			sql += " on " + d.on(join, cols, more, outer, lateral)
		}
		cols = d.both(cols, more)
	}
	return cols, sql
}

func (d *dense) on(join string, left, right, outer []string, lateral string) string {
	if lateral != "" {
		return "true"
	}
	on := left[0] + " = " + right[0]
	if d.one(2) {
		on = d.of(left) + " = " + d.of(right)
	}
	if join != "full join" && d.one(4) {
		on += " and " + d.predicate(1, d.both(left, right), outer)
	}
	return on
}

func (d *dense) relation(depth int, outer []string, lateral string) (cols []string, sql string) {
	t := d.name()
	if lateral != "" || depth > 0 && d.one(4) {
		inside := []string(nil)
		if lateral != "" {
			inside = outer
		}
		return []string{t + ".c1", t + ".c2"}, lateral + "(" + d.query(depth-1, 2, inside) + ") " + t + "(c1, c2)"
	}
	return []string{t + ".k", t + ".x", t + ".y"}, d.pick("a", "a", "b", "b", "n", "r") + " " + t
}

func (d *dense) where(depth int, cols, outer []string) string {
	sql := ""
	for i := range pickOne(d.Rand, 0, 0, 1, 1, 2) {
		sql += [...]string{" where ", " and "}[i] + d.predicate(depth, cols, outer)
	}
	return sql
}

func (d *dense) items(depth, n int, cols, outer []string) string {
	out := make([]string, n)
	for i := range out {
		if out[i] = d.of(cols); d.one(3) {
			out[i] = d.expr(depth, cols, outer)
		}
	}
	return strings.Join(out, ", ")
}

func (d *dense) expr(depth int, cols, outer []string) string {
	all := d.both(cols, outer)
	c := d.of(all)
	if depth > 0 && d.one(4) {
		sub, from := d.from(depth-1, all)
		agg := d.aggregate(sub)
		if d.one(4) {
			agg = d.of(sub)
		}
		return "(select " + agg + from + d.where(depth-1, sub, all) + ")::int"
	}
	if depth > 0 && d.one(6) {
		return "(" + d.predicate(depth, cols, outer) + ")::int"
	}
	switch d.IntN(9) {
	case 0:
		return c + d.pick(" + ", " - ", " * ", " / ") + d.pick("1", "2", "-2", d.of(all))
	case 1:
		return "-" + c
	case 2:
		return "coalesce(" + c + ", " + d.pick(d.number(), d.of(all)) + ")"
	case 3:
		return d.pick("greatest", "least") + "(" + c + ", " + d.pick(d.number(), d.of(all)) + ")"
	case 4:
		return "abs(" + c + ")"
	case 5:
		return "case when " + d.predicate(0, cols, outer) + " then " + c + " else " + d.of(all) + " end"
	case 6:
		return "nullif(" + c + ", " + d.number() + ")"
	}
	return c
}

func (d *dense) aggregate(cols []string) string {
	c := d.of(cols)
	if d.one(3) {
		c = d.expr(0, cols, nil)
	}
	agg := d.pick("count(*)", "count(*)", "count(*)", "count("+c+")", "max("+c+")", "min("+c+")", "sum(abs("+c+"))", "count("+c+")", "count(distinct "+c+")", "max("+c+")", "min("+c+")", "sum("+c+")", "sum(distinct "+c+")", "sum(abs("+c+"))",
		"avg("+c+")", "bit_or("+c+")", "bit_and("+c+")", "bool_or("+c+" > 0)", "bool_and("+c+" > 0)")
	if d.one(4) {
		agg += " filter (where " + d.predicate(0, cols, nil) + ")"
	}
	return "(" + agg + ")::int"
}

func (d *dense) aggregates(n int, cols []string) string {
	out := make([]string, n)
	for i := range out {
		if out[i] = d.aggregate(cols); d.one(4) {
			out[i] = d.pick("coalesce("+out[i]+", "+d.number()+")", "-"+out[i], out[i]+" + "+d.aggregate(cols), out[i]+" * "+d.pick("2", "-1"),
				"greatest("+out[i]+", "+d.aggregate(cols)+")", "least("+out[i]+", "+d.aggregate(cols)+")")
		}
	}
	return strings.Join(out, ", ")
}

func (d *dense) grouped(depth, n int, cols, outer []string, from string) string {
	by := []string{d.of(cols)}
	if d.one(3) {
		by = []string{cols[0]}
	}
	if d.one(3) {
		by = append(by, d.of(cols))
	}
	items := append([]string(nil), by[:min(n, len(by))]...)
	for len(items) < n {
		items = append(items, d.aggregates(1, cols))
	}
	group := strings.Join(by, ", ")
	if d.one(5) {
		group = d.pick("rollup", "cube") + "(" + group + ")"
	}
	sql := "select " + strings.Join(items, ", ") + from + d.where(depth, cols, outer) + " group by " + group
	if d.one(2) {
		sql += " having " + d.aggregate(cols) + d.compare() + d.number()
	}
	return sql
}

// ranked is a query with a window function, by which rows are chosen some of the time.
func (d *dense) ranked(depth, n int, cols, outer []string, from string) string {
	over := " over ("
	if d.one(2) {
		over += "partition by " + d.pick(cols[0], d.of(cols))
	}
	if d.one(2) {
		over += " order by " + d.of(cols) + d.pick("", "", " rows between unbounded preceding and current row", " range between unbounded preceding and current row exclude current row",
			" rows between 1 preceding and current row", " rows between unbounded preceding and unbounded following", " groups between unbounded preceding and current row")
	}
	c := d.of(cols)
	fn := d.pick("count(*)", "count("+c+")", "sum("+c+")", "max("+c+")", "min("+c+")", "sum(abs("+c+"))", "count("+c+") filter (where "+d.of(cols)+" > 0)")
	if strings.Contains(over, "order by") && !strings.Contains(over, "between") && d.one(2) {
		fn = d.pick("rank()", "dense_rank()", "row_number()", "lag("+c+")", "first_value("+c+")")
	}
	items := d.items(0, n, cols, outer)
	where := d.where(depth, cols, outer)
	t := d.name()
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s.c%d", t, i+1)
	}
	if d.one(2) {
		out[0] = t + ".w"
	}
	names := ""
	for i := range n {
		names += fmt.Sprintf("c%d, ", i+1)
	}
	sql := "select " + strings.Join(out, ", ") + " from (select " + items + ", (" + fn + over + "))::int" + from + where + ") " + t + "(" + names + "w)"
	switch d.IntN(4) {
	case 0:
		if strings.Contains(fn, "rank") || fn == "row_number()" {
			return sql + "/*choose*/ where " + t + ".w <= 2/*chosen*/"
		}
		return sql + " where " + t + ".w " + d.compare() + " " + d.number()
	case 1:
		return sql + " where " + t + ".w > 1"
	}
	return sql
}

func (d *dense) predicate(depth int, cols, outer []string) string {
	all := d.both(cols, outer)
	c := d.of(all)
	if depth <= 0 || d.one(2) {
		switch d.IntN(8) {
		case 0:
			return c + " is null"
		case 1:
			return c + " is not null"
		case 2:
			return "(" + c + " " + d.compare() + " " + d.number() + ") is " + d.pick("true", "not true", "false", "not false")
		case 3:
			return c + d.pick(" in ", " not in ") + "(0, " + d.number() + ")"
		case 4:
			return "(" + c + d.compare() + d.of(all) + d.pick(" and ", " or ") + d.of(all) + d.compare() + d.number() + ")"
		case 5:
			return "not (" + c + d.compare() + d.of(all) + ")"
		}
		return c + " " + d.compare() + " " + d.pick(d.number(), d.of(all))
	}
	depth--
	switch d.IntN(6) {
	case 0, 1:
		return d.pick("exists ", "not exists ") + "(" + d.correlated(depth, all) + ")"
	case 2:
		return c + d.pick(" in ", " not in ") + "(" + d.query(depth, 1, all) + ")"
	case 3:
		return c + " " + d.compare() + d.pick(" any ", " all ") + "(" + d.query(depth, 1, all) + ")"
	case 4:
		return "(" + c + ", " + d.of(all) + ")" + d.pick(" in ", " not in ") + "(" + d.query(depth, 2, all) + ")"
	}
	return d.expr(depth+1, cols, outer) + " " + d.compare() + " " + d.expr(depth+1, cols, outer)
}

// correlated reads a table whose rows lie with those around it, some of the time.
func (d *dense) correlated(depth int, around []string) string {
	cols, from := d.from(depth, around)
	sql := "select 1" + from + " where " + cols[0] + " = " + d.pick(around[0], d.of(around))
	if d.one(2) {
		sql += " and " + d.predicate(depth, cols, around)
	}
	return sql
}
