package executor

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/aggregate"
)

// maxLevels bounds how often what was put on disk is spread again: 32^8 times what fits in memory is more than disks hold.
const maxLevels = 8

// leastSpilled is what must be held for putting it on disk to be of use where others hold the memory, in bytes.
const leastSpilled = 256 << 10

// level merges one input of groups: all rows, or a part of those that were put on disk.
type level struct {
	g       *groups
	spec    aggregate.HashSpec
	hash    *aggregate.Hash // nil once its groups are on disk, or have been returned
	spilled *spilled        // nil while everything fits
	frozen  int64           // bytes held when the groups in memory became all that there will be
	counted int64           // by the account
	results *aggregate.Results
	ended   bool
	part    int // the next to be merged
}

func (g *groups) level(spec aggregate.HashSpec) (*level, error) {
	spec.Watched = true
	h, err := aggregate.NewHash(g.Alloc, spec)
	if err != nil {
		return nil, err
	}
	return &level{g: g, spec: spec, hash: h}, nil
}

func (l *level) bytes() int64 {
	if l.hash == nil {
		return 0
	}
	return l.hash.Bytes()
}

// limit is what may be held where others hold something, 0 for no bound: what they leave, but an eighth at least, so that they do not stop it.
// If they hold more than there is, as many do that have an eighth each, it is less.
func (l *level) limit(others int64) int64 {
	all := l.spec.MaxBytes
	if all == 0 {
		return 0
	}
	least := all / 8
	if others > all {
		share := float64(all) / float64(others)
		least = max(int64(float64(least)*share*share), 1)
	}
	return max(all-others, least)
}

func (l *level) consume(ctx context.Context, rec arrow.Record) error {
	switch {
	case l.hash == nil:
		if err := ctx.Err(); err != nil {
			return err
		}
		return l.spilled.add(rec, nil)
	case l.spilled == nil:
		if err := l.hash.Consume(ctx, rec); err != nil {
			return err
		}
	default:
		left, err := l.hash.ConsumeKnown(ctx, rec)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			if err := l.spilled.add(rec, left); err != nil {
				return err
			}
		}
	}
	return l.relieve(ctx)
}

// load takes groups that were put on disk.
func (l *level) load(table int, rec arrow.Record) error {
	err := l.hash.Load(table, rec)
	l.count()
	return err
}

// count tells the account what it does not see.
func (l *level) count() {
	if l.g.Account == nil {
		return
	}
	now := int64(0)
	if l.hash != nil {
		now = l.hash.Heap()
	}
	l.g.Account.Add(now - l.counted)
	l.counted = now
}

// relieve puts on disk what need not be in memory where it gets scarce. Half of the limit is for the groups: a table that grows beyond it
// doubles, and results need memory, too.
func (l *level) relieve(ctx context.Context) error {
	l.count()
	others := l.g.others()
	held, limit := l.hash.Bytes(), l.limit(others)
	if l.spills() {
		if l.spilled == nil && l.pressed(held, limit/2) {
			if err := l.freeze(held); err != nil {
				return err
			}
		}
		// Groups that do not grow are not written: what merging them brought would be lost.
		if l.spilled != nil && l.pressed(held, limit/4*3) && held > l.frozen+l.frozen/2 || limit > 0 && held > limit {
			if done, err := l.evict(ctx); done || err != nil {
				return err
			}
		}
	}
	if limit > 0 && held > limit {
		return &LimitError{Limit: LimitMemory, Used: held + others, Max: l.spec.MaxBytes}
	}
	return nil
}

// spills reports that there is a way to put groups on disk.
func (l *level) spills() bool {
	return l.g.Space != nil && len(l.spec.Keys) > 0 && len(l.g.levels) <= maxLevels
}

// pressed reports that more than most is held, or that the query has to free memory.
func (l *level) pressed(held, most int64) bool {
	return most > 0 && held > most || held > leastSpilled && l.g.Account != nil && l.g.Account.Pressure()
}

// freeze makes rows of new groups go to disk from now on.
func (l *level) freeze(held int64) error {
	s, err := newSpilled(l.g.Alloc, l.g.Space, l.spec, l.spec.MaxBytes)
	if err != nil {
		return err
	}
	l.spilled, l.frozen = s, held
	return nil
}

// evict puts all groups on disk; false if it makes no difference: a single group is in one part again.
func (l *level) evict(ctx context.Context) (bool, error) {
	if !l.hash.Portable() || l.hash.Groups() < 2 {
		return false, nil
	}
	if l.spilled == nil {
		if err := l.freeze(l.hash.Bytes()); err != nil {
			return false, err
		}
	}
	err := l.spilled.evict(ctx, l.hash)
	l.drop()
	return true, err
}

// drop frees the groups in memory.
func (l *level) drop() {
	if l.results != nil {
		l.results.Close()
		l.results = nil
	}
	if l.hash != nil {
		l.hash.Release()
		l.hash = nil
	}
	l.count()
}

// next returns the next batch of the groups in memory, or io.EOF.
func (l *level) next(ctx context.Context, batchRows int) (arrow.Record, error) {
	if !l.ended {
		l.ended = true
		if err := l.end(ctx); err != nil {
			return nil, err
		}
		if l.hash != nil {
			l.results = l.hash.Results(batchRows)
		}
	}
	if l.results == nil {
		return nil, io.EOF
	}
	rec, err := l.results.Next()
	if err == io.EOF {
		l.drop()
	} else {
		l.count() // results of ordered aggregates take memory
	}
	return rec, err
}

// end is called when all rows were consumed. Groups whose results need much memory besides them are put on disk, to be merged part by part.
func (l *level) end(ctx context.Context) error {
	if l.hash != nil && l.spills() && l.hash.NeedsRoom() && l.pressed(l.hash.Bytes(), l.limit(l.g.others())/2) {
		if _, err := l.evict(ctx); err != nil {
			return err
		}
	}
	if l.spilled == nil {
		return nil
	}
	return l.spilled.flush()
}

// nextPart is the next part that has something; false if there is none.
func (l *level) nextPart() (int, bool) {
	if l.spilled == nil {
		return 0, false
	}
	for ; l.part < l.spilled.n; l.part++ {
		if !l.spilled.empty(l.part) {
			l.part++
			return l.part - 1, true
		}
	}
	return 0, false
}

// release frees memory and disk. It may be called more than once.
func (l *level) release() error {
	l.drop()
	if l.spilled == nil {
		return nil
	}
	return l.spilled.close()
}
