package executor

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/connectors"
)

// GroupingSetsSpec says what a [GroupingSets] merges. Hash.Output has one column more than its keys and aggregates: the
// number of the set, an int32.
type GroupingSetsSpec struct {
	Hash aggregate.HashSpec
	Sets [][]int // positions within Hash.Keys; those not listed are NULL in the set's groups
}

// GroupingSets merges the partial rows of its input once for each grouping set; it yields the groups, set by set, once
// the input has ended. Hash.MaxBytes bounds all sets together.
type GroupingSets struct {
	operator
	input     Operator
	alloc     memory.Allocator
	spec      GroupingSetsSpec
	hashes    []*aggregate.Hash
	batchRows int

	read    bool
	at      int // the set whose groups are being yielded
	results *aggregate.Results
}

// NewGroupingSets makes a GroupingSets, which owns input unless an error is returned.
func NewGroupingSets(alloc memory.Allocator, input Operator, spec GroupingSetsSpec, batchRows int) (*GroupingSets, error) {
	if batchRows <= 0 {
		batchRows = connectors.DefaultBatchRows
	}
	g := &GroupingSets{operator: operator{schema: spec.Hash.Output}, input: input, alloc: alloc, spec: spec, batchRows: batchRows}
	for _, set := range spec.Sets {
		h, err := aggregate.NewHash(alloc, g.hashSpec(set))
		if err != nil {
			g.release()
			return nil, err
		}
		g.hashes = append(g.hashes, h)
	}
	return g, nil
}

// hashSpec is the part of the spec that one set computes.
func (g *GroupingSets) hashSpec(set []int) aggregate.HashSpec {
	all := g.spec.Hash
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
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if g.at == len(g.hashes) {
			return nil, io.EOF
		}
		if g.results == nil {
			g.results = g.hashes[g.at].Results(g.batchRows)
		}
		rec, err := g.results.Next()
		if err == nil {
			return g.widened(rec), nil
		}
		if !errors.Is(err, io.EOF) {
			return nil, err
		}
		g.results.Close()
		g.results = nil
		g.hashes[g.at].Release()
		g.at++
	}
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
		var bytes int64
		for _, h := range g.hashes {
			if err := h.Consume(ctx, rec); err != nil {
				return err
			}
			bytes += h.Bytes()
		}
		if limit := g.spec.Hash.MaxBytes; limit > 0 && bytes > limit {
			return &aggregate.LimitError{Limit: "memory", Used: bytes, Max: limit}
		}
	}
}

// widened adds the keys that the set leaves out, as NULLs, and the set's number.
func (g *GroupingSets) widened(rec arrow.Record) arrow.Record {
	set, rows := g.spec.Sets[g.at], int(rec.NumRows())
	cols := make([]arrow.Array, g.schema.NumFields())
	keys := len(g.spec.Hash.Keys)
	for i, k := range set {
		cols[k] = rec.Column(i)
		cols[k].Retain()
	}
	for k := range keys {
		if cols[k] == nil {
			cols[k] = array.MakeArrayOfNull(g.alloc, g.schema.Field(k).Type, rows)
		}
	}
	for i := range g.spec.Hash.Aggs {
		cols[keys+i] = rec.Column(len(set) + i)
		cols[keys+i].Retain()
	}
	number := array.NewInt32Builder(g.alloc)
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

func (g *GroupingSets) release() {
	if g.results != nil {
		g.results.Close()
		g.results = nil
	}
	for _, h := range g.hashes {
		h.Release()
	}
}

// Close implements Operator.
func (g *GroupingSets) Close() error {
	g.shut()
	g.release()
	return g.input.Close()
}
