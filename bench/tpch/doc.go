// Package tpch measures TPC-H over PostgreSQL shards against peers on the same machine: one PostgreSQL that holds all the rows, and postgres_fdw
// partitions, DuckDB and Trino over the same shards. Each answer of each peer is first held to that of the single PostgreSQL; one that differs is not
// measured.
//
// The rows are those of package internal/tpch: no figure here is a TPC result.
package tpch
