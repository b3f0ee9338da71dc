package bind

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// from binds a FROM list: the cross join of its items.
func (b *binder) from(items []ast.TableExpr) (plan.Node, *scope, error) {
	if len(items) == 0 {
		return &plan.OneRow{}, &scope{}, nil
	}
	around := b.lateral
	b.lateral = &scope{} // of this query alone
	defer func() { b.lateral = around }()
	node, sc, err := b.tableExpr(items[0])
	if err != nil {
		return nil, nil, err
	}
	for _, it := range items[1:] {
		b.lateral = sc
		rn, rs, err := b.tableExpr(it)
		if err != nil {
			return nil, nil, err
		}
		if err := distinctAliases(it, sc, rs); err != nil {
			return nil, nil, err
		}
		node, sc = joined(plan.Inner, node, rn), joinScopes(sc, rs)
	}
	return node, sc, nil
}

func (b *binder) tableExpr(t ast.TableExpr) (plan.Node, *scope, error) {
	switch t := t.(type) {
	case *ast.TableName:
		return b.tableName(t)
	case *ast.JoinTable:
		return b.joinTable(t)
	case *ast.SubqueryTable:
		return b.derivedTable(t)
	case *ast.FuncTable:
		return b.funcTable(t)
	}
	return nil, nil, unsupported(t, "this item of FROM")
}

func distinctAliases(at ast.Node, l, r *scope) error {
	for _, t := range r.tables {
		if t.alias != "" && l.table(t.alias) != nil {
			return errorAt(at, "42712", "table name %q specified more than once", t.alias)
		}
	}
	return nil
}

// ShardsDown is the SQLSTATE of an error that asking the shards again may cure.
const ShardsDown = "08001"

func (b *binder) tableName(t *ast.TableName) (plan.Node, *scope, error) {
	if c := b.findCTE(t); c != nil {
		return b.cteTable(c, t)
	}
	if t.Schema != "" {
		return nil, nil, &ast.Error{SQLState: "0A000", Pos: t.Position(),
			Text: "a table qualified by a schema is not supported yet",
			Hint: "name the logical table; each shard's schema stands in the configuration"}
	}
	tab := b.cat.Table(t.Name)
	if tab == nil {
		e := ast.Errorf("42P01", t.Position(), "table %q does not exist", t.Name)
		e.Hint = suggestion(t.Name, b.cat.Tables())
		return nil, nil, e
	}
	if reason, down := b.cat.Missing(tab); reason != "" {
		state := "42P01"
		if down {
			state = ShardsDown
		}
		return nil, nil, errorAt(t, state, "%s", reason)
	}
	alias := t.Alias
	if alias == "" {
		alias = t.Name
	}
	scan := &plan.Scan{Table: t.Name, Alias: alias}
	sc := &scope{}
	for i, c := range tab.Columns {
		name := c.Name
		if i < len(t.ColumnAliases) {
			name = t.ColumnAliases[i]
		}
		pc := b.newColumn(name, c.Type)
		if c.Problem == "" {
			scan.Cols = append(scan.Cols, plan.ScanCol{Column: pc, Source: c.Name})
		}
		sc.cols = append(sc.cols, scopeCol{table: alias, name: name, expr: col(pc), problem: c.Problem, state: c.State})
	}
	if len(t.ColumnAliases) > len(tab.Columns) {
		return nil, nil, errorAt(t, "42P10", "table %q has %d columns available but %d columns specified",
			alias, len(tab.Columns), len(t.ColumnAliases))
	}
	st := scopeTable{alias: alias, reference: tab.Reference, scheme: tab.Scheme}
	for _, name := range []string{plan.PseudoShard, plan.PseudoRegion} {
		pc := b.newColumn(name, plan.T(plan.Text))
		scan.Cols = append(scan.Cols, plan.ScanCol{Column: pc, Source: name, Pseudo: true})
		st.pseudo = append(st.pseudo, pc)
	}
	sc.tables = []scopeTable{st}
	return scan, sc, nil
}

func (b *binder) derivedTable(t *ast.SubqueryTable) (plan.Node, *scope, error) {
	bind := func() (*Query, error) { return b.query(t.Query) }
	if t.Lateral {
		inside := bind
		bind = func() (*Query, error) { return beside(b, inside) }
	}
	q, err := bind()
	if err != nil {
		return nil, nil, err
	}
	return b.renamed(t, q, t.Alias, t.ColumnAliases)
}

// renamed makes a bound query an item of FROM: its columns get the names given, as far as they go.
func (b *binder) renamed(at ast.Node, q *Query, alias string, names []string) (plan.Node, *scope, error) {
	if len(names) > len(q.Output) {
		return nil, nil, errorAt(at, "42P10", "table %q has %d columns available but %d columns specified", alias, len(q.Output), len(names))
	}
	items := make([]plan.Assign, len(q.Output))
	cols := make([]plan.Column, len(q.Output))
	for i, c := range q.Output {
		name := c.Name
		if i < len(names) {
			name = names[i]
		}
		cols[i] = b.newColumn(name, c.Type)
		items[i] = plan.Assign{Col: cols[i], Expr: col(c)}
	}
	sc := &scope{tables: []scopeTable{{alias: alias}}, cols: scopeColumns(alias, cols)}
	return &plan.Project{Input: q.Root, Items: items}, sc, nil
}

var joinKinds = map[ast.JoinKind]plan.JoinKind{
	ast.JoinInner: plan.Inner, ast.JoinCross: plan.Inner, ast.JoinLeft: plan.Left,
	ast.JoinRight: plan.Right, ast.JoinFull: plan.Full,
}

func (b *binder) joinTable(t *ast.JoinTable) (plan.Node, *scope, error) {
	kind := joinKinds[t.Kind]
	ln, ls, err := b.joinSide(t.Left, b.lateral, kind == plan.Right || kind == plan.Full)
	if err != nil {
		return nil, nil, err
	}
	seen := ls
	if kind == plan.Right || kind == plan.Full {
		seen = unreachable(ls)
	}
	rn, rs, err := b.joinSide(t.Right, joinScopes(b.lateral, seen), kind == plan.Left || kind == plan.Full)
	if err != nil {
		return nil, nil, err
	}
	if err := distinctAliases(t.Right, ls, rs); err != nil {
		return nil, nil, err
	}
	j := joined(kind, ln, rn)
	using := t.Using
	if t.Natural {
		using = commonNames(ls, rs)
	}
	sc := joinScopes(ls, rs)
	if len(using) > 0 {
		sc, err = b.using(t, j, ls, rs, using)
	} else if t.On != nil {
		var on plan.Expr
		on, err = b.condition(t.On, &env{scope: sc, clause: "JOIN conditions"})
		j.On = plan.Conjuncts(on)
	}
	if err == nil && t.UsingAlias != "" {
		sc, err = usingAlias(t, sc, len(using))
	}
	if err == nil && t.Alias != "" {
		sc, err = joinAlias(t, sc)
	}
	if j.Lateral { // conditions decide about rows of the right, which sees the left
		conds := slices.DeleteFunc(j.On, isTrue)
		if j.On = nil; len(conds) > 0 {
			j.Right = &plan.Filter{Input: j.Right, Conds: conds}
		}
	}
	if err == nil && kind != plan.Inner {
		sc.outerJoined = true
	}
	return j, sc, err
}

func commonNames(l, r *scope) []string {
	var out []string
	for _, c := range l.cols {
		if !c.shadow && slices.ContainsFunc(r.cols, func(d scopeCol) bool { return d.name == c.name && !d.shadow }) {
			out = append(out, c.name)
		}
	}
	return out
}

// using adds the equalities of USING to j and merges the columns: SELECT * shows them first, once.
func (b *binder) using(t *ast.JoinTable, j *plan.Join, ls, rs *scope, names []string) (*scope, error) {
	out := joinScopes(ls, rs)
	var merged []scopeCol
	for _, name := range names {
		l, err := usingColumn(t, ls, name, "left")
		if err != nil {
			return nil, err
		}
		r, err := usingColumn(t, rs, name, "right")
		if err != nil {
			return nil, err
		}
		eq, err := b.binaryOp(t, "=", l, r)
		if err != nil {
			return nil, err
		}
		j.On = append(j.On, eq)
		m, err := b.mergedColumn(t, j.Kind, l, r)
		if err != nil {
			return nil, err
		}
		merged = append(merged, scopeCol{name: name, expr: m, merged: true})
		for i := range out.cols {
			if out.cols[i].name == name {
				out.cols[i].shadow = true
			}
		}
	}
	var rest []scopeCol
	for _, c := range out.cols {
		if !(c.merged && c.shadow) {
			rest = append(rest, c)
		}
	}
	out.cols = append(merged, rest...)
	return out, nil
}

// mergedColumn is the column that a join shows for two of its sides: of the type that holds the values of both, whichever of them it reads.
func (b *binder) mergedColumn(at ast.Node, kind plan.JoinKind, l, r plan.Expr) (plan.Expr, error) {
	if kind != plan.Full && l.Type() == r.Type() {
		if kind == plan.Right {
			return r, nil
		}
		return l, nil
	}
	both, err := b.function(at, "coalesce", []plan.Expr{l, r})
	if c, ok := both.(*plan.Call); ok && err == nil && kind != plan.Full {
		if kind == plan.Right {
			return c.Args[1], nil
		}
		return c.Args[0], nil
	}
	return both, err
}

func usingColumn(t *ast.JoinTable, s *scope, name, side string) (plan.Expr, error) {
	e, err := s.lookup(t, "", name)
	if err == nil && e == nil {
		err = errorAt(t, "42703", "column %q specified in USING clause does not exist in %s table", name, side)
	}
	return e, err
}
