package merge

import (
	"fmt"
	"slices"
)

// Options say what to measure. The zero value of a field means its default.
type Options struct {
	Rows   int      // partial rows that all shards send together; default 2,097,152
	Shards int      // how many shards send them; default 8
	Groups []int    // numbers of groups; default 1,000, 100,000 and 1,000,000
	States []string // of [States]; default all
	Limit  int      // of the state top-n; default 10,000
	Rounds int      // measured rounds; default 5
	Seed   uint64   // of the rows
	// Quick makes the defaults small, for trying.
	Quick bool
	// Progress, unless nil, is told of each step. It is called by one goroutine.
	Progress func(line string)
}

// Bounds of what one machine's memory holds.
const (
	mostRows   = 100_000_000
	mostShards = 1024
	mostRounds = 1000
)

func (o Options) complete() (Options, error) {
	rows, shards, limit, rounds := 2<<20, 8, 10_000, 5
	groups := []int{1_000, 100_000, 1_000_000}
	if o.Quick {
		rows, shards, limit, rounds, groups = 20_000, 4, 500, 2, []int{100, 5_000}
	}
	for _, set := range []struct {
		into     *int
		standard int
	}{{&o.Rows, rows}, {&o.Shards, shards}, {&o.Limit, limit}, {&o.Rounds, rounds}} {
		if *set.into == 0 {
			*set.into = set.standard
		}
	}
	if len(o.Groups) == 0 {
		o.Groups = groups
	}
	if len(o.States) == 0 {
		o.States = States()
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	o.Groups = slices.Compact(slices.Sorted(slices.Values(o.Groups)))
	return o, o.Check()
}

// Check finds mistakes before anything is measured; fields left at zero are right. Its errors begin with the option's name.
func (o Options) Check() error {
	for _, n := range []struct {
		name        string
		value, most int
	}{{"rows", o.Rows, mostRows}, {"shards", o.Shards, mostShards}, {"limit", o.Limit, mostRows}, {"rounds", o.Rounds, mostRounds}} {
		if n.value < 0 || n.value > n.most {
			return fmt.Errorf("%s: %d is not from 1 to %d", n.name, n.value, n.most)
		}
	}
	for _, n := range o.Groups {
		if n < 1 || n > mostRows {
			return fmt.Errorf("groups: %d is not from 1 to %d", n, mostRows)
		}
	}
	for _, name := range o.States {
		if !slices.Contains(States(), name) {
			return fmt.Errorf("states: there is no %q; there are %q", name, States())
		}
	}
	if o.Rows > 0 && o.Shards > o.Rows {
		return fmt.Errorf("shards: %d for %d rows; each must send one at least", o.Shards, o.Rows)
	}
	return nil
}
