package move

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// frozen compares both sides for the last time, while nobody writes, and switches.
func (r *run) frozen(ctx context.Context) error {
	if err := r.settle(ctx); err != nil { // until then somebody may write under an older version
		return err
	}
	ctx, release, err := r.reserve(ctx)
	if err != nil {
		return err
	}
	defer release()
	// What is put right under the locks is little then. While they are held, another move with locks at To may wait for the tables at From.
	if _, err := r.pass(ctx); err != nil {
		return err
	}
	if err := r.step("caught up"); err != nil {
		return err
	}
	unlock, err := r.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := r.step("locked"); err != nil {
		return err
	}
	if _, err := r.pass(ctx); err != nil {
		return err
	}
	if err := r.step("passed the last time"); err != nil {
		return err
	}
	if err := r.verify(ctx); err != nil {
		return err
	}
	if err := r.step("verified"); err != nil {
		return err
	}
	if err := r.stillListed(ctx); err != nil {
		return err
	}
	return r.publish(ctx, "frozen", "switched")
}

// lock keeps programs that write without Atoll from the tables at From, where the engine can, until unlock is called.
func (r *run) lock(ctx context.Context) (unlock func(), err error) {
	var stmts []string
	for _, t := range r.tables {
		if sql := r.from.Lock(t.name); sql != "" {
			stmts = append(stmts, sql)
		}
	}
	if len(stmts) == 0 {
		return func() {}, nil
	}
	tx, err := r.from.Begin(ctx)
	if err != nil {
		return nil, err
	}
	for _, sql := range stmts {
		if _, err := tx.Exec(ctx, sql, nil); err != nil {
			tx.Rollback()
			return nil, err
		}
	}
	r.read, r.locked = tx.Query, true
	return func() {
		r.read, r.locked = r.from.Query, false
		tx.Rollback()
	}, nil
}

// Mismatch says that the two sides differ when nobody writes.
type Mismatch struct {
	Table          string
	AtFrom, AtTo   int64
	FromSum, ToSum [2]uint64
}

// Error implements error.
func (e *Mismatch) Error() string {
	if e.AtFrom == e.AtTo {
		return fmt.Sprintf("table %s has %d rows of the keys on both shards, but not the same ones: somebody writes there, or a value is not kept as it is", e.Table, e.AtFrom)
	}
	return fmt.Sprintf("table %s has %d rows of the keys on the shard that they leave and %d on the other: somebody writes there", e.Table, e.AtFrom, e.AtTo)
}

// verify counts and sums up the rows of both sides, read anew.
func (r *run) verify(ctx context.Context) error {
	r.report.Verified, r.left = nil, map[string]left{}
	for _, t := range r.tables {
		e := Mismatch{Table: t.name}
		var err error
		if e.AtFrom, e.FromSum, err = r.checksum(ctx, r.from, r.read, t); err != nil {
			return err
		}
		if e.AtTo, e.ToSum, err = r.checksum(ctx, r.to, r.to.Query, t); err != nil {
			return err
		}
		if e.AtFrom != e.AtTo || e.FromSum != e.ToSum {
			return &e
		}
		r.report.Verified = append(r.report.Verified, Sum{t.name, e.AtFrom})
		r.left[t.name] = left{e.AtFrom, e.FromSum}
		r.tell("verified", t.name, e.AtFrom)
	}
	return nil
}

// checksum counts rows and adds up hashes of their canonical forms, in two sums of 64 bits: the order of the rows does not matter.
func (r *run) checksum(ctx context.Context, s Shard, query queryFunc, t groupTable) (n int64, sum [2]uint64, err error) {
	stmt, err := s.Select(Select{Table: t.name, Columns: t.columns, Where: r.where(t)})
	if err != nil {
		return 0, sum, err
	}
	var form []byte
	err = each(ctx, query, stmt, func(rec arrow.Record) error {
		for i := range int(rec.NumRows()) {
			form = form[:0]
			for k := range int(rec.NumCols()) {
				var err error
				if form, err = appendForm(form, rec.Column(k), i); err != nil {
					return err
				}
			}
			h := sha256.Sum256(form)
			sum[0] += binary.LittleEndian.Uint64(h[:])
			sum[1] += binary.LittleEndian.Uint64(h[8:])
		}
		n += rec.NumRows()
		return nil
	})
	return n, sum, err
}

// switched waits until every reader has the version in which To has the keys, and lets them be written to again.
func (r *run) switched(ctx context.Context) error {
	r.tell("switched; waiting until every reader knows", "", 0)
	if err := r.options.Wait(ctx, r.maps.MaxStale()); err != nil {
		return err
	}
	return r.publish(ctx, "switched", "cleaning")
}
