package atoll

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/querygen"
)

// groupedQuery is a statement that makes groups by columns and aggregates of columns, with its parts.
type groupedQuery struct {
	query *querygen.Query
	keys  []*querygen.Expr
	calls []groupCall
}

// groupCall is an aggregate over a column; arg is nil for count(*).
type groupCall struct {
	fn  string
	arg *querygen.Expr
}

// groupedOf takes a statement apart, nil if it is not as simple as that.
func groupedOf(q *querygen.Query) *groupedQuery {
	if q.Set != nil || len(q.With) > 0 || q.Sets != "" || len(q.First) > 0 || q.Having != nil && strings.Contains(q.Having.Form, "select") {
		return nil
	}
	for _, s := range q.From {
		if s.Derived != nil || s.Call != nil || s.Using != "" || s.Join != "" && s.Join != "join" && s.Join != "left join" {
			return nil
		}
	}
	g := &groupedQuery{query: q}
	for _, k := range q.Group {
		if !k.Column {
			return nil
		}
		g.keys = append(g.keys, k)
	}
	for _, it := range q.Items {
		if !g.take(it.Expr) {
			return nil
		}
	}
	if q.Having != nil && !g.take(q.Having) || len(g.calls)+len(g.keys) == 0 {
		return nil
	}
	return g
}

// take notes the aggregates of an expression; false if there is anything else in it.
func (g *groupedQuery) take(e *querygen.Expr) bool {
	switch {
	case e.Column:
		return slices.ContainsFunc(g.keys, func(k *querygen.Expr) bool { return k.Form == e.Form })
	case e.Sub != nil || e.Param:
		return false
	case e.Form == "count(*)":
		g.calls = append(g.calls, groupCall{"count", nil})
		return true
	case len(e.Args) == 0:
		return true
	case len(e.Args) == 1 && e.Args[0].Column:
		fn := strings.TrimSuffix(e.Form, "(%s)")
		if e.Form == "count(distinct %s)" {
			fn = "count_distinct"
		}
		if !slices.Contains([]string{"count", "count_distinct", "sum", "avg", "min", "max", "var_pop"}, fn) {
			return false
		}
		g.calls = append(g.calls, groupCall{fn, e.Args[0]})
		return true
	case slices.Contains([]string{"coalesce(%s, 0)", "(%s + 1)", "(%s > %s)", "(%s < %s)", "(%s = %s)"}, e.Form):
		return !slices.ContainsFunc(e.Args, func(a *querygen.Expr) bool { return !g.take(a) })
	}
	return false
}

// members are the rows of one group: of each, the ids of entities by protected table, and the arguments of calls.
type groupRows struct {
	keys     []logictest.Cell
	ids      [][]logictest.Cell
	args     [][]logictest.Cell
	eligible bool
}

// counting is what the rules of one region ask of a grouped statement.
type counting struct {
	rules []*chainRule // of the protected tables
	keys  []bool       // of the statement's keys: whether groups may be made by it
	ids   []string     // columns by which their entities are told, qualified
	kinds []string
}

// countingOf returns what has to be counted; nil if that cannot be told, or nothing is.
func (c *chain) countingOf(p *chainPolicy, g *groupedQuery, region string) *counting {
	out := &counting{}
	for _, s := range g.query.From {
		rules := p.standing(s.Table, region, p.beyond(region))
		if len(rules) != 1 {
			return nil
		}
		if rules[0].form == "aggregate" {
			t := c.table(s.Table)
			out.rules, out.ids, out.kinds = append(out.rules, rules[0]), append(out.ids, s.Alias+"."+t.id), append(out.kinds, t.entity)
		}
	}
	for _, k := range g.keys {
		alias, name, _ := strings.Cut(k.Form, ".")
		i := slices.IndexFunc(g.query.From, func(s querygen.Source) bool { return s.Alias == alias })
		r := p.standing(g.query.From[i].Table, region, p.beyond(region))[0]
		out.keys = append(out.keys, r.form != "aggregate" || slices.Contains(r.groupBy, name))
	}
	if len(out.rules) == 0 {
		return nil
	}
	return out
}

// groups computes the groups of a statement on one shard, over the rows that the rules let count.
func (r *chainRun) groups(ctx context.Context, g *groupedQuery, n *counting, mark string) ([]*groupRows, error) {
	base := *g.query
	base.Items, base.Group, base.Having, base.By, base.Total, base.Limit, base.Offset, base.Distinct, base.Ties = nil, nil, nil, nil, nil, -1, 0, false, false
	for _, k := range g.keys {
		base.Items = append(base.Items, querygen.Item{Expr: k})
	}
	for _, id := range n.ids {
		base.Items = append(base.Items, querygen.Item{Expr: &querygen.Expr{Form: id}})
	}
	for _, c := range g.calls {
		if c.arg == nil {
			c.arg = &querygen.Expr{Form: "1"}
		}
		base.Items = append(base.Items, querygen.Item{Expr: c.arg})
	}
	sql, args := base.SQL()
	a, err := r.oracleIn(ctx, "c_"+mark, sql, args)
	if err != nil {
		return nil, err
	}
	var out []*groupRows
	byKey := map[string]*groupRows{}
	if len(g.keys) == 0 {
		byKey[""] = &groupRows{}
		out = append(out, byKey[""])
	}
	for _, row := range a.Rows {
		key := ""
		if len(g.keys) > 0 {
			key = fmt.Sprint(row[:len(g.keys)])
		}
		if byKey[key] == nil {
			byKey[key] = &groupRows{keys: row[:len(g.keys)]}
			out = append(out, byKey[key])
		}
		x := byKey[key]
		x.ids = append(x.ids, row[len(g.keys):len(g.keys)+len(n.ids)])
		x.args = append(x.args, row[len(g.keys)+len(n.ids):])
	}
	for _, x := range out {
		x.eligible = n.passes(g, x)
	}
	return n.merged(g, out), nil
}

// merged puts the groups that do not pass together, where a rule wants that.
func (n *counting) merged(g *groupedQuery, list []*groupRows) []*groupRows {
	remainder := slices.ContainsFunc(n.rules, func(r *chainRule) bool { return r.onSmall == "remainder" }) &&
		!slices.ContainsFunc(n.rules, func(r *chainRule) bool { return r.onSmall == "error" })
	if !remainder || len(g.keys) == 0 {
		return list
	}
	rest := &groupRows{}
	for range g.keys {
		rest.keys = append(rest.keys, logictest.Cell{Null: true})
	}
	var out []*groupRows
	for _, x := range list {
		if x.eligible && fmt.Sprint(x.keys) != fmt.Sprint(rest.keys) {
			out = append(out, x)
			continue
		}
		rest.ids, rest.args = append(rest.ids, x.ids...), append(rest.args, x.args...)
	}
	if len(rest.ids) > 0 {
		rest.eligible = n.passes(g, rest)
		out = append(out, rest)
	}
	return out
}

// passes reports that a group may leave.
func (n *counting) passes(g *groupedQuery, x *groupRows) bool {
	for i, r := range n.rules {
		least := r.min
		for j, other := range n.rules {
			if n.kinds[i] == n.kinds[j] {
				least = max(least, other.min)
			}
		}
		known := map[string]bool{}
		for _, ids := range x.ids {
			if !ids[i].Null {
				known[ids[i].Text] = true
			}
		}
		if len(known) < least {
			return false
		}
		for j, call := range g.calls {
			if r.largest > 0 && call.fn != "count" && call.fn != "count_distinct" && x.dominated(i, j, r) {
				return false
			}
		}
	}
	return true
}

// dominated reports that the largest contributors have more than a rule's percentage of a sum.
func (x *groupRows) dominated(entity, arg int, r *chainRule) bool {
	total, unknown := new(big.Rat), new(big.Rat)
	by := map[string]*big.Rat{}
	for n := range x.args {
		v, ok := new(big.Rat).SetString(x.args[n][arg].Text)
		if x.args[n][arg].Null || !ok {
			continue
		}
		v.Abs(v)
		total.Add(total, v)
		id := x.ids[n][entity]
		switch {
		case id.Null:
			unknown.Add(unknown, v)
		case by[id.Text] == nil:
			by[id.Text] = v
		default:
			by[id.Text].Add(by[id.Text], v)
		}
	}
	var list []*big.Rat
	for _, v := range by {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b *big.Rat) int { return b.Cmp(a) })
	for i := range min(r.largest, len(list)) {
		unknown.Add(unknown, list[i])
	}
	return unknown.Mul(unknown, big.NewRat(100, 1)).Cmp(total.Mul(total, big.NewRat(int64(r.most), 1))) > 0
}

// shows are the texts that may stand in the row of a group: its keys, and what the rules' functions make of it.
func (n *counting) shows(g *groupedQuery, x *groupRows) map[string]bool {
	out := map[string]bool{}
	for i, k := range x.keys {
		if n.keys[i] {
			out[k.Text] = true
		}
	}
	for j, call := range g.calls {
		for fn, v := range x.values(j, call) {
			if slices.ContainsFunc(n.rules, func(r *chainRule) bool { return !slices.Contains(r.functions, fn) }) {
				continue
			}
			out[v] = true
			if f, ok := new(big.Rat).SetString(v); ok { // the statement's own (x + 1)
				out[ratText(f.Add(f, big.NewRat(1, 1)))] = true
			}
		}
		out["0"] = true // its own coalesce(x, 0)
	}
	return out
}

func ratText(r *big.Rat) string {
	text := strings.TrimRight(r.FloatString(40), "0")
	return strings.TrimSuffix(text, ".")
}

// values are the results of a call over a group, and of those from which it can be computed, by function.
func (x *groupRows) values(j int, call groupCall) map[string]string {
	count, distinct, sum, squares := 0, map[string]bool{}, new(big.Rat), new(big.Rat)
	low, high := "", ""
	for _, row := range x.args {
		if row[j].Null {
			continue
		}
		v := row[j].Text
		f, number := new(big.Rat).SetString(v)
		if number {
			sum.Add(sum, f)
			squares.Add(squares, new(big.Rat).Mul(f, f))
		}
		less := func(a, b string) bool {
			x, ok := new(big.Rat).SetString(a)
			y, too := new(big.Rat).SetString(b)
			if ok && too {
				return x.Cmp(y) < 0
			}
			return a < b
		}
		if count == 0 || less(v, low) {
			low = v
		}
		if count == 0 || less(high, v) {
			high = v
		}
		count++
		distinct[v] = true
	}
	out := map[string]string{"count": fmt.Sprint(count)}
	if count == 0 && call.fn != "count" && call.fn != "count_distinct" {
		return out
	}
	switch call.fn {
	case "count_distinct":
		out = map[string]string{"count_distinct": fmt.Sprint(len(distinct))}
	case "min":
		out = map[string]string{"min": low}
	case "max":
		out = map[string]string{"max": high}
	case "sum":
		out = map[string]string{"sum": ratText(sum)}
	case "avg", "var_pop":
		out["sum"] = ratText(sum)
		if call.fn == "var_pop" {
			out["var_pop"] = ratText(squares)
		}
	}
	return out
}

// aggregates judges the rows that shards gave for a grouped statement: each must be that of a group that may leave.
func (r *chainRun) aggregates(ctx context.Context, p *chainPolicy, g *groupedQuery, seen []*sighting) *violation {
	for _, s := range isles {
		n := r.chain.countingOf(p, g, s.region)
		if n == nil || len(p.beyond(s.region)) == 0 {
			continue
		}
		for _, x := range seen {
			if x.shard != s.shard || mentions(x.sql, n.rules[0].table) == 0 {
				continue
			}
			r.counts["groups"] += len(x.rows)
			v := r.fits(ctx, g, n, s.mark, x.rows)
			if v != nil {
				v.text += fmt.Sprintf(" on shard %s: %s", s.shard, x.sql)
				return v
			}
		}
	}
	return nil
}

// fits looks for the groups whose rows they are.
func (r *chainRun) fits(ctx context.Context, g *groupedQuery, n *counting, mark string, rows [][]logictest.Cell) *violation {
	groups, err := r.groups(ctx, g, n, mark)
	if err != nil {
		return nil // the statement fails on rows that the shard did not look at
	}
	for _, row := range rows {
		if v := n.fits(g, groups, row); v != nil {
			return v
		}
	}
	return nil
}

// fits looks for the group whose row one is.
func (n *counting) fits(g *groupedQuery, groups []*groupRows, row []logictest.Cell) *violation {
	for _, eligible := range []bool{true, false} {
		for _, x := range groups {
			if x.eligible != eligible {
				continue
			}
			may := n.shows(g, x)
			if slices.ContainsFunc(row, func(c logictest.Cell) bool { return !c.Null && !may[c.Text] }) {
				continue
			}
			if eligible || len(g.keys) == 0 && !slices.ContainsFunc(row, func(c logictest.Cell) bool { return !c.Null }) {
				return nil
			}
			return violated("group", "row %v is of a group that may not leave: %v of %d rows", row, x.keys, len(x.ids))
		}
	}
	if !slices.ContainsFunc(row, func(c logictest.Cell) bool { return !c.Null }) && len(g.keys) == 0 {
		return nil
	}
	return violated("aggregate", "row %v is not what the rules' functions make of a group", row)
}

// without are conditions by which the rows of groups that may not leave are left out.
func (g *groupedQuery) without(groups []*groupRows) (string, error) {
	out := ""
	for _, x := range groups {
		if x.eligible {
			continue
		}
		if len(x.keys) == 0 {
			return "", errors.New("the only group may not leave")
		}
		var same []string
		for i, k := range g.keys {
			_, name, _ := strings.Cut(k.Form, ".")
			if x.keys[i].Null {
				same = append(same, name+" IS NULL")
			} else {
				same = append(same, name+" IS NOT DISTINCT FROM '"+x.keys[i].Text+"'")
			}
		}
		out += " AND NOT (" + strings.Join(same, " AND ") + ")"
	}
	return out, nil
}
