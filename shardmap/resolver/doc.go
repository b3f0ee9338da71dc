// Package resolver holds the newest good version of the document of a store, for readers who ask for it once a query. Its answer costs nanoseconds and
// is never older than promised:
//
//   - A snapshot is immutable. Its AsOf is a moment at which the store certainly had no newer version.
//   - Younger than TTL, a snapshot is served as it is. Older, it is served too, and the store is asked in the background, by one request for everybody.
//   - Older than MaxStale, it is not served: the caller waits for the store, and gets a [StaleError] if the store does not confirm a version in time.
//   - A document that its check refuses, whose version is lower than the one held, or that is another text under the same version is not served. The last
//     good snapshot stays, but no answer of the store that was refused confirms it: it ages, and ends with a StaleError that names the fault.
//   - Where the store tells of changes, each makes the resolver ask at once. A watch that is lost is set up anew, with growing pauses.
//
// The age of a snapshot is the larger of what the monotonic and the wall clock say, since either may stand still: the one while a machine
// sleeps, the other when it is set back.
package resolver
