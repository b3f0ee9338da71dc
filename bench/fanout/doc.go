// Package fanout measures what a query over many shards costs: how long it takes by the number of shards and their distance, where that time goes, how its tail
// grows, and how other systems answer the same queries.
//
// [Run] measures it all in one run, over servers that it starts and stops. Of every series it keeps one value a round; in a round, numbers of shards and
// distances take turns, so that what else the machine does falls on all alike.
package fanout
