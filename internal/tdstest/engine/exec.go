package engine

import (
	"context"
	"io"
)

// node is a bound source of rows. It can be opened any number of times, in the environment that its names were bound in.
type node interface {
	open(e *env) (iterator, error)
}

// iterator yields rows, then io.EOF. A row is valid until the next call of next; who keeps it copies it.
type iterator interface {
	next() ([]Value, error)
	close()
}

// oneRow is the absent FROM clause: one row without columns.
type oneRow struct{}

func (oneRow) open(*env) (iterator, error) { return &rowsIterator{rows: [][]Value{nil}}, nil }

// scanNode reads a table.
type scanNode struct{ rows [][]Value }

func (n *scanNode) open(e *env) (iterator, error) {
	return &rowsIterator{rows: n.rows, run: e.run}, nil
}

// rowsIterator yields rows in memory; they stay valid.
type rowsIterator struct {
	rows [][]Value
	run  *run
}

func (i *rowsIterator) next() ([]Value, error) {
	if len(i.rows) == 0 {
		return nil, io.EOF
	}
	if i.run != nil {
		if err := i.run.tick(); err != nil {
			return nil, err
		}
	}
	row := i.rows[0]
	i.rows = i.rows[1:]
	return row, nil
}

func (i *rowsIterator) close() {}

// valuesNode evaluates a table value constructor.
type valuesNode struct{ rows [][]bound }

func (n *valuesNode) open(e *env) (iterator, error) {
	at := &env{run: e.run, outer: e}
	rows := make([][]Value, len(n.rows))
	for i, cells := range n.rows {
		row, err := evaluate(at, cells, make([]Value, len(cells)))
		if err != nil {
			return nil, err
		}
		rows[i] = row
	}
	return &rowsIterator{rows: rows, run: e.run}, nil
}

// evaluate fills row with the values of expressions.
func evaluate(at *env, cells []bound, row []Value) ([]Value, error) {
	for i := range cells {
		if c := cells[i].column; c >= 0 {
			row[i] = at.row[c]
			continue
		}
		v, err := cells[i].eval(at)
		if err != nil {
			return nil, err
		}
		row[i] = v
	}
	return row, nil
}

// collect reads a source into memory that the caller may reorder.
func collect(rows iterator, run *run) ([][]Value, error) {
	var all [][]Value
	for {
		row, err := rows.next()
		if err == io.EOF {
			return all, nil
		}
		if err == nil {
			err = run.tick()
		}
		if err != nil {
			return nil, err
		}
		all = append(all, append([]Value(nil), row...))
	}
}

// filterIterator lets rows pass for which a condition is true.
type filterIterator struct {
	iterator
	at   *env
	test *test
}

func (i *filterIterator) next() ([]Value, error) {
	for {
		row, err := i.iterator.next()
		if err != nil {
			return nil, err
		}
		i.at.row = row
		pass, err := i.test.eval(i.at)
		if err != nil {
			return nil, err
		}
		if pass == yes {
			return row, nil
		}
		if i.test.constant {
			return nil, io.EOF
		}
	}
}

// projectIterator evaluates the select list.
type projectIterator struct {
	iterator
	at    *env
	items []bound
	row   []Value
}

func (i *projectIterator) next() ([]Value, error) {
	row, err := i.iterator.next()
	if err != nil {
		return nil, err
	}
	i.at.row = row
	return evaluate(i.at, i.items, i.row)
}

// selectNode is one query specification with its ORDER BY and limits.
type selectNode struct {
	source   node
	lookup   *lookup // nil if nothing in WHERE serves
	where    *test
	group    *grouping
	whole    bool // aggregates without GROUP BY: one group, even of no rows
	having   *test
	windows  *windowing
	items    []bound
	hidden   []string // the keys of the items behind the select list, which ORDER BY added
	visible  int
	distinct bool
	order    []orderColumn
	limit    limit
}

func (n *selectNode) open(outer *env) (iterator, error) {
	rows, err := n.from(outer)
	if err != nil {
		return nil, err
	}
	at := &env{run: outer.run, outer: outer}
	if n.where != nil {
		rows = &filterIterator{rows, at, n.where}
	}
	if n.group != nil {
		if rows, err = n.grouped(rows, at); err != nil {
			return nil, err
		}
		at = &env{run: outer.run, outer: outer}
	}
	if n.having != nil {
		rows = &filterIterator{rows, at, n.having}
	}
	if len(n.windows.calls) > 0 {
		if rows, err = n.windowed(rows, at); err != nil {
			return nil, err
		}
	}
	rows = &projectIterator{rows, at, n.items, make([]Value, len(n.items))}
	if n.distinct {
		types := make([]Type, len(n.items))
		for i, item := range n.items {
			types[i] = Settle(item.typ)
		}
		rows = &distinctIterator{iterator: rows, types: types, seen: map[string]struct{}{}}
	}
	visible := -1
	if len(n.hidden) > 0 {
		visible = n.visible
	}
	return finish(rows, outer, n.order, n.limit, visible)
}

// from opens the source, or finds those of its rows that WHERE can be true for.
func (n *selectNode) from(outer *env) (iterator, error) {
	if n.lookup != nil {
		return n.lookup.find(n.source, outer)
	}
	return n.source.open(&env{run: outer.run, outer: outer})
}

// finish sorts, cuts and trims what a query yields; visible is how many items the result has, -1 for all of them.
func finish(rows iterator, outer *env, order []orderColumn, limit limit, visible int) (iterator, error) {
	first, count, err := limit.bounds(outer)
	if err != nil {
		rows.close()
		return nil, err
	}
	if len(order) > 0 {
		all, err := collect(rows, outer.run)
		rows.close()
		if err != nil {
			return nil, err
		}
		sortRows(all, order)
		rows = &rowsIterator{rows: all, run: outer.run}
	}
	if first > 0 || count >= 0 {
		rows = &limitIterator{rows, first, count}
	}
	if visible >= 0 {
		rows = &trimIterator{rows, visible}
	}
	return rows, nil
}

// trimIterator drops the hidden items.
type trimIterator struct {
	iterator
	width int
}

func (i *trimIterator) next() ([]Value, error) {
	row, err := i.iterator.next()
	if err != nil {
		return nil, err
	}
	return row[:i.width], nil
}

// distinctIterator lets the first of equal rows pass.
type distinctIterator struct {
	iterator
	types  []Type
	seen   map[string]struct{}
	buffer []byte
}

func (i *distinctIterator) next() ([]Value, error) {
	for {
		row, err := i.iterator.next()
		if err != nil {
			return nil, err
		}
		i.buffer = rowKey(i.buffer[:0], row, i.types)
		if _, ok := i.seen[string(i.buffer)]; ok {
			continue
		}
		i.seen[string(i.buffer)] = struct{}{}
		return row, nil
	}
}

// rowKey is the group keys of a row's values, one behind the other.
func rowKey(b []byte, row []Value, types []Type) []byte {
	for i, t := range types {
		b = GroupKey(b, row[i], t)
	}
	return b
}

// resultRows is the result of a query for the one who executes it.
type resultRows struct {
	columns []Column
	rows    iterator
	run     *run
	done    error
}

// open starts a bound query.
func (r *run) open(q *query) (*resultRows, error) {
	columns := make([]Column, len(q.columns))
	for i, c := range q.columns {
		if c.typ.Kind == Unreadable {
			return nil, notServed("reading values of type %s", c.typ.Name)
		}
		if c.strength == NoCollation && isText(c.typ.Kind) {
			return nil, newError(451, "Cannot resolve collation conflict for column %d in SELECT statement.", i+1)
		}
		columns[i] = Column{Name: c.name, Type: Settle(c.typ), Nullable: c.nullable}
	}
	rows, err := q.node.open(&env{run: r})
	if err != nil {
		return nil, err
	}
	r.session.rowCount = 0
	return &resultRows{columns: columns, rows: rows, run: r}, nil
}

func (r *resultRows) Columns() []Column { return r.columns }

func (r *resultRows) Next(ctx context.Context) ([]Value, error) {
	if r.done != nil {
		return nil, r.done
	}
	r.run.ctx = ctx
	row, err := r.rows.next()
	if err != nil {
		r.done = err
		return nil, err
	}
	r.run.session.rowCount++
	return row, nil
}

func (r *resultRows) Close() {
	if r.done == nil {
		r.done = io.EOF
	}
	r.rows.close()
}

// Warnings implements Warned.
func (r *resultRows) Warnings() []*Error {
	if !r.run.nulls || r.run.session.options["ANSI_WARNINGS"] == "OFF" {
		return nil
	}
	return []*Error{{Number: 8153, State: 1, Text: "Warning: Null value is eliminated by an aggregate or other SET operation.", Line: 1}}
}
