package shardmap

import (
	"fmt"
	"slices"
)

// replicated is a table that every one of its shards holds in full. One shard answers any question.
type replicated struct {
	holders []int
	names   []string
}

func buildReference(b *builder, s *Sharding) strategy {
	names := s.Shards
	if names == nil {
		names = slices.DeleteFunc(slices.Clone(b.space.names), b.apart)
	}
	return &replicated{holders: b.shardList(names, "shards", false), names: b.space.names}
}

func (r *replicated) route([]Value) (int, bool) { return r.holders[0], true }

func (r *replicated) prune(_ []Constraint, into *shardSet) { into.addAll() }

func (r *replicated) explain([]Value) string {
	return fmt.Sprintf("reference: the table is replicated on %d shards; each answers, the first is %s",
		len(r.holders), r.names[r.holders[0]])
}

func (r *replicated) describe() (string, bool) { return fmt.Sprintf("reference %v", r.holders), true }

func (r *replicated) cover(c *Coverage, at string) { c.part(r.holders[0], at) }
