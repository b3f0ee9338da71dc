// Package transfer measures how fast rows get from an engine into Arrow batches, by type, and beside it, in the same run and in turn, what the wire and the
// bare driver allow: COPY in the binary format into nothing, the driver without and with decoding, the engine's own scan.
package transfer
