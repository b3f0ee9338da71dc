package shardmap

// maxCombinations bounds the tuples tried for a key of several columns.
const maxCombinations = 4096

// prunePoints is prune for a strategy that can say of single keys only where they live: it tries the keys that meet the
// constraints, or adds all shards where they are too many to try.
func prunePoints(s strategy, key []Constraint, into *shardSet) {
	columns := make([][]Value, len(key))
	combinations := 1
	for i, c := range key {
		points, ok := c.points()
		if !ok || len(key) > 1 && combinations*len(points) > maxCombinations {
			into.addAll()
			return
		}
		columns[i], combinations = points, combinations*len(points)
	}
	if len(key) == 1 {
		pruneEach(s, columns[0], into)
		return
	}
	tuple := make([]Value, len(key))
	for n := 0; n < combinations && !into.full(); n++ {
		rest := n
		for i, points := range columns {
			tuple[i], rest = points[rest%len(points)], rest/len(points)
		}
		addRoute(s, tuple, into)
	}
}

// pruneEach adds the shards of keys of one column.
func pruneEach(s strategy, points []Value, into *shardSet) {
	for i := 0; i < len(points) && !into.full(); i++ {
		addRoute(s, points[i:i+1], into)
	}
}

func addRoute(s strategy, key []Value, into *shardSet) {
	if shard, ok := s.route(key); ok {
		into.add(shard)
	} else {
		into.addAll()
	}
}
