// Package plantest gives the planner's tests a world without any I/O: tables, shards in three regions, the road from
// text to a placed plan, and its printed form. It also reads the golden plans and the table of expressions of
// testdata, which several packages hold against their own part of the planner.
package plantest
