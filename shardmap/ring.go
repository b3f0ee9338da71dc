package shardmap

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
)

// ring places a key by consistent hashing: David Karger et al., Consistent Hashing and Random Trees, STOC 1997. Each
// shard has points on a circle, at the hashes of the texts NAME#0, NAME#1, …; a key lives on the shard of the first point
// at or after the key's hash. Where points of two shards coincide, the lesser name has it. The order of the list is of no
// consequence; a shard that comes or goes moves the keys between its points and those before them, and no others.
type ring struct {
	hasher
	points []ringPoint // ascending by position
	// slots are, for each prefix of a position, the first point with that prefix or a higher one; one more ends the last.
	slots  []ringSlot
	shift  uint // takes a position to its prefix
	names  []string
	shards []int // ascending by name
	each   int   // points of a shard
}

type ringPoint struct {
	at    uint64
	shard uint32
}

// ringSlot is a point, with its number.
type ringSlot struct {
	at           uint64
	shard, first uint32
}

const (
	defaultPoints = 128
	maxPoints     = 1 << 22 // of a ring
)

func buildRing(b *builder, s *Sharding) strategy {
	r := &ring{hasher: b.mixingHasherOf(s), names: b.space.names, each: cmp.Or(s.Points, defaultPoints)}
	if s.Shards == nil {
		b.fail(ErrEmpty, "", "strategy ring needs shards")
		return nil
	}
	r.shards = b.shardList(s.Shards, "shards", false)
	if most := maxPoints / max(len(r.shards), 1); r.each < 1 || r.each > most {
		b.fail(ErrSetting, "points", "%d points for each shard are not from 1 to %d, the most for %d shards", r.each, most, len(r.shards))
		return nil
	}
	if len(b.faults) > b.before {
		return nil
	}
	slices.SortFunc(r.shards, func(x, y int) int { return cmp.Compare(r.names[x], r.names[y]) })
	r.place()
	r.index()
	return r
}

// place sets the points, of shards in the order of their names.
func (r *ring) place() {
	r.points = make([]ringPoint, 0, len(r.shards)*r.each)
	var text []byte
	for rank, shard := range r.shards {
		text = append(append(text[:0], r.names[shard]...), '#')
		for i := range r.each {
			r.points = append(r.points, ringPoint{r.position(strconv.AppendInt(text, int64(i), 10)), uint32(rank)})
		}
	}
	slices.SortFunc(r.points, func(x, y ringPoint) int {
		if x.at != y.at {
			return cmp.Compare(x.at, y.at)
		}
		return cmp.Compare(x.shard, y.shard)
	})
	r.points = slices.CompactFunc(r.points, func(x, y ringPoint) bool { return x.at == y.at })
	for i := range r.points {
		r.points[i].shard = uint32(r.shards[r.points[i].shard])
	}
}

// position is the hash of a point's text.
func (r *ring) position(text []byte) uint64 {
	if r.hash == HashPostgreSQL {
		return r.sum([]Value{Text(string(text))})
	}
	_, low := r.hash.of(text)
	return low
}

// circle is the number of bits of positions.
func (r *ring) circle() uint {
	if r.hash == HashMurmur32 {
		return 32
	}
	return 64
}

// index makes as many slots as there are points, or up to twice as many, so that most searches look at a slot only.
func (r *ring) index() {
	width := min(uint(bits.Len(uint(len(r.points)))), r.circle())
	r.shift = r.circle() - width
	r.slots = make([]ringSlot, 1<<width+1)
	n := 0
	for prefix := range uint64(1) << width {
		for n < len(r.points) && r.points[n].at>>r.shift < prefix {
			n++
		}
		r.slots[prefix] = r.slot(n)
	}
	r.slots[1<<width] = r.slot(len(r.points))
}

// slot is one whose first point is number n; behind the last comes the first again.
func (r *ring) slot(n int) ringSlot {
	if n == len(r.points) {
		return ringSlot{math.MaxUint64, r.points[0].shard, uint32(n)}
	}
	return ringSlot{r.points[n].at, r.points[n].shard, uint32(n)}
}

// after returns the number of the first point at or after a position.
func (r *ring) after(position uint64) int {
	prefix := position >> r.shift
	lo := int(r.slots[prefix].first)
	if position > r.slots[prefix].at {
		hi := int(r.slots[prefix+1].first)
		for lo++; lo < hi; {
			mid := int(uint(lo+hi) >> 1)
			if r.points[mid].at < position {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
	}
	if lo == len(r.points) {
		return 0
	}
	return lo
}

func (r *ring) route(key []Value) (int, bool) {
	position := r.sum(key)
	if s := &r.slots[position>>r.shift]; position <= s.at {
		return int(s.shard), true
	}
	return int(r.points[r.after(position)].shard), true
}

func (r *ring) prune(key []Constraint, into *shardSet) { prunePoints(r, key, into) }

func (r *ring) explain(key []Value) string {
	p := r.points[r.after(r.sum(key))]
	return fmt.Sprintf("ring: %s, the next of %d points is %016x, of %s", r.why(key), len(r.points), p.at, r.names[p.shard])
}

func (r *ring) describe() (string, bool) {
	return fmt.Sprintf("ring %s %d %v", r.hasher.describe(), r.each, r.shards), true
}

// cover measures the arcs: each belongs to the point it ends at, the first one also to the circle's beginning and end.
func (r *ring) cover(c *Coverage, at string) {
	shares, whole := map[int]float64{}, math.Ldexp(1, int(r.circle()))
	for i, p := range r.points {
		c.part(int(p.shard), at)
		before := r.points[(i+len(r.points)-1)%len(r.points)].at
		if i > 0 && before >= p.at {
			c.open(ErrOverlap, at, "point %d of the ring does not lie beyond the one before it", i)
		}
		arc := float64(p.at - before)
		if i == 0 {
			arc = whole - float64(before) + float64(p.at)
		}
		shares[int(p.shard)] += arc / whole
	}
	c.hashed(shares)
}
