// Package atoll answers one SQL query over data that lives in many databases, in many regions.
//
// [Open] makes an [Engine] from a configuration. [Engine.Query] plans a query, runs its fragments at the
// shards in parallel and returns the answer as a stream of Arrow record batches: the answer that one PostgreSQL
// database holding all the rows would give, in its types. [Engine.Explain] shows the plan instead: each
// shard's SQL, and what crosses which border.
//
// # Usage
//
//	engine, err := atoll.OpenFile(ctx, "atoll.yaml")
//	...
//	defer engine.Close()
//	result, err := engine.Query(ctx, "SELECT atoll_region, count(*) FROM payments WHERE due >= $1 GROUP BY 1", "2026-01-01")
//	...
//	defer result.Release()
//	for result.Next() {
//		batch := result.Record() // valid until the next Next
//		...
//	}
//	if err := result.Err(); err != nil { ... }
//
// The example of [Engine.Query] is a whole program. Rows are Arrow arrays of the types in docs/types.md; what an
// answer promises is in docs/semantics.md.
//
// An Engine is safe for concurrent use; a [Result] belongs to one goroutine. Errors are of type [*Error]
// wherever the query, a shard or the configuration is at fault.
package atoll
