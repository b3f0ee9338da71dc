// Package world starts what benchmarks ask: PostgreSQL servers or DuckDB files as shards, filled with payments by a seed, each in a region that a proxy keeps at a
// distance; beside them, if wanted, one server with all rows and one for foreign tables. Everything listens on this machine only, and [World.Close]
// removes all of it.
package world
