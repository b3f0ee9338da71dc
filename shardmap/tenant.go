package shardmap

// buildTenant says how tenants with a schema or database each are written down: a shard is a database and a schema in it,
// so that such a tenant is a shard, and its key is listed for it.
func buildTenant(b *builder, _ *Sharding) strategy {
	b.fail(ErrUnsupported, "strategy",
		"strategy tenant is not supported by this version: make each tenant's schema or database a shard (dsn and schema), and list the tenants with strategy lookup")
	return nil
}
