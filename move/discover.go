package move

import (
	"context"
	"errors"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/shardmap"
)

// discover lists the keys of the buckets that move on both shards: from then on statements can name them. Keys may come any time before writes are
// refused, so that each comparison begins with it.
func (r *run) discover(ctx context.Context) error {
	if len(r.spec.Keys.Buckets) == 0 {
		return nil
	}
	for _, s := range []Shard{r.from, r.to} {
		for _, t := range r.tables {
			if err := r.list(ctx, s, t); err != nil {
				return err
			}
		}
	}
	return r.step("listed the keys")
}

// list adds the keys of a table that one of the shards does not list yet.
func (r *run) list(ctx context.Context, on Shard, t groupTable) error {
	var last []string
	for {
		c, err := r.unlisted(ctx, on, t, last)
		if err != nil || len(c.arrive) == 0 {
			release(c.arrive)
			return err
		}
		rec, err := gather(c.arrive)
		if err != nil {
			return err
		}
		add := func(tx connectors.Tx) error {
			_, err := tx.Insert(ctx, shardmap.KeyTable(r.spec.ID), rec)
			return err
		}
		if on == r.to {
			err = r.write(ctx, add)
		} else {
			err = transact(ctx, on, add)
		}
		rec.Release()
		if err != nil || c.ended {
			return err
		}
		last = c.last
	}
}

// unlisted are keys, behind one, that a table has at From and a shard does not list, as many as go into a transaction.
func (r *run) unlisted(ctx context.Context, on Shard, t groupTable, last []string) (c changes, err error) {
	key, listed := slices.Clone(t.place), slices.Clone(t.place)
	for i := range key {
		key[i].at, listed[i].at, listed[i].name = i, i, keyName(i)
	}
	var sides [2]*cursor
	defer func() {
		for _, s := range sides {
			if s != nil {
				err = errors.Join(err, s.close())
			}
		}
	}()
	for i, shard := range []Shard{r.from, on} {
		table, columns, query := t.name, key, queryFunc(r.read)
		if i == 1 {
			table, columns = shardmap.KeyTable(r.spec.ID), listed
			if on != r.from {
				query = on.Query
			}
		}
		var where clause
		for _, k := range columns {
			where.and(column(k.name) + " IS NOT NULL")
		}
		if last != nil {
			where.beyond(columns, last, false)
		}
		stmt, err := shard.Select(Select{Table: table, Columns: names(columns), Distinct: i == 0, Where: where.done(), Order: names(columns)})
		if err != nil {
			return c, err
		}
		if i == 1 && on == r.from {
			query = r.from.Query // the transaction that locks reads one statement at a time
		}
		if sides[i], err = open(ctx, query, stmt, key, "the keys of table "+t.name); err != nil {
			return c, err
		}
	}
	err = r.missing(ctx, sides[0], sides[1], t, key, &c)
	return c, err
}

// missing goes through the keys of a table and those that are listed.
func (r *run) missing(ctx context.Context, have, listed *cursor, t groupTable, key []keyColumn, c *changes) error {
	moves := r.contains(t)
	for !have.end {
		o := order(have, listed)
		if o < 0 && moves(have.rec, have.i) {
			texts, err := keyTexts(key, have.rec, have.i)
			if err != nil {
				return err
			}
			c.last = texts
			c.arrive = append(c.arrive, renamed(have.rec.NewSlice(int64(have.i), int64(have.i)+1)))
		}
		if o <= 0 {
			if err := have.next(ctx); err != nil {
				return err
			}
		}
		if o >= 0 && !listed.end {
			if err := listed.next(ctx); err != nil {
				return err
			}
		}
		if len(c.arrive) >= r.options.Batch {
			return nil
		}
	}
	c.ended = true
	return nil
}

// renamed is a row of keys under the names of the table that lists them. It takes the place of rec.
func renamed(rec arrow.Record) arrow.Record {
	defer rec.Release()
	fields := slices.Clone(rec.Schema().Fields())
	for i := range fields {
		fields[i].Name = keyName(i)
	}
	return newRecord(fields, rec)
}
