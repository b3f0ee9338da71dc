// Package spill keeps what does not fit in memory on disk, for as long as a query needs it. A [Space] is one engine's private folder and its
// limit of bytes; a [File] holds Arrow record batches, sealed under a key that only memory knows where that is wanted.
//
// Nothing outlives its use: on Unix a file has no name from the moment it is made, so the system frees it with the process however that ends;
// the folder is removed by Close, or after a crash by the next [Open] over the same parent.
package spill
