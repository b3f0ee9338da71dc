package planning

import (
	"fmt"
	"slices"
)

// Options say what to measure. The zero value of a field means its default.
type Options struct {
	Shards []int    // numbers of shards, each from 1; default 1, 8 and 64
	Rules  []int    // numbers of residency rules, 0 for no policy, otherwise at least [LeastRules]; default 0, 10, 100 and 1,000
	Shapes []string // of [Shapes]; default all
	Rounds int      // measured rounds; default 5
	Plans  int      // plans of each kind in a round, of which the round's value is the median; default 20
	Values int      // in the list of the shape "list"; default 10,000
	// Quick makes the defaults small, for trying.
	Quick bool
	// Progress, unless nil, is told of each step. It is called by one goroutine.
	Progress func(line string)
}

// LeastRules is the least number of rules of a policy: one for each table lets it out.
const LeastRules = 2

// What one machine still opens quickly: each shard is a connector of its own, and each rule is read and checked.
const (
	mostShards = 1024
	mostRules  = 10_000
)

func (o Options) complete() (Options, error) {
	shards, rules, rounds, plans, values := []int{1, 8, 64}, []int{0, 10, 100, 1000}, 5, 20, 10_000
	if o.Quick {
		shards, rules, rounds, plans, values = []int{1, 4}, []int{0, 10}, 2, 3, 500
	}
	if len(o.Shards) == 0 {
		o.Shards = shards
	}
	if len(o.Rules) == 0 {
		o.Rules = rules
	}
	if len(o.Shapes) == 0 {
		o.Shapes = Shapes()
	}
	for _, set := range []struct {
		into     *int
		standard int
	}{{&o.Rounds, rounds}, {&o.Plans, plans}, {&o.Values, values}} {
		if *set.into == 0 {
			*set.into = set.standard
		}
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	o.Shards, o.Rules = distinct(o.Shards), distinct(o.Rules)
	return o, o.Check()
}

// distinct is the list in order, each number once.
func distinct(list []int) []int { return slices.Compact(slices.Sorted(slices.Values(list))) }

// Check finds mistakes before anything is measured; fields left at zero are right. Its errors begin with the option's name.
func (o Options) Check() error {
	for _, n := range o.Shards {
		if n < 1 || n > mostShards {
			return fmt.Errorf("shards: %d is not from 1 to %d", n, mostShards)
		}
	}
	for _, n := range o.Rules {
		if n != 0 && n < LeastRules || n > mostRules {
			return fmt.Errorf("rules: %d is neither 0 nor from %d to %d", n, LeastRules, mostRules)
		}
	}
	for _, name := range o.Shapes {
		if !slices.Contains(Shapes(), name) {
			return fmt.Errorf("shapes: there is no %q; there are %q", name, Shapes())
		}
	}
	for _, n := range []struct {
		name        string
		value, most int
	}{{"rounds", o.Rounds, 1000}, {"plans", o.Plans, 100_000}, {"values", o.Values, 100_000}} {
		if n.value < 0 || n.value > n.most {
			return fmt.Errorf("%s: %d is not from 1 to %d", n.name, n.value, n.most)
		}
	}
	return nil
}
