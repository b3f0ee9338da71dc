package engine

import "io"

// joinKey equates an expression of the left side with one of the right, both in one type; with nulls, NULL equals NULL.
type joinKey struct {
	left, right bound
	typ         Type
	nulls       bool
}

// joinNode joins two sources: a hash table of one side, which is the right one except in a RIGHT JOIN, is probed with the
// rows of the other. Without keys every row meets every other.
type joinNode struct {
	kind                  string // INNER, LEFT, RIGHT, FULL or CROSS
	left, right           node
	leftWidth, rightWidth int
	keys                  []joinKey
	residual              []test
	keep                  bool // neither side depends on a row outside: the table can serve again
	built                 *hashTable
}

// hashTable is one side of a join in memory.
type hashTable struct {
	rows    [][]Value
	buckets map[string][]int
}

func (n *joinNode) open(e *env) (iterator, error) {
	at := &env{run: e.run, outer: e, row: make([]Value, n.leftWidth+n.rightWidth)}
	i := &joinIterator{node: n, at: at, buildAt: n.leftWidth, buildWidth: n.rightWidth, probeWidth: n.leftWidth}
	probe, build := n.left, n.right
	if n.kind == "RIGHT" {
		probe, build = n.right, n.left
		i.buildAt, i.buildWidth, i.probeAt, i.probeWidth = 0, n.leftWidth, n.leftWidth, n.rightWidth
	}
	i.table = n.built
	if i.table == nil {
		var err error
		if i.table, err = i.build(build, e); err != nil {
			return nil, err
		}
		if n.keep {
			n.built = i.table
		}
	}
	if n.kind == "FULL" {
		i.matched = make([]bool, len(i.table.rows))
	}
	var err error
	if i.probe, err = probe.open(e); err != nil {
		return nil, err
	}
	return i, nil
}

// joinIterator yields one probe row's matches after the other, then a FULL JOIN's unmatched rows.
type joinIterator struct {
	node                *joinNode
	at                  *env // its row is the combined one
	table               *hashTable
	probe               iterator
	probeAt, buildAt    int
	probeWidth          int
	buildWidth          int
	candidates          []int // of the current probe row, still to be tried
	pending, found, end bool  // a probe row is current; it matched; there is none left
	matched             []bool
	rest                int
	buffer              []byte
}

// build reads the build side and sorts its rows into buckets.
func (i *joinIterator) build(source node, e *env) (*hashTable, error) {
	rows, err := source.open(e)
	if err != nil {
		return nil, err
	}
	defer rows.close()
	t := &hashTable{buckets: map[string][]int{}}
	if whole, ok := rows.(*rowsIterator); ok {
		t.rows = whole.rows
	} else if t.rows, err = collect(rows, e.run); err != nil {
		return nil, err
	}
	right := i.node.kind != "RIGHT"
	for n, row := range t.rows {
		if err := e.run.tick(); err != nil {
			return nil, err
		}
		copy(i.at.row[i.buildAt:], row)
		key, ok, err := i.key(right)
		if err != nil {
			return nil, err
		}
		if ok {
			t.buckets[string(key)] = append(t.buckets[string(key)], n)
		}
	}
	return t, nil
}

// key is the key of the combined row, of its right or its left side; ok is false where a NULL makes it equal to nothing.
func (i *joinIterator) key(right bool) ([]byte, bool, error) {
	i.buffer = i.buffer[:0]
	for k := range i.node.keys {
		key := &i.node.keys[k]
		side := &key.left
		if right {
			side = &key.right
		}
		v, err := side.eval(i.at)
		if err != nil {
			return nil, false, err
		}
		if v == nil && !key.nulls {
			return nil, false, nil
		}
		i.buffer = GroupKey(i.buffer, v, key.typ)
	}
	return i.buffer, true, nil
}

func (i *joinIterator) next() ([]Value, error) {
	for !i.end {
		if !i.pending {
			if err := i.advance(); err == io.EOF {
				i.end = true
				break
			} else if err != nil {
				return nil, err
			}
		}
		matched, err := i.match()
		if err != nil {
			return nil, err
		}
		if matched {
			return i.at.row, nil
		}
		i.pending = false
		if !i.found && i.node.kind != "INNER" && i.node.kind != "CROSS" {
			clear(i.at.row[i.buildAt : i.buildAt+i.buildWidth])
			return i.at.row, nil
		}
	}
	return i.unmatched()
}

// advance takes the next probe row and looks up its candidates.
func (i *joinIterator) advance() error {
	row, err := i.probe.next()
	if err != nil {
		return err
	}
	copy(i.at.row[i.probeAt:i.probeAt+i.probeWidth], row)
	key, ok, err := i.key(i.node.kind == "RIGHT")
	if err != nil {
		return err
	}
	i.pending, i.found, i.candidates = true, false, nil
	if ok {
		i.candidates = i.table.buckets[string(key)]
	}
	return nil
}

// match goes on to the current probe row's next match.
func (i *joinIterator) match() (bool, error) {
	for len(i.candidates) > 0 {
		n := i.candidates[0]
		i.candidates = i.candidates[1:]
		if err := i.at.run.tick(); err != nil {
			return false, err
		}
		copy(i.at.row[i.buildAt:i.buildAt+i.buildWidth], i.table.rows[n])
		ok, err := all(i.node.residual, i.at)
		if err != nil {
			return false, err
		}
		if ok {
			i.found = true
			if i.matched != nil {
				i.matched[n] = true
			}
			return true, nil
		}
	}
	return false, nil
}

// unmatched yields the build rows that a FULL JOIN has not shown yet.
func (i *joinIterator) unmatched() ([]Value, error) {
	for ; i.rest < len(i.matched); i.rest++ {
		if i.matched[i.rest] {
			continue
		}
		clear(i.at.row)
		copy(i.at.row[i.buildAt:], i.table.rows[i.rest])
		i.rest++
		return i.at.row, nil
	}
	return nil, io.EOF
}

func (i *joinIterator) close() { i.probe.close() }

// all reports whether all conditions are true.
func all(tests []test, at *env) (bool, error) {
	for i := range tests {
		t, err := tests[i].eval(at)
		if err != nil || t != yes {
			return false, err
		}
	}
	return true, nil
}

// applyNode opens its right side anew for every row of its left one, which the right one sees.
type applyNode struct {
	left, right node
	width       int // of the right side
	outer       bool
}

func (n *applyNode) open(e *env) (iterator, error) {
	left, err := n.left.open(e)
	if err != nil {
		return nil, err
	}
	return &applyIterator{node: n, left: left, at: &env{run: e.run, outer: e}}, nil
}

type applyIterator struct {
	node  *applyNode
	left  iterator
	right iterator // nil before a left row is current
	at    *env
	found bool
	row   []Value
}

func (i *applyIterator) next() ([]Value, error) {
	for {
		if i.right == nil {
			row, err := i.left.next()
			if err != nil {
				return nil, err
			}
			i.at.row, i.found = row, false
			if i.right, err = i.node.right.open(i.at); err != nil {
				i.right = nil
				return nil, err
			}
		}
		row, err := i.right.next()
		if err == nil {
			i.found = true
			i.row = append(append(i.row[:0], i.at.row...), row...)
			return i.row, nil
		}
		if err != io.EOF {
			return nil, err
		}
		i.right.close()
		i.right = nil
		if !i.found && i.node.outer {
			i.row = append(append(i.row[:0], i.at.row...), make([]Value, i.node.width)...)
			return i.row, nil
		}
	}
}

func (i *applyIterator) close() {
	if i.right != nil {
		i.right.close()
	}
	i.left.close()
}
