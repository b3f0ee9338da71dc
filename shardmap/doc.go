// Package shardmap knows where every key lives: regions, shards, and for each table the strategy that
// places its rows.
//
// A [Map] is an immutable snapshot with a version; a query pins one and asks it three things. [Map.Prune]
// turns what a WHERE clause says about the key columns into the shards that may hold matching rows,
// [Map.Explain] says where one key lives and why, and [Map.Scheme] tells whether two tables are colocated.
//
// One rule decides every doubtful case: what is not known widens the set of shards, never narrows it. A
// value of another type than the key's, a key the map does not list, an interval too wide to enumerate:
// each means more shards, so that no row is missed. A NULL key equals nothing; rows whose key is NULL may
// live on any of the table's shards, and only a constraint that excludes NULL may prune.
//
// [Map.Coverage] proves which schemes give every key exactly one shard.
//
// Of Atoll the package imports the arithmetic of PostgreSQL's hash functions only. Each strategy is one file: hash.go
// (with partitions.go), jump.go, ring.go, virtual.go, lookup.go, directorytable.go, list.go, ranges.go, geography.go, composite.go,
// reference.go, single.go. hashing.go names the hash functions; docs/sharding.md documents all of them.
package shardmap
