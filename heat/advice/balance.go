package advice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/heat"
	"github.com/atoll-sql/atoll/shardmap"
)

// balance proposes moves off the shards of a jurisdiction that have too much of a measure, the worst first.
func (a *adviser) balance(law string, m measure) {
	members := a.members(law)
	if len(members) < 2 {
		return
	}
	sum := 0.0
	for _, i := range members {
		sum += m.load(i)
	}
	mean := sum / float64(len(members))
	sources := slices.DeleteFunc(slices.Clone(members), func(i int) bool { return m.load(i) <= uneven*mean || !m.enough(i) })
	slices.SortStableFunc(sources, func(i, j int) int { return int(sign(m.load(j) - m.load(i))) })
	for _, s := range sources {
		a.relieve(s, members, mean, m)
	}
}

// relieve moves units off a shard, each time the one that leaves the fuller of both shards with the least, until it has about the mean.
func (a *adviser) relieve(from int, members []int, mean float64, m measure) {
	before := make([]float64, len(a.shards))
	for _, i := range members {
		before[i] = m.load(i)
	}
	units := a.units(from)
	var moved []unit
	var to []int
	for len(moved) < maxUnits && m.load(from) > evenEnough*mean {
		target := coolest(members, from, m)
		best, least := -1, worthwhile*m.load(from)
		for i := range units {
			w := m.of(&units[i])
			if units[i].divides() && m.load(target)+w > uneven*mean {
				continue // half of it may do
			}
			if after := max(m.load(from)-w, m.load(target)+w); w > 0 && after < least {
				best, least = i, after
			}
		}
		// Of many small parts none is worth while by itself: together they are.
		if best < 0 {
			best = small(units, m, m.load(from)-m.load(target))
		}
		if best < 0 {
			break
		}
		u := units[best]
		units = slices.Delete(units, best, best+1)
		moved, to = append(moved, u), append(to, target)
		a.take(&u, from, target)
	}
	if m.load(from) > worthwhile*before[from] { // not worth the trouble
		for i := range moved {
			a.take(&moved[i], to[i], from)
			delete(a.taken, moved[i].id())
		}
		units, moved = append(units, moved...), nil
	}
	why := fmt.Sprintf("shard %s has %s, %s times the mean of the active shards of %s", a.shards[from].Name, m.text(before[from]), times(before[from]/mean), a.law[from])
	if len(moved) == 0 {
		a.stuck(from, coolest(members, from, m), units, m, why)
		return
	}
	first := len(a.out)
	a.propose(Advice{Kind: Move, Why: why, Measure: m.name}, from, moved, to)
	for i := first; i < len(a.out); i++ {
		x := &a.out[i]
		target, _ := a.in.Map.ShardIndex(x.To)
		x.Before, x.After = Pair{before[from], before[target]}, Pair{m.load(from), m.load(target)}
	}
	if m.load(from) > uneven*mean {
		a.stuck(from, coolest(members, from, m), units, m, why+"; after these moves it still has "+m.text(m.load(from)))
	}
}

// small is the largest unit that is known to be less than a gap between two shards; -1 for none.
func small(units []unit, m measure, gap float64) int {
	best := -1
	for i := range units {
		if w := m.of(&units[i]); w > 0 && w < gap/2 && (best < 0 || w > m.of(&units[best])) {
			best = i
		}
	}
	return best
}

func coolest(members []int, but int, m measure) int {
	best := -1
	for _, i := range members {
		if i != but && (best < 0 || m.load(i) < m.load(best)) {
			best = i
		}
	}
	return best
}

// stuck says what helps where no part can go to another shard as it is: a range is cut, a key gets a shard of its own.
func (a *adviser) stuck(from, to int, units []unit, m measure, why string) {
	var top *unit
	for i := range units {
		if top == nil || m.of(&units[i]) > m.of(top) {
			top = &units[i]
		}
	}
	base := Advice{From: a.shards[from].Name, Rows: -1, Bytes: -1, Requests: -1, Why: why, Measure: m.name}
	switch {
	case top == nil || m.of(top) <= 0:
		base.Kind, base.Why = Note, why+"; "+a.unmovable(from)
	case top.divides():
		base = a.split(base, top, from, to, m)
	case top.part.Bucket >= 0:
		base.Kind, base.Table, base.Parts = AddShard, top.table.Name(), []string{top.part.Name}
		base.Why += fmt.Sprintf("; %s of table %s has %s of it, and a bucket does not divide: add a shard in %s for it", top.part.Name, top.table.Name(), m.text(m.of(top)), a.law[from])
	default:
		base.Kind, base.Table, base.Parts = AddShard, top.table.Name(), []string{top.part.Name}
		base.Why += fmt.Sprintf("; %s of table %s has %s of it, and a key does not divide: add a shard in %s for it alone", top.part.Name, top.table.Name(), m.text(m.of(top)), a.law[from])
	}
	a.out = append(a.out, base)
}

// split proposes to cut a range in two halves, and to move the upper one.
func (a *adviser) split(x Advice, u *unit, from, to int, m measure) Advice {
	half := m.of(u) / 2
	x.Kind, x.Table, x.To, x.Parts = Split, u.table.Name(), a.shards[to].Name, []string{u.part.Name}
	x.Rows, x.Bytes, x.Requests = over(u.rows, 2), over(u.bytes, 2), u.requests/2
	if x.Rows >= 0 || x.Bytes >= 0 {
		x.Basis = "half of the range: " + u.basis
	}
	x.Before = Pair{m.load(from), m.load(to)}
	x.After = Pair{m.load(from) - half, m.load(to) + half}
	x.Why += fmt.Sprintf("; %s of table %s has %s of it", u.part.Name, u.table.Name(), m.text(m.of(u)))
	if missing := a.missing(u.table, to); missing != "" {
		x.Why += "; " + missing
	}
	if a.in.Boundary == nil {
		x.Why += "; the key that halves it is not known: keys must not be read under the residency policy"
		return x
	}
	key, why := a.in.Boundary(u.table.Name(), u.part)
	if key == "" {
		x.Why += "; the key that halves it is not known: " + why
		return x
	}
	x.Command = fmt.Sprintf("atoll move %s --range %s --to %s", quoted(u.table.Name()), quoted(key+".."+u.part.To.String()), quoted(x.To))
	half2 := *u
	half2.requests, half2.rows, half2.bytes = u.requests/2, max(u.rows, 0)/2, max(u.bytes, 0)/2
	a.take(&half2, from, to)
	return x
}

// unmovable says why nothing on a shard can be named that should go.
func (a *adviser) unmovable(from int) string {
	var says []string
	for _, t := range a.roots() {
		if !contains(t.Shards(), from) {
			continue
		}
		switch parts := t.Parts(); {
		case len(a.in.Map.MovesOf(t.Name())) > 0:
			says = append(says, fmt.Sprintf("keys of table %s are moving: ask again when that is done", t.Name()))
		case len(parts) == 0 || parts[0].Pinned:
			says = append(says, fmt.Sprintf("table %s: %s", t.Name(), byHand(t)))
		}
	}
	if hot := a.unlisted(from); hot != "" {
		says = append(says, hot)
	}
	if len(says) == 0 {
		return "it is not known which of its keys that comes from: it comes from statements whose conditions fix no key, or more than a few"
	}
	return strings.Join(says, "; ")
}

// unlisted says that a shard is asked for keys which a lookup does not list.
func (a *adviser) unlisted(from int) string {
	for _, t := range a.roots() {
		if a.asked(from, t.Name(), shardmap.OtherKeys) > 0 {
			return fmt.Sprintf("it is asked for keys that table %s does not list: list those that are asked for most for shard %s, and they can be moved", t.Name(), a.shards[from].Name)
		}
	}
	return ""
}

// abroad says where a shard is asked too much while only shards abroad are cool.
func (a *adviser) abroad() {
	if a.in.Heat == nil || a.in.Alert <= 0 {
		return
	}
	var rates []float64
	for i := range a.shards {
		if a.shards[i].State != shardmap.StateRetired && a.holds(i) {
			rates = append(rates, a.requests[i])
		}
	}
	median := heat.Median(rates)
	for _, law := range a.jurisdictions() {
		hot := -1
		for _, i := range a.members(law) {
			if a.requests[i] > a.in.Alert*median && a.counted[i] >= leastStatements && (hot < 0 || a.requests[i] > a.requests[hot]) {
				hot = i
			}
		}
		others := a.othersAbroad(law)
		if hot < 0 || others == "" || slices.ContainsFunc(a.out, func(x Advice) bool { return x.From == a.shards[hot].Name && x.Kind != Drain }) {
			continue
		}
		a.out = append(a.out, Advice{Kind: AddShard, From: a.shards[hot].Name, Rows: -1, Bytes: -1, Requests: -1, Measure: "requests",
			Why: fmt.Sprintf("shard %s has %.3g requests/s, and the median shard %.3g; no other shard of jurisdiction %s is cooler%s: add a shard in %s", a.shards[hot].Name,
				a.requests[hot], median, law, others, law)})
	}
}

// text is a load for people.
func (m measure) text(load float64) string {
	switch m.name {
	case "requests":
		return fmt.Sprintf("%.3g requests/s", load)
	case "bytes":
		return fmt.Sprintf("%.3g MiB", load/(1<<20))
	}
	return fmt.Sprintf("%.0f rows", load)
}

func times(x float64) string { return fmt.Sprintf("%.1f", x) }
