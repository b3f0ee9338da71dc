package rules

import "github.com/atoll-sql/atoll/planner/plan"

// Env is what rules may ask about besides the tree. One is made for each query's tree, with [NewEnv].
type Env struct {
	atShards func(n plan.Node) bool
	standing func(n plan.Node) (copied bool, rows float64)
	last     int // the greatest column ID in use
	asked    int // operators of the trees that were asked about
	placed   bool
}

// mostAsked bounds the operators that rules ask placement about for one query, each as often as it is asked: a tree of n subqueries within
// each other, or n relations, would be asked about n times. What is left then stays as it is written.
const mostAsked = 10_000

// NewEnv makes the environment of a query. atShards reports that the shards answer a tree with its subqueries, each of them
// from rows of its own; it must not change the tree. nil says so of none.
func NewEnv(root plan.Node, atShards func(n plan.Node) bool) *Env {
	return &Env{atShards: atShards, last: plan.LastColumn(root)}
}

// WithStanding adds what tells whether each shard has a copy of all rows of a tree, and how many rows those of all shards are, by estimate;
// negative if that is not known. Without it rules take no decision that depends on this. It returns e.
func (e *Env) WithStanding(standing func(n plan.Node) (copied bool, rows float64)) *Env {
	e.standing = standing
	return e
}

// Placed reports that rules have asked where rows are: the tree that they made depends on the shard map, on what the shards tell of themselves and on the
// values of parameters then. Otherwise it depends on the tree that they were given alone.
func (e *Env) Placed() bool { return e.placed }

// stays reports that the shards answer n as it is; not where the query is past the bound.
func (e *Env) stays(n plan.Node) bool {
	if e.atShards == nil || e.tired() {
		return false
	}
	plan.VisitAll(n, func(plan.Node) { e.asked++ })
	e.placed = true
	return e.atShards(n)
}

// stands is what WithStanding was given, which must not be nil.
func (e *Env) stands(n plan.Node) (copied bool, rows float64) {
	e.placed = true
	return e.standing(n)
}

// tired reports that rules have asked enough.
func (e *Env) tired() bool { return e.asked > mostAsked }

// newColumn makes a column whose ID no other of the query has.
func (e *Env) newColumn(name string, t plan.Type) plan.Column {
	e.last++
	return plan.Column{ID: e.last, Name: name, Type: t}
}
