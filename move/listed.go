package move

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/shardmap"
)

// Of a table whose keys a directory lists the map's settings do not change. While the move stands it is the move that says where its keys are, and nobody asks the
// directory for them; before it goes, the directory is changed, and whatever anybody remembers of it is waited for.

func isDirected(m *shardmap.Map, table string) bool {
	t, ok := m.Table(table)
	if !ok {
		return false
	}
	_, ok = t.Directory()
	return ok
}

// directed makes the checks of a move of a table with a directory that need the map only. From may not be known yet.
func directed(snap *Snapshot, t *shardmap.Table, spec shardmap.MoveSpec) error {
	if len(spec.Keys.Values) == 0 || len(spec.Keys.Buckets) > 0 || spec.Keys.From != nil || spec.Keys.To != nil {
		return refuse("the keys of table %s are listed in a directory: name those that move", t.Name())
	}
	for _, name := range []string{spec.From, spec.To} {
		i, ok := snap.Map.ShardIndex(name)
		if name != "" && (!ok || !slices.Contains(t.Shards(), i)) {
			return refuse("shard %q is not among the shards that the directory of table %s may name: add it to the table's shards", name, t.Name())
		}
		if name != "" && name == spec.From && snap.Map.Shard(i).State == shardmap.StateReadOnly {
			return refuse("shard %s is %s: the rows could not be deleted there", name, shardmap.StateReadOnly)
		}
	}
	return nil
}

// listedFrom asks the directory, if the table has one, which shard has the keys, and whether it can be told that another one has them.
func (m *Mover) listedFrom(ctx context.Context, snap *Snapshot, spec shardmap.MoveSpec) (shardmap.MoveSpec, error) {
	d, err := m.directory(ctx, snap.Map, spec.Table)
	if err != nil || d == nil {
		return spec, err
	}
	from, err := d.listed(ctx, spec.Keys.Values, spec.From)
	if err != nil {
		return spec, err
	}
	if from == spec.To {
		return spec, refuse("shard %s has the keys already", spec.To)
	}
	if _, ok := snap.Map.ShardIndex(from); !ok {
		return spec, refuse("table %s on shard %s lists the keys for a shard that the shard map does not have", d.Table, d.on)
	}
	spec.From = from
	if err := directed(snap, d.table, spec); err != nil {
		return spec, err
	}
	return spec, d.try(ctx, spec)
}

// try changes the directory and takes the change back: once the keys have switched it would be late to find that it must not be written to.
func (d *directory) try(ctx context.Context, spec shardmap.MoveSpec) error {
	tx, err := d.shard.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return d.change(ctx, tx, spec)
}

// current is the directory by the newest version of the map; nil if the table has none.
func (r *run) current(ctx context.Context) (*directory, error) {
	snap, err := r.maps.Load(ctx)
	if err != nil {
		return nil, err
	}
	return r.directory(ctx, snap.Map, r.spec.Table)
}

// stillListed refuses to switch keys that the directory does not list for From any more: somebody else has given them another place. It writes down what From
// holds of the others.
func (r *run) stillListed(ctx context.Context) error {
	d, err := r.current(ctx)
	if err != nil || d == nil {
		return err
	}
	if _, err := d.listed(ctx, r.spec.Keys.Values, r.spec.From); err != nil {
		return err
	}
	if err := r.write(ctx, func(tx connectors.Tx) error { return r.put(ctx, tx, itemLeft, r.left) }); err != nil {
		return err
	}
	return r.step("asked the directory")
}

// left is what a table holds of the keys on the shard that they leave: how many rows, and their checksum.
type left struct {
	Rows int64
	Sum  [2]uint64
}

// untouched fails if somebody has written to the keys at From since they switched. Who goes by the directory may have done so until it was told and what they
// remembered of it was too old; it must not be deleted unseen.
func (r *run) untouched(ctx context.Context) error {
	items, err := progress(ctx, r.to, r.spec.ID)
	if err != nil || items[itemLeft] == "" {
		return err
	}
	var was map[string]left
	if err := unpacked(items[itemLeft], &was); err != nil {
		return err
	}
	for _, t := range r.tables {
		then, ok := was[t.name]
		if !ok {
			continue
		}
		var now left
		if now.Rows, now.Sum, err = r.checksum(ctx, r.from, r.from.Query, t); err != nil {
			return err
		}
		if now != then && now.Rows > 0 {
			return refuse("somebody has written rows of the keys to table %s on shard %s after they had moved: carry over to shard %s what was written there, then delete all rows of the keys"+
				" from that table on shard %s, and resume the move", t.name, r.spec.From, r.spec.To, r.spec.From)
		}
	}
	return r.write(ctx, func(tx connectors.Tx) error { return r.put(ctx, tx, itemLeft, nil) })
}

// tellDirectory lists the keys for To, and returns for how long somebody may remember that they were not.
func (r *run) tellDirectory(ctx context.Context) (time.Duration, error) {
	d, err := r.current(ctx)
	if err != nil || d == nil {
		return 0, err
	}
	if err := r.stillOwn(ctx); err != nil {
		return 0, err
	}
	if err := transact(ctx, d.shard, func(tx connectors.Tx) error { return d.change(ctx, tx, r.spec) }); err != nil {
		return 0, err
	}
	r.tell("told the directory", d.Table, int64(len(r.spec.Keys.Values)))
	return remembered(d.Cache), r.step("told the directory")
}

// remembered is how long a reader may go on with what a directory has told it.
func remembered(c shardmap.Cache) time.Duration {
	if c.Off {
		return 0
	}
	return max(cmp.Or(c.TTL, shardmap.DefaultCacheTTL), c.NegativeTTL, c.MaxStale)
}
