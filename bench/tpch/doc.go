// Package tpch measures TPC-H over PostgreSQL shards against two peers on the same machine: one PostgreSQL that holds all the rows, and
// postgres_fdw partitions over the same shards. All servers have the same settings and indexes; the answers of all peers are compared.
//
// The rows are those of package internal/tpch: no figure here is a TPC result.
package tpch
