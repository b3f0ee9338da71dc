// Package atoll answers one SQL query over data that lives in many databases, in many regions.
//
// [Open] makes an [Engine] from a configuration. [Engine.Query] plans a query, runs its fragments at the
// shards in parallel and returns the answer as a stream of Arrow record batches: the answer that one PostgreSQL
// database holding all the rows would give, in its types. [Engine.Explain] shows the plan instead: each
// shard's SQL, and what crosses which border.
//
// An Engine is safe for concurrent use; a [Result] belongs to one goroutine. Errors are of type [*Error]
// wherever the query, a shard or the configuration is at fault.
package atoll
