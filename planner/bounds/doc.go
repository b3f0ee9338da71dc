// Package bounds tells what an answer means when the rows of some shards are missing: which of its rows and values are
// those of the whole answer, which are bounds of them, and which say nothing beyond the shards that answered.
//
// Let D be all rows, D' those without the rows that a shard left out holds, F the answer over D and A the one over D'. Every
// operator is followed with one promise: there is a one-to-one map f from its rows over D' to its rows over D (an
// embedding), and of each column what is known of r and f(r): the same value, not less, not more, a NULL that stays NULL.
// Rows that a negation lets through only because others are missing have no such map, and a query that makes them is
// refused as [*Unsound]. LIMIT and ranks are allowed: what they choose among are rows with that promise.
package bounds
