package heat

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
)

// seed makes the hashes of this process, which never leave it: those of keys that are not to be known cannot be tried out elsewhere.
var seed = maphash.MakeSeed()

// id is what a sketch counts: a part of a table's keys, or one key within it. Of a key that is hidden there is only the mark.
type id struct {
	part, value string
	mark        uint64
}

// hash is equal for equal ids. It does not allocate.
func (x id) hash() uint64 {
	return maphash.String(seed, x.part) ^ maphash.String(seed, x.value)*0x9e3779b97f4a7c15 ^ x.mark
}

// cell counts one id. The weight of its statements is at most count, and at least count - over.
type cell struct {
	id
	hash        uint64
	count, over float64
}

// sketch finds the heaviest of many ids in bounded memory: what has more than a size-th of all weight is among its cells.
type sketch struct {
	size  int
	cells []cell
}

// add counts an id. It allocates only where the id is new to the sketch.
func (s *sketch) add(x id, w float64) {
	h, least := x.hash(), 0
	for i := range s.cells {
		c := &s.cells[i]
		if c.hash == h && c.id == x {
			c.count += w
			return
		}
		if c.count < s.cells[least].count {
			least = i
		}
	}
	// The texts may be parts of a statement's, which is not to be kept for their sake.
	x.part, x.value = strings.Clone(x.part), strings.Clone(x.value)
	if len(s.cells) < s.size {
		s.cells = append(s.cells, cell{id: x, hash: h, count: w})
		return
	}
	over := s.cells[least].count
	s.cells[least] = cell{id: x, hash: h, count: over + w, over: over}
}

// floor is the most weight that an id without a cell can have.
func (s *sketch) floor() float64 {
	if len(s.cells) < s.size {
		return 0
	}
	least := s.cells[0].count
	for _, c := range s.cells {
		least = min(least, c.count)
	}
	return least
}

// merge adds what another sketch counted, times by. What one of them has no cell for, it may have counted up to its floor.
func (s *sketch) merge(o *sketch, by float64) {
	mine, theirs := s.floor(), o.floor()*by
	found := make([]bool, len(o.cells))
	for i := range s.cells {
		c := &s.cells[i]
		j := slices.IndexFunc(o.cells, func(d cell) bool { return d.hash == c.hash && d.id == c.id })
		if j < 0 {
			c.count, c.over = c.count+theirs, c.over+theirs
			continue
		}
		found[j] = true
		c.count, c.over = c.count+by*o.cells[j].count, c.over+by*o.cells[j].over
	}
	for j, d := range o.cells {
		if !found[j] {
			d.count, d.over = mine+by*d.count, mine+by*d.over
			s.cells = append(s.cells, d)
		}
	}
	slices.SortStableFunc(s.cells, func(a, b cell) int { return cmp.Compare(b.count, a.count) })
	s.cells = s.cells[:min(len(s.cells), s.size)]
}

func (s *sketch) scale(by float64) {
	for i := range s.cells {
		s.cells[i].count *= by
		s.cells[i].over *= by
	}
}
