// Package dialerror has the words for connections that could not be made, whoever wanted them: shards' adapters and the store of a map. They name the
// fault and what to change, and neither host nor user.
package dialerror
