package fanout

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/bench/load"
	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/bench/world"
)

// Options say what is measured. Zero values are the defaults, of which Quick has smaller ones.
type Options struct {
	Shards  []int  // numbers of shards, from 1 to world.MostShards, ascending; nil means 1, 2, 4, … 64. One is always among them
	Engine  string // of the shards: world.PostgreSQL, which "" means, or world.DuckDB, whose files are in this process and at no distance
	Profile string // where shards are besides beside the coordinator, as load.ProfileNamed has it; "" means 40ms, load.Local.Name nowhere else
	Rows    int    // of each shard; 0 means 50,000

	// At is the number of shards of the sweeps, the timeline and the peers; it is among Shards. 0 means 8, or the most below that.
	At int
	// The sweeps change one thing of the report each. Nil means a few values; NoSweeps leaves them all out.
	Selectivity []float64 // share of the rows that are read, above 0 and at most 1
	Groups      []int     // of the answer
	ResultRows  []int     // of an answer that is not grouped, from each shard
	InParallel  []int     // queries at once, of a closed loop
	NoSweeps    bool

	Concurrency int           // queries at once where throughput is measured; 0 means 4
	Rate        float64       // queries per second of the open loop; 0 means half of the throughput of that round
	Duration    time.Duration // of each loop in a round; 0 means 1 s
	Rounds      int           // 0 means 5
	WarmUp      int           // queries before each loop; 0 means 3

	Seed  uint64
	Peers []string // of peers.Names
	// PeerOptions are those of the peers; its Progress is not used.
	PeerOptions peers.Options
	Quick       bool
	Progress    func(line string)
}

// Bounds of options, so that a slip of a hand does not fill the disk.
const (
	mostRows        = 10_000_000
	mostConcurrency = 64
	mostRounds      = 1000
)

// complete fills in the defaults.
func (o Options) complete() Options {
	rows, rounds, duration := 50_000, 5, time.Second
	shards, parallel := []int{1, 2, 4, 8, 16, 32, 64}, []int{1, 2, 4, 8}
	selectivity, groups, results := []float64{0.001, 0.01, 0.1, 1}, []int{1, 100, 1_000, 10_000}, []int{1, 100, 1_000, 10_000}
	if o.Quick {
		rows, rounds, duration = 2_000, 2, 60*time.Millisecond
		shards, parallel = []int{1, 2, 4}, []int{1, 4}
		selectivity, groups, results = []float64{0.01, 1}, []int{1, 100}, []int{1, 1_000}
	}
	o.Rows, o.Rounds, o.Duration = cmp.Or(o.Rows, rows), cmp.Or(o.Rounds, rounds), cmp.Or(o.Duration, duration)
	o.Engine, o.Profile = cmp.Or(o.Engine, world.PostgreSQL), cmp.Or(o.Profile, "40ms")
	o.Concurrency, o.WarmUp = cmp.Or(o.Concurrency, 4), cmp.Or(o.WarmUp, 3)
	if o.Shards == nil {
		o.Shards = shards
	}
	o.Shards = slices.Clone(o.Shards)
	slices.Sort(o.Shards)
	if len(o.Shards) > 0 && o.Shards[0] > 1 {
		o.Shards = append([]int{1}, o.Shards...) // all figures are beside those of one shard
	}
	o.Shards = slices.Compact(o.Shards)
	if o.At == 0 {
		for _, n := range o.Shards {
			if n <= 8 {
				o.At = n
			}
		}
	}
	if o.NoSweeps {
		o.Selectivity, o.Groups, o.ResultRows, o.InParallel = nil, nil, nil, nil
	} else {
		tooMany := func(n int) bool { return n > o.Rows } // a default must fit the rows that were asked for
		o.Selectivity, o.Groups = orDefault(o.Selectivity, selectivity), orDefault(o.Groups, slices.DeleteFunc(groups, tooMany))
		o.ResultRows, o.InParallel = orDefault(o.ResultRows, slices.DeleteFunc(results, tooMany)), orDefault(o.InParallel, parallel)
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	return o
}

func orDefault[T any](given, otherwise []T) []T {
	if given == nil {
		return otherwise
	}
	return given
}

// Check finds what is wrong with options; the error begins with the flag's name of the command.
func (o Options) Check() error {
	o = o.complete()
	for _, err := range []error{
		within("shards", o.Shards, 1, world.MostShards), within("rows", []int{o.Rows}, 1, mostRows), within("concurrency", []int{o.Concurrency}, 1, mostConcurrency),
		within("rounds", []int{o.Rounds}, 1, mostRounds), within("warm-up", []int{o.WarmUp}, 1, mostRounds),
		within("groups", o.Groups, 1, o.Rows), within("result-rows", o.ResultRows, 1, o.Rows), within("in-parallel", o.InParallel, 1, mostConcurrency),
	} {
		if err != nil {
			return err
		}
	}
	switch {
	case len(o.Shards) == 0:
		return fmt.Errorf("shards: give at least one number")
	case !slices.Contains(o.Shards, o.At):
		return fmt.Errorf("at: %d is not among the numbers of shards, %v", o.At, o.Shards)
	case o.Engine != world.PostgreSQL && o.Engine != world.DuckDB:
		return fmt.Errorf("engine: there are %s and %s, not %q", world.PostgreSQL, world.DuckDB, o.Engine)
	case !(o.Rate >= 0 && o.Rate <= load.MostRate):
		return fmt.Errorf("rate: %g queries per second are not from 0 to %.0f", o.Rate, load.MostRate)
	case o.Duration < 0 || o.Duration > time.Hour:
		return fmt.Errorf("duration: %s is not from 0 to 1h", o.Duration)
	case len(o.Peers) > 0 && o.Engine != world.PostgreSQL:
		return fmt.Errorf("peers: they read PostgreSQL shards; leave out --engine %s, or give --peers none", o.Engine)
	}
	for _, s := range o.Selectivity {
		if !(s > 0 && s <= 1) {
			return fmt.Errorf("selectivity: %g is not above 0 and at most 1", s)
		}
	}
	for _, name := range o.Peers {
		if !slices.Contains(peers.Names, name) {
			return fmt.Errorf("peers: there is no %q; there are %q, all and none", name, peers.Names)
		}
	}
	if _, err := load.ProfileNamed(o.Profile); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return nil
}

func within(flag string, values []int, least, most int) error {
	for _, v := range values {
		if v < least || v > most {
			return fmt.Errorf("%s: %d is not from %d to %d", flag, v, least, most)
		}
	}
	return nil
}
