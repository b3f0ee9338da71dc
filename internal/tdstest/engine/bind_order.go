package engine

import (
	"strconv"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// orderBy binds the sort keys of a query specification: a position, the name of a column of the select list, or an
// expression, which becomes a hidden item unless the list has it.
func (b *binder) orderBy(s *scope, items []tsql.OrderItem, columns []outColumn, n *selectNode) error {
	for i, item := range items {
		index, err := b.orderItem(s, item.Expr, i+1, columns, n)
		if err != nil {
			return err
		}
		typ := Settle(n.items[index].typ)
		if err := groupable(typ); err != nil {
			return err
		}
		if err := addOrder(&n.order, orderColumn{index: index, typ: typ, desc: item.Desc}); err != nil {
			return err
		}
	}
	return nil
}

// addOrder appends a sort key that is not there yet.
func addOrder(order *[]orderColumn, next orderColumn) error {
	for _, other := range *order {
		if other.index == next.index {
			return newError(169, "A column has been specified more than once in the order by list. Columns in the order by list must be unique.")
		}
	}
	*order = append(*order, next)
	return nil
}

// orderItem is the index, among n's items, of what one sort key orders by.
func (b *binder) orderItem(s *scope, e tsql.Expr, position int, columns []outColumn, n *selectNode) (int, error) {
	if index, ok, err := b.orderByList(e, columns); ok || err != nil {
		return index, err
	}
	x, err := b.expr(s, e)
	if err != nil {
		return 0, err
	}
	if x.constant && !hasSubquery(e) {
		if hasVariable(e) {
			return 0, newError(1008, "The SELECT item identified by the ORDER BY number %d contains a variable as part of the expression identifying a column "+
				"position. Variables are only allowed when ordering by an expression referencing a column name.", position)
		}
		return 0, newError(408, "A constant expression was encountered in the ORDER BY list, position %d.", position)
	}
	key := b.key(s, e)
	for i, c := range columns {
		if c.key == key {
			return i, nil
		}
	}
	if n.distinct {
		return 0, newError(145, "ORDER BY items must appear in the select list if SELECT DISTINCT is specified.")
	}
	for i := len(columns); i < len(n.items); i++ {
		if n.hidden[i-len(columns)] == key {
			return i, nil
		}
	}
	n.items, n.hidden = append(n.items, x), append(n.hidden, key)
	return len(n.items) - 1, nil
}

// orderByList finds a sort key in the select list by position or name.
func (b *binder) orderByList(e tsql.Expr, columns []outColumn) (int, bool, error) {
	switch e := e.(type) {
	case *tsql.Literal:
		if e.Kind != tsql.Integer {
			return 0, false, nil
		}
		position, err := strconv.Atoi(e.Text)
		if err != nil || position < 1 || position > len(columns) {
			return 0, false, newError(108, "The ORDER BY position number %s is out of range of the number of items in the select list.", e.Text)
		}
		return position - 1, true, nil
	case *tsql.Column:
		if len(e.Parts) > 1 {
			return 0, false, nil
		}
		found := -1
		for i, c := range columns {
			if c.name == "" || !b.run.db.sameName(c.name, e.Parts[0]) {
				continue
			}
			if found >= 0 && columns[found].key != c.key {
				return 0, false, placed(newError(209, "Ambiguous column name '%s'.", e.Parts[0]), b.run.batch, e.Pos)
			}
			if found < 0 {
				found = i
			}
		}
		return found, found >= 0, nil
	}
	return 0, false, nil
}

// setQuery binds UNION, EXCEPT or INTERSECT, and the ORDER BY behind the whole.
func (b *binder) setQuery(q *tsql.Query, op *tsql.SetOp, outer *scope) (*query, error) {
	whole, err := b.setOp(op, outer)
	if err != nil {
		return nil, err
	}
	n := &orderedNode{source: whole.node}
	for i, item := range q.OrderBy {
		index, ok, err := b.orderByList(item.Expr, whole.columns)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, b.notInSet(item.Expr, i+1)
		}
		if err := addOrder(&n.order, orderColumn{index: index, typ: Settle(whole.columns[index].typ), desc: item.Desc}); err != nil {
			return nil, err
		}
	}
	if n.limit, err = b.limit(q, nil); err != nil {
		return nil, err
	}
	return &query{node: n, columns: whole.columns, reaches: whole.reaches}, nil
}

func (b *binder) notInSet(e tsql.Expr, position int) error {
	switch e := e.(type) {
	case *tsql.Column:
		if len(e.Parts) == 1 {
			return placed(newError(207, "Invalid column name '%s'.", e.Parts[0]), b.run.batch, e.Pos)
		}
	case *tsql.Literal:
		return newError(408, "A constant expression was encountered in the ORDER BY list, position %d.", position)
	}
	return newError(104, "ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT operator.")
}

func (b *binder) body(body tsql.Body, outer *scope) (*query, error) {
	if op, ok := body.(*tsql.SetOp); ok {
		return b.setOp(op, outer)
	}
	return b.selectQuery(&tsql.Query{Body: body}, body.(*tsql.Select), outer)
}

func (b *binder) setOp(op *tsql.SetOp, outer *scope) (*query, error) {
	left, err := b.body(op.Left, outer)
	if err != nil {
		return nil, err
	}
	right, err := b.body(op.Right, outer)
	if err != nil {
		return nil, err
	}
	if len(left.columns) != len(right.columns) {
		return nil, newError(205, "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.")
	}
	n := &setNode{op: op.Op, left: left.node, right: right.node}
	columns := make([]outColumn, len(left.columns))
	for i, l := range left.columns {
		r := right.columns[i]
		cells := []bound{columnAt(scopeColumn{typ: l.typ, strength: l.strength, nullable: l.nullable}, i, 0),
			columnAt(scopeColumn{typ: r.typ, strength: r.strength, nullable: r.nullable}, i, 0)}
		cells, typ, strength, err := b.unifySet(cells, op)
		if err != nil {
			return nil, err
		}
		if op.Op != "UNION ALL" {
			if err := groupable(typ); err != nil {
				return nil, err
			}
		}
		n.types = append(n.types, typ)
		n.leftCells, n.rightCells = append(n.leftCells, cells[0]), append(n.rightCells, cells[1])
		columns[i] = outColumn{name: l.name, typ: typ, strength: strength, nullable: l.nullable || r.nullable, key: strconv.Itoa(i)}
	}
	return &query{node: n, columns: columns, reaches: left.reaches || right.reaches}, nil
}

// unifySet is unify; UNION ALL may mix collations as long as nobody needs the result's.
func (b *binder) unifySet(cells []bound, op *tsql.SetOp) ([]bound, Type, Strength, error) {
	if op.Op != "UNION ALL" {
		return b.unify(cells, op.Op)
	}
	_, _, strength, err := b.settleCollation(cells[0], cells[1], "")
	if err != nil || strength != NoCollation {
		return b.unify(cells, op.Op)
	}
	return b.unify([]bound{cells[0], recollate(cells[1], cells[0].typ.Collation)}, "")
}
