package advice

import (
	"fmt"

	"github.com/atoll-sql/atoll/shardmap"
)

// unit is what moves as a whole: a part of a table's keys.
type unit struct {
	table       *shardmap.Table
	part        shardmap.Part
	requests    float64 // per second, at least; 0 where it is not among the hottest
	rows, bytes int64   // -1 unknown
	basis       string
	order       int // among those of its shard
}

func (u *unit) id() string { return u.table.Name() + "\x00" + u.part.Name }

// divides reports a unit that can be cut in two.
func (u *unit) divides() bool { return u.table.Kind() == shardmap.KindRange }

// units are the parts of all tables that can move off a shard, but for those that a proposal moves already and those of tables whose keys are moving.
func (a *adviser) units(shard int) []unit {
	var out []unit
	for _, t := range a.roots() {
		if len(a.in.Map.MovesOf(t.Name())) > 0 {
			continue
		}
		var here []shardmap.Part
		for _, p := range t.Parts() {
			if p.Shard == shard && !p.Pinned {
				here = append(here, p)
			}
		}
		rows, bytes, basis := a.sizeOfEach(t, shard, len(here))
		for _, p := range here {
			u := unit{table: t, part: p, requests: a.asked(shard, t.Name(), p.Name), rows: rows, bytes: bytes, basis: basis, order: len(out)}
			if !a.taken[u.id()] {
				out = append(out, u)
			}
		}
	}
	return out
}

// roots are the tables whose own strategy places keys.
func (a *adviser) roots() []*shardmap.Table {
	var out []*shardmap.Table
	for _, name := range a.in.Map.Tables() {
		if t, _ := a.in.Map.Table(name); t.ColocatedWith() == "" && !t.Replicated() {
			out = append(out, t)
		}
	}
	return out
}

// family are the tables that move with a root: itself and those colocated with it.
func (a *adviser) family(root string) []string {
	out := []string{root}
	for _, name := range a.in.Map.Tables() {
		if t, _ := a.in.Map.Table(name); t.ColocatedWith() == root {
			out = append(out, name)
		}
	}
	return out
}

// sizeOfEach estimates one of n parts of a table on a shard.
func (a *adviser) sizeOfEach(t *shardmap.Table, shard, n int) (rows, bytes int64, basis string) {
	rest, isRest := t.Rest()
	if n == 0 || isRest && rest == shard {
		return -1, -1, "" // keys that are not listed are there, too
	}
	sum := Size{}
	for _, name := range a.family(t.Name()) {
		s := a.size(shard, name)
		sum.Rows, sum.Bytes = plus(sum.Rows, s.Rows), plus(sum.Bytes, s.Bytes)
	}
	switch {
	case sum.Rows < 0 && sum.Bytes < 0:
		return -1, -1, ""
	case n == 1:
		basis = "all that the table has there"
	case t.Kind() == shardmap.KindHash || t.Kind() == shardmap.KindVirtual:
		basis = "a hash spreads keys evenly"
	default:
		basis = fmt.Sprintf("as if the %d parts of the table there were alike", n)
	}
	return over(sum.Rows, n), over(sum.Bytes, n), basis
}

// size is a shard's estimate of a table.
func (a *adviser) size(shard int, table string) Size {
	if shard < len(a.in.Sizes) {
		if s, ok := a.in.Sizes[shard][table]; ok {
			return s
		}
	}
	return Size{-1, -1}
}

// plus adds what is known; with something unknown, nothing is.
func plus(a, b int64) int64 {
	if a < 0 || b < 0 {
		return -1
	}
	return a + b
}

func over(sum int64, n int) int64 {
	if sum < 0 {
		return -1
	}
	return sum / int64(n)
}

// asked is the rate at which a part is known to be asked for, 0 where that is not known.
func (a *adviser) asked(shard int, table, part string) float64 {
	if a.in.Heat == nil {
		return 0
	}
	for _, s := range a.in.Heat.Shards {
		if s.Name != a.shards[shard].Name {
			continue
		}
		for _, h := range s.Hot {
			if h.Table == table && h.Part == part && h.Value == "" {
				return h.Requests
			}
		}
	}
	return 0
}
