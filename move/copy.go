package move

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// copying carries the rows over while they are read and written at From, until few differ, and then refuses writes.
func (r *run) copying(ctx context.Context) error {
	if err := r.settle(ctx); err != nil { // until then somebody may see at To what arrives there
		return err
	}
	ctx, release, err := r.reserve(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := r.discover(ctx); err != nil {
		return err
	}
	if err := r.copyAll(ctx); err != nil {
		return err
	}
	if err := r.step("copied"); err != nil {
		return err
	}
	if err := r.catchUp(ctx); err != nil {
		return err
	}
	return r.publish(ctx, "copying", "frozen")
}

// copyTable copies the rows of a table behind those that are copied already, in the order of its primary key. Each batch and how far it goes are
// written in one transaction.
func (r *run) copyTable(ctx context.Context, t groupTable, at copied) error {
	if at.Done {
		return nil
	}
	var c clause
	r.moved(&c, t)
	if at.Last != nil {
		c.beyond(t.primary, at.Last, false)
	}
	stmt, err := r.from.Select(Select{Table: t.name, Columns: t.columns, Where: c.done(), Order: names(t.primary)})
	if err != nil {
		return err
	}
	stmt.BatchRows = r.options.Batch
	err = each(ctx, r.from.Query, stmt, func(rec arrow.Record) error {
		if err := r.throttle(ctx, rec.NumRows()); err != nil {
			return err
		}
		next := copied{Rows: at.Rows + rec.NumRows()}
		var err error
		if next.Last, err = keyTexts(t.primary, rec, int(rec.NumRows())-1); err != nil {
			return err
		}
		err = r.write(ctx, func(tx connectors.Tx) error {
			if _, err := tx.Insert(ctx, t.name, rec); err != nil {
				return err
			}
			return r.put(ctx, tx, itemCopy+t.name, next)
		})
		if err != nil {
			return err
		}
		at = next
		r.report.Copied += rec.NumRows()
		r.tell("copied", t.name, at.Rows)
		return r.step("copied a batch")
	})
	if err != nil {
		return err
	}
	at.Done = true
	return r.write(ctx, func(tx connectors.Tx) error { return r.put(ctx, tx, itemCopy+t.name, at) })
}

// keyTexts writes the primary key of a row.
func keyTexts(key []keyColumn, rec arrow.Record, i int) ([]string, error) {
	out := make([]string, len(key))
	for k, c := range key {
		var err error
		if out[k], err = text(rec.Column(c.at), i); err != nil {
			return nil, err
		}
	}
	return out, nil
}
