package bind

import (
	"slices"
	"time"

	"github.com/atoll-sql/atoll/planner/plan"
)

// lasting is what a binding needs to be used again for other values of its parameters. Of a tree that was made by looking at a value, or at the clock,
// nothing can be kept: that is why values and the moment are asked for through valueOf, given and now, which take note of it. The one exception is
// coerce, which brings a value into the form of its type, and may do so again.
type lasting struct {
	looked  bool       // the tree depends on a value or on the moment
	coerced []coercion // in the order in which parameters took on their types
	given   int        // parameters that the query was given
}

// coercion is a parameter that took on a type.
type coercion struct {
	param int
	to    plan.Type
}

// valueOf is the value of parameter n so far, by which the tree is made.
func (b *binder) valueOf(n int) Param {
	b.looked = true
	return b.args[n-1]
}

// givenAs is the value of parameter n as it was given, by which the tree is made.
func (b *binder) givenAs(n int) Param {
	b.looked = true
	return b.opts.Params[n-1]
}

// now is the query's moment, by which the tree is made.
func (b *binder) now() time.Time {
	b.looked = true
	return b.opts.Now.UTC()
}

// Lasting reports that the tree depends on no value of a parameter and not on the moment, so that Again may serve.
func (q *Query) Lasting() bool { return !q.lasting.looked }

// Again is what Bind would return for the same statement, catalog and options, but these values of the parameters, as many, and this moment. It shares the tree with q. It
// returns false where Bind might return something else, or an error: then ask Bind.
func (q *Query) Again(params []Param, now time.Time) (*Query, bool) {
	if !q.Lasting() || len(params) != q.lasting.given {
		return nil, false
	}
	b := &binder{opts: Options{Now: now}}
	args := slices.Clone(params)
	for _, c := range q.lasting.coerced {
		v := &args[c.param-1]
		if v.Null {
			continue
		}
		value, err := b.literalAs(place(-1), v.Text, c.to)
		if err != nil || !portable(value) {
			return nil, false
		}
		v.Text = value.Text
	}
	again := *q
	again.Args = args
	return &again, true
}

// Bare is the query without its parameters' values, for who keeps it for Again.
func (q *Query) Bare() *Query {
	bare := *q
	bare.Args, bare.Output = nil, slices.Clip(q.Output)
	return &bare
}
