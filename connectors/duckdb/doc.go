// Package duckdb runs SQL in embedded DuckDB and speaks Arrow with it, both ways.
//
// It serves two masters. [Open] makes a shard connector over a DuckDB file, opened read-only until the first transaction that writes. [NewResidual]
// makes the coordinator's own SQL engine: an in-memory database whose statements read record batches
// that Atoll hands them, as if they were tables.
//
// # Roads
//
// Out of DuckDB, a statement's result is streamed: DuckDB holds at most a small buffer of chunks, each of up
// to 2,048 rows, and the reader copies them into record batches of the schema its caller asked for.
//
// Into DuckDB, an [Input] is read by a table function of ours, registered through DuckDB's C API with
// projection push-down. It pulls a [BatchSource] on whichever thread of DuckDB's executes the scan, one call
// at a time, and copies the columns that the statement uses. duckdb_arrow_scan is not used: it answers wrongly.
//
// The scalar functions of package scalar are registered with every database opened here.
//
// # Writing
//
// The first Begin of a connector opens its file anew, for writing; that waits for a moment in which nobody reads through the connector. While it is open so, no
// other process can open the file, nor another connector of this one. Readers and transactions share that instance: a statement sees what was committed
// when it began, a snapshot what was committed when its first statement began, and nobody waits for anybody. A transaction sees what was committed when
// its own first statement began, which is stricter than the port asks, and writing a row that another has written since, or has yet to commit, fails at
// once as a conflict.
//
// # Types
//
// decimal128(p,s) is DECIMAL(p,s); uuid is UUID; json, jsonb and bpchar are VARCHAR. A numeric without
// bounds (decimal256(76,38)) is a BLOB of 32 bytes: its unscaled value at scale 38, big-endian, with the
// sign bit flipped, so that bytewise order and equality are numeric order and equality. The infinities of dates and
// timestamps, which PostgreSQL's Arrow form keeps at the ends of the integer range, are DuckDB's infinities.
package duckdb
