package shardmap

import (
	"fmt"
	"strings"
)

// ranged cuts the key space at ascending points. Segment i holds the keys from cuts[i-1], inclusive, to
// cuts[i], exclusive; a gap is a segment of the default shard.
type ranged struct {
	cuts   []Value
	ints   []int64 // the cuts of kinds that are one number, close together for the search
	shards []int   // one more than cuts
	names  []string
}

func buildRange(b *builder, s *Sharding) strategy {
	fallback := b.defaultShard(s)
	if len(s.Ranges) == 0 {
		b.fail(ErrEmpty, "ranges", "strategy range needs ranges, each with its shard and its bounds")
		return nil
	}
	r := &ranged{names: b.space.names}
	open := Value{} // the end of the previous range; no value before the first
	for i, bounds := range s.Ranges {
		at := fmt.Sprintf("ranges[%d]", i)
		shard := b.shard(bounds.Shard, at+".shard")
		from, ok1 := b.bound(bounds.From, at+".from")
		to, ok2 := b.bound(bounds.To, at+".to")
		if !ok1 || !ok2 {
			return nil
		}
		if bounds.From != nil && bounds.To != nil && Compare(from, to) >= 0 {
			b.fail(ErrEmpty, at, "the range is empty: from %s is not below to %s", quote(*bounds.From), quote(*bounds.To))
			return nil
		}
		if !b.follows(i, bounds, from, open, fallback >= 0) {
			if open.kind != NoValue && (bounds.To == nil || Compare(to, open) > 0) {
				open = to
			}
			continue
		}
		if bounds.From != nil && (i == 0 || open != from) {
			r.cuts, r.shards = append(r.cuts, from), append(r.shards, fallback)
		}
		r.shards = append(r.shards, shard)
		if bounds.To != nil {
			r.cuts = append(r.cuts, to)
		}
		open = to
	}
	if last := s.Ranges[len(s.Ranges)-1]; last.To != nil {
		if fallback < 0 {
			b.fail(ErrGap, fmt.Sprintf("ranges[%d]", len(s.Ranges)-1),
				"keys from %s on belong to no shard: leave out `to` in the last range, or give a default shard", quote(*last.To))
		}
		r.shards = append(r.shards, fallback)
	}
	if kind := b.kindOf(0); kind != TextValue && kind != UUIDValue {
		r.ints = make([]int64, len(r.cuts))
		for i, c := range r.cuts {
			r.ints[i] = c.n
		}
	}
	return r
}

// follows checks range i against the end of the range before it.
func (b *builder) follows(i int, r Bounds, from, open Value, covered bool) bool {
	at := fmt.Sprintf("ranges[%d]", i)
	switch {
	case i == 0 && r.From != nil && !covered:
		b.fail(ErrGap, at, "keys below %s belong to no shard: leave out `from` in the first range, or give a default shard", quote(*r.From))
	case i == 0:
		return true
	case r.From == nil:
		b.fail(ErrOverlap, at, "the range has no lower bound and so overlaps the one before it: give it a `from`")
		return false
	case open.kind == NoValue:
		b.fail(ErrOverlap, at, "the range before has no upper bound and so overlaps this one: give it a `to`")
		return false
	case Compare(from, open) < 0:
		b.fail(ErrOverlap, at, "from %s lies before the end %s of the previous range: ranges are listed in ascending order and may not overlap",
			quote(*r.From), quote(open.String()))
		return false
	case Compare(from, open) > 0 && !covered:
		b.fail(ErrGap, at, "keys from %s to below %s belong to no shard: close the gap, or give a default shard",
			quote(open.String()), quote(*r.From))
	}
	return true
}

// segment returns the number of cuts at or below v.
func (r *ranged) segment(v *Value) int {
	if r.ints != nil {
		return countAtMost(r.ints, v.n)
	}
	lo, hi := 0, len(r.cuts)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if r.cuts[mid].atMost(v) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// countAtMost returns how many of ascending numbers are at most n.
func countAtMost(list []int64, n int64) int {
	lo, hi := 0, len(list)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if list[mid] <= n {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// atMost is Compare(*v, *w) <= 0 for values of one kind, without copying them.
func (v *Value) atMost(w *Value) bool {
	switch v.kind {
	case TextValue:
		return v.text <= w.text
	case UUIDValue:
		return v.hi < w.hi || v.hi == w.hi && uint64(v.n) <= uint64(w.n)
	}
	return v.n <= w.n
}

func (r *ranged) route(key []Value) (int, bool) { return r.shards[r.segment(&key[0])], true }

func (r *ranged) prune(key []Constraint, into *shardSet) {
	if !key[0].known {
		into.addAll()
		return
	}
	for i := 0; i < len(key[0].spans) && !into.full(); i++ {
		s := &key[0].spans[i]
		first, last := 0, len(r.cuts)
		if s.lo.kind != NoValue {
			first = r.segment(&s.lo)
		}
		if s.lo.kind != NoValue && s.lo == s.hi {
			last = first
		} else if s.hi.kind != NoValue {
			last = r.segment(&s.hi)
			if !s.hiIncl && last > first && r.cuts[last-1] == s.hi {
				last--
			}
		}
		for i := first; i <= last && !into.full(); i++ {
			into.add(r.shards[i])
		}
	}
}

func (r *ranged) explain(key []Value) string {
	i := r.segment(&key[0])
	s := span{loIncl: true}
	if i > 0 {
		s.lo = r.cuts[i-1]
	}
	if i < len(r.cuts) {
		s.hi = r.cuts[i]
	}
	if len(r.cuts) == 0 {
		return fmt.Sprintf("range: every key lives on %s", r.names[r.shards[i]])
	}
	return fmt.Sprintf("range: key %s lies in %s, on %s", quote(key[0].String()), s, r.names[r.shards[i]])
}

func (r *ranged) describe() (string, bool) {
	var text strings.Builder
	text.WriteString("range")
	for i, shard := range r.shards {
		fmt.Fprintf(&text, " %d", shard)
		if i < len(r.cuts) {
			fmt.Fprintf(&text, " %q", r.cuts[i].String())
		}
	}
	return text.String(), true
}

// cover sees that the cuts ascend, so that the segments between them, the one below the first and the one from the last on
// hold every key once.
func (r *ranged) cover(c *Coverage, at string) {
	if len(r.shards) != len(r.cuts)+1 {
		c.open(ErrGap, at, "%d segments between %d cuts", len(r.shards), len(r.cuts))
	}
	for i := 1; i < len(r.cuts); i++ {
		if Compare(r.cuts[i-1], r.cuts[i]) >= 0 {
			c.open(ErrOverlap, at, "the cut %s does not lie above %s", quote(r.cuts[i].String()), quote(r.cuts[i-1].String()))
		}
	}
	for _, shard := range r.shards {
		c.part(shard, at)
	}
}
