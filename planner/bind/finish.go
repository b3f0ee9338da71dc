package bind

import (
	"slices"
	"strconv"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// finish puts output list, DISTINCT, ORDER BY and LIMIT on top.
func (s *selector) finish(keys, on []sortKey) (*Query, error) {
	output := make([]plan.Column, len(s.targets))
	items := append([]plan.Assign(nil), s.targets...)
	for i, t := range s.targets {
		output[i] = t.Col
	}
	plain := s.sel.Distinct && len(on) == 0
	sortKeys, onKeys := make([]plan.SortKey, len(keys)), make([]plan.SortKey, len(on))
	hidden := false
	for i, k := range append(slices.Clone(keys), on...) {
		c := k.hidden.Col
		switch same := slices.IndexFunc(items, func(it plan.Assign) bool {
			return k.target < 0 && plan.Format(it.Expr) == plan.Format(k.hidden.Expr)
		}); {
		case k.target >= 0:
			c = output[k.target]
		case plain:
			return nil, errorAt(k.at, "42P10", "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
		case same >= 0: // ORDER BY and DISTINCT ON say the same
			c = items[same].Col
		default:
			items = append(items, k.hidden)
			hidden = true
		}
		key := plan.SortKey{Col: c, Desc: k.desc, NullsFirst: k.first}
		if i < len(keys) {
			sortKeys[i] = key
		} else {
			onKeys[i-len(keys)] = key
		}
	}
	if len(s.windows.items) > 0 {
		s.node = &plan.Window{Input: s.node, Fns: s.windows.items}
	}
	s.spreadRows()
	node := plan.Node(&plan.Project{Input: s.node, Items: items})
	if len(on) > 0 {
		d, err := s.firstOfEach(node, onKeys, sortKeys, keys)
		if err != nil {
			return nil, err
		}
		node, hidden = d, true
	}
	if plain {
		was := slices.Clone(output)
		d, err := s.distinct(node, output)
		if err != nil {
			return nil, err
		}
		node = d
		for i, k := range sortKeys {
			if at := slices.IndexFunc(was, func(c plan.Column) bool { return c.ID == k.Col.ID }); at >= 0 {
				sortKeys[i].Col = output[at]
			}
		}
	}
	if len(sortKeys) > 0 {
		wider := false
		node, wider = s.sortedBy(node, sortKeys)
		hidden = hidden || wider
	}
	node, err := s.limited(node, sortKeys)
	if err != nil {
		return nil, err
	}
	if hidden || s.sel.WithTies {
		node = &plan.Project{Input: node, Items: plan.PassOn(output)}
	}
	return &Query{Root: node, Output: output}, nil
}

func dropRepeated(keys []plan.SortKey) []plan.SortKey {
	seen := map[int]bool{}
	var out []plan.SortKey
	for _, k := range keys {
		if !seen[k.Col.ID] {
			seen[k.Col.ID] = true
			out = append(out, k)
		}
	}
	return out
}

// distinct is grouping by every output column.
func (s *selector) distinct(node plan.Node, output []plan.Column) (plan.Node, error) {
	for i, c := range output {
		if err := groupable(s.sel.Targets[min(i, len(s.sel.Targets)-1)], "DISTINCT over", c.Type); err != nil {
			return nil, err
		}
		if c.Type.Kind == plan.JSON {
			return nil, errorAt(s.sel.Targets[min(i, len(s.sel.Targets)-1)], "42883", "could not identify an equality operator for type json")
		}
	}
	return s.distinctRows(node, output), nil
}

func (s *selector) limit(node plan.Node) (plan.Node, error) {
	count, err := s.rowCount(s.sel.Limit, "LIMIT", "2201W", -1)
	if err != nil {
		return nil, err
	}
	offset, err := s.rowCount(s.sel.Offset, "OFFSET", "2201X", 0)
	if err != nil || count < 0 && offset == 0 {
		return node, err
	}
	return &plan.Limit{Input: node, Count: count, Offset: offset}, nil
}

// rowCount evaluates LIMIT or OFFSET: a constant or a parameter; NULL is as if it were not there.
func (s *selector) rowCount(e ast.Expr, clause, state string, none int64) (int64, error) {
	if e == nil {
		return none, nil
	}
	x, err := s.expr(e, &env{scope: s.scope, clause: clause})
	if err != nil {
		return 0, err
	}
	if readsColumns([]plan.Expr{x}) {
		return 0, errorAt(e, "42P10", "argument of %s must not contain variables", clause)
	}
	if x.Type().Kind == plan.Unknown {
		if x, err = s.coerce(e, x, plan.T(plan.Int8)); err != nil {
			return 0, err
		}
	}
	v, err := s.constantCount(e, clause, x)
	if err != nil {
		return 0, err
	}
	if v.Null {
		return none, nil
	}
	n, err := strconv.ParseInt(v.Text, 10, 64)
	if err != nil {
		return 0, errorAt(e, "22P02", "%s must be an integer", clause)
	}
	if n < 0 {
		return 0, errorAt(e, state, "%s must not be negative", clause)
	}
	return n, nil
}
