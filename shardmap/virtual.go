package shardmap

import (
	"fmt"
	"strconv"
	"strings"
)

// buildVirtual reads the strategy virtual: a key's hash modulo a number that never changes is its virtual shard, and each
// virtual shard is assigned to a shard. What moves are virtual shards; keys never change theirs.
func buildVirtual(b *builder, s *Sharding) strategy {
	h := &hashed{hasher: b.hasherOf(s), bucket: "virtual shard", names: b.space.names}
	switch {
	case s.Virtual == 0:
		b.fail(ErrEmpty, "", "strategy virtual needs virtual, the number of virtual shards (virtual: 1024), which can never be changed")
		return nil
	case s.Virtual < 0 || s.Virtual > maxBuckets:
		b.fail(ErrSetting, "virtual", "%d virtual shards are not from 1 to %d", s.Virtual, maxBuckets)
		return nil
	case len(s.Assign) == 0:
		b.fail(ErrEmpty, "assign", "strategy virtual needs assign: shards, each with its virtual shards ([0-511, 700])")
		return nil
	}
	owner, seen := make([]int, s.Virtual), map[string]bool{}
	h.buckets = make([]int, s.Virtual)
	var places []string
	for _, e := range s.Assign {
		at := "assign." + e.Shard
		shard := b.entryShard(e, at, seen)
		for i, text := range e.Keys {
			where := fmt.Sprintf("%s[%d]", at, i)
			places = append(places, where)
			first, last, ok := parseRun(text, s.Virtual)
			if !ok {
				b.fail(ErrSetting, where, "%s is neither a virtual shard from 0 to %d nor a run of them such as 0-511", quote(text), s.Virtual-1)
				continue
			}
			for v := first; v <= last; v++ {
				if owner[v] != 0 {
					b.fail(ErrOverlap, where, "virtual shard %d is assigned already at %s", v, places[owner[v]-1])
					break
				}
				owner[v], h.buckets[v] = len(places), shard
			}
		}
	}
	if len(b.faults) == b.before {
		b.missing(owner, ErrGap, "assign", func(r string) string {
			return fmt.Sprintf("virtual shards %s of %d are assigned to no shard", r, s.Virtual)
		})
	}
	return h
}

// parseRun reads a number, or a run first-last, of numbers from 0 to below limit.
func parseRun(text string, limit int) (first, last int, ok bool) {
	from, to, run := strings.Cut(text, "-")
	first, ok = parseCount(from)
	last = first
	if run && ok {
		last, ok = parseCount(to)
	}
	return first, last, ok && first <= last && last < limit
}

func parseCount(text string) (int, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	return int(n), err == nil
}
