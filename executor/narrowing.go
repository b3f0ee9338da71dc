package executor

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"github.com/atoll-sql/atoll/connectors"
)

// narrowing is what the rounds of one plan.Ranks have learnt: for each place wanted in the order of a group's values either
// the order key there, or the interval in which that is. Rounds use it one after the other.
type narrowing struct {
	shifts []int // by round
	few    int64
	totals []int64 // by group: how many values
	// targets are the places wanted, group by group, each once and ascending; starts tells where a group's begin.
	targets []target
	starts  []int
	open    []interval // of the next round
}

// target is one place of the order of a group's values.
type target struct {
	group    int
	place    int64 // from 1, ascending
	within   int64 // the place within the interval
	interval int   // among those open; negative once the key is known
	key      int64
}

// interval is a range of order keys: those that agree with bound in all bits of the mask that it was counted by.
type interval struct {
	group       int
	bound, mask int64 // mask: the bits by which the next round counts
	rows        int64
}

// tally is one count of a round: so many rows of a group, or of an interval, in a bucket.
type tally struct {
	of     int
	bucket int64
	rows   int64
}

// errMoved says that what was counted in one round is not what was found in the next.
var errMoved = connectors.NewError("", connectors.ClassData, "40001", "the rows of a shard changed between two rounds of counts: ask again", nil)

// begin takes the counts of the first round and the places that each group's number of values makes wanted, ascending and each once.
func (n *narrowing) begin(groups int, counts []tally, places func(total int64) []int64) error {
	n.totals = make([]int64, groups)
	for _, c := range counts {
		n.totals[c.of] += c.rows
	}
	var whole []interval
	for g, total := range n.totals {
		n.starts = append(n.starts, len(n.targets))
		if total == 0 {
			continue
		}
		for _, at := range places(total) {
			n.targets = append(n.targets, target{group: g, place: at, within: at, interval: len(whole)})
		}
		whole = append(whole, interval{group: g, rows: total, mask: n.mask(1)})
	}
	n.starts = append(n.starts, len(n.targets))
	n.open = whole
	inGroup := make([]int, groups)
	for i, w := range whole {
		inGroup[w.group] = i
	}
	for i := range counts {
		counts[i].of = inGroup[counts[i].of]
	}
	return n.learn(1, counts)
}

// mask tells the bits by which a round's buckets differ.
func (n *narrowing) mask(round int) int64 { return -1 << n.shifts[round-1] }

// learn takes the counts of a round, by interval, and makes the next one's intervals of the buckets with the places wanted.
func (n *narrowing) learn(round int, counts []tally) error {
	slices.SortFunc(counts, func(a, b tally) int { return cmp.Or(cmp.Compare(a.of, b.of), cmp.Compare(a.bucket, b.bucket)) })
	spans, err := n.spans(counts)
	if err != nil {
		return err
	}
	var next []interval
	for i := range n.targets {
		t := &n.targets[i]
		if t.interval < 0 {
			continue
		}
		was := n.open[t.interval]
		in := spans[t.interval]
		at := sort.Search(len(in), func(k int) bool { return in[k].rows >= t.within })
		bucket, below := in[at].bucket, int64(0)
		if at > 0 {
			below = in[at-1].rows
		}
		if was.mask == -1 {
			t.key, t.interval = bucket, -1
			continue
		}
		t.within -= below
		if last := len(next) - 1; last < 0 || next[last].group != t.group || next[last].bound != bucket {
			mask := int64(-1)
			rows := in[at].rows - below
			if rows > n.few {
				mask = n.mask(round + 1)
			}
			next = append(next, interval{group: t.group, bound: bucket, mask: mask, rows: rows})
		}
		t.interval = len(next) - 1
	}
	n.open = next
	return nil
}

// spans gives each open interval its counts, added up from below. All rows of the intervals must be there.
func (n *narrowing) spans(counts []tally) ([][]tally, error) {
	out := make([][]tally, len(n.open))
	for from := 0; from < len(counts); {
		of, to, sum := counts[from].of, from, int64(0)
		for ; to < len(counts) && counts[to].of == of; to++ {
			sum += counts[to].rows
			counts[to].rows = sum
		}
		if of < 0 || of >= len(out) {
			return nil, errMoved
		}
		out[of] = counts[from:to]
		from = to
	}
	for i, in := range out {
		if len(in) == 0 || in[len(in)-1].rows != n.open[i].rows {
			return nil, errMoved
		}
	}
	return out, nil
}

// key is the order key at a place that was wanted of a group.
func (n *narrowing) key(group int, place int64) int64 {
	of := n.targets[n.starts[group]:n.starts[group+1]]
	at, _ := slices.BinarySearchFunc(of, place, func(t target, place int64) int { return cmp.Compare(t.place, place) })
	return of[at].key
}

// bytes is about the memory held.
func (n *narrowing) bytes() int64 {
	return int64(8*cap(n.totals) + 8*cap(n.starts) + 40*cap(n.targets) + 32*cap(n.open))
}

// fractionPlaces are the places, ascending, from 1, of the values that a fraction of total values asks for; low and high differ where the
// result is between two, and part tells how far it is from low's to high's. Descending, the places count from the other end.
func fractionPlaces(fraction float64, between, desc bool, total int64) (low, high int64, part float64) {
	if between {
		at := float64(fraction * float64(total-1))
		below := math.Floor(at)
		low, high, part = int64(below)+1, int64(math.Ceil(at))+1, at-below
	} else {
		low = max(int64(math.Ceil(fraction*float64(total))), 1)
		high = low
	}
	if desc {
		low, high = total-low+1, total-high+1
	}
	return low, high, part
}
