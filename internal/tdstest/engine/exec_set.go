package engine

import "io"

// setNode is UNION [ALL], EXCEPT or INTERSECT of two queries, whose cells are converted to the common types.
type setNode struct {
	op                    string
	left, right           node
	leftCells, rightCells []bound
	types                 []Type
}

func (n *setNode) open(e *env) (iterator, error) {
	left, err := n.left.open(e)
	if err != nil {
		return nil, err
	}
	left = project(e, left, n.leftCells)
	if n.op == "EXCEPT" || n.op == "INTERSECT" {
		return n.filtered(e, left)
	}
	right, err := n.right.open(e)
	if err != nil {
		left.close()
		return nil, err
	}
	var both iterator = &concatIterator{parts: []iterator{left, project(e, right, n.rightCells)}}
	if n.op == "UNION" {
		both = &distinctIterator{iterator: both, types: n.types, seen: map[string]struct{}{}}
	}
	return both, nil
}

func project(e *env, rows iterator, cells []bound) iterator {
	return &projectIterator{rows, &env{run: e.run, outer: e}, cells, make([]Value, len(cells))}
}

// filtered keeps the distinct rows of the left side that the right one has, or has not.
func (n *setNode) filtered(e *env, left iterator) (iterator, error) {
	right, err := n.right.open(e)
	if err != nil {
		left.close()
		return nil, err
	}
	right = project(e, right, n.rightCells)
	defer right.close()
	has := map[string]struct{}{}
	var buffer []byte
	for {
		row, err := right.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = e.run.tick()
		}
		if err != nil {
			left.close()
			return nil, err
		}
		buffer = rowKey(buffer[:0], row, n.types)
		has[string(buffer)] = struct{}{}
	}
	distinct := &distinctIterator{iterator: left, types: n.types, seen: map[string]struct{}{}}
	return &memberIterator{iterator: distinct, types: n.types, has: has, want: n.op == "INTERSECT"}, nil
}

// memberIterator lets rows pass that are, or are not, in a set.
type memberIterator struct {
	iterator
	types  []Type
	has    map[string]struct{}
	want   bool
	buffer []byte
}

func (i *memberIterator) next() ([]Value, error) {
	for {
		row, err := i.iterator.next()
		if err != nil {
			return nil, err
		}
		i.buffer = rowKey(i.buffer[:0], row, i.types)
		if _, ok := i.has[string(i.buffer)]; ok == i.want {
			return row, nil
		}
	}
}

// concatIterator yields one source after the other.
type concatIterator struct{ parts []iterator }

func (i *concatIterator) next() ([]Value, error) {
	for len(i.parts) > 0 {
		row, err := i.parts[0].next()
		if err != io.EOF {
			return row, err
		}
		i.parts[0].close()
		i.parts = i.parts[1:]
	}
	return nil, io.EOF
}

func (i *concatIterator) close() {
	for _, part := range i.parts {
		part.close()
	}
}
