package shardmap

// buildList reads the strategy list: like lookup, for keys that are categories (countries, tenants'
// plans), each value of which places many rows.
func buildList(b *builder, s *Sharding) strategy {
	return buildDirectory(b, s, KindList, "lists", s.Lists)
}
