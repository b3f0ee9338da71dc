package shardmap

// buildTenant reads the strategy tenant: shards that are one tenant's schema or database say which tenants that are ([Shard].Tenants), so that
// the table itself needs to name its key only.
func buildTenant(b *builder, s *Sharding) strategy {
	var entries []Entry
	for _, shard := range b.m.shards {
		if len(shard.Tenants) > 0 {
			entries = append(entries, Entry{Shard: shard.Name, Keys: shard.Tenants})
		}
	}
	if b.depth > 0 {
		b.fail(ErrSetting, "strategy", "strategy tenant cannot be part of another one")
		return nil
	}
	if len(entries) == 0 {
		b.fail(ErrEmpty, "", "strategy tenant needs shards with schemas or databases of tenants (shards: {pool-1: {…, schemas: {acme: [17]}}})")
		return nil
	}
	return buildDirectory(b, s, KindTenant, "tenants", entries)
}

// tenantKeys are the keys of all tenants, from which the type of a key may be inferred.
func (b *builder) tenantKeys() []string {
	var out []string
	for _, shard := range b.m.shards {
		out = append(out, shard.Tenants...)
	}
	return out
}
