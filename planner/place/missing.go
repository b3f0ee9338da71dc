package place

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// Gone says that a plan cannot do without the shards that are left out: nobody else holds a table that it reads, or no shard is left of
// those that may have rows.
type Gone struct {
	Tables []string // that nobody else holds; none where it is rows that nobody is left to ask for
	Shards []string
}

// Error implements error.
func (e *Gone) Error() string {
	if len(e.Tables) == 0 {
		return "none of the shards that the query asks has answered: " + strings.Join(e.Shards, ", ")
	}
	return fmt.Sprintf("none of the shards that hold %s has answered: %s", strings.Join(e.Tables, " and "), strings.Join(e.Shards, ", "))
}

// left reports a shard that is left out.
func (p *placer) left(shard int) bool {
	return len(p.env.Missing) > 0 && p.env.Missing[p.env.Map.Shard(shard).Name]
}

// asked are the shards that a fragment asks for the rows of r: those that are not left out. If all are, another one that holds the tables stands in
// for them: none of its rows match, as of those that are pruned.
func (p *placer) asked(f *plan.Fragment, r *placed) ([]int, error) {
	if len(p.env.Missing) == 0 {
		return r.shards, nil
	}
	for _, s := range r.shards {
		if p.left(s) {
			f.Missing = append(f.Missing, p.env.Map.Shard(s).Name)
		}
	}
	f.StandIn = len(f.Missing) == len(r.shards)
	if out := p.live(r); len(out) > 0 {
		return out, nil
	}
	gone := &Gone{Tables: p.heldByNone(r.tables), Shards: f.Missing}
	for _, name := range gone.Tables {
		t, _ := p.env.Map.Table(name)
		for _, s := range t.Shards() {
			if shard := p.env.Map.Shard(s).Name; !slices.Contains(gone.Shards, shard) {
				gone.Shards = append(gone.Shards, shard)
			}
		}
	}
	return nil, gone
}

// live are the shards of r that are not left out, or the one that stands in for them; none if there is none.
func (p *placer) live(r *placed) []int {
	if len(p.env.Missing) == 0 {
		return r.shards
	}
	var out []int
	for _, s := range r.shards {
		if !p.left(s) {
			out = append(out, s)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, s := range r.all {
		if !p.left(s) && p.holdsAll(s, r.tables) {
			return []int{s}
		}
	}
	return nil
}

func (p *placer) holdsAll(shard int, tables []string) bool {
	for _, name := range tables {
		if t, ok := p.env.Map.Table(name); !ok || !slices.Contains(t.Shards(), shard) {
			return false
		}
	}
	return true
}

// heldByNone are those of the tables of which all shards are left out.
func (p *placer) heldByNone(tables []string) []string {
	var out []string
	for _, name := range tables {
		t, ok := p.env.Map.Table(name)
		if ok && !slices.ContainsFunc(t.Shards(), func(s int) bool { return !p.left(s) }) {
			out = append(out, name)
		}
	}
	return out
}

// somebody refuses a plan of whose shards that may have rows of sharded tables none is left.
func somebody(p *plan.Plan) error {
	var missing []string
	for _, f := range p.Fragments {
		if len(f.Targets) > 0 && !f.StandIn && !f.Copied {
			return nil
		}
		for _, s := range f.Missing {
			if !slices.Contains(missing, s) {
				missing = append(missing, s)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &Gone{Shards: missing}
}
