package executor

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/aggregate"
)

// GroupingSetsSpec says what a [GroupingSets] merges. Groups.Hash.Output has one column more than its keys and aggregates: the
// number of the set, an int32.
type GroupingSetsSpec struct {
	Groups GroupsSpec
	Sets   [][]int // positions within the keys; those not listed are NULL in the set's groups
}

// GroupingSets merges the partial rows of its input once for each grouping set; it yields the groups, set by set, once
// the input has ended. Hash.MaxBytes bounds all sets together.
type GroupingSets struct {
	operator
	input Operator
	spec  GroupingSetsSpec
	sets  []*groups
	holds []int64 // bytes, of each set when it was asked last
	held  int64   // their sum

	read bool
	at   int // the set whose groups are being yielded
}

// NewGroupingSets makes a GroupingSets, which owns input unless an error is returned.
func NewGroupingSets(input Operator, spec GroupingSetsSpec) (*GroupingSets, error) {
	g := &GroupingSets{operator: operator{schema: spec.Groups.Hash.Output}, input: input, spec: spec}
	for i, set := range spec.Sets {
		one := spec.Groups
		one.Hash = g.hashSpec(set)
		h, err := newGroups(one)
		if err != nil {
			return nil, errors.Join(err, g.release())
		}
		h.others = func() int64 { return g.held - g.holds[i] }
		g.sets = append(g.sets, h)
	}
	g.holds = make([]int64, len(g.sets))
	return g, nil
}

// count takes note of what a set holds now.
func (g *GroupingSets) count(set int) {
	now := g.sets[set].bytes()
	g.held += now - g.holds[set]
	g.holds[set] = now
}

// hashSpec is the part of the spec that one set computes.
func (g *GroupingSets) hashSpec(set []int) aggregate.HashSpec {
	all := g.spec.Groups.Hash
	out := all
	out.Keys = make([]int, len(set))
	fields := make([]arrow.Field, 0, len(set)+len(all.Aggs))
	for i, k := range set {
		out.Keys[i] = all.Keys[k]
		fields = append(fields, all.Output.Field(k))
	}
	fields = append(fields, all.Output.Fields()[len(all.Keys):len(all.Keys)+len(all.Aggs)]...)
	out.Output = arrow.NewSchema(fields, nil)
	return out
}

// Next implements Operator.
func (g *GroupingSets) Next(ctx context.Context) (arrow.Record, error) { return g.next(ctx, g.produce) }

func (g *GroupingSets) produce(ctx context.Context) (arrow.Record, error) {
	if !g.read {
		if err := g.consume(ctx); err != nil {
			return nil, err
		}
		g.read = true
	}
	for ; g.at < len(g.sets); g.at++ {
		rec, err := g.sets[g.at].next(ctx)
		g.count(g.at)
		if err == nil {
			return g.widened(rec), nil
		}
		if !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	return nil, io.EOF
}

func (g *GroupingSets) consume(ctx context.Context) error {
	for {
		rec, err := g.input.Next(ctx)
		if errors.Is(err, io.EOF) {
			return g.input.Close()
		}
		if err != nil {
			return err
		}
		for i, s := range g.sets {
			err := s.consume(ctx, rec)
			g.count(i)
			if err != nil {
				return err
			}
		}
	}
}

// widened adds the keys that the set leaves out, as NULLs, and the set's number.
func (g *GroupingSets) widened(rec arrow.Record) arrow.Record {
	set, rows := g.spec.Sets[g.at], int(rec.NumRows())
	cols := make([]arrow.Array, g.schema.NumFields())
	keys := len(g.spec.Groups.Hash.Keys)
	for i, k := range set {
		cols[k] = rec.Column(i)
		cols[k].Retain()
	}
	for k := range keys {
		if cols[k] == nil {
			cols[k] = array.MakeArrayOfNull(g.spec.Groups.Alloc, g.schema.Field(k).Type, rows)
		}
	}
	for i := range g.spec.Groups.Hash.Aggs {
		cols[keys+i] = rec.Column(len(set) + i)
		cols[keys+i].Retain()
	}
	number := array.NewInt32Builder(g.spec.Groups.Alloc)
	defer number.Release()
	number.Reserve(rows)
	for range rows {
		number.UnsafeAppend(int32(g.at))
	}
	cols[len(cols)-1] = number.NewArray()
	out := array.NewRecord(g.schema, cols, rec.NumRows())
	for _, c := range cols {
		c.Release()
	}
	return out
}

func (g *GroupingSets) release() error {
	var first error
	for _, s := range g.sets {
		if err := s.release(); first == nil {
			first = err
		}
	}
	return first
}

// Close implements Operator.
func (g *GroupingSets) Close() error {
	g.shut()
	err := g.release()
	if cerr := g.input.Close(); cerr != nil {
		return cerr
	}
	return err
}
