package engine

import (
	"strings"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// queryUse is where a query stands.
type queryUse uint8

const (
	outermost    queryUse = iota
	derivedTable          // in FROM
	nested                // in an expression or a condition
)

// query is a bound query.
type query struct {
	node    node
	columns []outColumn
	reaches bool // it names columns of an outer query
}

// outColumn is a column of a query's result.
type outColumn struct {
	name     string
	typ      Type // not settled: the constant NULL is still untyped
	strength Strength
	nullable bool
	key      string // of the expression it is, for ORDER BY to find
}

// query binds a query that may name outer's columns.
func (b *binder) query(q *tsql.Query, outer *scope, use queryUse) (*query, error) {
	if b.depth++; b.depth > 200 {
		return nil, newError(191, "Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.")
	}
	defer func() { b.depth-- }()
	sel, plain := q.Body.(*tsql.Select)
	if use != outermost && len(q.OrderBy) > 0 && q.Offset == nil && !(plain && sel.Top != nil) {
		return nil, newError(1033, "The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, and common table expressions, "+
			"unless TOP, OFFSET or FOR XML is also specified.")
	}
	if q.Offset != nil && b.run.db.options.lacks(MissingOffsetFetch) {
		return nil, newError(102, "Incorrect syntax near 'OFFSET'.")
	}
	if plain {
		return b.selectQuery(q, sel, outer)
	}
	return b.setQuery(q, q.Body.(*tsql.SetOp), outer)
}

// selectQuery binds one query specification with the ORDER BY behind it, clause by clause in the order of their meaning.
func (b *binder) selectQuery(q *tsql.Query, sel *tsql.Select, outer *scope) (*query, error) {
	s := &scope{outer: outer}
	n := &selectNode{distinct: sel.Distinct}
	if err := b.fromWhere(s, sel, n); err != nil {
		return nil, err
	}
	if len(sel.GroupBy) > 0 || sel.Having != nil || hasAggregate(sel.Items) || hasAggregate(q.OrderBy) {
		groups, err := b.groupBy(s, sel)
		if err != nil {
			return nil, err
		}
		s.groups, n.group = groups, groups
		n.whole = len(sel.GroupBy) == 0
	}
	s.clause, s.windows = inSelect, &windowing{}
	columns, err := b.selectList(s, sel, n)
	if err != nil {
		return nil, err
	}
	if sel.Having != nil {
		s.clause = inHaving
		having, err := b.cond(s, sel.Having)
		if err != nil {
			return nil, err
		}
		n.having = &having
	}
	s.clause = inOrderBy
	if err := b.orderBy(s, q.OrderBy, columns, n); err != nil {
		return nil, err
	}
	n.visible = len(columns)
	limit, err := b.limit(q, sel.Top)
	if err != nil {
		return nil, err
	}
	n.limit = limit
	n.windows = s.windows
	return &query{node: n, columns: columns, reaches: s.reaches}, nil
}

func (b *binder) fromWhere(s *scope, sel *tsql.Select, n *selectNode) error {
	s.clause = inFrom
	var parts []tsql.Cond
	if sel.Where != nil {
		parts = conjuncts(sel.Where, nil)
	}
	rel, err := b.from(s, &scope{outer: s.outer, owner: s}, sel.From, parts)
	if err != nil {
		return err
	}
	n.source, s.columns, s.tables = rel.node, rel.columns, rel.tables
	s.reaches = s.reaches || rel.reaches
	if sel.Where == nil {
		return nil
	}
	s.clause = inWhere
	where, err := b.cond(s, sel.Where)
	if err != nil {
		return err
	}
	n.where = &where
	if s.outer != nil && !rel.reaches {
		n.lookup, err = b.lookup(s, parts)
	}
	return err
}

// selectList binds the select list into n and describes its columns.
func (b *binder) selectList(s *scope, sel *tsql.Select, n *selectNode) ([]outColumn, error) {
	var columns []outColumn
	add := func(x bound, name, key string) error {
		if sel.Distinct {
			if err := groupable(x.typ); err != nil {
				return newError(421, "The %s data type cannot be selected as DISTINCT because it is not comparable.", x.typ.Name)
			}
		}
		n.items = append(n.items, x)
		columns = append(columns, outColumn{name: name, typ: x.typ, strength: x.strength, nullable: x.nullable, key: key})
		return nil
	}
	for _, item := range sel.Items {
		if item.Star {
			if err := b.star(s, item, add); err != nil {
				return nil, err
			}
			continue
		}
		x, err := b.expr(s, item.Expr)
		if err != nil {
			return nil, err
		}
		name := item.Alias
		if column, ok := item.Expr.(*tsql.Column); ok && name == "" {
			name = b.columnName(s, column)
		}
		if err := add(x, name, b.key(s, item.Expr)); err != nil {
			return nil, err
		}
	}
	return columns, nil
}

// columnName is a column's name as its table writes it.
func (b *binder) columnName(s *scope, c *tsql.Column) string {
	index, _, at, err := b.resolve(s, c)
	if err != nil {
		return c.Parts[len(c.Parts)-1]
	}
	return at.columns[index].name
}

// star binds * or t.*: all columns that are not hidden.
func (b *binder) star(s *scope, item tsql.Item, add func(x bound, name, key string) error) error {
	if len(s.tables) == 0 {
		return newError(263, "Must specify table to select from.")
	}
	if item.Table != "" && !s.has(b, strings.Split(item.Table, ".")) {
		return newError(107, "The column prefix '%s' does not match with a table name or alias name used in the query.", item.Table)
	}
	for i, c := range s.columns {
		if c.hidden || item.Table != "" && !b.run.db.sameName(c.table, item.Table) {
			continue
		}
		if c.forbidden != nil {
			return c.forbidden
		}
		x := columnAt(c, i, 0)
		if s.groups != nil {
			slot, ok := s.groups.slots[columnKey(i, 0)]
			if !ok {
				return ungrouped(s, c)
			}
			x = columnAt(s.groups.columns[slot], slot, 0)
		}
		if err := add(x, c.name, columnKey(i, 0)); err != nil {
			return err
		}
	}
	return nil
}

// limit binds TOP, or OFFSET and FETCH.
func (b *binder) limit(q *tsql.Query, top tsql.Expr) (limit, error) {
	if top != nil && q.Offset != nil {
		return limit{}, newError(10741, "A TOP can not be used in the same query or sub-query as a OFFSET.")
	}
	var out limit
	for _, part := range []struct {
		expr  tsql.Expr
		into  **bound
		wrong *Error
	}{
		{top, &out.top, newError(1060, "The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.")},
		{q.Offset, &out.offset, newError(10743, "The number of rows provided for a OFFSET clause must be an integer.")},
		{q.Fetch, &out.fetch, newError(10745, "The number of rows provided for a FETCH clause must be an integer.")},
	} {
		if part.expr == nil {
			continue
		}
		x, err := b.expr(&scope{clause: inTop}, part.expr)
		if err != nil {
			return out, err
		}
		if !isInteger(x.typ.Kind) {
			return out, part.wrong
		}
		*part.into = &x
	}
	return out, nil
}
