package advice

import (
	"github.com/atoll-sql/atoll/heat"
	"github.com/atoll-sql/atoll/shardmap"
)

// Input is what advice follows from.
type Input struct {
	Map *shardmap.Map
	// Sizes is what each shard says it holds, by index and table. A table that is missing there is of unknown size.
	Sizes []map[string]Size
	Heat  *heat.Report // nil if nothing was counted
	// Alert is how many times the median shard is too much.
	Alert float64
	// Boundary finds the key that halves the rows of a range; nil where keys must not be read. Why says why there is none.
	Boundary func(table string, p shardmap.Part) (key string, why string)
}

// Size is a shard's estimate; -1 is unknown.
type Size struct{ Rows, Bytes int64 }

// Kind says what a piece of advice is.
type Kind string

// The kinds of advice.
const (
	Move     Kind = "move"      // keys should go to another shard
	Split    Kind = "split"     // a range should be cut, and a part of it go to another shard
	Drain    Kind = "drain"     // a move off a shard that is to be emptied
	AddShard Kind = "add_shard" // nothing legal helps but a further shard
	Note     Kind = "note"      // something only a person can do
)

// Advice is one proposal.
type Advice struct {
	Kind     Kind
	Table    string   // "" where it concerns a whole shard
	Parts    []string // what would move, as the shard map names it
	From, To string   // "" for none
	Why      string   // one line for people
	Command  string   // that would do it, "" if there is none

	// Rows and Bytes estimate what would move, tables colocated with Table included; -1 is unknown. Basis says what the estimate rests on.
	Rows, Bytes int64
	Basis       string
	Requests    float64 // per second that would move with them, at least; -1 is unknown

	// Measure is what is out of balance: "requests", "bytes" or "rows"; "" for a drain. Before and After are what the two shards have of it.
	Measure       string
	Before, After Pair
}

// Pair is a figure of the shard From and of the shard To.
type Pair struct{ From, To float64 }

// When a shard has too much. Its jurisdiction's mean is what it is held to, since keys go no farther.
const (
	uneven     = 1.5 // times the mean: something should move
	evenEnough = 1.2 // times the mean: no more needs to
	worthwhile = 0.95
	// A rate with fewer statements behind it, faded, says little; and smaller shards need no balance.
	leastStatements = 100
	leastRows       = 10_000
	leastBytes      = 16 << 20
	maxKeys         = 100 // of one command
	maxUnits        = 256 // that are moved off one shard for the sake of balance
)

// adviser carries what proposals share: each sees the loads that those before it would leave.
type adviser struct {
	in       Input
	shards   []shardmap.Shard
	law      []string // jurisdiction of each shard
	counted  []float64
	requests []float64
	out      []Advice
	taken    map[string]bool // units that a proposal moves
	arrived  []Size          // what proposals bring to each shard, and take away
}

// Advise proposes, in this order, what empties shards that are draining, what spreads requests, and what spreads data. None means that all is well.
func Advise(in Input) []Advice {
	a := &adviser{in: in, shards: in.Map.Shards(), taken: map[string]bool{}}
	a.arrived = make([]Size, len(a.shards))
	a.requests, a.counted = make([]float64, len(a.shards)), make([]float64, len(a.shards))
	for i, s := range a.shards {
		law := s.Region
		if r, ok := in.Map.Region(s.Region); ok {
			law = r.Jurisdiction
		}
		a.law = append(a.law, law)
		if in.Heat == nil {
			continue
		}
		for _, h := range in.Heat.Shards {
			if h.Name == s.Name {
				a.requests[i], a.counted[i] = h.Requests, h.Weight
			}
		}
	}
	for i, s := range a.shards {
		if s.State == shardmap.StateDraining {
			a.drain(i)
		}
	}
	for _, law := range a.jurisdictions() {
		a.balance(law, a.byRequests())
		if m, ok := a.bySize(law); ok {
			a.balance(law, m)
		}
	}
	a.abroad()
	return a.out
}

// active reports a shard that keys may go to.
func (a *adviser) active(i int) bool {
	s := a.shards[i].State
	return s == "" || s == shardmap.StateActive
}

// members are the shards of a jurisdiction that keys may go to.
func (a *adviser) members(law string) []int {
	var out []int
	for i := range a.shards {
		if a.law[i] == law && a.active(i) {
			out = append(out, i)
		}
	}
	return out
}

func (a *adviser) jurisdictions() []string {
	var out []string
	seen := map[string]bool{}
	for _, law := range a.law {
		if !seen[law] {
			seen[law] = true
			out = append(out, law)
		}
	}
	return out
}
