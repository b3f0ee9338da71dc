package planpage

import (
	"fmt"
	"slices"
	"time"

	"github.com/atoll-sql/atoll"
)

// place is a site's region and that region's jurisdiction.
type place struct{ Region, Jurisdiction string }

// places knows the jurisdiction of each region.
type places map[string]string

func placesOf(x *atoll.Explanation) places {
	p := places{}
	for _, r := range x.Regions {
		p[r.Region] = r.Jurisdiction
	}
	return p
}

// of returns the place of a region; one that the explanation does not list is its own jurisdiction.
func (p places) of(region string) place {
	if j, ok := p[region]; ok {
		return place{region, j}
	}
	return place{region, region}
}

// border is what an edge crosses. Its values are classes of the style sheet.
type border string

const (
	stays              border = "stays"
	leavesRegion       border = "region"
	leavesJurisdiction border = "jurisdiction"
)

func borderOf(from, to place) border {
	switch {
	case from.Jurisdiction != to.Jurisdiction:
		return leavesJurisdiction
	case from.Region != to.Region:
		return leavesRegion
	}
	return stays
}

// edge leads from a shard's fragment to the coordinator, or from a step at the coordinator to a shard's fragment.
type edge struct {
	Shard     string
	Fragment  int
	Step      int // 0 of an edge that leads to the coordinator
	From, To  place
	Border    border
	Columns   []atoll.ExplainColumn
	Estimated int64             // rows, -1 if unknown
	Leaves    []*atoll.Crossing // by which residency rules and under which terms
	Actual    *actual
}

// actual is what really travelled; of a step's edge, rows and bytes only.
type actual struct {
	Rows, Bytes       int64
	Answer            bool // the other figures are known
	RoundTrips        int
	FirstBatch, Total time.Duration
}

// What names the edge's end that is not the shard.
func (e edge) What() string {
	if e.Step > 0 {
		return fmt.Sprintf("step %d → fragment %d", e.Step, e.Fragment)
	}
	return fmt.Sprintf("fragment %d", e.Fragment)
}

// Crosses says in words which border the edge crosses.
func (e edge) Crosses() string {
	switch e.Border {
	case leavesJurisdiction:
		return e.From.Jurisdiction + " → " + e.To.Jurisdiction
	case leavesRegion:
		return e.From.Region + " → " + e.To.Region
	}
	return "no"
}

// edgesOf lists all edges: those of steps to a fragment before what the fragment sends.
func edgesOf(x *atoll.Explanation, p places) []edge {
	var out []edge
	for _, f := range x.Fragments {
		for _, s := range f.Shards {
			there, home := p.of(s.From), p.of(s.To)
			for _, n := range s.Steps {
				out = append(out, stepEdge(x, n, edge{Shard: s.Shard, Fragment: f.ID, From: home, To: there, Border: borderOf(home, there)}))
			}
			e := edge{Shard: s.Shard, Fragment: f.ID, From: there, To: home, Border: borderOf(there, home), Columns: f.Columns, Estimated: f.EstimatedRows}
			if c := x.Crossing(f.ID, s.Shard); c != nil {
				e.Leaves = []*atoll.Crossing{c}
			}
			if a := s.Actual; a != nil {
				e.Actual = &actual{a.Rows, a.Bytes, true, a.RoundTrips, a.FirstBatch, a.Total}
			}
			out = append(out, e)
		}
	}
	return out
}

func stepEdge(x *atoll.Explanation, n int, e edge) edge {
	e.Step, e.Estimated = n, -1
	if i := slices.IndexFunc(x.Steps, func(s atoll.ExplainStep) bool { return s.Number == n }); i >= 0 {
		s := x.Steps[i]
		e.Columns, e.Estimated = s.Columns, s.EstimatedRows
		e.Leaves = throughStep(x, s, e.To.Region)
		if s.Actual != nil {
			e.Actual = &actual{Rows: s.Actual.Rows, Bytes: s.Actual.Bytes}
		}
	}
	return e
}

// throughStep are the crossings whose rows, or what is made of them, get to a region by way of a step.
func throughStep(x *atoll.Explanation, s atoll.ExplainStep, region string) []*atoll.Crossing {
	var out []*atoll.Crossing
	for _, op := range operators(s.Tree) {
		var id int
		if _, err := fmt.Sscanf(op.Text, "gather fragment %d", &id); err != nil {
			continue
		}
		for i := range x.Crossings {
			if c := &x.Crossings[i]; c.Fragment == id && slices.Contains(c.To, region) {
				out = append(out, c)
			}
		}
	}
	return out
}
