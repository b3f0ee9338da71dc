// Package move carries keys of a table, and of all tables colocated with it, from one shard to another while queries run.
//
// A move is a saga. How far it is stands in the shard map, as the move's phase, and in the table [ProgressTable] on the shard that
// the keys move to; each step may be done again after a crash, and until the switch all of it can be undone:
//
//	begin      checks; the move's record; for buckets, the tables that list the keys; the map says copying
//	copying    rows are copied in batches, then compared and put right until few of them differ; the map says frozen
//	frozen     nobody writes: compared and put right once more, counted and summed up on both sides; the map says switched, and places
//	           the keys on the other shard in the same version
//	switched   every reader has that version; the map says cleaning, and the keys are written to again
//	cleaning   no query of an earlier version runs: the rows left behind are deleted; the map forgets the move
//	undoing    what was copied is deleted; the map forgets the move
//
// Of a table whose keys a directory lists the map's settings stay: while the move stands in the map nobody asks the directory for its keys, and at the beginning
// of cleaning the directory is told.
//
// Before a phase is relied on, its work waits until no reader has an older version of the map and no statement under one still runs.
// Several processes that run one move at the same time do no harm: the last one that took it has it, and the others find that out before
// they write.
package move
