// Package advice proposes which keys to move between shards: away from shards that are asked too much, hold too much, or are to be emptied. It
// is a pure function of the shard map, the shards' sizes and their heat, and proposes only what is legal: keys never leave their jurisdiction, and
// go to shards that are active. Where nothing legal would help it says what would.
package advice
