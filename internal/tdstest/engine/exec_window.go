package engine

import (
	"io"
	"slices"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// windowed reads all rows and yields them again with the values of the query's window functions in at.over.
func (n *selectNode) windowed(rows iterator, at *env) (iterator, error) {
	defer rows.close()
	all, err := collect(rows, at.run)
	if err != nil {
		return nil, err
	}
	out := &overIterator{rows: all, at: at, over: make([][]Value, len(all))}
	for i := range all {
		out.over[i] = make([]Value, len(n.windows.calls))
	}
	for cell, call := range n.windows.calls {
		parts, err := call.partitions(all, at)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			if err := p.run(call, at, func(i int, v Value) { out.over[p.rows[i].index][cell] = v }); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// overIterator yields rows in memory, each with its cells of window functions.
type overIterator struct {
	rows, over [][]Value
	at         *env
}

func (i *overIterator) next() ([]Value, error) {
	if len(i.rows) == 0 {
		return nil, io.EOF
	}
	if err := i.at.run.tick(); err != nil {
		return nil, err
	}
	row := i.rows[0]
	i.at.over = i.over[0]
	i.rows, i.over = i.rows[1:], i.over[1:]
	return row, nil
}

func (i *overIterator) close() {}

// windowRow is a row of a partition: its place among the query's rows, what it is ordered by, and its arguments.
type windowRow struct {
	index int
	row   []Value
	keys  []Value
}

// partition are the rows of one partition, in the order of the window.
type partition struct {
	rows []windowRow
	// from and to are the bounds of each row's peers: from is the first, to the one behind the last.
	from, to []int
}

// partitions sorts the rows into the partitions of a window.
func (w *windowCall) partitions(all [][]Value, at *env) ([]*partition, error) {
	index := map[string]*partition{}
	var parts []*partition
	var buffer []byte
	for i, row := range all {
		if err := at.run.tick(); err != nil {
			return nil, err
		}
		at.row, buffer = row, buffer[:0]
		for _, key := range w.partition {
			v, err := key.eval(at)
			if err != nil {
				return nil, err
			}
			buffer = GroupKey(buffer, v, Settle(key.typ))
		}
		p := index[string(buffer)]
		if p == nil {
			p = &partition{}
			index[string(buffer)] = p
			parts = append(parts, p)
		}
		keys := make([]Value, len(w.order))
		for k, key := range w.order {
			v, err := key.value.eval(at)
			if err != nil {
				return nil, err
			}
			keys[k] = v
		}
		p.rows = append(p.rows, windowRow{i, row, keys})
	}
	for _, p := range parts {
		p.sort(w)
	}
	return parts, nil
}

func (p *partition) sort(w *windowCall) {
	compare := func(a, b windowRow) int {
		for k, key := range w.order {
			n := CompareForOrder(a.keys[k], b.keys[k], Settle(key.value.typ))
			if key.desc {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	}
	slices.SortStableFunc(p.rows, compare)
	p.from, p.to = make([]int, len(p.rows)), make([]int, len(p.rows))
	for start := 0; start < len(p.rows); {
		end := start + 1
		for end < len(p.rows) && compare(p.rows[start], p.rows[end]) == 0 {
			end++
		}
		for i := start; i < end; i++ {
			p.from[i], p.to[i] = start, end
		}
		start = end
	}
}

// bounds are the rows of row i's frame: the first, and the one behind the last.
func (p *partition) bounds(f tsql.Frame, i int) (first, end int) {
	place := func(b tsql.Bound, current int) int {
		switch b.Word {
		case "UNBOUNDED PRECEDING":
			return 0
		case "PRECEDING":
			return i - b.Offset
		case "FOLLOWING":
			return i + b.Offset
		case "UNBOUNDED FOLLOWING":
			return len(p.rows) - 1
		}
		return current
	}
	low, high := i, i
	if !f.Rows {
		low, high = p.from[i], p.to[i]-1
	}
	first, end = max(place(f.First, low), 0), min(place(f.Last, high), len(p.rows)-1)+1
	return first, max(first, end)
}

// run gives each row of a partition the function's value.
func (p *partition) run(w *windowCall, at *env, put func(i int, v Value)) error {
	if w.aggregate != nil {
		return p.aggregate(w, at, put)
	}
	dense := int64(0)
	for i := range p.rows {
		if p.from[i] == i {
			dense++
		}
		at.row = p.rows[i].row
		v, err := p.value(w, at, i, dense)
		if err != nil {
			return err
		}
		put(i, v)
	}
	return nil
}

func (p *partition) value(w *windowCall, at *env, i int, dense int64) (Value, error) {
	switch w.name {
	case "ROW_NUMBER":
		return int64(i + 1), nil
	case "RANK":
		return int64(p.from[i] + 1), nil
	case "DENSE_RANK":
		return dense, nil
	case "NTILE":
		return p.bucket(w, at, i)
	case "LAG", "LEAD":
		return p.offset(w, at, i)
	case "FIRST_VALUE", "LAST_VALUE":
		first, end := p.bounds(w.frame, i)
		if first == end {
			return nil, nil
		}
		if w.name == "LAST_VALUE" {
			first = end - 1
		}
		at.row = p.rows[first].row
		return w.args[0].eval(at)
	}
	return nil, notServed("the window function %s", w.name)
}

// bucket is NTILE: the larger buckets come first.
func (p *partition) bucket(w *windowCall, at *env, i int) (Value, error) {
	v, err := w.args[0].eval(at)
	if err != nil {
		return nil, err
	}
	n, ok := v.(int64)
	if !ok || n < 1 {
		return nil, newError(4116, "The function 'ntile' takes only a positive int or bigint expression as its input.")
	}
	size, larger := int64(len(p.rows))/n, int64(len(p.rows))%n
	at64 := int64(i)
	if at64 < larger*(size+1) {
		return at64/(size+1) + 1, nil
	}
	return larger + (at64-larger*(size+1))/size + 1, nil
}

// offset is LAG and LEAD.
func (p *partition) offset(w *windowCall, at *env, i int) (Value, error) {
	n := int64(1)
	if len(w.args) > 1 {
		v, err := w.args[1].eval(at)
		if err != nil || v == nil {
			return nil, err
		}
		if n = v.(int64); n < 0 {
			return nil, newError(8730, "Offset parameter for Lag and Lead functions cannot be a negative value.")
		}
	}
	to := int64(i) + n
	if w.name == "LAG" {
		to = int64(i) - n
	}
	switch {
	case to >= 0 && to < int64(len(p.rows)):
		at.row = p.rows[to].row
		return w.args[0].eval(at)
	case len(w.args) > 2:
		return w.args[2].eval(at)
	}
	return nil, nil
}

// aggregate adds the rows of each frame up: those of one that grows with the rows once, others anew.
func (p *partition) aggregate(w *windowCall, at *env, put func(i int, v Value)) error {
	var state *partial
	begun, added := -1, 0
	for i := range p.rows {
		first, end := p.bounds(w.frame, i)
		if state == nil || first != begun || end < added {
			state, begun, added = newPartial(w.aggregate), first, first
		}
		for ; added < end; added++ {
			if err := at.run.tick(); err != nil {
				return err
			}
			at.row = p.rows[added].row
			if err := state.add(at); err != nil {
				return err
			}
		}
		v, err := state.result(at)
		if err != nil {
			return err
		}
		put(i, v)
	}
	return nil
}
