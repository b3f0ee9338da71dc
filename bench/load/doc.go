// Package load asks a system for something again and again and counts how long it takes.
//
// A [Closed] loop has so many workers, each of which asks the next as soon as its last has ended: it tells what a system can do. An [Open] loop
// lets requests arrive by a schedule of their own, as users do, whether or not the system keeps up: it tells what users see. Latencies are kept in
// HdrHistograms ([Recorder]). The package knows how the tail of a fan-out grows with the number of shards ([Tail]), and which round-trip times
// are published between regions ([Profiles]).
package load
