package shardmap

// strategy places the keys of one table. Implementations are immutable and do not allocate in route. Keys
// and constraints they are given have the table's number of columns and its kinds.
type strategy interface {
	// route returns the shard of a key, or false if the map does not say which of the table's shards has it.
	route(key []Value) (shard int, ok bool)

	// prune adds the shards that may hold keys which meet all constraints, one per key column.
	prune(key []Constraint, into *shardSet)

	// explain says in one line how route came to its answer.
	explain(key []Value) string

	// cover walks all keys: it notes the parts that keys fall into, each with its shard, and what no part has. at is where the
	// strategy stands in the configuration.
	cover(c *Coverage, at string)

	// describe returns a text that is equal for strategies that place every key alike, and whether every
	// key is placed at all.
	describe() (text string, total bool)
}

// shardSet collects shard indexes out of those of one table.
type shardSet struct {
	marked []bool
	all    []int // the table's shards
	left   int   // how many of all are not marked
}

func newShardSet(shards int, all []int) *shardSet {
	return &shardSet{marked: make([]bool, shards), all: all, left: len(all)}
}

func (s *shardSet) add(shard int) {
	if !s.marked[shard] {
		s.marked[shard] = true
		s.left--
	}
}

func (s *shardSet) addAll() {
	for _, i := range s.all {
		s.add(i)
	}
}

// within is a set of some of the shards, for one part of a strategy; what it adds is added to s, which must be told by
// recount.
func (s *shardSet) within(shards []int) *shardSet {
	out := &shardSet{marked: s.marked, all: shards}
	out.recount()
	return out
}

func (s *shardSet) recount() {
	s.left = 0
	for _, i := range s.all {
		s.left += boolInt(!s.marked[i])
	}
}

// full reports whether nothing can be added any more.
func (s *shardSet) full() bool { return s.left == 0 }

// sorted returns the marked shards, ascending.
func (s *shardSet) sorted() []int {
	out := make([]int, 0, len(s.all)-s.left)
	for _, i := range s.all {
		if s.marked[i] {
			out = append(out, i)
		}
	}
	return out
}
