// Package lookup remembers the answers of a table that tells where keys live, such as a directory of tenants or an index of e-mail addresses, for a bounded
// number of keys.
//
//   - An answer younger than TTL is given as it is, in nanoseconds. Older, it is given too, and asked for anew in the background. Older than MaxStale, it is
//     not given: the caller waits.
//   - That a key has no answer is remembered too, for NegativeTTL and not a moment longer: keys are added more often than they move.
//   - A key is asked for once, however many wait for it. Keys that are missing while requests are under way are asked for together by the next one.
//   - Who may only be told what they asked for themselves asks with [Cache.GetBy], in whose keys is who is entitled to the same.
//   - At most Size keys are remembered. Those that were not asked for lately make room (the second-chance algorithm, CLOCK, of F. J. Corbató, 1968).
package lookup
