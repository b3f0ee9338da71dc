package shardmap

// single is a table that lives on one shard.
type single struct {
	shard int
	names []string
}

func buildSingle(b *builder, s *Sharding) strategy {
	if s.Shard == "" {
		b.fail(ErrEmpty, "", "strategy single needs shard, the one that holds the table")
		return nil
	}
	return &single{shard: b.shard(s.Shard, "shard"), names: b.space.names}
}

func (s *single) route([]Value) (int, bool) { return s.shard, true }

func (s *single) prune(_ []Constraint, into *shardSet) { into.add(s.shard) }

func (s *single) explain([]Value) string {
	return "single: the whole table lives on " + s.names[s.shard]
}

func (s *single) describe() (string, bool) { return "single " + s.names[s.shard], true }

func (s *single) cover(c *Coverage, at string) { c.part(s.shard, at) }
