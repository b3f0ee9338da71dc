package plan

import (
	"fmt"
	"strings"
)

// OrderKey is the name of the call that maps a value to an int8 in the order of the values:
//
//	smallint, integer, bigint   itself
//	numeric(p,s), p ≤ 18        the number of its last digits, 10^-s each; the largest int8 for NaN
//	date                        days since 2000-01-01; the ends of int4 for the infinities
//	timestamp, timestamptz      microseconds since 2000-01-01; the ends of int8 for the infinities
//	time                        microseconds of the day
//	real, double precision      the IEEE bits of the double, less one and negative for those below 0; -0 is 0, NaN has one key
//
// Equal values have equal keys, NULL has none.
const OrderKey = "order_key"

// Ranks are aggregates of one expression whose results are the values at certain places of its order: percentile_cont and
// percentile_disc. Rounds of counts find them: each cuts intervals of the domain of order keys into buckets and counts rows.
type Ranks struct {
	Of     Type     // of the values whose order keys are counted
	Keys   []Column // the groups' keys, as the first round's counts bring them
	Shifts []int    // by round: how many low bits of a key its buckets leave open; 0 for the last
	// Few is how many rows may be in an interval for its keys to be counted one by one in the next round.
	Few   int64
	Wants []Want
}

// Want is one aggregate of Ranks.
type Want struct {
	Col      Column
	Between  bool // interpolated, as percentile_cont: double precision
	Desc     bool
	Fraction Expr // a literal or parameter of double precision
}

// Narrow is the coordinator's part of one round: it learns from counts which buckets hold the values wanted. The counts are, in the first
// round, Keys, a bucket (its least order key, NULL for rows without a value) and a number; in others an interval, a bucket and a number.
// It gives the intervals for the next round (the groups' keys, the interval's number, its least order key, and the bits of a
// key that tell its buckets apart) or, after the last, the groups' keys and results. The nodes of one Ranks share what they have learnt; each round runs after the
// one before it, and one that has nothing left to find does not read its input.
type Narrow struct {
	Input Node
	Ranks *Ranks
	Round int // from 1
	Cols  []Column
}

// Columns implements Node.
func (n *Narrow) Columns() []Column { return n.Cols }

// Inputs implements Node.
func (n *Narrow) Inputs() []Node { return []Node{n.Input} }
func (*Narrow) node()            {}

// Last reports that the node gives results.
func (n *Narrow) Last() bool { return n.Round == len(n.Ranks.Shifts) }

func describeNarrow(n *Narrow) string {
	s := fmt.Sprintf("narrow by counts, round %d of %d", n.Round, len(n.Ranks.Shifts))
	if !n.Last() {
		return s + ", giving bounds [" + columnNames(n.Cols) + "]"
	}
	return s + ", by [" + columnNames(n.Cols[:len(n.Ranks.Keys)]) + "] giving " + join(n.Ranks.Wants, func(w Want) string {
		fn, desc := "percentile_disc", ""
		if w.Between {
			fn = "percentile_cont"
		}
		if w.Desc {
			desc = " descending"
		}
		return fmt.Sprintf("%s#%d=%s(%s)%s", w.Col.Name, w.Col.ID, fn, strings.TrimSuffix(Format(w.Fraction), "::double precision"), desc)
	}, ", ")
}
