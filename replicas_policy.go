package atoll

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/residency"
)

// What a replica sends leaves from the replica's region. So under a residency policy a replica in another region than its shard's is read only if the
// rules permit from there what the plan's statements send, without a change of the statements: the answer is the same whoever is asked.

// forbidden says of replicas why the statements of a plan may not run there. Those without a reason may be read.
type forbidden struct {
	plan *plan.Plan
	why  map[string]error // by the replica's name
}

// abroad are replicas that the rules treat alike: of shards in one region that take part in the same fragments, themselves in one other region.
type abroad struct {
	home, region string
	at           map[string][]residency.Elsewhere // by shard
}

// judgeReplicas finds out at which replicas the statements of a plan that is permitted may run, and adds to its crossings what leaves from there. All of
// those may be read together: what one shard sends may be sent on to another one's replica.
func (e *topology) judgeReplicas(cat *catalog.Catalog, q *query, bound *bind.Query, p *plan.Plan, where place.Env) (*forbidden, error) {
	out := &forbidden{plan: p, why: map[string]error{}}
	groups := e.replicasAbroad(p)
	if len(groups) == 0 {
		return out, nil
	}
	try := func(groups []abroad) ([]plan.Crossing, error) { return e.tryReplicas(cat, q, bound, p, where, groups) }
	found, err := try(groups)
	if err == nil {
		p.Crossings = found
		return out, nil
	}
	var fit []abroad
	for _, g := range groups {
		crossings, err := try(append(slices.Clone(fit), g))
		var no *residency.Refusal
		switch {
		case err == nil:
			fit, p.Crossings = append(fit, g), crossings
		case errors.As(err, &no):
			for _, list := range g.at {
				for _, r := range list {
					out.why[r.Replica] = no
				}
			}
		default:
			return nil, err
		}
	}
	return out, nil
}

// replicasAbroad are the replicas in other regions of the shards that a plan asks.
func (e *topology) replicasAbroad(p *plan.Plan) []abroad {
	parts := map[string][]string{} // fragments by shard
	for _, f := range p.Fragments {
		for _, t := range f.Targets {
			if s := e.byName[t.Shard]; s != nil && len(s.Replicas) > 0 {
				parts[t.Shard] = append(parts[t.Shard], fmt.Sprint(f.ID))
			}
		}
	}
	var out []abroad
	known := map[string]int{}
	for _, s := range e.shards {
		for _, r := range s.Replicas {
			if parts[s.Name] == nil || r.Region == s.Region {
				continue
			}
			key := strings.Join([]string{s.Region, r.Region, strings.Join(parts[s.Name], ",")}, "\x00")
			i, ok := known[key]
			if !ok {
				i = len(out)
				known[key] = i
				out = append(out, abroad{s.Region, r.Region, map[string][]residency.Elsewhere{}})
			}
			out[i].at[s.Name] = append(out[i].at[s.Name], residency.Elsewhere{Replica: r.Name, Region: r.Region})
		}
	}
	return out
}

// tryReplicas judges a plan as if its statements ran at groups of replicas as well, and returns all that could cross a border then.
func (e *topology) tryReplicas(cat *catalog.Catalog, q *query, bound *bind.Query, p *plan.Plan, where place.Env, groups []abroad) ([]plan.Crossing, error) {
	env := e.judging(cat, q)
	env.Elsewhere = map[string][]residency.Elsewhere{}
	for _, g := range groups {
		for shard, list := range g.at {
			env.Elsewhere[shard] = append(env.Elsewhere[shard], list...)
		}
	}
	v, err := residency.Check(bound.Root, bound.Output, p, env)
	if err != nil {
		return nil, err
	}
	h := &held{where: where, written: map[plan.Node]map[string]plan.Statement{}}
	asked := map[*plan.Target]residency.Change{}
	for _, c := range v.Changes {
		asked[&c.Fragment.Targets[c.Target]] = c
	}
	for _, f := range p.Fragments {
		for i := range f.Targets {
			t := &f.Targets[i]
			c, ok := asked[t]
			if !ok {
				c.Root = f.Root
			}
			if !h.same(f, t, c.Root, c.Small) {
				return nil, otherwise(t, groups[len(groups)-1])
			}
		}
	}
	for _, a := range v.Elsewhere {
		if t := &a.Fragment.Targets[a.Target]; !h.same(a.Fragment, t, a.Root, a.Small) {
			return nil, otherwise(t, groups[len(groups)-1])
		}
	}
	if err := e.metered(q, p, v, groups[len(groups)-1]); err != nil {
		return nil, err
	}
	return v.Crossings, nil
}

// otherwise is the refusal of a replica where a rule would ask for another statement than it does at the shard: the answer would not be the same.
func otherwise(t *plan.Target, g abroad) error {
	return &residency.Refusal{Shard: t.Shard, From: g.region, Clause: "replica",
		Text: fmt.Sprintf("the rules ask of what leaves %s for something else than of what leaves %s, so that the answer would depend on which server is asked", g.region, g.home)}
}

// metered refuses replicas under rules that permit so much in a day, unless the plan needs the rule anyway: what may be read must not use it up.
func (e *topology) metered(q *query, p *plan.Plan, v *residency.Verdict, g abroad) error {
	for _, r := range v.Rules {
		if r.Limits.QueriesPerDay == 0 && r.Limits.RowsPerDay == 0 {
			continue
		}
		needed := slices.ContainsFunc(p.Crossings, func(x plan.Crossing) bool {
			return x.Replica == "" && slices.ContainsFunc(x.Tables, func(t plan.CrossingTable) bool { return t.Rule == r.ID })
		})
		if !needed {
			return &residency.Refusal{Rule: r.ID, From: g.region, Clause: "replica",
				Text: fmt.Sprintf("rule %s permits so much in a day, which is not spent on replicas", r.ID)}
		}
	}
	return nil
}

// held writes statements to hold them against those of a plan.
type held struct {
	where   place.Env
	written map[plan.Node]map[string]plan.Statement
}

// same reports that what rules ask for is what a target runs.
func (h *held) same(f *plan.Fragment, t *plan.Target, root, small plan.Node) bool {
	if root == f.Root || t.Root == nil {
		return root == f.Root && t.Root == nil && small == nil && t.Small == nil
	}
	if (small == nil) != (t.Small == nil) || !h.writes(root, t.Shard, t.Statement) {
		return false
	}
	return small == nil || h.writes(small, t.Shard, *t.Small)
}

func (h *held) writes(root plan.Node, shard string, want plan.Statement) bool {
	if h.written[root] == nil {
		h.written[root] = map[string]plan.Statement{}
	}
	st, err := h.where.Statement(root, shard, h.written[root])
	return err == nil && st.SQL == want.SQL && slices.Equal(st.Params, want.Params)
}
