package bind

import (
	"slices"
	"strconv"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// bindDistinctOn binds the expressions of DISTINCT ON as those of ORDER BY are.
func (s *selector) bindDistinctOn(v *env) ([]sortKey, error) {
	var keys []sortKey
	for _, e := range s.sel.DistinctOn {
		k := sortKey{at: e, target: -1}
		x, err := s.orderExpr(e, v, &k)
		if err != nil {
			return nil, err
		}
		if err := sortable(e, x.Type().Kind); err != nil {
			return nil, err
		}
		if err := groupable(e, "DISTINCT ON", x.Type()); err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// firstOfEach keeps the first row, by sorted, of the rows that agree in on.
func (s *selector) firstOfEach(node plan.Node, on, sorted []plan.SortKey, keys []sortKey) (plan.Node, error) {
	left := map[int]bool{}
	for _, k := range on {
		left[k.Col.ID] = true
	}
	all := len(left)
	seen := map[int]bool{}
	for i, k := range sorted {
		if len(seen) == all {
			break
		}
		if !left[k.Col.ID] {
			return nil, errorAt(keys[i].at, "42P10", "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
		}
		seen[k.Col.ID] = true
	}
	number := plan.WindowFn{Col: s.newColumn("row_number", plan.T(plan.Int8)), Agg: plan.Agg{Fn: "row_number", T: plan.T(plan.Int8)}, Order: windowKeys(sorted)}
	for _, k := range on {
		number.Partition = append(number.Partition, col(k.Col))
	}
	return &plan.Filter{Input: &plan.Window{Input: node, Fns: []plan.WindowFn{number}},
		Conds: []plan.Expr{compareCount("=", number.Col, 1)}}, nil
}

func windowKeys(sorted []plan.SortKey) []plan.WindowKey {
	var out []plan.WindowKey
	for _, k := range sorted {
		out = append(out, plan.WindowKey{Expr: arrayKey(col(k.Col)), Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	return out
}

func compareCount(op string, c plan.Column, n int64) plan.Expr {
	return &plan.Call{Fn: op, T: plan.T(plan.Bool), Args: []plan.Expr{col(c), &plan.Const{Text: strconv.FormatInt(n, 10), T: plan.T(plan.Int8)}}}
}

// limited applies LIMIT and OFFSET, or FETCH FIRST … WITH TIES.
func (s *selector) limited(node plan.Node, sorted []plan.SortKey) (plan.Node, error) {
	if !s.sel.WithTies {
		return s.limit(node)
	}
	if len(sorted) == 0 {
		return nil, errorAt(s.sel, "42601", "WITH TIES cannot be specified without ORDER BY clause")
	}
	count, err := s.rowCount(s.sel.Limit, "FETCH FIRST", "2201W", -1)
	if err != nil {
		return nil, err
	}
	if count < 0 {
		return nil, errorAt(s.sel.Limit, "2201W", "row count cannot be null in FETCH FIRST … WITH TIES clause")
	}
	offset, err := s.rowCount(s.sel.Offset, "OFFSET", "2201X", 0)
	if err != nil || count == 0 {
		return &plan.Limit{Input: node}, err
	}
	bigint := plan.T(plan.Int8)
	rank := plan.WindowFn{Col: s.newColumn("rank", bigint), Agg: plan.Agg{Fn: "rank", T: bigint}, Order: windowKeys(sorted)}
	number := plan.WindowFn{Col: s.newColumn("row_number", bigint), Agg: plan.Agg{Fn: "row_number", T: bigint}, Order: windowKeys(sorted)}
	w := &plan.Window{Input: node, Fns: []plan.WindowFn{rank, number}}
	f := &plan.Filter{Input: w, Conds: []plan.Expr{compareCount("<=", rank.Col, offset+count), compareCount(">", number.Col, offset)}}
	node, _ = s.sortedBy(f, sorted) // the caller drops what is hidden
	return node, nil
}

// joinAlias hides the tables of a join behind one name.
func joinAlias(t *ast.JoinTable, sc *scope) (*scope, error) {
	out := &scope{tables: []scopeTable{{alias: t.Alias}}}
	visible := slices.DeleteFunc(slices.Clone(sc.cols), func(c scopeCol) bool { return c.shadow })
	if len(t.ColumnAliases) > len(visible) {
		return nil, errorAt(t, "42P10", "table %q has %d columns available but %d columns specified", t.Alias, len(visible), len(t.ColumnAliases))
	}
	for i, c := range visible {
		if i < len(t.ColumnAliases) {
			c.name = t.ColumnAliases[i]
		}
		c.table, c.merged = t.Alias, false
		out.cols = append(out.cols, c)
	}
	return out, nil
}
