package bind

import (
	"fmt"
	"slices"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// setOp binds a set operation with its ORDER BY and LIMIT.
func (b *binder) setOp(sel *ast.Select) (*Query, error) {
	node, output, err := b.combined(sel.SetOp)
	if err != nil {
		return nil, err
	}
	s := &selector{binder: b, sel: sel, scope: &scope{}, node: node}
	for _, c := range output {
		s.targets = append(s.targets, plan.Assign{Col: c, Expr: col(c)})
	}
	return s.ordered(output)
}

// ordered puts ORDER BY and LIMIT on a query whose output columns are all that ORDER BY may name.
func (s *selector) ordered(output []plan.Column) (*Query, error) {
	keys := make([]plan.SortKey, 0, len(s.sel.OrderBy))
	for _, o := range s.sel.OrderBy {
		i, ok, err := s.ordinal(o.Expr, "ORDER BY")
		if err != nil {
			return nil, err
		}
		if ref, isRef := o.Expr.(*ast.ColumnRef); !ok && isRef && len(ref.Parts) == 1 {
			i, ok = s.outputColumn(ref.Parts[0])
			if !ok {
				return nil, unknownColumn(ref, &scope{cols: scopeColumns("", output)})
			}
		}
		if !ok {
			return nil, &ast.Error{SQLState: "0A000", Pos: o.Expr.Position(), Text: "ORDER BY of a set operation may only name its output columns",
				Hint: "put the set operation into FROM (…) AS t and order there"}
		}
		if err := sortable(o, output[i].Type.Kind); err != nil {
			return nil, err
		}
		k := plan.SortKey{Col: output[i], Desc: o.Desc, NullsFirst: o.Desc}
		if o.Nulls != ast.NullsDefault {
			k.NullsFirst = o.Nulls == ast.NullsFirst
		}
		keys = append(keys, k)
	}
	node, wider := s.node, false
	if len(keys) > 0 {
		node, wider = s.sortedBy(node, keys)
	}
	node, err := s.limited(node, keys)
	if err == nil && (s.sel.WithTies || wider) {
		node = &plan.Project{Input: node, Items: plan.PassOn(output)}
	}
	return &Query{Root: node, Output: output}, err
}

func scopeColumns(table string, cols []plan.Column) []scopeCol {
	out := make([]scopeCol, len(cols))
	for i, c := range cols {
		out[i] = scopeCol{table: table, name: c.Name, expr: col(c)}
	}
	return out
}

// combined binds both sides and brings their columns to common types, pair by pair as PostgreSQL does.
func (b *binder) combined(op *ast.SetOp) (plan.Node, []plan.Column, error) {
	banned := b.banned
	defer func() { b.banned = banned }()
	if op.All && op.Kind != ast.Union { // a reference that decides how often a row counts, or against it
		b.banned = append(b.banned, op.Kind.String())
	}
	left, err := b.arm(op.Left)
	if err != nil {
		return nil, nil, err
	}
	if op.Kind == ast.Except {
		b.banned = append(b.banned, op.Kind.String())
	}
	right, err := b.arm(op.Right)
	if err != nil {
		return nil, nil, err
	}
	if len(left.Output) != len(right.Output) {
		return nil, nil, errorAt(op.Right, "42601", "each %s query must have the same number of columns", op.Kind)
	}
	ln, rn := make([]plan.Assign, len(left.Output)), make([]plan.Assign, len(left.Output))
	output := make([]plan.Column, len(left.Output))
	for i, c := range left.Output {
		pair, err := b.common(op.Right, op.Kind.String(), []plan.Expr{left.value(i), right.value(i)})
		if err != nil {
			return nil, nil, err
		}
		t := pair[0].Type()
		if pair[1].Type() != t { // two numerics of unlike digits
			t = unifyNumeric(t, pair[1].Type())
			pair[0], pair[1] = numericAs(pair[0], t), numericAs(pair[1], t)
		}
		output[i] = b.newColumn(c.Name, t)
		ln[i] = plan.Assign{Col: b.newColumn(c.Name, t), Expr: pair[0]}
		rn[i] = plan.Assign{Col: b.newColumn(c.Name, t), Expr: pair[1]}
	}
	node := plan.Node(&plan.SetOp{Kind: setKind(op), Cols: output,
		In: []plan.Node{&plan.Project{Input: left.Root, Items: ln}, &plan.Project{Input: right.Root, Items: rn}}})
	if op.All && op.Kind == ast.Union {
		return node, output, nil
	}
	if err := distinguishable(op, output); err != nil {
		return nil, nil, err
	}
	if op.Kind == ast.Union {
		output = slices.Clone(output)
		node = b.distinctRows(node, output)
	}
	return node, output, nil
}

// distinguishable refuses the types whose values cannot be told apart, or not by all engines.
func distinguishable(op *ast.SetOp, cols []plan.Column) error {
	for _, c := range cols {
		if err := groupable(op.Right, op.Kind.String()+" of", c.Type); err != nil {
			return err
		}
		switch c.Type.Kind {
		case plan.JSON:
			return errorAt(op.Right, "42883", "could not identify an equality operator for type json")
		case plan.JSONB:
			if op.Kind != ast.Union {
				return unsupported(op.Right, fmt.Sprintf("%s of %s", op.Kind, c.Type.Kind))
			}
		}
	}
	return nil
}

func setKind(op *ast.SetOp) plan.SetKind {
	kind := map[ast.SetOpKind]plan.SetKind{ast.Union: plan.UnionAll, ast.Intersect: plan.Intersect, ast.Except: plan.Except}[op.Kind]
	if op.All && op.Kind != ast.Union {
		kind++
	}
	return kind
}

// arm is one side of a set operation. literals are its output columns that are constants without a type yet.
type arm struct {
	*Query
	literals map[int]plan.Expr
}

func (a *arm) value(i int) plan.Expr {
	if x, ok := a.literals[i]; ok {
		return x
	}
	return col(a.Output[i])
}

func (b *binder) arm(sel *ast.Select) (*arm, error) {
	q, err := b.query(sel)
	if err != nil {
		return nil, err
	}
	a := &arm{Query: q, literals: map[int]plan.Expr{}}
	if sel.SetOp != nil || sel.Values != nil || sel.Distinct || len(sel.OrderBy) > 0 || sel.With != nil || hasStar(sel) {
		return a, nil
	}
	for i, t := range sel.Targets {
		if lit, ok := t.Expr.(*ast.Literal); ok {
			x, err := literal(lit)
			if err == nil && x.Type().Kind == plan.Unknown {
				a.literals[i] = x
			}
		}
	}
	return a, nil
}

func hasStar(sel *ast.Select) bool {
	for _, t := range sel.Targets {
		if _, ok := t.Expr.(*ast.Star); ok {
			return true
		}
	}
	return false
}

// values binds VALUES (…), (…) as a query of its own.
func (b *binder) values(sel *ast.Select) (*Query, error) {
	width := len(sel.Values[0])
	columns := make([][]plan.Expr, width)
	for _, row := range sel.Values {
		if len(row) != width {
			return nil, errorAt(row[min(len(row), width)-1], "42601", "VALUES lists must all be the same length")
		}
		for i, e := range row {
			x, err := b.expr(e, &env{scope: &scope{}, clause: "VALUES"})
			if err != nil {
				return nil, err
			}
			columns[i] = append(columns[i], x)
		}
	}
	n := &plan.Values{Rows: make([][]plan.Expr, len(sel.Values))}
	for i, list := range columns {
		list, err := b.common(sel.Values[0][i], "VALUES", list)
		if err != nil {
			return nil, err
		}
		t := list[0].Type()
		for _, x := range list[1:] {
			if x.Type() != t {
				t = unifyNumeric(t, x.Type())
			}
		}
		for r, x := range list {
			n.Rows[r] = append(n.Rows[r], numericAs(x, t))
		}
		n.Cols = append(n.Cols, b.newColumn(fmt.Sprintf("column%d", i+1), t))
	}
	s := &selector{binder: b, sel: sel, scope: &scope{}, node: n}
	for _, c := range n.Cols {
		s.targets = append(s.targets, plan.Assign{Col: c, Expr: col(c)})
	}
	return s.ordered(n.Cols)
}

// cteScope is a list of the common table expressions that are visible at a place.
type cteScope struct {
	cte    *ast.CTE
	seen   *cteScope // what its own query sees
	active bool      // its query is being bound
	used   bool
	outer  *cteScope

	recursive bool      // WITH RECURSIVE, and its query mentions its name
	within    *cteScope // the WITH query that this one's WITH is part of
	depth     int       // how many queries are around its WITH
	work      *workTable
}

// maxExpansions bounds how often the queries of WITH are written out: each reference is a copy.
const maxExpansions = 500

// with makes the names of a WITH clause known; the caller restores b.ctes.
func (b *binder) with(w *ast.With) error {
	names := map[string]bool{}
	for _, c := range w.CTEs {
		if names[c.Name] {
			return errorAt(c, "42712", "WITH query name %q specified more than once", c.Name)
		}
		names[c.Name] = true
		b.ctes = &cteScope{cte: c, seen: b.ctes, outer: b.ctes, within: b.current, depth: len(b.outer)}
		b.ctes.recursive = w.Recursive && mentions(c)
	}
	if w.Recursive {
		for c, n := b.ctes, len(w.CTEs); n > 0; c, n = c.outer, n-1 {
			c.seen = b.ctes // each sees all of the list
		}
	}
	return nil
}

// unusedCTEs binds the queries of WITH that nothing referred to: their errors are errors of the query.
func (b *binder) unusedCTEs(until *cteScope) error {
	for c := b.ctes; c != until; c = c.outer {
		if !c.used {
			if _, err := b.cteQuery(c, c.cte); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *binder) findCTE(t *ast.TableName) *cteScope {
	if t.Schema != "" {
		return nil
	}
	for c := b.ctes; c != nil; c = c.outer {
		if c.cte.Name == t.Name {
			return c
		}
	}
	return nil
}

func (b *binder) cteQuery(c *cteScope, at ast.Node) (*Query, error) {
	c.used = true
	if c.active {
		return b.selfReference(c, at)
	}
	if b.expansions++; b.expansions > maxExpansions {
		return nil, errorAt(at, "54000", "the queries of WITH are referred to more than %d times in all", maxExpansions)
	}
	ctes, current, outer := b.ctes, b.current, b.outer
	b.ctes, b.current, b.outer, c.active = c.seen, c, slices.Clip(outer[:c.depth]), true
	q, err := b.query(c.cte.Query)
	b.ctes, b.current, b.outer, c.active = ctes, current, outer, false
	if err == nil && len(c.cte.Columns) > len(q.Output) {
		err = errorAt(c.cte, "42P10", "WITH query %q has %d columns available but %d columns specified", c.cte.Name, len(q.Output), len(c.cte.Columns))
	}
	return q, err
}

// cteTable is a reference to a common table expression in FROM.
func (b *binder) cteTable(c *cteScope, t *ast.TableName) (plan.Node, *scope, error) {
	q, err := b.cteQuery(c, t)
	if err != nil {
		return nil, nil, err
	}
	alias := t.Alias
	if alias == "" {
		alias = t.Name
	}
	names := append([]string(nil), c.cte.Columns...)
	copy(names, t.ColumnAliases)
	if len(t.ColumnAliases) > len(names) {
		names = t.ColumnAliases
	}
	return b.renamed(t, q, alias, names)
}

// sortable refuses the types that have no order, or none that all engines share.
func sortable(at ast.Node, kind plan.Kind) error {
	switch kind {
	case plan.JSON:
		return errorAt(at, "42883", "could not identify an ordering operator for type json")
	}
	return nil
}
