package aggregate

import (
	"errors"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
	"github.com/atoll-sql/atoll/aggregate/hll"
)

// distinctEstimate is approx_count_distinct: 0 over no values.
func distinctEstimate(f *Function, o SketchOptions) bool {
	f.Result = arrow.PrimitiveTypes.Int64
	return overHashes(f, o, func(s sketches) accumulator { return &estimates{s} })
}

// distinctSketch is hll_sketch: NULL over no values.
func distinctSketch(f *Function, o SketchOptions) bool {
	f.Result = arrow.BinaryTypes.Binary
	return overHashes(f, o, func(s sketches) accumulator { return &storables{sketches: s} })
}

// overHashes asks shards for hashes, or for values to hash here. Both give the same sketches.
func overHashes(f *Function, o SketchOptions, make func(sketches) accumulator) bool {
	if len(f.Args) != 1 {
		return false
	}
	f.Partials = []Partial{{Op: OpHashes, Type: arrow.BinaryTypes.Binary}}
	switch {
	case o.ByValue:
		f.Partials = []Partial{{Op: OpValue, Type: f.Args[0]}}
	case o.Mixed:
		f.Partials = append(f.Partials, Partial{Op: OpValue, Type: f.Args[0]})
	}
	f.start = func(_ memory.Allocator, in []arrow.Field) (accumulator, error) {
		origin := hll.Origin{Precision: uint8(min(max(o.Precision, 0), 255)), Hash: hll.Hash(o.Hash)}
		if origin.Hash == hll.Keyed && len(o.Key) > 0 {
			origin.Key = hll.Fingerprint(o.Key)
		}
		empty, err := hll.New(origin)
		if err != nil {
			return nil, err
		}
		s := sketches{empty: *empty, addTo: []adder{addHashes}}
		if o.ByValue || o.Mixed {
			values, err := addHashed(in[len(in)-1], o)
			if err != nil {
				return nil, err
			}
			if s.addTo = append(s.addTo, values); o.ByValue {
				s.addTo = s.addTo[1:]
			}
		}
		return make(s), nil
	}
	return true
}

// mergedSketch is hll_merge: NULL over no sketches.
func mergedSketch(f *Function, _ SketchOptions) bool {
	dt := arrow.BinaryTypes.Binary
	if len(f.Args) != 1 || !arrow.TypeEqual(f.Args[0], dt) {
		return false
	}
	f.Result, f.Partials = dt, []Partial{{Op: OpValue, Type: dt}}
	f.start = func(memory.Allocator, []arrow.Field) (accumulator, error) {
		return &storables{sketches: sketches{addTo: []adder{addStored}}}, nil
	}
	return true
}

// sketches are one for each group, nil where nothing was seen.
type sketches struct {
	states[*hll.Sketch]
	empty hll.Sketch // what a group begins with
	held  int64      // bytes, by the sketches
	addTo []adder    // of each partial column
}

// adder merges a column of partials into the groups' sketches.
type adder func(s *sketches, ids []uint32, col arrow.Array) error

func (s *sketches) add(ids []uint32, cols []arrow.Array) error {
	for i, add := range s.addTo {
		if err := add(s, ids, cols[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *sketches) bytes() int64 { return s.states.bytes() + s.held }

func (s *sketches) release() {
	s.states.release()
	s.held = 0
}

// sketchBytes is the memory of a sketch without hashes.
const sketchBytes = int64(unsafe.Sizeof(hll.Sketch{}))

// at is the sketch of a group, made if there is none.
func (s *sketches) at(id uint32) *hll.Sketch {
	if s.of[id] == nil {
		sk := s.empty
		s.of[id] = &sk
		s.held += sketchBytes
	}
	return s.of[id]
}

// addHashes merges what shards made of values.
func addHashes(s *sketches, ids []uint32, col arrow.Array) error {
	packed, ok := col.(*array.Binary)
	if !ok {
		return errWrongColumn(arrow.BinaryTypes.Binary, col)
	}
	for i, id := range ids {
		if packed.IsNull(i) {
			continue
		}
		sk := s.at(id)
		before := sk.Bytes()
		if err := sk.InsertPacked(packed.Value(i)); err != nil {
			return &Error{SQLState: "XX000", Text: "a shard sent hashes of another length than 8 bytes"}
		}
		s.held += sk.Bytes() - before
	}
	return nil
}

// addStored merges sketches that were stored, and may be anything.
func addStored(s *sketches, ids []uint32, col arrow.Array) error {
	for i, id := range ids {
		if col.IsNull(i) {
			continue
		}
		sk, err := hll.Parse(column.Text(col, i))
		if err != nil {
			return &Error{SQLState: "22023", Text: err.Error()}
		}
		have := s.of[id]
		if have == nil {
			s.of[id] = sk
			s.held += sketchBytes + sk.Bytes()
			continue
		}
		before := have.Bytes()
		if err := have.Merge(sk); err != nil {
			return &Error{SQLState: "22023", Text: err.Error()}
		}
		s.held += have.Bytes() - before
	}
	return nil
}

// estimates gives how many distinct values there are, about.
type estimates struct{ sketches }

func (s *estimates) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	var failed error
	out := fixedArray(alloc, arrow.PrimitiveTypes.Int64, to-from, func(i int) (int64, bool) {
		if s.of[from+i] == nil {
			return 0, true
		}
		n, err := s.of[from+i].Estimate()
		failed = errors.Join(failed, err)
		return n, true
	})
	if failed != nil {
		out.Release()
		return nil, outOfRange("bigint out of range")
	}
	return out, nil
}
