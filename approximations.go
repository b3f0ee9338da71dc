package atoll

import (
	"fmt"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// Approximation says of an aggregate of a query that its value is an estimate, and how good a one.
type Approximation struct {
	// Function is the call, e.g. "approx_count_distinct(email)"; "…" stands for an argument that is no plain column.
	Function string `json:"function"`
	// Asked is what the query asked for, where [Session.Approximate] made an estimate of it; else "".
	Asked string `json:"asked,omitempty"`
	// Method is how it was made, Error what is known of how far off it can be.
	Method string `json:"method"`
	Error  string `json:"error"`
	// StandardError is the relative standard error of an estimate that has one, 0 of the others.
	StandardError float64 `json:"standard_error,omitempty"`
	// Exact says that the answer is no estimate after all: of the values, or where they are, nothing was left out.
	Exact bool `json:"exact,omitempty"`
}

// String is one line of text.
func (a Approximation) String() string {
	s := a.Function
	if a.Asked != "" {
		s = a.Asked + " as " + s
	}
	is := "an estimate"
	if a.Exact {
		is = "exact"
	}
	return fmt.Sprintf("%s is %s: %s; %s", s, is, a.Method, a.Error)
}

// Approximations lists what of the answer is an estimate. It may be called from any goroutine.
func (r *Result) Approximations() []Approximation {
	p, _ := r.running.state()
	if p == nil {
		return nil
	}
	return approximations(p)
}

// approximations lists the estimates among the aggregates of a plan, each once.
func approximations(p *plan.Plan) []Approximation {
	var out []Approximation
	seen := map[Approximation]bool{}
	for _, root := range p.Roots() {
		plan.Visit(root, func(n plan.Node) {
			m, ok := n.(*plan.MergeAggregate)
			if !ok {
				return
			}
			for _, a := range m.Aggs {
				if a.Sketch == nil {
					continue
				}
				if x := approximation(a); !seen[x] {
					seen[x] = true
					out = append(out, x)
				}
			}
		})
	}
	return out
}

func approximation(a plan.MergeAgg) Approximation {
	s := a.Sketch
	out := Approximation{Function: s.Of, Asked: s.For, StandardError: s.StandardError()}
	if out.Function == "" {
		out.Function = a.Fn + "(…)"
	}
	if s.Precision > 0 {
		out.Method = fmt.Sprintf("HyperLogLog with 2^%d registers, %s hash (%s)", s.Precision, s.Hash, s.HashWhy)
		out.Error = fmt.Sprintf("standard error %s %%", strings.TrimRight(fmt.Sprintf("%.2f", 100*out.StandardError), "0"))
		switch {
		case s.ByValue:
			out.Method += ", made of distinct values at the coordinator"
		case s.Mixed:
			out.Method += ", made of distinct values at the coordinator for shards that cannot hash"
		}
		return out
	}
	out.Method, out.Error, out.Exact = s.Method(a.Fn), s.Bound(a.Fn), s.Exact(a.Fn)
	return out
}
