package aggregate

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Agg is one aggregate of a [Hash].
type Agg struct {
	Function *Function
	Inputs   []int       // input columns that hold the partials, in the order of Function.Partials
	Name     string      // output column, for errors
	Field    arrow.Field // output column; its type is Function.Result
}

// HashSpec says what a [Hash] merges.
type HashSpec struct {
	Input  *arrow.Schema
	Keys   []int // input columns to group by; none means one group, even over no rows
	Aggs   []Agg
	Output *arrow.Schema // the keys in their order, then the aggregates

	// MaxBytes bounds [Hash.Bytes]; 0 means no bound.
	MaxBytes int64
	// Watched says that who drives the Hash looks at its Bytes after each batch, and does something about them: only results are
	// held to MaxBytes then.
	Watched bool
}

// Hash merges partial rows into groups. One goroutine drives it: Consume for every batch, then Results
// once, then Release. It keeps no input batch; its memory grows with the number of groups and distinct values, and
// with the values of ordered aggregates.
type Hash struct {
	spec   HashSpec
	alloc  memory.Allocator
	groups grouper
	keys   keyStore
	states []accumulator

	ids      []uint32
	keyCols  []arrow.Array
	argCols  []arrow.Array
	known    []int32 // of ConsumeKnown
	left     []int32
	failed   error
	finished bool
}

// NewHash checks the spec's columns against the functions and makes an empty Hash.
func NewHash(alloc memory.Allocator, spec HashSpec) (*Hash, error) {
	if err := checkSpec(spec); err != nil {
		return nil, fmt.Errorf("hash aggregate: %w", err)
	}
	keys := make([]arrow.Field, len(spec.Keys))
	for i, k := range spec.Keys {
		keys[i] = spec.Input.Field(k)
	}
	h := &Hash{spec: spec, alloc: alloc}
	var err error
	if h.groups, err = newGrouper(keys); err != nil {
		return nil, fmt.Errorf("hash aggregate: %w", err)
	}
	for _, a := range spec.Aggs {
		in := make([]arrow.Field, len(a.Inputs))
		for i, c := range a.Inputs {
			in[i] = spec.Input.Field(c)
		}
		st, err := a.Function.start(alloc, in)
		if err != nil {
			return nil, fmt.Errorf("hash aggregate: %w", err)
		}
		if l, ok := st.(limited); ok {
			l.limit(h.room)
		}
		st.grow(h.groups.count())
		h.states = append(h.states, st)
	}
	if h.keys, err = newKeyStore(alloc, keys); err != nil {
		return nil, fmt.Errorf("hash aggregate: %w", err)
	}
	return h, nil
}

func checkSpec(spec HashSpec) error {
	in, out := spec.Input, spec.Output
	if out.NumFields() != len(spec.Keys)+len(spec.Aggs) {
		return fmt.Errorf("%d output columns for %d keys and %d aggregates", out.NumFields(), len(spec.Keys), len(spec.Aggs))
	}
	for i, k := range spec.Keys {
		if k < 0 || k >= in.NumFields() || !arrow.TypeEqual(in.Field(k).Type, out.Field(i).Type) {
			return fmt.Errorf("key %d is not input column %d", i, k)
		}
	}
	for i, a := range spec.Aggs {
		if len(a.Inputs) != len(a.Function.Partials) {
			return fmt.Errorf("%s: %d input columns for %d partials", a.Name, len(a.Inputs), len(a.Function.Partials))
		}
		for p, c := range a.Inputs {
			if want := a.Function.Partials[p].Type; c < 0 || c >= in.NumFields() || !arrow.TypeEqual(in.Field(c).Type, want) {
				return fmt.Errorf("%s: input column %d is not the %s that partial %s needs", a.Name, c, want, a.Function.Partials[p].Op)
			}
		}
		if got := out.Field(len(spec.Keys) + i).Type; !arrow.TypeEqual(got, a.Function.Result) {
			return fmt.Errorf("%s: output column is %s, the result %s", a.Name, got, a.Function.Result)
		}
	}
	return nil
}

// Consume merges a batch of the input schema. It does not keep rec. The error is an [*Error], a
// [*LimitError] or the context's; after it only Release may be called.
func (h *Hash) Consume(ctx context.Context, rec arrow.Record) error {
	if err := h.ready(ctx); err != nil {
		return err
	}
	h.failed = h.consume(rec)
	return h.failed
}

func (h *Hash) ready(ctx context.Context) error {
	if h.failed != nil {
		return h.failed
	}
	if h.finished {
		return errors.New("hash aggregate: consumes nothing after its results were asked for")
	}
	return ctx.Err()
}

func (h *Hash) consume(rec arrow.Record) error {
	n := int(rec.NumRows())
	if n == 0 {
		return nil
	}
	h.ids = extend(h.ids, n)[:n]
	var err error
	if h.keyCols, err = h.columns(h.keyCols[:0], rec, h.spec.Keys); err != nil {
		return err
	}
	fresh, err := h.groups.assign(h.keyCols, h.ids)
	if err != nil {
		return err
	}
	if err := h.keys.add(h.keyCols, fresh); err != nil {
		return err
	}
	return h.merge(rec, nil)
}

// merge adds rows of a batch, all if rows is nil, to the groups in ids.
func (h *Hash) merge(rec arrow.Record, rows []int32) error {
	for i, st := range h.states {
		var err error
		if h.argCols, err = h.columns(h.argCols[:0], rec, h.spec.Aggs[i].Inputs); err != nil {
			return err
		}
		st.grow(h.groups.count())
		cols := h.argCols
		if rows != nil {
			if cols, err = h.taken(cols, rows); err != nil {
				return err
			}
		}
		err = st.add(h.ids, cols)
		if rows != nil {
			releaseAll(cols)
		}
		if err != nil {
			return named(err, h.spec.Aggs[i].Name)
		}
	}
	if h.spec.Watched {
		return nil
	}
	return h.room(0)
}

// room reports whether extra bytes may be taken besides those held.
func (h *Hash) room(extra int64) error {
	if used := h.Bytes() + extra; h.spec.MaxBytes > 0 && used > h.spec.MaxBytes {
		return &LimitError{Limit: "limits.memory", Used: used, Max: h.spec.MaxBytes}
	}
	return nil
}

// columns appends the columns of rec at the given places, which must have the types of the input schema.
func (h *Hash) columns(to []arrow.Array, rec arrow.Record, at []int) ([]arrow.Array, error) {
	for _, c := range at {
		if c >= int(rec.NumCols()) {
			return to, fmt.Errorf("hash aggregate: a batch of %d columns has no column %d", rec.NumCols(), c)
		}
		col, want := rec.Column(c), h.spec.Input.Field(c)
		if !arrow.TypeEqual(col.DataType(), want.Type) {
			return to, fmt.Errorf("hash aggregate: column %q is %s, expected %s", want.Name, col.DataType(), want.Type)
		}
		to = append(to, col)
	}
	return to, nil
}

func named(err error, column string) error {
	var e *Error
	if errors.As(err, &e) && e.Column == "" {
		return &Error{SQLState: e.SQLState, Text: e.Text, Column: column}
	}
	return err
}

// Groups is the number of groups seen so far.
func (h *Hash) Groups() int { return h.groups.count() }

// Bytes is the memory held for groups, their keys and their states.
func (h *Hash) Bytes() int64 {
	n := h.groups.bytes() + h.keys.bytes() + int64(4*cap(h.ids))
	for _, s := range h.states {
		n += s.bytes()
	}
	return n
}

// Heap is the part of [Hash.Bytes] that no allocator gave.
func (h *Hash) Heap() int64 {
	n := h.Bytes() - h.keys.bytes()
	for _, s := range h.states {
		if a, ok := s.(interface{ arrowBytes() int64 }); ok {
			n -= a.arrowBytes()
		}
	}
	return n
}

// Release frees everything. It may be called at any time, more than once.
func (h *Hash) Release() {
	h.finished = true
	h.keys.release()
	h.keys = nil
	for _, s := range h.states {
		s.release()
	}
	h.states, h.groups, h.ids, h.known, h.left = nil, oneGroup{}, nil, nil, nil
}

// NeedsRoom reports that results take memory besides that of the groups in proportion to it.
func (h *Hash) NeedsRoom() bool {
	for _, s := range h.states {
		if _, ok := s.(limited); ok {
			return true
		}
	}
	return false
}
