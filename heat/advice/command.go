package advice

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/shardmap"
)

// command is the command line that moves parts of one table, which are all of one kind.
func command(t *shardmap.Table, parts []shardmap.Part, to string) string {
	words := []string{"atoll move", quoted(t.Name())}
	var buckets []int
	for _, p := range parts {
		switch {
		case p.Bucket >= 0:
			buckets = append(buckets, p.Bucket)
		case t.Kind() == shardmap.KindRange:
			words = append(words, "--range", quoted(p.From.String()+".."+p.To.String()))
		default:
			words = append(words, "--key", quoted(p.Value.String()))
		}
	}
	if len(buckets) > 0 {
		words = append(words, "--buckets", runs(buckets))
	}
	return strings.Join(append(words, "--to", quoted(to)), " ")
}

// runs writes numbers as 3,7-9.
func runs(numbers []int) string {
	slices.Sort(numbers)
	var out []string
	for i := 0; i < len(numbers); i++ {
		first := i
		for i+1 < len(numbers) && numbers[i+1] == numbers[i]+1 {
			i++
		}
		run := strconv.Itoa(numbers[first])
		if i > first {
			run += "-" + strconv.Itoa(numbers[i])
		}
		out = append(out, run)
	}
	return strings.Join(out, ",")
}

// quoted is a word of a command line as a shell reads it.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.:,+@/", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// propose adds the moves of units off a shard, by table and target; each range, and each hundred keys, is one of its own.
func (a *adviser) propose(base Advice, from int, units []unit, to []int) {
	type bundle struct {
		t  *shardmap.Table
		to int
	}
	aligned(units, to)
	var order []bundle
	byBundle := map[bundle][]unit{}
	for i, u := range units {
		b := bundle{u.table, to[i]}
		if byBundle[b] == nil {
			order = append(order, b)
		}
		byBundle[b] = append(byBundle[b], u)
	}
	for _, b := range order {
		slices.SortFunc(byBundle[b], func(x, y unit) int { return x.order - y.order })
		each := maxKeys
		switch {
		case b.t.Kind() == shardmap.KindRange:
			each = 1
		case byBundle[b][0].part.Bucket >= 0:
			each = len(byBundle[b])
		}
		for some := range slices.Chunk(byBundle[b], each) {
			a.out = append(a.out, a.bundled(base, from, b.to, some))
		}
	}
}

// aligned gives units that are alike to their targets in order, so that each target gets a run of them.
func aligned(units []unit, to []int) {
	type likeness struct {
		t           *shardmap.Table
		requests    float64
		rows, bytes int64
	}
	alike := map[likeness][]int{}
	for i, u := range units {
		l := likeness{u.table, u.requests, u.rows, u.bytes}
		alike[l] = append(alike[l], i)
	}
	for _, at := range alike {
		some, targets := make([]unit, len(at)), make([]int, len(at))
		for j, i := range at {
			some[j], targets[j] = units[i], to[i]
		}
		slices.SortFunc(some, func(x, y unit) int { return x.order - y.order })
		slices.Sort(targets)
		for j, i := range at {
			units[i], to[i] = some[j], targets[j]
		}
	}
}

func (a *adviser) bundled(base Advice, from, to int, units []unit) Advice {
	x := base
	x.Table, x.From, x.To, x.Basis = units[0].table.Name(), a.shards[from].Name, a.shards[to].Name, units[0].basis
	x.Rows, x.Bytes, x.Requests = 0, 0, 0
	var parts []shardmap.Part
	for _, u := range units {
		parts = append(parts, u.part)
		x.Parts = append(x.Parts, u.part.Name)
		x.Rows, x.Bytes, x.Requests = plus(x.Rows, u.rows), plus(x.Bytes, u.bytes), x.Requests+u.requests
	}
	if a.in.Heat == nil {
		x.Requests = -1
	}
	x.Command = command(units[0].table, parts, x.To)
	if missing := a.missing(units[0].table, to); missing != "" {
		x.Why += "; " + missing
	}
	return x
}

// missing says that a shard would have to get a table first.
func (a *adviser) missing(t *shardmap.Table, shard int) string {
	if slices.Contains(t.Shards(), shard) {
		return ""
	}
	return fmt.Sprintf("shard %s has none of table %s so far: make it, and the tables colocated with it, there first", a.shards[shard].Name, t.Name())
}
