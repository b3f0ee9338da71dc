package shardmap

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// TestCoverage says of every table of the world whether its scheme is complete, and of those that are not what is open.
func TestCoverage(t *testing.T) {
	m := worldMap(t)
	open := map[string][2]string{
		"cooperatives": {"tables.cooperatives.sharding.map", "give a default shard"},
		"payments":     {"tables.cooperatives.sharding.map", "give a default shard"},
		"people":       {"tables.people.sharding.places", "give a default place"},
		"visits":       {"tables.visits.sharding.first.lists", "give a default branch"},
	}
	for _, c := range m.Coverage() {
		want, partial := open[c.Table]
		switch {
		case c.Parts == 0:
			t.Errorf("%s: nothing was looked at", c.Table)
		case c.Complete() == partial:
			t.Errorf("%s: complete %v, open %v", c.Table, c.Complete(), c.Open)
		case partial && (len(c.Open) != 1 || !errors.Is(c.Open[0], ErrGap) || c.Open[0].Path != want[0] || !strings.Contains(c.Open[0].Text, want[1])):
			t.Errorf("%s: %v", c.Table, c.Open)
		}
	}
}

// A list of both booleans is complete, since there is no third.
func TestCoverageOfBooleans(t *testing.T) {
	for _, c := range []struct {
		keys [][]string
		want bool
	}{{[][]string{{"true"}, {"false"}}, true}, {[][]string{{"true", "false"}}, true}, {[][]string{{"true"}}, false}} {
		s := Sharding{Strategy: KindList, Key: []string{"b"}, KeyType: []string{"boolean"}}
		for i, keys := range c.keys {
			s.Lists = append(s.Lists, Entry{[]string{"eu-1", "br-1"}[i], keys})
		}
		m, err := New(table(s))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Coverage()[0].Complete(); got != c.want {
			t.Errorf("%v: complete %v", c.keys, got)
		}
	}
}

func TestCoverageShares(t *testing.T) {
	m := worldMap(t)
	for table, want := range map[string][]float64{
		"events": {1. / 3, 1. / 3, 1. / 3}, "pairs": {2. / 3, 1. / 3}, "jumps": {1. / 3, 1. / 3, 1. / 3}, "slots": {8. / 16, 7. / 16, 1. / 16},
		"visits": nil, "ledger": nil,
	} {
		tab, _ := m.Table(table)
		got := tab.Coverage().Shares
		if len(got) != len(want) {
			t.Errorf("%s: %v", table, got)
			continue
		}
		for i := range want {
			if math.Abs(got[i].Of-want[i]) > 1e-12 {
				t.Errorf("%s: %v, want %v", table, got, want)
			}
		}
	}
}

// TestCoverageFindsFaults breaks strategies behind New's back, as no specification can.
func TestCoverageFindsFaults(t *testing.T) {
	for name, c := range map[string]struct {
		table string
		spoil func(strategy)
		cause error
	}{
		"cuts that do not ascend": {"ledger", func(s strategy) { r := s.(*ranged); r.cuts[0], r.cuts[1] = r.cuts[1], r.cuts[0] }, ErrOverlap},
		"a segment missing":       {"ledger", func(s strategy) { r := s.(*ranged); r.shards = r.shards[1:] }, ErrGap},
		"a segment of nobody":     {"ledger", func(s strategy) { s.(*ranged).shards[1] = -1 }, ErrUnknownShard},
		"a bucket of nobody":      {"events", func(s strategy) { s.(*hashed).buckets[1] = 7 }, ErrUnknownShard},
		"points out of order":     {"rings", func(s strategy) { p := s.(*ring).points; p[3], p[4] = p[4], p[3] }, ErrOverlap},
		"a point of nobody":       {"rings", func(s strategy) { s.(*ring).points[3].shard = 9 }, ErrUnknownShard},
		"a branch of nobody":      {"history", func(s strategy) { s.(*composite).first.strategy.(*hashed).buckets[0] = 2 }, ErrUnknownShard},
	} {
		m := worldMap(t)
		tab, _ := m.Table(c.table)
		c.spoil(tab.strategy)
		if got := tab.Coverage(); got.Complete() || !errors.Is(got.Open[0], c.cause) {
			t.Errorf("%s: %v", name, got.Open)
		}
	}
}
