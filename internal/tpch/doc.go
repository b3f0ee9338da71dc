// Package tpch makes the world of the TPC-H benchmark: the rows of its eight tables, where they live on a number of
// shards, and its 22 queries.
//
// Rows follow the specification (revision 3): cardinalities, value domains, sparse keys, rules between dates, text by the
// pseudo text grammar. The random streams are our own, so the rows are not those of the TPC's dbgen, nor are the answers.
// Each row is a function of the seed, the scale factor, the table and the row's number alone: any range of any table can
// be made by itself, in any order, on any machine.
//
// Two columns are added to the specification's: o_nationkey and l_nationkey, the nation of the order's customer. Customers
// are spread by the region they live in (by c_nationkey, whose nations each belong to one region), orders and lineitems
// with their customer, suppliers and partsupps by the hash of the supplier's key; nation, region and part are on every
// shard. See docs/tpch.md.
package tpch
