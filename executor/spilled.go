package executor

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/executor/spill"
)

// spilled is what a hash aggregate has put on disk: by a hash of their keys, groups as they were in memory and rows that were not merged. A
// group is in one part only, and what was in memory of it comes before its rows, so that it sees its rows in the order in which they came.
type spilled struct {
	alloc memory.Allocator
	file  *spill.File
	part  *aggregate.Partitioner
	n     int   // parts
	size  int64 // of a chunk

	spec   aggregate.HashSpec // of the rows: the input's columns that are read
	from   []int              // the input's column of each of them
	keys   []int              // of them, the group's keys
	rows   *scatter
	tables []*scatter // of groups; nil if there are none

	cols, keyCols []arrow.Array
}

// partsFor is over how many parts a limit of bytes lets rows be spread, and how long chunks are: all that is gathered is an eighth of it.
func partsFor(limit int64) (parts int, size int64) {
	switch {
	case limit <= 0 || limit >= 16<<20:
		parts = 32
	case limit >= 1<<20:
		parts = 16
	default:
		parts = 8
	}
	if limit <= 0 {
		return parts, 256 << 10
	}
	return parts, min(max(limit/int64(8*parts), 1<<10), 256<<10)
}

// newSpilled makes a file for what a hash aggregate of the spec does not keep in memory.
func newSpilled(alloc memory.Allocator, space *spill.Space, spec aggregate.HashSpec, limit int64) (*spilled, error) {
	s := &spilled{alloc: alloc}
	s.n, s.size = partsFor(limit)
	s.reduce(spec)
	keys := make([]arrow.Field, len(s.keys))
	for i, k := range s.keys {
		keys[i] = s.spec.Input.Field(k)
	}
	var err error
	if s.part, err = aggregate.NewPartitioner(keys); err != nil {
		return nil, err
	}
	if s.file, err = space.Create(); err != nil {
		return nil, err
	}
	s.rows = newScatter(alloc, s.file, s.spec.Input, s.n, s.size)
	return s, nil
}

// reduce makes the spec of an aggregate over the columns that spec reads.
func (s *spilled) reduce(spec aggregate.HashSpec) {
	at := map[int]int{}
	var fields []arrow.Field
	move := func(cols []int) []int {
		out := make([]int, len(cols))
		for i, c := range cols {
			if _, ok := at[c]; !ok {
				at[c] = len(fields)
				s.from, fields = append(s.from, c), append(fields, spec.Input.Field(c))
			}
			out[i] = at[c]
		}
		return out
	}
	s.spec = spec
	s.keys = move(spec.Keys)
	s.spec.Keys = s.keys
	s.spec.Aggs = slices.Clone(spec.Aggs)
	for i, a := range spec.Aggs {
		s.spec.Aggs[i].Inputs = move(a.Inputs)
	}
	s.spec.Input = arrow.NewSchema(fields, nil)
}

// add puts rows of a batch at the given positions on disk, all if rows is nil.
func (s *spilled) add(rec arrow.Record, rows []int32) error {
	s.cols, s.keyCols = s.cols[:0], s.keyCols[:0]
	for i, c := range s.from {
		want := s.spec.Input.Field(i)
		if c >= int(rec.NumCols()) || !arrow.TypeEqual(rec.Column(c).DataType(), want.Type) {
			return fmt.Errorf("hash aggregate: a batch has no column %q of type %s in its place", want.Name, want.Type)
		}
		s.cols = append(s.cols, rec.Column(c))
	}
	for _, k := range s.keys {
		s.keyCols = append(s.keyCols, s.cols[k])
	}
	return s.rows.add(s.cols, rows, s.part.Parts(s.keyCols, int(rec.NumRows()), s.n))
}

// saveRows is how many rows of a group table are written down at a time.
const saveRows = 4096

// evict puts all groups on disk. The hash can only be released then.
func (s *spilled) evict(ctx context.Context, h *aggregate.Hash) error {
	var parts []uint8    // by group
	var numbers []uint32 // by group: its number within the part
	next := make([]uint32, s.n)
	for _, schema := range h.Tables() {
		s.tables = append(s.tables, newScatter(s.alloc, s.file, schema, s.n, s.size))
	}
	before := 0
	err := h.Save(saveRows, func(table int, rec arrow.Record) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if table != before { // free what was gathered of one table before the next
			if err := s.tables[before].flush(); err != nil {
				return err
			}
			before = table
		}
		groups := rec.Column(0).(*array.Uint32).Uint32Values()
		if table == 0 {
			for _, p := range s.part.Parts(rec.Columns()[1:], len(groups), s.n) {
				parts, numbers = append(parts, p), append(numbers, next[p])
				next[p]++
			}
		}
		return s.addGroups(s.tables[table], rec, parts, numbers)
	})
	if err != nil {
		return err
	}
	return s.tables[before].flush()
}

// addGroups spreads rows of a group table under the groups' numbers within their parts.
func (s *spilled) addGroups(to *scatter, rec arrow.Record, parts []uint8, numbers []uint32) error {
	groups := rec.Column(0).(*array.Uint32).Uint32Values()
	rowParts := make([]uint8, len(groups))
	b := array.NewUint32Builder(s.alloc)
	defer b.Release()
	b.Reserve(len(groups))
	for i, g := range groups {
		rowParts[i] = parts[g]
		b.UnsafeAppend(numbers[g])
	}
	renumbered := b.NewArray()
	defer renumbered.Release()
	return to.add(append([]arrow.Array{renumbered}, rec.Columns()[1:]...), nil, rowParts)
}

// flush writes what was gathered.
func (s *spilled) flush() error { return s.rows.flush() }

// empty reports a part without groups and rows.
func (s *spilled) empty(part int) bool {
	return len(s.rows.parts[part].chunks) == 0 && (s.tables == nil || len(s.tables[0].parts[part].chunks) == 0)
}

// close frees memory and disk. It may be called more than once.
func (s *spilled) close() error {
	s.rows.release()
	for _, t := range s.tables {
		t.release()
	}
	return s.file.Close()
}
