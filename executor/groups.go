package executor

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/executor/spill"
)

// GroupsSpec is what operators are made of that merge partial rows into groups.
type GroupsSpec struct {
	Hash      aggregate.HashSpec // MaxBytes bounds what is held, 0 for no bound
	Alloc     memory.Allocator
	Account   *Account     // counts what the allocator does not see; nil for none
	Space     *spill.Space // where groups go that do not fit; nil if they may not
	BatchRows int          // most rows per batch; 0 means connectors.DefaultBatchRows
}

// groups merges partial rows as an aggregate.Hash does, and puts on disk what does not fit in memory. It first keeps the groups that it has and
// writes the rows of others, spread over parts by a hash of their keys; if the groups that it has outgrow the memory, as sets of values do, it writes
// them as well. In the end each part is merged on its own in the same way, under another hash. So what a single group holds must fit.
//
// One goroutine drives it: consume for every batch, next to the end, and release at any time.
type groups struct {
	GroupsSpec
	// others tells what else is held under the same bound.
	others func() int64
	levels []*level // the input, a part of it, a part of that part
}

// newGroups makes groups that have seen nothing.
func newGroups(spec GroupsSpec) (*groups, error) {
	g := &groups{GroupsSpec: spec, others: func() int64 { return 0 }}
	if g.BatchRows <= 0 {
		g.BatchRows = connectors.DefaultBatchRows
	}
	l, err := g.level(spec.Hash)
	if err != nil {
		return nil, err
	}
	g.levels = []*level{l}
	return g, nil
}

// consume merges a batch.
func (g *groups) consume(ctx context.Context, rec arrow.Record) error {
	return g.levels[0].consume(ctx, rec)
}

// bytes is the memory held by groups.
func (g *groups) bytes() (n int64) {
	for _, l := range g.levels {
		n += l.bytes()
	}
	return n
}

// next returns the next batch of groups, valid until the next call, or io.EOF. Its first call ends consumption.
func (g *groups) next(ctx context.Context) (arrow.Record, error) {
	for len(g.levels) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		top := g.levels[len(g.levels)-1]
		rec, err := top.next(ctx, g.BatchRows)
		if !errors.Is(err, io.EOF) {
			return rec, err
		}
		part, ok := top.nextPart()
		if !ok {
			g.levels = g.levels[:len(g.levels)-1]
			if err := top.release(); err != nil {
				return nil, err
			}
			continue
		}
		if err := g.descend(ctx, top.spilled, part); err != nil {
			return nil, err
		}
	}
	return nil, io.EOF
}

// descend merges a part of what was put on disk.
func (g *groups) descend(ctx context.Context, from *spilled, part int) error {
	l, err := g.level(from.spec)
	if err != nil {
		return err
	}
	g.levels = append(g.levels, l)
	for i, t := range from.tables {
		err := t.read(part, func(rec arrow.Record) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return l.load(i, rec)
		})
		if err != nil {
			return err
		}
	}
	return from.rows.read(part, func(rec arrow.Record) error { return l.consume(ctx, rec) })
}

// release frees memory and disk. It may be called more than once.
func (g *groups) release() error {
	var first error
	for _, l := range g.levels {
		if err := l.release(); first == nil {
			first = err
		}
	}
	g.levels = nil
	return first
}
