package advice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/shardmap"
)

// drain proposes where what is on a shard goes that is to be emptied.
func (a *adviser) drain(from int) {
	name, law := a.shards[from].Name, a.law[from]
	why := fmt.Sprintf("shard %s is draining", name)
	targets := a.members(law)
	units := a.units(from)
	if len(targets) == 0 && a.holds(from) {
		a.out = append(a.out, Advice{Kind: AddShard, From: name, Rows: -1, Bytes: -1, Requests: -1,
			Why: fmt.Sprintf("%s, and no other shard of jurisdiction %s is active%s: add a shard in %s", why, law, a.othersAbroad(law), law)})
		return
	}
	to := make([]int, len(units))
	loads := map[int]float64{}
	for _, t := range targets {
		loads[t] = a.standing(t)
	}
	slices.SortStableFunc(units, func(x, y unit) int { return int(sign(a.weight(&y) - a.weight(&x))) })
	for i := range units {
		best := targets[0]
		for _, t := range targets {
			if loads[t] < loads[best] {
				best = t
			}
		}
		to[i] = best
		loads[best] += a.weight(&units[i]) + 1e-9 // of unknown weight they are dealt out in turn
		a.take(&units[i], from, best)
	}
	a.propose(Advice{Kind: Drain, Why: why}, from, units, to)
	a.drainRest(from, why)
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// drainRest says what is on a shard that is not moved key by key.
func (a *adviser) drainRest(from int, why string) {
	note := func(t *shardmap.Table, text string) {
		s := a.familySize(t, from)
		a.out = append(a.out, Advice{Kind: Note, Table: t.Name(), From: a.shards[from].Name, Rows: s.Rows, Bytes: s.Bytes, Requests: -1, Why: why + "; " + text})
	}
	for _, t := range a.roots() {
		if !slices.Contains(t.Shards(), from) {
			continue
		}
		if len(a.in.Map.MovesOf(t.Name())) > 0 {
			note(t, fmt.Sprintf("keys of table %s are moving: ask again when that is done", t.Name()))
			continue
		}
		if rest, ok := t.Rest(); ok && rest == from {
			note(t, fmt.Sprintf("keys that table %s does not list live there: choose another default, and list those that have rows", t.Name()))
		}
		if parts := t.Parts(); len(parts) == 0 || parts[0].Pinned {
			note(t, fmt.Sprintf("table %s: %s", t.Name(), byHand(t)))
		}
	}
}

// byHand says what can be done with a table whose keys do not move in parts.
func byHand(t *shardmap.Table) string {
	switch t.Kind() {
	case shardmap.KindRing:
		return "strategy ring has no keys that move by themselves: a shard more or less in `shards` gives about 1/N of the keys another place; load them there"
	case shardmap.KindJump:
		return "strategy jump has no keys that move by themselves: add shards at the end of `shards`, or take away the last one, and load about 1/N of the keys anew"
	case shardmap.KindComposite, shardmap.KindGeography:
		return fmt.Sprintf("strategy %s has no keys that move by themselves: add a shard to the branch or place, and load its keys anew", t.Kind())
	case shardmap.KindSingle:
		return "strategy single has one shard: name another, once its rows are there"
	case shardmap.KindHash:
		return "its partitions follow PostgreSQL's: say the same as buckets, one for each remainder, and these can be moved"
	}
	return "its keys are listed in a table of the database: change the entries there once the rows have moved"
}

// holds reports a shard that has rows of a table which are nowhere else.
func (a *adviser) holds(shard int) bool {
	return slices.ContainsFunc(a.roots(), func(t *shardmap.Table) bool { return slices.Contains(t.Shards(), shard) })
}

// othersAbroad says where the active shards of other jurisdictions are; "" if there are none.
func (a *adviser) othersAbroad(law string) string {
	var laws []string
	for i, l := range a.law {
		if l != law && a.active(i) && !slices.Contains(laws, l) {
			laws = append(laws, l)
		}
	}
	if len(laws) == 0 {
		return ""
	}
	return fmt.Sprintf(" (those of %s are abroad, where its keys may not go)", strings.Join(laws, ", "))
}

// familySize is what a table and those colocated with it have on a shard.
func (a *adviser) familySize(t *shardmap.Table, shard int) Size {
	var out Size
	for _, name := range a.family(t.Name()) {
		s := a.size(shard, name)
		out.Rows, out.Bytes = plus(out.Rows, s.Rows), plus(out.Bytes, s.Bytes)
	}
	return out
}
