// Package tap records every byte that crosses a border between the coordinator and a shard, and finds planted values in
// it, in whatever form a byte stream could carry them: for tests that nothing leaves which may not.
//
// A [Proxy] stands in front of a server that speaks over a socket; [Wrap] does the same for an engine in this process,
// of which it records statements, parameters and batches in Arrow's IPC format. Both write to a [Recorder]. A [Finder]
// knows the planted values. Connections must not be encrypted: of those nothing can be found.
package tap
