package move

import (
	"context"
	"errors"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// catchUp compares both sides and puts To right until few rows differ, or it gets no better.
func (r *run) catchUp(ctx context.Context) error {
	before := int64(-1)
	for {
		n, err := r.pass(ctx)
		if err != nil {
			return err
		}
		if err := r.step("passed"); err != nil {
			return err
		}
		if n <= r.options.Few || before >= 0 && n >= before {
			return nil
		}
		before = n
	}
}

// pass compares all tables once, or again where a key stood in the way for a moment.
func (r *run) pass(ctx context.Context) (n int64, err error) {
	err = again(ctx, func() error {
		once, err := r.passOnce(ctx)
		n += once
		return err
	})
	return n, err
}

// passOnce compares all tables. Rows that are gone at From are deleted at To from the tables colocated with another first, and rows that came are inserted
// there last: foreign keys lead from them to that one.
func (r *run) passOnce(ctx context.Context) (int64, error) {
	if err := r.discover(ctx); err != nil {
		return 0, err
	}
	total := int64(0)
	for _, t := range slices.Backward(r.tables) {
		n, err := r.compare(ctx, t, true)
		total += n
		if err != nil {
			return total, err
		}
	}
	for _, t := range r.tables {
		n, err := r.compare(ctx, t, false)
		total += n
		if err != nil {
			return total, err
		}
	}
	r.report.Caught += total
	r.tell("compared; rows put right", "", total)
	return total, nil
}

// changes are what puts one table right at To. A row that differs is deleted and inserted, or updated where others refer to it.
type changes struct {
	gone    [][]string
	arrive  []arrow.Record
	updates bool
	changed []arrow.Record
	last    []string // the primary key up to which both sides were compared
	ended   bool
}

func (c *changes) size() int { return max(len(c.gone), len(c.arrive)) + len(c.changed) }

func (c *changes) release() {
	release(c.arrive)
	release(c.changed)
}

// compare puts right, in one table, either the rows that are too many at To, or all others. It reads on from where it was whenever it has written: neither
// side has a reader open while rows are written.
func (r *run) compare(ctx context.Context, t groupTable, deletes bool) (int64, error) {
	total := int64(0)
	var last []string
	for {
		c, err := r.differences(ctx, t, deletes, last)
		if err != nil {
			c.release()
			return total, err
		}
		n := c.size()
		if err := r.throttle(ctx, int64(n)); err != nil {
			c.release()
			return total, err
		}
		if err := r.apply(ctx, t, c); err != nil {
			return total, err
		}
		total += int64(n)
		if c.ended {
			return total, nil
		}
		last = c.last
	}
}

// differences compares the rows behind a primary key until there are as many differences as go into a transaction.
func (r *run) differences(ctx context.Context, t groupTable, deletes bool, last []string) (c changes, err error) {
	var where clause
	r.moved(&where, t)
	if last != nil {
		where.beyond(t.primary, last, false)
	}
	c.updates = t.referred
	var sides [2]*cursor
	defer func() {
		for _, s := range sides {
			if s != nil {
				err = errors.Join(err, s.close())
			}
		}
	}()
	for i, shard := range []Shard{r.from, r.to} {
		stmt, err := shard.Select(Select{Table: t.name, Columns: t.columns, Where: where.done(), Order: names(t.primary)})
		if err != nil {
			return c, err
		}
		query, name := queryFunc(r.read), r.spec.From
		if i == 1 {
			query, name = shard.Query, r.spec.To
		}
		if sides[i], err = open(ctx, query, stmt, t.primary, "table "+t.name+" on shard "+name); err != nil {
			return c, err
		}
	}
	err = merge(ctx, sides[0], sides[1], &c, t.primary, deletes, r.options.Batch)
	return c, err
}

// merge goes through both sides, which come in one order.
func merge(ctx context.Context, a, b *cursor, c *changes, key []keyColumn, deletes bool, most int) error {
	var scratch [2][]byte
	for !(a.end && b.end) {
		at := a
		o := order(a, b)
		if o > 0 {
			at = b
		}
		gone, arrives, changed := o > 0 && deletes, o < 0 && !deletes, false
		if o == 0 && !deletes {
			equal, err := same(a.rec, a.i, b.rec, b.i, &scratch)
			if err != nil {
				return err
			}
			gone, arrives, changed = !equal && !c.updates, !equal && !c.updates, !equal && c.updates
		}
		if gone || arrives || changed {
			texts, err := keyTexts(key, at.rec, at.i)
			if err != nil {
				return err
			}
			c.last = texts
			if gone {
				c.gone = append(c.gone, texts)
			}
			if arrives {
				c.arrive = append(c.arrive, a.rec.NewSlice(int64(a.i), int64(a.i)+1))
			}
			if changed {
				c.changed = append(c.changed, a.rec.NewSlice(int64(a.i), int64(a.i)+1))
			}
		}
		if o <= 0 {
			if err := a.next(ctx); err != nil {
				return err
			}
		}
		if o >= 0 {
			if err := b.next(ctx); err != nil {
				return err
			}
		}
		if c.size() >= most && (gone || arrives || changed) {
			return nil
		}
	}
	c.ended = true
	return nil
}

// apply writes changes. Deleting and inserting are two transactions, since not every engine takes a key again in the one that gave it up; what a crash
// between them leaves undone the next comparison finds.
func (r *run) apply(ctx context.Context, t groupTable, c changes) error {
	if len(c.changed) > 0 {
		err := r.write(ctx, func(tx connectors.Tx) error { return r.change(ctx, tx, t, c.changed) })
		release(c.changed)
		if err != nil {
			release(c.arrive)
			return err
		}
	}
	if len(c.gone) > 0 {
		err := r.write(ctx, func(tx connectors.Tx) error { return r.remove(ctx, tx, t, c.gone) })
		if err != nil {
			release(c.arrive)
			return err
		}
	}
	if len(c.arrive) == 0 {
		return nil
	}
	rec, err := gather(c.arrive)
	if err != nil {
		return err
	}
	defer rec.Release()
	return r.write(ctx, func(tx connectors.Tx) error {
		_, err := tx.Insert(ctx, t.name, rec)
		return err
	})
}

// remove deletes rows by their primary keys at To.
func (r *run) remove(ctx context.Context, tx connectors.Tx, t groupTable, keys [][]string) error {
	for part := range slices.Chunk(keys, atOnce(t.primary)) {
		var c clause
		c.among(t.primary, part)
		stmt, err := r.to.Delete(t.name, c.done())
		if err == nil {
			_, err = tx.Exec(ctx, stmt.SQL, stmt.Args)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
