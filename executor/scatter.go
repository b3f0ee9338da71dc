package executor

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
	"github.com/atoll-sql/atoll/executor/spill"
)

// scatter spreads rows over the parts of a file: it gathers those of each part until they make a chunk. It does not own the file.
type scatter struct {
	schema *arrow.Schema
	file   *spill.File
	alloc  memory.Allocator
	size   int64 // bytes gathered of one part that make a chunk
	parts  []scattered
}

// scattered are the rows of one part.
type scattered struct {
	rows   []int32          // of the batch that is being spread
	values []*column.Vector // gathered; nil before the first row
	chunks []spill.Chunk    // written
}

func newScatter(alloc memory.Allocator, file *spill.File, schema *arrow.Schema, parts int, size int64) *scatter {
	return &scatter{schema: schema, file: file, alloc: alloc, size: size, parts: make([]scattered, parts)}
}

// add spreads the rows of columns at the given positions, all if rows is nil; part tells the part of each row of the columns.
func (s *scatter) add(cols []arrow.Array, rows []int32, part []uint8) error {
	for i := range s.parts {
		s.parts[i].rows = s.parts[i].rows[:0]
	}
	if rows == nil {
		for i, p := range part {
			s.parts[p].rows = append(s.parts[p].rows, int32(i))
		}
	} else {
		for _, i := range rows {
			p := &s.parts[part[i]]
			p.rows = append(p.rows, i)
		}
	}
	for i := range s.parts {
		if err := s.gather(&s.parts[i], cols); err != nil {
			return err
		}
	}
	return nil
}

func (s *scatter) gather(p *scattered, cols []arrow.Array) error {
	if len(p.rows) == 0 {
		return nil
	}
	if p.values == nil {
		for _, f := range s.schema.Fields() {
			v, err := column.NewVector(s.alloc, f.Type)
			if err != nil {
				return err
			}
			p.values = append(p.values, v)
		}
	}
	var held int64
	for i, v := range p.values {
		if err := v.AppendRows(cols[i], p.rows); err != nil {
			return err
		}
		held += v.Bytes()
	}
	if held < s.size {
		return nil
	}
	return s.write(p)
}

// write makes a chunk of what was gathered of a part.
func (s *scatter) write(p *scattered) error {
	if len(p.values) == 0 || p.values[0].Len() == 0 {
		return nil
	}
	cols := make([]arrow.Array, len(p.values))
	for i, v := range p.values {
		cols[i] = v.Array()
	}
	rec := array.NewRecord(s.schema, cols, int64(cols[0].Len()))
	defer rec.Release()
	for _, c := range cols {
		c.Release()
	}
	c, err := s.file.Write(rec)
	if err == nil {
		p.chunks = append(p.chunks, c)
	}
	return err
}

// flush writes what was gathered, and frees its memory. Nothing may be added after it.
func (s *scatter) flush() error {
	defer s.release()
	for i := range s.parts {
		if err := s.write(&s.parts[i]); err != nil {
			return err
		}
	}
	return nil
}

// read calls fn for each batch of a part, which is gone when fn returns.
func (s *scatter) read(part int, fn func(rec arrow.Record) error) error {
	for _, c := range s.parts[part].chunks {
		rec, err := s.file.Read(s.alloc, c, s.schema)
		if err != nil {
			return err
		}
		err = fn(rec)
		rec.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// release frees the memory of what was gathered. It may be called more than once.
func (s *scatter) release() {
	for i := range s.parts {
		for _, v := range s.parts[i].values {
			v.Release()
		}
		s.parts[i].values, s.parts[i].rows = nil, nil
	}
}
