package residency

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// warning is something of a policy that is in order and yet hardly meant.
type warning struct {
	at   Position
	text string
}

func (p *parser) warn(at Position, format string, args ...any) {
	p.policy.warnings = append(p.policy.warnings, warning{at, fmt.Sprintf(format, args...)})
}

// Warnings lists what is hardly meant, in the order of the file: rules and recipients that have expired or do not hold yet at a moment, rules that
// can permit nothing, terms that hold nothing back. None of them makes the policy permit more than it says.
func (p *Policy) Warnings(now time.Time) []*FileError {
	all := slices.Clone(p.warnings)
	for _, r := range p.Recipients {
		if r.expired(now) {
			all = append(all, warning{r.Pos, fmt.Sprintf("recipient %s expired on %s: rules give it nothing any more", r.Name, day(r.Expires))})
		}
	}
	for _, r := range p.Rules {
		switch verb := verb(r); {
		case r.over(now):
			all = append(all, warning{r.Pos, fmt.Sprintf("rule %s held until %s: it %s nothing any more", r.ID, lastDay(r.ValidUntil), verb)})
		case r.early(now):
			all = append(all, warning{r.Pos, fmt.Sprintf("rule %s holds from %s: it %s nothing yet", r.ID, day(r.ValidFrom), verb)})
		}
	}
	slices.SortStableFunc(all, func(a, b warning) int {
		return cmp.Or(cmp.Compare(a.at.Line, b.at.Line), cmp.Compare(a.at.Column, b.at.Column), strings.Compare(a.text, b.text))
	})
	out := make([]*FileError, len(all))
	for i, w := range all {
		out[i] = p.Errorf(w.at, "%s", w.text)
	}
	return out
}

// Errorf makes an error about a place of the policy's file, with an excerpt if the policy was read from one.
func (p *Policy) Errorf(at Position, format string, args ...any) *FileError {
	if p.source == nil {
		return &FileError{File: p.File, Line: at.Line, Column: at.Column, Text: fmt.Sprintf(format, args...)}
	}
	return p.source.Errorf(at, format, args...)
}

func (r *Recipient) expired(now time.Time) bool { return !r.Expires.IsZero() && !now.Before(r.Expires) }

func (r *Rule) over(now time.Time) bool { return !r.ValidUntil.IsZero() && !now.Before(r.ValidUntil) }

func (r *Rule) early(now time.Time) bool { return !r.ValidFrom.IsZero() && now.Before(r.ValidFrom) }

func verb(r *Rule) string {
	if r.Effect == Deny {
		return "forbids"
	}
	return "permits"
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// lastDay is the last day before a moment that begins a day.
func lastDay(end time.Time) string { return day(end.Add(-time.Nanosecond)) }

// effectless warns of a rule on whose edges nothing can travel.
func (p *parser) effectless(f *yamldoc.Fields, r *Rule) {
	w := p.world()
	p.unreachable(f.Get("from"), "nothing can come from there")
	p.unreachable(f.Get("to"), "only callers who are there get anything")
	from, to := w.regionsOf(r.From), w.regionsOf(r.To)
	for _, name := range r.To {
		if recipient := p.policy.Recipients[name]; recipient != nil {
			to = append(to, recipient.Region)
		}
	}
	edge := func(a string) bool { return slices.ContainsFunc(to, func(b string) bool { return a != b }) }
	if len(from) > 0 && len(to) > 0 && !slices.ContainsFunc(from, edge) {
		p.warn(r.Pos, "rule %s permits nothing: within region %s no rule is needed", r.ID, from[0])
	}
}

// unreachable warns of places of a list in which there is neither a shard nor the coordinator.
func (p *parser) unreachable(list *yamldoc.Node, effect string) {
	if list == nil || list.Kind != yamldoc.List {
		return
	}
	for _, c := range list.Children {
		regions := p.world().regionsOf([]string{c.Text})
		if len(regions) > 0 && !slices.ContainsFunc(regions, p.world().reaches) {
			p.warn(c.At, "%s holds neither a shard nor the coordinator: %s", c.Text, effect)
		}
	}
}

func (p *parser) smallMinimum(n *yamldoc.Node, least int64) {
	if least == 1 {
		p.warn(n.At, "%s: 1 keeps nothing back: a group of one leaves as it is", n.Path)
	}
}

// functionWarnings warns of functions that show a single row's value, and of averages that cannot be put together from several shards.
func (p *parser) functionWarnings(list *yamldoc.Node, named []string) {
	for _, c := range list.Children {
		switch {
		case c.Text == "min" || c.Text == "max":
			p.warn(c.At, "%s shows the value of a single row", c.Text)
		case c.Text == "avg" && !(slices.Contains(named, "sum") && slices.Contains(named, "count")):
			p.warn(c.At, "an average over several shards is made of a sum and a count: permit sum and count as well, or avg holds for single shards only")
		}
	}
}
