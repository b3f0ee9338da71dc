package shardmap

import (
	"fmt"
	"slices"
	"strings"
)

// Part is a part of a table's keys that lives on one shard, and can be moved to another as a whole: a listed key, a range, a bucket or a
// virtual shard.
type Part struct {
	Name     string // "key 17", "range [10, 20)", "bucket 3", "virtual shard 512"
	Shard    int
	Value    Value // the key of lookup and list; the zero Value otherwise
	From, To Value // of a range; the zero Value is no bound
	Bucket   int   // of hash and virtual; -1 otherwise
	Pinned   bool  // its table's settings have no way to say that it is elsewhere
}

// OtherKeys names the keys that a lookup or list does not list.
const OtherKeys = "keys not listed"

// Parts returns the parts of a table of strategy lookup, list, range, hash or virtual, in the order of the key; nil for those whose keys do not
// move in parts. Keys that a list does not name are in no part.
func (t *Table) Parts() []Part {
	var out []Part
	switch s := t.strategy.(type) {
	case *directory:
		if s.kind == KindGeography {
			return nil
		}
		for _, e := range s.shards.sorted() {
			out = append(out, Part{Name: keyName(e.key), Shard: e.shard, Value: e.key, Bucket: -1})
		}
	case *ranged:
		for i, shard := range s.shards {
			from, to := s.segmentBounds(i)
			out = append(out, Part{Name: rangeName(from, to), Shard: shard, From: from, To: to, Bucket: -1})
		}
	case *hashed:
		for i, shard := range s.buckets {
			out = append(out, Part{Name: s.bucketName(i), Shard: shard, Bucket: i, Pinned: s.partitioned})
		}
	}
	return out
}

// Rest is the shard of the keys that a lookup, list or range does not name; false for others, and where it is not known.
func (t *Table) Rest() (shard int, ok bool) {
	s, ok := t.strategy.(*directory)
	if !ok || s.fallback < 0 {
		return 0, false
	}
	return s.fallback, true
}

func keyName(v Value) string { return "key " + v.String() }

func rangeName(from, to Value) string {
	return "range " + span{lo: from, hi: to, loIncl: true}.String()
}

func (h *hashed) bucketName(i int) string { return fmt.Sprintf("%s %d", h.bucket, i) }

// segmentBounds are the bounds of a segment; the zero Value is none.
func (r *ranged) segmentBounds(i int) (from, to Value) {
	if i > 0 {
		from = r.cuts[i-1]
	}
	if i < len(r.cuts) {
		to = r.cuts[i]
	}
	return from, to
}

// Touch is a part of a table's keys that constraints reach, and the key if they fix one.
type Touch struct {
	Shard int
	Part  string // as [Part] names it, [OtherKeys], or "" for strategies without parts
	Key   string // the key's text, columns joined by ", "; "" for one that Part names, and where a part is reached by more than single keys
}

// Touched returns what rows that meet all the constraints, given by column name, may be part of; nil where that is more than limit things, or
// not known. Tables of strategies reference and single have no such parts.
func (t *Table) Touched(constraints map[string]Constraint, limit int) []Touch {
	if len(t.key) == 0 {
		return nil
	}
	key := make([]Constraint, len(t.key))
	for i, column := range t.key {
		if c := constraints[column]; c.Kind() == t.kinds[i] {
			key[i] = c
		}
	}
	if r, ok := t.strategy.(*ranged); ok {
		return r.touched(key[0], limit)
	}
	columns, n := make([][]Value, len(key)), 1
	for i, c := range key {
		points, ok := c.points()
		if n *= len(points); !ok || n > limit {
			return nil
		}
		columns[i] = points
	}
	var out []Touch
	tuple := make([]Value, len(key))
	for i := range n {
		for j, points := range columns {
			tuple[j], i = points[i%len(points)], i/len(points)
		}
		if shard, ok := t.strategy.route(tuple); ok {
			out = append(out, t.touch(shard, tuple))
		}
	}
	return out
}

// TouchOf is what a row with a key is part of; false where the map does not tell the key's shard, and for a table without a key.
func (t *Table) TouchOf(key []Value) (Touch, bool) {
	shard, ok := t.Route(key)
	switch {
	case !ok || len(key) == 0:
		return Touch{}, false
	case t.kind == KindRange:
		r := t.strategy.(*ranged)
		from, to := r.segmentBounds(r.segment(&key[0]))
		return Touch{shard, rangeName(from, to), key[0].String()}, true
	}
	return t.touch(shard, key), true
}

func (t *Table) touch(shard int, key []Value) Touch {
	out := Touch{Shard: shard}
	switch s := t.strategy.(type) {
	case *directory:
		if _, listed := s.shards.get(&key[0]); listed {
			out.Part = keyName(key[0])
			return out
		}
		out.Part = OtherKeys
	case *hashed:
		out.Part = s.bucketName(s.bucketOf(key))
	}
	texts := make([]string, len(key))
	for i, v := range key {
		texts[i] = v.String()
	}
	out.Key = strings.Join(texts, ", ")
	return out
}

func (r *ranged) touched(c Constraint, limit int) []Touch {
	if !c.known {
		return nil
	}
	var out []Touch
	for i := range c.spans {
		s := &c.spans[i]
		point := s.lo.kind != NoValue && s.lo == s.hi
		set := r.segments(s)
		for n := set[0]; n <= set[1]; n++ {
			from, to := r.segmentBounds(n)
			touch := Touch{Shard: r.shards[n], Part: rangeName(from, to)}
			if point {
				touch.Key = s.lo.String()
			}
			if !slices.Contains(out, touch) {
				out = append(out, touch)
			}
			if len(out) > limit {
				return nil
			}
		}
	}
	return out
}

// segments are the first and the last segment that a span reaches into.
func (r *ranged) segments(s *span) [2]int {
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
	return [2]int{first, last}
}
