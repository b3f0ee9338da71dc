// Package planning measures the road from a query's text to a plan: parse, bind, rewrite, place, judge by residency rules, and write SQL for each shard, by
// the query's shape, the number of shards and the number of rules. No shard is contacted: they describe their tables and hold no rows.
package planning
