package engine

import (
	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// relation is a bound source: where its rows come from and what its columns are.
type relation struct {
	node    node
	columns []scopeColumn
	tables  []scopeTable
	reaches bool // its rows depend on a row outside: it cannot be kept
}

// from binds a FROM clause. Its parts see around, a scope without columns unless the query is the right side of an APPLY.
func (b *binder) from(s, around *scope, sources []tsql.Source, where []tsql.Cond) (*relation, error) {
	if len(sources) == 0 {
		return &relation{node: oneRow{}}, nil
	}
	whole, err := b.source(s, around, sources[0])
	if err != nil {
		return nil, err
	}
	for _, source := range sources[1:] {
		right, err := b.source(s, around, source)
		if err != nil {
			return nil, err
		}
		if whole, err = b.join(s, around, "CROSS", whole, right, b.keys(around, whole, right, where)); err != nil {
			return nil, err
		}
	}
	return whole, nil
}

// keys are the conditions of WHERE that can serve a join of two sources that stand behind one another in FROM, so that
// a comma is no slower than JOIN. WHERE tests them again.
func (b *binder) keys(around *scope, left, right *relation, where []tsql.Cond) []tsql.Cond {
	var serve []tsql.Cond
	for _, cond := range where {
		if compare, ok := cond.(*tsql.Compare); ok && compare.Op == "=" && !hasSubquery(compare) {
			scope := b.joined(nil, around, left, right)
			if _, err := b.cond(scope, compare); err == nil && !scope.reaches {
				serve = append(serve, compare)
			}
		}
	}
	return serve
}

// joined is the scope of what combines two sources.
func (b *binder) joined(s, around *scope, left, right *relation) *scope {
	columns := append(append([]scopeColumn{}, left.columns...), right.columns...)
	return &scope{outer: around, owner: s, clause: inOn, columns: columns, tables: append(append([]scopeTable{}, left.tables...), right.tables...)}
}

func (b *binder) source(s, around *scope, source tsql.Source) (*relation, error) {
	switch source := source.(type) {
	case *tsql.Table:
		return b.table(source)
	case *tsql.Derived:
		return b.derived(s, around, source)
	case *tsql.Values:
		return b.values(around, source)
	case *tsql.OpenJSON:
		return b.openJSON(around, source)
	case *tsql.Join:
		return b.joinSource(s, around, source)
	default:
		return nil, notServed("a source of form %T", source)
	}
}

func (b *binder) table(source *tsql.Table) (*relation, error) {
	parts := source.Parts
	name := parts[len(parts)-1]
	alias := scopeTable{name: source.Alias, aliased: true}
	if source.Alias == "" {
		alias = scopeTable{name: name, schema: "dbo"}
		if len(parts) > 1 && parts[len(parts)-2] != "" {
			alias.schema = parts[len(parts)-2]
		}
	}
	if view := b.run.systemView(parts); view != nil {
		if b.run.db.denies("sys", name, "") {
			return nil, newError(262, "VIEW DATABASE STATE permission denied in database '%s'.", b.run.db.options.Name)
		}
		return view.relation(b.run, alias), nil
	}
	schemaName, name, err := b.run.objectName(parts)
	if err != nil {
		return nil, err
	}
	t := b.run.state.table(schemaName, name)
	if t == nil {
		return nil, placed(newError(208, "Invalid object name '%s'.", joinName(parts)), b.run.batch, source.Pos)
	}
	if b.run.db.denies(t.schema.name, t.name, "") {
		return nil, newError(229, "The SELECT permission was denied on the object '%s', database '%s', schema '%s'.", t.name, b.run.db.options.Name, t.schema.name)
	}
	if err := b.run.readable(t); err != nil {
		return nil, err
	}
	rel := &relation{node: &scanNode{rows: t.rows}, tables: []scopeTable{alias}}
	for _, c := range t.columns {
		column := scopeColumn{table: alias.name, name: c.name, typ: c.typ, strength: ImplicitCollation, nullable: c.nullable, hidden: c.hidden}
		if b.run.db.denies(t.schema.name, t.name, c.name) {
			column.forbidden = newError(230, "The SELECT permission was denied on the column '%s' of the object '%s', database '%s', schema '%s'.",
				c.name, t.name, b.run.db.options.Name, t.schema.name)
		}
		rel.columns = append(rel.columns, column)
	}
	return rel, nil
}

func (b *binder) derived(s, around *scope, source *tsql.Derived) (*relation, error) {
	query, err := b.query(source.Query, around, derivedTable)
	if err != nil {
		return nil, err
	}
	columns, err := b.named(source.Alias, source.Columns, query.columns)
	if err != nil {
		return nil, err
	}
	if query.reaches {
		s.reaches = true
	}
	return &relation{node: query.node, columns: columns, tables: []scopeTable{{name: source.Alias, aliased: true}}, reaches: query.reaches}, nil
}

// named gives a derived table's columns their names, which must be there and differ.
func (b *binder) named(alias string, names []string, columns []outColumn) ([]scopeColumn, error) {
	switch {
	case len(names) > 0 && len(names) < len(columns):
		return nil, newError(8158, "'%s' has more columns than were specified in the column list.", alias)
	case len(names) > len(columns):
		return nil, newError(8159, "'%s' has fewer columns than were specified in the column list.", alias)
	}
	out := make([]scopeColumn, len(columns))
	for i, c := range columns {
		name := c.name
		if len(names) > 0 {
			name = names[i]
		}
		if name == "" {
			return nil, newError(8155, "No column name was specified for column %d of '%s'.", i+1, alias)
		}
		for _, other := range out[:i] {
			if b.run.db.sameName(other.name, name) {
				return nil, newError(8156, "The column '%s' was specified multiple times for '%s'.", name, alias)
			}
		}
		strength := c.strength
		if strength != NoCollation {
			strength = ImplicitCollation
		}
		out[i] = scopeColumn{table: alias, name: name, typ: Settle(c.typ), strength: strength, nullable: c.nullable}
	}
	return out, nil
}

func (b *binder) values(around *scope, source *tsql.Values) (*relation, error) {
	rows := make([][]bound, len(source.Rows))
	scope := &scope{outer: around, owner: around.owner, clause: inValues}
	for i, exprs := range source.Rows {
		if len(exprs) != len(source.Rows[0]) {
			return nil, newError(10709, "The number of columns for each row in a table value constructor must be the same.")
		}
		var err error
		if rows[i], err = b.exprs(scope, exprs); err != nil {
			return nil, err
		}
	}
	columns := make([]outColumn, len(rows[0]))
	for c := range columns {
		cells := make([]bound, len(rows))
		for i := range rows {
			cells[i] = rows[i][c]
		}
		cells, typ, strength, err := b.unify(cells, "VALUES")
		if err != nil {
			return nil, err
		}
		columns[c] = outColumn{typ: typ, strength: strength}
		for i := range rows {
			rows[i][c] = cells[i]
			columns[c].nullable = columns[c].nullable || cells[i].nullable
		}
	}
	named, err := b.named(source.Alias, source.Columns, columns)
	if err != nil {
		return nil, err
	}
	tables := []scopeTable{{name: source.Alias, aliased: true}}
	return &relation{node: &valuesNode{rows: rows}, columns: named, tables: tables, reaches: scope.reaches}, nil
}

func (b *binder) joinSource(s, around *scope, source *tsql.Join) (*relation, error) {
	left, err := b.source(s, around, source.Left)
	if err != nil {
		return nil, err
	}
	if source.Kind == "CROSS APPLY" || source.Kind == "OUTER APPLY" {
		return b.apply(s, around, left, source)
	}
	right, err := b.source(s, around, source.Right)
	if err != nil {
		return nil, err
	}
	var on []tsql.Cond
	if source.On != nil {
		on = conjuncts(source.On, nil)
	}
	return b.join(s, around, source.Kind, left, right, on)
}

func (b *binder) apply(s, around *scope, left *relation, source *tsql.Join) (*relation, error) {
	seen := &scope{outer: around, owner: s, clause: inFrom, columns: left.columns, tables: left.tables}
	right, err := b.source(s, seen, source.Right)
	if err != nil {
		return nil, err
	}
	rel, err := b.concat(left, right)
	if err != nil {
		return nil, err
	}
	outer := source.Kind == "OUTER APPLY"
	if outer {
		markNullable(rel.columns[len(left.columns):])
	}
	rel.node = &applyNode{left: left.node, right: right.node, width: len(right.columns), outer: outer}
	return rel, nil
}

// join combines two sources; the conditions that equate a side's expression with the other's become the hash key.
func (b *binder) join(s, around *scope, kind string, left, right *relation, on []tsql.Cond) (*relation, error) {
	rel, err := b.concat(left, right)
	if err != nil {
		return nil, err
	}
	join := &joinNode{kind: kind, left: left.node, right: right.node, leftWidth: len(left.columns), rightWidth: len(right.columns), keep: !right.reaches && !left.reaches}
	scope := b.joined(s, around, left, right)
	for _, cond := range on {
		key, ok, err := b.joinKey(scope, cond, join.leftWidth)
		if err != nil {
			return nil, err
		}
		if ok {
			join.keys = append(join.keys, key)
			continue
		}
		residual, err := b.cond(scope, cond)
		if err != nil {
			return nil, err
		}
		join.residual = append(join.residual, residual)
	}
	join.keep = join.keep && !scope.reaches
	if kind == "LEFT" || kind == "FULL" {
		markNullable(rel.columns[join.leftWidth:])
	}
	if kind == "RIGHT" || kind == "FULL" {
		markNullable(rel.columns[:join.leftWidth])
	}
	rel.node = join
	return rel, nil
}

// concat puts two sources' columns behind each other; their exposed names must differ.
func (b *binder) concat(left, right *relation) (*relation, error) {
	for _, l := range left.tables {
		for _, r := range right.tables {
			switch {
			case !b.run.db.sameName(l.name, r.name) || !l.aliased && !r.aliased && !b.run.db.sameName(l.schema, r.schema):
			case r.aliased:
				return nil, newError(1011, "The correlation name '%s' is specified multiple times in a FROM clause.", r.name)
			default:
				return nil, newError(1013, "The objects %q and %q in the FROM clause have the same exposed names. Use correlation names to distinguish them.", l.name, r.name)
			}
		}
	}
	return &relation{
		columns: append(append([]scopeColumn{}, left.columns...), right.columns...),
		tables:  append(append([]scopeTable{}, left.tables...), right.tables...),
		reaches: left.reaches || right.reaches,
	}, nil
}

func markNullable(columns []scopeColumn) {
	for i := range columns {
		columns[i].nullable = true
	}
}

// joinKey recognises a condition that equates something of the left side with something of the right one.
func (b *binder) joinKey(s *scope, cond tsql.Cond, leftWidth int) (joinKey, bool, error) {
	var l, r tsql.Expr
	nulls := false
	switch cond := cond.(type) {
	case *tsql.Compare:
		if cond.Op != "=" {
			return joinKey{}, false, nil
		}
		l, r = cond.L, cond.R
	case *tsql.IsDistinct:
		if !cond.Not {
			return joinKey{}, false, nil
		}
		l, r, nulls = cond.L, cond.R, true
	default:
		return joinKey{}, false, nil
	}
	left, right, typ, err := b.operands(s, l, r, "equal to")
	if err != nil {
		return joinKey{}, false, err
	}
	onLeft := func(x bound) bool { return x.low <= x.high && x.high < leftWidth }
	onRight := func(x bound) bool { return x.low <= x.high && x.low >= leftWidth }
	switch {
	case onLeft(left) && onRight(right):
		return joinKey{left: left, right: right, typ: typ, nulls: nulls}, true, nil
	case onLeft(right) && onRight(left):
		return joinKey{left: right, right: left, typ: typ, nulls: nulls}, true, nil
	}
	return joinKey{}, false, nil
}

// conjuncts takes a condition apart at its ANDs.
func conjuncts(cond tsql.Cond, into []tsql.Cond) []tsql.Cond {
	if and, ok := cond.(*tsql.And); ok {
		return conjuncts(and.R, conjuncts(and.L, into))
	}
	return append(into, cond)
}
