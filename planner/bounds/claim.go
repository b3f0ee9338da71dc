package bounds

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// claim is what is known of the value of an expression for a row over D', and for the row over D that it stands for. It is
// a set of statements that hold for every such pair.
type claim uint16

const (
	up    claim = 1 << iota // where both have a value, that over D is not less
	down                    // where both have a value, that over D is not more
	value                   // a value is no NULL over D
	null                    // NULL is NULL over D
	yes                     // true is true over D
	no                      // false is false over D

	// The rest is known of the values themselves, over D' and over D.

	filled      // it is never NULL
	nonNegative // a value is not below 0
	nonPositive // a value is not above 0
)

const (
	same  = up | down | value      // a value is the same over D
	exact = same | null | yes | no // whatever it is, it is that over D
	facts = filled | nonNegative | nonPositive
)

// known is a claim with what else counts of an expression.
type known struct {
	claim
	rank   bool // it is a rank or a number of a row in its window: conditions on it choose rows as LIMIT does
	chosen bool // what LIMIT chose among the rows decides it, and its claim holds for the query without that LIMIT
	// several: what is equal to it over D may be another spelling of it, as 1 mon is of 30 days, 1.0 of 1.00 and -0 of 0. What is
	// computed from it, other than by comparing, need not be equal.
	several bool
	why     string // why it is not exact, "" if it is or nobody knows
}

// spelt notes of a value that stands for equal ones, and was taken from among other rows than over D, that its type may spell
// it in several ways.
func (k known) spelt(t plan.Type) known {
	switch t.Kind {
	case plan.Interval, plan.Float4, plan.Float8, plan.Bpchar, plan.JSONB, plan.Array:
		k.several = true
	case plan.Numeric:
		k.several = t.Wide()
	}
	return k
}

// comparing reports an expression that tells no spelling from another.
func comparing(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.And, *plan.Or, *plan.Not, *plan.IsNull, *plan.IsBool, *plan.In:
		return true
	case *plan.Call:
		return e.T.Kind == plan.Bool && strings.Contains(" = <> < <= > >= is_distinct is_not_distinct ", " "+e.Fn+" ")
	}
	return false
}

// choosing reports an expression whose value is one of its operands as it is.
func choosing(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.Case:
		return true
	case *plan.Call:
		return e.Fn == "coalesce" || e.Fn == "greatest" || e.Fn == "least"
	}
	return false
}

// has reports that all statements of c hold.
func (k known) has(c claim) bool { return k.claim&c == c }

// exact reports that the value is the same over D, NULL or not.
func (k known) exact() bool { return k.has(exact) && !k.chosen }

// closed adds what follows from the rest.
func (k known) closed() known {
	if k.has(filled) {
		k.claim |= value | null
	}
	if k.has(up | value) {
		k.claim |= yes
	}
	if k.has(down | value) {
		k.claim |= no
	}
	return k
}

// weakened lacks the statements of c.
func (k known) weakened(c claim, why string) known {
	if k.exact() {
		k.why = why
	}
	k.claim &^= c
	return k
}

// both holds of what is one or the other.
func both(a, b known) known {
	out := known{claim: a.claim & b.claim, rank: a.rank || b.rank, chosen: a.chosen || b.chosen, several: a.several || b.several, why: a.why}
	if out.why == "" {
		out.why = b.why
	}
	return out
}

// swapped is the claim of what falls where the other rises.
func (c claim) swapped() claim {
	out := c &^ (up | down | yes | no | nonNegative | nonPositive)
	for _, p := range [][2]claim{{up, down}, {yes, no}, {nonNegative, nonPositive}} {
		if c&p[0] != 0 {
			out |= p[1]
		}
		if c&p[1] != 0 {
			out |= p[0]
		}
	}
	return out
}

// kind is what the caller is told.
func (k known) kind() Kind {
	switch {
	case k.chosen:
		return OfAnswered
	case k.exact():
		return Exact
	case k.has(same):
		return ExactOrNull
	case k.has(up | value):
		return AtLeast
	case k.has(down | value):
		return AtMost
	}
	return OfAnswered
}

// embedding says how the rows of an operator over D' stand for those over D.
type embedding uint8

const (
	all    embedding = iota // one for one
	some                    // over D there may be more
	chosen                  // as some, but over D and without the LIMITs and ranks that chose them
)

// rel is what is known of an operator's rows.
type rel struct {
	rows embedding
	one  bool   // there is at most one row
	why  string // why they may not be all
	home []home
}

// worse takes on what rows of another operator lack.
func (r *rel) worse(rows embedding, why string) {
	if rows > r.rows {
		r.rows, r.why = rows, why
	}
}
