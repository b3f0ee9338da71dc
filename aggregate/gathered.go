package aggregate

import (
	"bytes"
	"iter"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// limited is a state whose results need memory of their own, for which it asks before it takes it.
type limited interface {
	limit(room func(extra int64) error)
}

// gathered keeps the values of every group, to be sorted when the results are asked for. Its memory grows with the
// values that arrive.
type gathered struct {
	layout
	alloc memory.Allocator
	enc   *column.Encoder
	room  func(extra int64) error
	n     int // groups

	// What arrived, by its number: the group, the sort key (in the arena up to ends), how often, and the values.
	groups []uint32
	ends   []int
	arena  []byte
	counts []int64
	values []*column.Vector

	// Made when the first result is asked for.
	starts []int    // by group: where its numbers begin in group
	group  []uint32 // numbers, group by group
	taken  []arrow.Array

	encoded column.Encoded
	cols    []arrow.Array
	rows    []int32
}

func newGathered(alloc memory.Allocator, in []arrow.Field, l layout) (*gathered, error) {
	g := &gathered{layout: l, alloc: alloc, room: func(int64) error { return nil }}
	var err error
	if g.enc, err = l.encoder(in); err != nil {
		return nil, err
	}
	for _, p := range l.kept {
		v, err := column.NewVector(alloc, in[p].Type)
		if err != nil {
			g.release()
			return nil, err
		}
		g.values = append(g.values, v)
	}
	return g, nil
}

func (g *gathered) limit(room func(extra int64) error) { g.room = room }

func (g *gathered) grow(groups int) { g.n = max(g.n, groups) }

func (g *gathered) add(ids []uint32, cols []arrow.Array) error {
	if len(g.groups)+len(ids) > maxEntries {
		return errTooManyGroups()
	}
	g.cols, g.rows = g.cols[:0], g.rows[:0]
	for _, o := range g.order {
		g.cols = append(g.cols, cols[o.partial])
	}
	g.enc.Encode(g.cols, len(ids), &g.encoded)
	for i, id := range ids {
		if cols[0].IsNull(i) {
			continue
		}
		g.rows = append(g.rows, int32(i))
		g.groups = append(g.groups, id)
		g.arena = append(g.arena, g.encoded.Row(i)...)
		g.ends = append(g.ends, len(g.arena))
	}
	if g.count >= 0 {
		counts := column.Values[int64](cols[g.count])
		for _, r := range g.rows {
			g.counts = append(g.counts, counts[r])
		}
	}
	for i, p := range g.kept {
		if err := g.values[i].AppendRows(cols[p], g.rows); err != nil {
			return &Error{SQLState: "54000", Text: err.Error()}
		}
	}
	return nil
}

func (g *gathered) key(n uint32) []byte {
	if n == 0 {
		return g.arena[:g.ends[0]]
	}
	return g.arena[g.ends[n-1]:g.ends[n]]
}

// arrange puts the numbers of each group together. The arrays taken from values have one row more, which is NULL.
func (g *gathered) arrange() error {
	if g.starts != nil {
		return nil
	}
	if err := g.room(int64(8*(g.n+1) + 4*len(g.groups))); err != nil {
		return err
	}
	g.starts = make([]int, g.n+1)
	for _, id := range g.groups {
		g.starts[id+1]++
	}
	for i := range g.n {
		g.starts[i+1] += g.starts[i]
	}
	g.group = make([]uint32, len(g.groups))
	next := slices.Clone(g.starts)
	for n, id := range g.groups {
		g.group[next[id]] = uint32(n)
		next[id]++
	}
	for i, v := range g.values {
		null := array.MakeArrayOfNull(g.alloc, v.Type(), 1)
		err := v.AppendRows(null, []int32{0})
		null.Release()
		if err != nil {
			return err
		}
		g.taken = append(g.taken, g.values[i].Array())
	}
	return nil
}

// nullRow is the row of the arrays taken that is NULL.
func (g *gathered) nullRow() int32 { return int32(len(g.groups)) }

// sorted yields the distinct keys of a group in order: the number of one that has it, and how often it is meant.
func (g *gathered) sorted(group int) iter.Seq2[uint32, int64] {
	list := g.group[g.starts[group]:g.starts[group+1]]
	slices.SortFunc(list, func(a, b uint32) int { return bytes.Compare(g.key(a), g.key(b)) })
	return func(yield func(uint32, int64) bool) {
		for i := 0; i < len(list); {
			first, times := list[i], int64(1)
			if g.count >= 0 {
				times = g.counts[first]
			}
			for i++; i < len(list) && bytes.Equal(g.key(first), g.key(list[i])); i++ {
				if g.count >= 0 {
					times += g.counts[list[i]]
				}
			}
			if !yield(first, times) {
				return
			}
		}
	}
}

// total is how many values a group has.
func (g *gathered) total(group int) (sum int64) {
	for _, n := range g.group[g.starts[group]:g.starts[group+1]] {
		sum += g.counts[n]
	}
	return sum
}

// pick makes the results from the rows chosen.
func (g *gathered) pick(alloc memory.Allocator, rows []int32) (arrow.Array, error) {
	if err := g.room(int64(32 * len(rows))); err != nil {
		return nil, err
	}
	return takeRows(alloc, g.taken[0], rows)
}

func (g *gathered) bytes() int64 {
	n := 4*cap(g.groups) + 8*cap(g.ends) + cap(g.arena) + 8*cap(g.counts) + 8*cap(g.starts) + 4*cap(g.group) + 4*cap(g.rows)
	return int64(n) + g.encoded.Bytes() + g.arrowBytes()
}

// arrowBytes is the part of bytes that the allocator gave.
func (g *gathered) arrowBytes() (sum int64) {
	for _, v := range g.values {
		sum += v.Bytes()
	}
	for _, a := range g.taken {
		sum += int64(a.Data().SizeInBytes())
	}
	return sum
}

func (g *gathered) release() {
	for _, v := range g.values {
		v.Release()
	}
	for _, a := range g.taken {
		a.Release()
	}
	g.values, g.taken = nil, nil
	g.groups, g.ends, g.arena, g.counts, g.starts, g.group = nil, nil, nil, nil, nil, nil
}
