package shardmap

import (
	"cmp"
	"slices"
)

// buildGeography reads the strategy geography: the first column is a country, region or the like, listed for a place,
// which is a shard, a region or a jurisdiction. Where a place has several shards the other columns decide among them by
// a hash. It is a composite with a branch for each place.
func buildGeography(b *builder, s *Sharding) strategy {
	b.withinPlaces(s)
	if len(b.faults) > b.before {
		return nil
	}
	places := space{what: "place", plural: "places", index: map[string]int{}}
	for _, e := range append(slices.Clone(s.Places), Entry{Shard: s.Default}) {
		if _, known := places.index[e.Shard]; !known && e.Shard != "" {
			places.index[e.Shard] = len(places.names)
			places.names = append(places.names, e.Shard)
		}
	}
	outer := b.scope
	b.space, b.used = places, map[int]bool{}
	first := buildDirectory(b, s, KindGeography, "places", s.Places)
	c := &composite{names: places.names, branchesAt: "places", first: step{first, 0, 1, b.usedShards()}}
	b.space, b.used = outer.space, outer.used
	if first == nil {
		return nil
	}
	for _, name := range places.names {
		at := "places." + name
		if !slices.ContainsFunc(s.Places, func(e Entry) bool { return e.Shard == name }) {
			at = "default"
		}
		if shards := b.shardsOfPlace(name, at); len(shards) > 0 {
			c.branches = append(c.branches, b.place(s, name, at, shards))
		}
	}
	if len(b.faults) > b.before {
		return nil
	}
	_, c.total = first.describe()
	return c
}

// withinPlaces checks what is said of the choice among the shards of a place.
func (b *builder) withinPlaces(s *Sharding) {
	settings := []string{"hash", "key_bytes", "within", "points"}
	for _, setting := range s.settings() {
		if len(s.Key) == 1 && slices.Contains(settings, setting) {
			b.fail(ErrSetting, setting, "%s is for further columns of the key, which decide among the shards of a place: add them, or remove it", setting)
		}
	}
	switch s.Within {
	case "", KindHash, KindJump, KindRing:
	default:
		b.fail(ErrSetting, "within", "strategy %s does not choose among the shards of a place: use hash, jump or ring", quote(string(s.Within)))
	}
	if s.Points != 0 && s.Within != KindRing {
		b.fail(ErrSetting, "points", "points are for within: ring")
	}
	outer := b.keyTypes
	b.keyTypes = outer[1:]
	if s.Within == KindJump || s.Within == KindRing {
		b.mixingHasherOf(s)
	} else if len(s.Key) > 1 {
		b.hasherOf(s)
	}
	b.keyTypes = outer
}

// place builds the branch of a place.
func (b *builder) place(s *Sharding, name, at string, shards []int) step {
	for _, i := range shards {
		b.used[i] = true
	}
	if len(shards) == 1 {
		return step{&single{shard: shards[0], names: b.space.names}, 1, 1, shards}
	}
	if len(s.Key) == 1 {
		b.fail(ErrSetting, at, "place %s has %d shards, among which one column cannot decide: add one that can to the key (key: [%s, id]), or name a single shard",
			quote(name), len(shards), s.Key[0])
		return step{}
	}
	inner := &Sharding{Hash: s.Hash, KeyBytes: s.KeyBytes, Points: s.Points}
	for _, i := range shards {
		inner.Shards = append(inner.Shards, b.space.names[i])
	}
	build := map[Kind]func(*builder, *Sharding) strategy{KindHash: buildHash, KindJump: buildJump, KindRing: buildRing}[cmp.Or(s.Within, KindHash)]
	outer := b.keyTypes
	b.keyTypes = outer[1:]
	st := step{build(b, inner), 1, len(s.Key), shards}
	b.keyTypes = outer
	return st
}

// shardsOfPlace returns the shards that a name means, ascending: that of a shard, or those of a region or jurisdiction.
func (b *builder) shardsOfPlace(name, at string) []int {
	var means [][]int
	if i, ok := b.space.index[name]; ok {
		means = append(means, []int{i})
	}
	for _, field := range []func(Region) string{func(r Region) string { return r.Name }, func(r Region) string { return r.Jurisdiction }} {
		var found []int
		for i, sh := range b.m.shards {
			if r, ok := b.m.Region(sh.Region); ok && field(r) == name && !b.apart(sh.Name) {
				found = append(found, i)
			}
		}
		if found != nil {
			means = append(means, found)
		}
	}
	switch {
	case len(means) == 0:
		b.fail(ErrUnknownShard, at, "unknown place %s: it is no shard, and no region or jurisdiction has it as its name and shards in it", quote(name))
		return nil
	case slices.ContainsFunc(means, func(m []int) bool { return !slices.Equal(m, means[0]) }):
		b.fail(ErrSetting, at, "%s is the name of more than one of shard, region and jurisdiction, which have different shards: rename one", quote(name))
		return nil
	}
	return means[0]
}
