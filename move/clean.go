package move

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/shardmap"
)

// cleaning deletes what is left at From, once no query reads it, and ends the move.
func (r *run) cleaning(ctx context.Context) error {
	remembered, err := r.tellDirectory(ctx)
	if err != nil {
		return err
	}
	// Until then a query under an earlier version may read the rows at From, and what the directory said before may be remembered.
	if err := r.settleFor(ctx, remembered); err != nil {
		return err
	}
	if err := r.untouched(ctx); err != nil {
		return err
	}
	if err := r.deleteAll(ctx, r.from, r.spec.From); err != nil {
		return err
	}
	if err := r.step("cleaned"); err != nil {
		return err
	}
	return r.end(ctx, shardmap.PhaseCleaning)
}

// end takes the move out of the map and removes its helpers, once no statement names them.
func (r *run) end(ctx context.Context, phase shardmap.Phase) error {
	if err := r.publish(ctx, phase, ""); err != nil {
		return err
	}
	if err := r.settle(ctx); err != nil {
		return err
	}
	if err := r.forget(ctx); err != nil {
		return err
	}
	r.tell("done", "", 0)
	return r.step("done")
}

// undo takes away what arrived at To and ends the move.
func (r *run) undo(ctx context.Context) (*Report, error) {
	if r.spec.Phase.Switched() {
		return &r.report, refuse("move %s has switched: shard %s has the keys. Let it end, and move them back", r.spec.ID, r.spec.To)
	}
	r.report.Undone = true
	if r.spec.Phase != shardmap.PhaseUndoing {
		if err := r.publish(ctx, r.spec.Phase, shardmap.PhaseUndoing); err != nil {
			return &r.report, err
		}
	}
	if err := r.settle(ctx); err != nil {
		return &r.report, r.named(err)
	}
	if err := r.deleteAll(ctx, r.to, r.spec.To); err != nil {
		return &r.report, r.named(err)
	}
	if err := r.step("taken away"); err != nil {
		return &r.report, err
	}
	return &r.report, r.named(r.end(ctx, shardmap.PhaseUndoing))
}

// deleteAll deletes the rows of the keys on one of the shards, in batches, tables that others refer to last.
func (r *run) deleteAll(ctx context.Context, s Shard, name string) error {
	for _, t := range slices.Backward(r.tables) {
		total := int64(0)
		for {
			n, err := r.deleteBatch(ctx, s, t)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			total += n
			r.report.Deleted += n
			r.tell("deleted on shard "+name, t.name, total)
			if err := r.step("deleted a batch"); err != nil {
				return err
			}
		}
	}
	for _, t := range r.tables {
		n, err := count(ctx, s, t.name, r.where(t))
		if err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("table %s has %d rows of the keys on shard %s again after they were deleted: somebody writes there", t.name, n, name)
		}
	}
	return nil
}

// deleteBatch deletes the first rows by their primary key.
func (r *run) deleteBatch(ctx context.Context, s Shard, t groupTable) (int64, error) {
	key := slices.Clone(t.primary)
	for i := range key {
		key[i].at = i
	}
	stmt, err := s.Select(Select{Table: t.name, Columns: names(key), Where: r.where(t), Order: names(key), Limit: r.options.Batch})
	if err != nil {
		return 0, err
	}
	var last []string
	n := int64(0)
	err = each(ctx, s.Query, stmt, func(rec arrow.Record) error {
		n += rec.NumRows()
		last, err = keyTexts(key, rec, int(rec.NumRows())-1)
		return err
	})
	if err != nil || n == 0 {
		return 0, err
	}
	if err := r.throttle(ctx, n); err != nil {
		return 0, err
	}
	var c clause
	r.moved(&c, t)
	c.beyond(key, last, true)
	if stmt, err = s.Delete(t.name, c.done()); err != nil {
		return 0, err
	}
	if s != r.to {
		if err := r.stillOwn(ctx); err != nil {
			return 0, err
		}
	}
	err = transact(ctx, s, func(tx connectors.Tx) error {
		if s == r.to {
			if err := r.fence(ctx, tx); err != nil {
				return err
			}
		}
		n, err = tx.Exec(ctx, stmt.SQL, stmt.Args)
		return err
	})
	if err == nil && n == 0 {
		err = fmt.Errorf("none of the rows of table %s that were found could be deleted", t.name)
	}
	return n, err
}
