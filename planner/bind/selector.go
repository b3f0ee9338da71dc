package bind

import (
	"strconv"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// selector binds the clauses after FROM of one SELECT.
type selector struct {
	*binder
	sel   *ast.Select
	scope *scope
	node  plan.Node

	targets []plan.Assign
	groups  []plan.Assign
	aggs    aggSet
	windows windowSet
	spread  spread
	grouped bool

	shown []shownGroup // what is shown of groups by a key

	sets  [][]int // grouping sets, nil where GROUP BY has none
	setID plan.Column
}

// run binds the clauses in PostgreSQL's order, the output list before WHERE: a parameter has the type of its first use.
func (s *selector) run() (*Query, error) {
	s.aggs.byKey = map[string]plan.Column{}
	s.windows.named = s.sel.Windows
	env := &env{scope: s.scope, clause: "SELECT", aggs: &s.aggs, windows: &s.windows}
	if err := s.bindTargets(env); err != nil {
		return nil, err
	}
	if err := s.where(); err != nil {
		return nil, err
	}
	if err := s.bindGroups(); err != nil {
		return nil, err
	}
	var having plan.Expr
	if s.sel.Having != nil {
		in := *env
		in.clause, in.windows = "HAVING", nil
		h, err := s.condition(s.sel.Having, &in)
		if err != nil {
			return nil, err
		}
		having = h
	}
	keys, err := s.bindOrder(env)
	if err != nil {
		return nil, err
	}
	on, err := s.bindDistinctOn(env)
	if err != nil {
		return nil, err
	}
	ordered := len(keys)
	keys = append(keys, on...)
	s.grouped = len(s.groups) > 0 || len(s.aggs.items) > 0 || having != nil || len(s.sel.GroupBy) > 0
	if s.aggs.groupings && !s.grouped {
		return nil, ast.Errorf("42803", -1, "arguments to GROUPING must be grouping expressions of the associated query level")
	}
	if s.grouped {
		if err := s.group(having, keys); err != nil {
			return nil, err
		}
	}
	return s.finish(keys[:ordered], keys[ordered:])
}

func (s *selector) where() error {
	if s.sel.Where == nil {
		return nil
	}
	w, err := s.condition(s.sel.Where, &env{scope: s.scope, clause: "WHERE"})
	if err == nil {
		s.node = &plan.Filter{Input: s.node, Conds: plan.Conjuncts(w)}
	}
	return err
}

// bindTargets binds the output list, with * written out.
func (s *selector) bindTargets(v *env) error {
	for _, t := range s.sel.Targets {
		if star, ok := t.Expr.(*ast.Star); ok {
			if err := s.star(star); err != nil {
				return err
			}
			continue
		}
		own := v
		if spreads(t.Expr) {
			with := *v
			with.spread, own = &s.spread, &with
		}
		x, err := s.typed(t.Expr, own)
		if err != nil {
			return err
		}
		name := t.Alias
		if name == "" {
			name = outputName(t.Expr)
		}
		s.addTarget(name, x)
	}
	return nil
}

func (s *selector) addTarget(name string, x plan.Expr) {
	c := s.newColumn(name, x.Type())
	if in, ok := s.passes(x); ok && in.Name == name && !s.taken(in.ID) {
		c = in
	}
	s.targets = append(s.targets, plan.Assign{Col: c, Expr: x})
}

func (s *selector) taken(id int) bool {
	for _, t := range s.targets {
		if t.Col.ID == id {
			return true
		}
	}
	return false
}

func (s *selector) star(e *ast.Star) error {
	table := ""
	if n := len(e.Table); n > 0 {
		if table = e.Table[n-1]; s.scope.table(table) == nil {
			return errorAt(e, "42P01", "missing FROM-clause entry for table %q", table)
		}
	}
	any := false
	for _, c := range s.scope.cols {
		if table != "" && c.table != table || table == "" && c.shadow {
			continue
		}
		if c.problem != "" {
			return errorAt(e, c.state, "* includes column %q of table %q, which cannot be used: %s", c.name, c.table, c.problem)
		}
		s.addTarget(c.name, s.place(c.expr, e))
		any = true
	}
	if !any {
		return errorAt(e, "42601", "SELECT * with no tables specified is not valid")
	}
	return nil
}

// outputName is the name that PostgreSQL gives to a column without alias.
func outputName(e ast.Expr) string {
	if name, _ := nameOf(e); name != "" {
		return name
	}
	return "?column?"
}

// nameOf returns the name that an expression suggests for its column, "" for none. A weak one, that of a type or of
// CASE, gives way to the same of an expression around it.
func nameOf(e ast.Expr) (name string, weak bool) {
	switch e := e.(type) {
	case *ast.ColumnRef:
		return e.Parts[len(e.Parts)-1], false
	case *ast.FuncCall:
		return e.Name, false
	case *ast.Extract:
		return "extract", false
	case *ast.Collate:
		return nameOf(e.X)
	case *ast.Subscript:
		return nameOf(e.X)
	case *ast.Array, *ast.ArraySubquery:
		return "array", false
	case *ast.ScalarSubquery:
		return firstName(e.Query), false
	case *ast.Exists:
		return "exists", false
	case *ast.Case:
		if n, weak := nameOf(e.Else); n != "" && !weak {
			return n, false
		}
		return "case", true
	case *ast.Cast:
		if n, weak := nameOf(e.X); n != "" && !weak {
			return n, false
		}
		return internalTypeName(e.Type.Name), true
	}
	return "", true
}

// firstName is the name of a query's first column, "" if it has none of its own.
func firstName(q *ast.Select) string {
	switch {
	case q.SetOp != nil:
		return firstName(q.SetOp.Left)
	case q.Values != nil:
		return "column1"
	case len(q.Targets) == 0:
		return ""
	case q.Targets[0].Alias != "":
		return q.Targets[0].Alias
	}
	name, _ := nameOf(q.Targets[0].Expr)
	return name
}

// internalTypeName is a type's name in pg_type, which names the column of a cast literal.
func internalTypeName(n string) string {
	names := map[string]string{"smallint": "int2", "integer": "int4", "bigint": "int8", "real": "float4",
		"double precision": "float8", "boolean": "bool", "character": "bpchar", "time": "time"}
	if s, ok := names[n]; ok {
		return s
	}
	return n
}

// ordinal reports an integer literal, which in GROUP BY and ORDER BY names an output column.
func (s *selector) ordinal(e ast.Expr, clause string) (int, bool, error) {
	l, ok := e.(*ast.Literal)
	if !ok {
		return 0, false, nil
	}
	if l.Kind != ast.LitInt {
		return 0, false, errorAt(e, "42601", "non-integer constant in %s", clause)
	}
	n, err := strconv.Atoi(l.Text)
	if err != nil || n < 1 || n > len(s.targets) {
		return 0, false, errorAt(e, "42P10", "%s position %s is not in select list", clause, l.Text)
	}
	return n - 1, true, nil
}

func (s *selector) groupColumn(x plan.Expr) plan.Assign {
	if c, ok := s.passes(x); ok {
		return plan.Assign{Col: c, Expr: x}
	}
	name := "group"
	for _, t := range s.targets {
		if plan.Format(t.Expr) == plan.Format(x) {
			name = t.Col.Name
		}
	}
	return plan.Assign{Col: s.newColumn(name, x.Type()), Expr: x}
}

// groupExpr binds an item of GROUP BY: an ordinal, an input column, an output name, or an expression.
func (s *selector) groupExpr(g ast.Expr) (plan.Expr, error) {
	i, ok, err := s.ordinal(g, "GROUP BY")
	if err != nil {
		return nil, err
	}
	if ok {
		return s.noAggregate(g, s.targets[i].Expr)
	}
	if ref, ok := g.(*ast.ColumnRef); ok && len(ref.Parts) == 1 {
		x, err := s.resolve(ref, s.scope)
		if err == nil {
			return x, nil
		}
		if i, found := s.outputColumn(ref.Parts[0]); found {
			return s.noAggregate(g, s.targets[i].Expr)
		}
		return nil, err
	}
	return s.typed(g, &env{scope: s.scope, clause: "GROUP BY"})
}

func (s *selector) noAggregate(at ast.Node, x plan.Expr) (plan.Expr, error) {
	bad := false
	plan.Walk(x, func(e plan.Expr) bool {
		if c, ok := e.(*plan.Col); ok {
			for _, a := range s.aggs.items {
				bad = bad || a.Col.ID == c.Column.ID
			}
		}
		return true
	})
	if bad {
		return nil, errorAt(at, "42803", "aggregate functions are not allowed in GROUP BY")
	}
	return x, nil
}

func (s *selector) outputColumn(name string) (int, bool) {
	for i, t := range s.targets {
		if t.Col.Name == name {
			return i, true
		}
	}
	return 0, false
}

// sortKey is an ORDER BY item: an output column, or an expression of its own that travels hidden.
type sortKey struct {
	at     ast.Node
	target int // index of an output column, -1 if none
	hidden plan.Assign
	desc   bool
	first  bool
}

func (s *selector) bindOrder(v *env) ([]sortKey, error) {
	keys := make([]sortKey, 0, len(s.sel.OrderBy))
	for _, o := range s.sel.OrderBy {
		k := sortKey{at: o, target: -1, desc: o.Desc, first: o.Desc}
		if o.Nulls != ast.NullsDefault {
			k.first = o.Nulls == ast.NullsFirst
		}
		x, err := s.orderExpr(o.Expr, v, &k)
		if err != nil {
			return nil, err
		}
		if err := sortable(o, x.Type().Kind); err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

func (s *selector) orderExpr(e ast.Expr, v *env, k *sortKey) (plan.Expr, error) {
	i, ok, err := s.ordinal(e, "ORDER BY")
	if err != nil {
		return nil, err
	}
	if ref, isRef := e.(*ast.ColumnRef); !ok && isRef && len(ref.Parts) == 1 {
		i, ok = s.outputColumn(ref.Parts[0])
	}
	if ok {
		k.target = i
		return s.targets[i].Expr, nil
	}
	x, err := s.typed(e, v)
	if err != nil {
		return nil, err
	}
	for i, t := range s.targets {
		if plan.Format(t.Expr) == plan.Format(x) {
			k.target = i
			return x, nil
		}
	}
	c := s.newColumn("order", x.Type())
	if in, ok := s.passes(x); ok && !s.taken(in.ID) {
		c = in
	}
	k.hidden = plan.Assign{Col: c, Expr: x}
	return x, nil
}

// group puts the Aggregate below the output list and rewrites what stands above it in its columns.
func (s *selector) group(having plan.Expr, keys []sortKey) error {
	if len(s.groups) == 0 && len(s.aggs.items) == 0 { // HAVING alone: one group, whatever its rows
		agg := plan.Agg{Fn: "count", Star: true, T: plan.T(plan.Int8)}
		s.aggs.items = []plan.AggAssign{{Col: s.newColumn("count", agg.T), Agg: agg}}
	}
	having = s.openAverages(having, keys)
	s.separateGroups()
	s.node = &plan.Aggregate{Input: s.node, Groups: s.groups, Aggs: s.aggs.items, Sets: s.sets, SetID: s.setID}
	byKey := map[string]plan.Column{}
	ok := map[int]bool{}
	for _, g := range s.groups {
		byKey[plan.Format(g.Expr)] = g.Col
		ok[g.Col.ID] = true
	}
	for _, a := range s.aggs.items {
		ok[a.Col.ID] = true
	}
	for _, w := range s.windows.items {
		ok[w.Col.ID] = true
	}
	for _, n := range s.spread.sources {
		ok[n.Cols[0].ID] = true
	}
	ok[s.setID.ID] = true
	over := func(x plan.Expr) (plan.Expr, error) {
		y, err := s.groupingValue(replaceGroups(s.showGroups(x), byKey))
		if err != nil {
			return nil, err
		}
		return y, s.onlyGrouped(y, ok)
	}
	var err error
	for i := range s.targets {
		if s.targets[i].Expr, err = over(s.targets[i].Expr); err != nil {
			return err
		}
	}
	for _, n := range s.spread.sources {
		for i := range n.Args {
			if n.Args[i], err = over(n.Args[i]); err != nil {
				return err
			}
		}
	}
	for i := range keys {
		if keys[i].target < 0 {
			if keys[i].hidden.Expr, err = over(keys[i].hidden.Expr); err != nil {
				return err
			}
		}
	}
	for i, w := range s.windows.items {
		s.windows.items[i] = w.Mapped(func(x plan.Expr) plan.Expr {
			y, e := over(x)
			if err == nil {
				err = e
			}
			return y
		})
	}
	if err != nil {
		return err
	}
	if having != nil {
		h, err := over(having)
		if err != nil {
			return err
		}
		s.node = &plan.Filter{Input: s.node, Conds: plan.Conjuncts(h)}
	}
	return nil
}

// replaceGroups replaces the largest subexpressions that are grouping expressions by the group's column.
func replaceGroups(x plan.Expr, byKey map[string]plan.Column) plan.Expr {
	if c, ok := byKey[plan.Format(x)]; ok {
		if in, isCol := x.(*plan.Col); isCol && in.Column.ID == c.ID {
			return x
		}
		return col(c)
	}
	return plan.MapChildren(x, func(k plan.Expr) plan.Expr { return replaceGroups(k, byKey) })
}

func (s *selector) onlyGrouped(x plan.Expr, ok map[int]bool) error {
	var err error
	plan.Walk(x, func(e plan.Expr) bool {
		switch e := e.(type) {
		case *plan.Col:
			if !ok[e.Column.ID] && err == nil && !s.isAround(e.Column.ID) {
				err = s.ungrouped(e)
			}
		case *plan.Subquery:
			err = s.onlyGroupedWithin(e.Root, ok)
		}
		return err == nil
	})
	return err
}

func (s *selector) ungrouped(c *plan.Col) error {
	pos, known := s.at[c]
	if !known {
		pos = -1
	}
	return ast.Errorf("42803", pos, "column %q must appear in the GROUP BY clause or be used in an aggregate function", c.Column.Name)
}

// onlyGroupedWithin checks the references of a subquery to the columns of this query.
func (s *selector) onlyGroupedWithin(root plan.Node, ok map[int]bool) error {
	free := plan.Free(root)
	for _, c := range s.scope.cols {
		used := map[int]bool{}
		plan.ColumnsOf(c.expr, used)
		for id := range used {
			if free[id] && !ok[id] {
				return ast.Errorf("42803", -1, "subquery uses ungrouped column %q from outer query", c.name)
			}
		}
	}
	return nil
}

// passes reports a column of this query's FROM that may go on under its own ID, unlike one from a query around it.
func (s *selector) passes(x plan.Expr) (plan.Column, bool) {
	c, ok := x.(*plan.Col)
	if !ok || len(s.outer) > 0 && !plan.Offers(s.node, c.Column.ID) {
		return plan.Column{}, false
	}
	return c.Column, true
}
