package atoll

import (
	"context"

	"github.com/atoll-sql/atoll/shardmap"
)

// located is [shardmap.Table.Route] for one of the version's tables, with what its directory says; for a query of the caller's, whose parts it may be called for
// more than once. A directory that is not remembered is asked. Ok is false where the map and the directory do not tell.
func (t *topology) located(ctx context.Context, q *query, table *shardmap.Table, key []shardmap.Value) (shard int, ok bool) {
	in := t.directoryOf(table)
	if in == nil || len(key) != 1 || table.Moving(key[0]) { // what is remembered of a key that moves does not count
		return table.Route(key)
	}
	if q.lookups == nil {
		q.lookups = t.lookupsFor(q)
	}
	if shard, ok := in.cache.one(lookupKey{q.lookups.class, key[0]}); ok {
		return shard, true
	}
	return t.consulted(ctx, q, table, key).Route(key)
}

func (t *topology) directoryOf(table *shardmap.Table) *lookupTable {
	if t.lookups == nil {
		return nil
	}
	return t.lookups.directories[table.Root()]
}

// consulted is a table with what its directory says of a key; of one that moves the map itself does.
func (t *topology) consulted(ctx context.Context, q *query, table *shardmap.Table, key []shardmap.Value) *shardmap.Table {
	if len(key) == 1 && table.Moving(key[0]) {
		return table
	}
	if q.lookups == nil {
		q.lookups = t.lookupsFor(q)
	}
	entries := q.lookups.Directory(table, key)
	if len(entries) == 0 && q.lookups.resolve(ctx, t.snapshot()) {
		entries = q.lookups.Directory(table, key)
	}
	return table.WithEntries(entries)
}

// explainKey places a key given as text.
func (t *topology) explainKey(name string, key []string) (shardmap.Placement, error) {
	table, ok := t.Map.Table(name)
	if !ok || t.directoryOf(table) == nil {
		return t.Map.Explain(name, key)
	}
	values, err := table.ParseKey(key)
	if err != nil {
		return shardmap.Placement{}, err
	}
	q, err := t.newQuery("", nil)
	if err != nil {
		return shardmap.Placement{}, err
	}
	p, err := t.Map.ExplainIn(t.consulted(context.Background(), q, table, values), key)
	for _, l := range q.lookups.report() {
		if l.Unknown != "" {
			p.Why += "; " + l.Unknown
		}
	}
	return p, err
}
