// Package merge measures on one core how many partial rows a second become groups, or one sorted stream, once they are here: no server and no network is
// involved, the rows of all shards are in memory as the record batches that connectors make. DuckDB does the same work on the same rows in the same run.
package merge
