// Package peers sets up the systems that Atoll is measured beside, over the same rows on the same machine: one PostgreSQL that holds all of them,
// postgres_fdw partitions, DuckDB with its postgres extension, and Trino with one catalog per shard.
//
// A peer that cannot be had (no Java, no network) is no error: it is reported with the reason and the remedy. What is started here ends with this
// process, also where this process is killed.
package peers
