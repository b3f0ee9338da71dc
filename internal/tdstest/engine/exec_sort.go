package engine

import (
	"io"
	"slices"
)

// orderColumn is a sort key: a column of the rows to be sorted.
type orderColumn struct {
	index int
	typ   Type
	desc  bool
}

// sortKey is a sort key that is evaluated: STRING_AGG's.
type sortKey struct {
	value bound
	desc  bool
}

// sortRows sorts in place and keeps the order of rows with equal keys, as nothing promises but tests like.
func sortRows(rows [][]Value, order []orderColumn) {
	slices.SortStableFunc(rows, func(a, b []Value) int {
		for _, key := range order {
			n := CompareForOrder(a[key.index], b[key.index], key.typ)
			if n == 0 {
				continue
			}
			if key.desc {
				return -n
			}
			return n
		}
		return 0
	})
}

// limit is TOP, or OFFSET and FETCH; nil is none.
type limit struct{ top, offset, fetch *bound }

// bounds evaluates the limits: how many rows are skipped, and how many follow, -1 for all.
func (l limit) bounds(outer *env) (first, count int64, err error) {
	at := &env{run: outer.run}
	count = -1
	if l.top != nil {
		if count, err = rowCount(at, l.top); err == nil && count < 0 {
			err = newError(127, "A TOP N or FETCH rowcount value may not be negative.")
		}
		return 0, count, err
	}
	if l.offset != nil {
		if first, err = rowCount(at, l.offset); err == nil && first < 0 {
			err = newError(10742, "The offset specified in a OFFSET clause may not be negative.")
		}
	}
	if l.fetch != nil && err == nil {
		if count, err = rowCount(at, l.fetch); err == nil && count < 1 {
			err = newError(10744, "The number of rows provided for a FETCH clause must be greater then zero.")
		}
	}
	return first, count, err
}

func rowCount(at *env, x *bound) (int64, error) {
	v, err := x.eval(at)
	if err != nil {
		return 0, err
	}
	n, ok := v.(int64)
	if !ok {
		return 0, newError(1014, "A TOP or FETCH clause contains an invalid value.")
	}
	return n, nil
}

// limitIterator skips the first rows and ends after count more; a negative count is no end.
type limitIterator struct {
	iterator
	first, count int64
}

func (i *limitIterator) next() ([]Value, error) {
	for ; i.first > 0; i.first-- {
		if _, err := i.iterator.next(); err != nil {
			return nil, err
		}
	}
	if i.count == 0 {
		return nil, io.EOF
	}
	if i.count > 0 {
		i.count--
	}
	return i.iterator.next()
}

// orderedNode sorts and cuts the result of a set operation.
type orderedNode struct {
	source node
	order  []orderColumn
	limit  limit
}

func (n *orderedNode) open(e *env) (iterator, error) {
	rows, err := n.source.open(e)
	if err != nil {
		return nil, err
	}
	return finish(rows, e, n.order, n.limit, -1)
}
