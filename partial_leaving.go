package atoll

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/bounds"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
)

// leaver decides for one query which shards it does without.
type leaver struct {
	t      *topology
	policy Partial

	mu   sync.Mutex // guards what follows
	plan *plan.Plan // that runs, or is about to
	left map[string]*connectors.Error
}

// leavingOf is nil for a query that needs all shards.
func (t *topology) leavingOf(p *Partial) *leaver {
	if p == nil {
		return nil
	}
	return &leaver{t: t, policy: *p, left: map[string]*connectors.Error{}}
}

// excusable is a failure that makes a shard dispensable: that it cannot be reached, is late or has no room. What is wrong with the
// query, its rows or the tables is not.
func excusable(err error) *connectors.Error {
	var e *connectors.Error
	if !errors.As(err, &e) || e.Shard == "" {
		return nil
	}
	switch e.Class {
	case connectors.ClassUnavailable, connectors.ClassAuth, connectors.ClassTimeout, connectors.ClassLimit, connectors.ClassConflict:
		return e
	}
	return nil
}

// missing are the shards that new plans leave out.
func (l *leaver) missing() map[string]bool {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]bool{}
	for name := range l.left {
		out[name] = true
	}
	return out
}

// without adds a shard to those left out; false if err is not of one that can be, or that is already.
func (l *leaver) without(err error) bool {
	var final *Error
	if l == nil || errors.As(err, &final) {
		return false
	}
	e := excusable(err)
	l.mu.Lock()
	defer l.mu.Unlock()
	if e == nil || l.left[e.Shard] != nil {
		return false
	}
	l.left[e.Shard] = e
	return true
}

// withoutSilent adds the shards that did not tell of their tables.
func (l *leaver) withoutSilent(cat *catalog.Catalog) bool {
	if l == nil {
		return false
	}
	found := false
	for _, s := range l.t.shards {
		if info := cat.Shard(s.Name); info != nil && info.Err != nil && l.without(info.Err) {
			found = true
		}
	}
	return found
}

// leave is asked about a shard that fails while the plan runs; nil leaves it out of the answer in which nothing of it is yet.
func (l *leaver) leave(_ string, err error) error {
	if !l.without(err) {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.permitted(l.plan)
}

// running takes note of the plan that is about to run, if the query may be answered by it.
func (l *leaver) running(p *plan.Plan) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.permitted(p); err != nil {
		return err
	}
	l.plan = p
	return nil
}

// permitted refuses an answer of the plan without the shards left out so far.
func (l *leaver) permitted(p *plan.Plan) error {
	asked, lost := l.shares(p)
	if len(lost) == 0 {
		return nil
	}
	if _, err := l.meaning(p, lost); err != nil {
		return l.unsound(lost, err)
	}
	for _, name := range l.policy.Required {
		if slices.Contains(lost, name) {
			return l.unmet(lost, "shard "+name+" is required and has not answered")
		}
	}
	need := min(max(l.policy.Quorum, 1), len(asked))
	if got := len(asked) - len(lost); got < need {
		return l.unmet(lost, fmt.Sprintf("%d of the %s that the query asks must answer, and at most %d can", need, counted(int64(len(asked)), "shard"), got))
	}
	return nil
}

// shares are the shards that the plan asks, or would ask, for rows that nobody else has, and of them those that the answer lacks. Both are
// in the order of the map.
func (l *leaver) shares(p *plan.Plan) (asked, lost []string) {
	wants, lacks := map[string]bool{}, map[string]bool{}
	for _, f := range p.Fragments {
		for _, name := range f.Missing {
			wants[name], lacks[name] = true, true
		}
		if f.StandIn || f.Copied {
			continue
		}
		for _, t := range f.Targets {
			wants[t.Shard] = true
			if l.left[t.Shard] != nil {
				lacks[t.Shard] = true
			}
		}
	}
	for _, s := range l.t.shards {
		if wants[s.Name] {
			asked = append(asked, s.Name)
		}
		if lacks[s.Name] {
			lost = append(lost, s.Name)
		}
	}
	return asked, lost
}

// meaning is what the answer says without shards.
func (l *leaver) meaning(p *plan.Plan, lost []string) (bounds.Meaning, error) {
	lacking := map[string]bool{}
	for _, f := range p.Fragments {
		short := slices.ContainsFunc(f.Missing, func(s string) bool { return slices.Contains(lost, s) }) ||
			!f.Copied && slices.ContainsFunc(f.Targets, func(t plan.Target) bool { return slices.Contains(lost, t.Shard) })
		plan.VisitAll(f.Root, func(n plan.Node) {
			if s, ok := n.(*plan.Scan); ok && short {
				lacking[s.Table] = true
			}
		})
	}
	cat := l.t.snapshot()
	return bounds.Of(p.Bound, p.Output, bounds.Missing{
		Scan: func(s *plan.Scan) bool {
			t, ok := l.t.Map.Table(s.Table)
			return lacking[s.Table] && (!ok || !t.Replicated())
		},
		Home: func(s *plan.Scan) bounds.Home { return l.home(cat, s.Table) },
	})
}

func (l *leaver) home(cat *catalog.Catalog, table string) bounds.Home {
	t, ok := l.t.Map.Table(table)
	known := cat.Table(table)
	if !ok || known == nil {
		return bounds.Home{}
	}
	return bounds.Home{Scheme: t.Scheme().ID, Key: t.Scheme().Key, NotNull: !slices.ContainsFunc(t.Scheme().Key, func(key string) bool {
		c := known.Column(key)
		return c == nil || !c.NotNull
	})}
}

// reasons are why shards were left out.
func (l *leaver) reasons(names []string) string {
	var out []string
	for _, name := range names {
		if e := l.left[name]; e != nil {
			out = append(out, e.Error())
		}
	}
	return strings.Join(out, "; ")
}

func (l *leaver) unmet(lost []string, why string) error {
	return &Error{SQLState: "08006", Pos: -1, Shard: lost[0], Text: why + ": " + l.reasons(lost), cause: l.left[lost[0]],
		Hint: "the answer in part was asked for with the policy " + l.policy.String()}
}

func (l *leaver) unsound(lost []string, err error) error {
	return &Error{SQLState: "08006", Pos: -1, Shard: lost[0], Text: l.reasons(lost), cause: l.left[lost[0]], Hint: err.Error()}
}

// explained adds to an error of planning why the shards are left out without which there is no plan.
func (l *leaver) explained(err error) error {
	var gone *place.Gone
	if l == nil || !errors.As(err, &gone) {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	text := gone.Error()
	if why := l.reasons(gone.Shards); why != "" {
		text += ": " + why
	}
	return &Error{SQLState: "08006", Pos: -1, Shard: gone.Shards[0], Text: text, cause: err}
}

// note says of which shards a plan, or an answer, has no rows; "" if it has all.
func (l *leaver) note(p *plan.Plan) string {
	if l == nil || p == nil {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, lost := l.shares(p)
	if len(lost) == 0 {
		return ""
	}
	var out []string
	for _, name := range lost {
		class := "failed"
		if e := l.left[name]; e != nil {
			class = string(e.Class)
		}
		out = append(out, fmt.Sprintf("%s (%s)", name, class))
	}
	return "without " + strings.Join(out, ", ")
}
