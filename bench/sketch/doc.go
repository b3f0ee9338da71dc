// Package sketch measures what estimates save beside exact answers over the same shards: time, the bytes that the shards send, and how far off the estimates
// really are, held to how far off they may be.
package sketch
