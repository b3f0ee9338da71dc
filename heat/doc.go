// Package heat counts what shards are asked: statements, rows, bytes, errors, how long they took, and which parts of the key space they were
// for. Counts fade: a statement from one window ago weighs 1/e of one from now, so that a rate is that of about the last window and nothing
// has to be thrown away at the end of an hour. Counters of several processes can be added up, in memory or in a file.
//
// The weights follow forward decay (Cormode, Shkapenyuk, Srivastava, Xu: Forward Decay, ICDE 2009): everything is counted in units of one
// fixed moment, so that a statement costs one addition and the whole is scaled only when it is read. Heavy keys are found by Space-Saving
// (Metwally, Agrawal, El Abbadi, 2005) and merged as Agarwal and others do (Mergeable Summaries, 2012).
package heat
