package residency

import (
	"slices"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/planner/plan"
)

// Env is what the check knows besides the plan.
type Env struct {
	Policy  *Policy
	Purpose string
	Roles   []string
	// Coordinator is the region in which the query is finished, Client that of who asked, "" if it is not known.
	Coordinator, Client string
	// Jurisdiction returns a region's.
	Jurisdiction func(region string) string
	Now          time.Time
	// Total reports that an expression cannot raise an error, whatever the row.
	Total func(plan.Expr) bool
	// Condition binds the condition of a rule on rows of a table: a scan of the columns that it reads, and the condition over them.
	Condition func(table, where string) (*plan.Scan, plan.Expr, error)
	// Elsewhere lists, by shard, replicas at which its statements may run as well: what they send leaves from their regions, and what is sent to
	// the shard gets there, too.
	Elsewhere map[string][]Elsewhere
}

// Elsewhere is a server that answers in place of a shard's own.
type Elsewhere struct{ Replica, Region string }

// edge is a border that rows cross: from a region to others.
type edge struct {
	from string
	to   []string // sorted, without from
}

// fault is the first clause by which a rule does not permit something.
type fault struct {
	rule    *Rule // nil where there is none
	clause  string
	subject string // the column, region, function or whatever the clause is about
}

// names reports that a list of a rule names a region: itself, or its jurisdiction.
func (e *Env) names(list []string, region string) bool {
	return slices.Contains(list, region) || slices.Contains(list, e.Jurisdiction(region))
}

// reaches reports that a rule's destinations include a region, and otherwise whether a recipient there has expired.
func (e *Env) reaches(r *Rule, region string) (ok bool, expired string) {
	if e.names(r.To, region) {
		return true, ""
	}
	for _, name := range r.To {
		to := e.Policy.Recipients[name]
		switch {
		case to == nil || to.Region != region:
		case !to.Expires.IsZero() && !e.Now.Before(to.Expires) && holds(clauseRecipient):
			expired = name
		default:
			return true, ""
		}
	}
	return false, expired
}

// recipients names those by whose basis a rule permits that regions are reached, "" where it names the regions themselves.
func (e *Env) recipients(r *Rule, regions []string) string {
	var out []string
	for _, region := range regions {
		if e.names(r.To, region) {
			continue
		}
		for _, name := range r.To {
			to := e.Policy.Recipients[name]
			if to != nil && to.Region == region && (to.Expires.IsZero() || e.Now.Before(to.Expires)) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return strings.Join(out, ",")
}

// stands returns the first clause by which a rule does not hold for who asks, for what, when, and on which edge; "" if it holds.
func (e *Env) stands(r *Rule, at edge) (clause, subject string) {
	if !e.names(r.From, at.from) && holds(clauseSource) {
		return clauseSource, at.from
	}
	switch {
	case !e.serves(r) && holds(clausePurpose):
		return clausePurpose, e.Purpose
	case !e.admits(r) && holds(clauseRole):
		return clauseRole, strings.Join(e.Roles, ", ")
	}
	for _, region := range at.to {
		ok, expired := e.reaches(r, region)
		switch {
		case ok:
		case expired != "":
			return clauseRecipient, expired
		case holds(clauseDestination):
			return clauseDestination, region
		}
	}
	if !e.current(r) && holds(clauseValid) {
		return clauseValid, ""
	}
	return "", ""
}

// serves reports that a rule is for the query's purpose.
func (e *Env) serves(r *Rule) bool {
	return len(r.Purposes) == 0 || slices.Contains(r.Purposes, e.Purpose)
}

// admits reports that a rule is for one of the caller's roles.
func (e *Env) admits(r *Rule) bool {
	return len(r.Roles) == 0 || slices.ContainsFunc(e.Roles, func(have string) bool { return slices.Contains(r.Roles, have) })
}

// current reports that a rule is valid at the moment of the query.
func (e *Env) current(r *Rule) bool {
	return (r.ValidFrom.IsZero() || !e.Now.Before(r.ValidFrom)) && (r.ValidUntil.IsZero() || e.Now.Before(r.ValidUntil))
}

// forbids reports that a deny rule concerns an edge, whoever is on it.
func (e *Env) forbids(r *Rule, at edge) bool {
	from := len(r.From) == 0 || e.names(r.From, at.from)
	to := len(r.To) == 0 || slices.ContainsFunc(at.to, func(region string) bool {
		return e.names(r.To, region) || slices.ContainsFunc(r.To, func(name string) bool {
			rec := e.Policy.Recipients[name]
			return rec != nil && rec.Region == region
		})
	})
	return from && to && e.serves(r) && e.admits(r) && e.current(r)
}

// allowing are the allow rules for a table; forbidding the deny rules.
func (p *Policy) allowing(table string) []*Rule {
	p.index()
	return p.allows[table]
}

func (p *Policy) forbidding(table string) []*Rule {
	p.index()
	if list := p.denies[table]; list != nil {
		return list
	}
	return p.denies[""]
}

// index sorts the rules by table, once.
func (p *Policy) index() {
	p.once.Do(func() {
		p.allows, p.denies = map[string][]*Rule{}, map[string][]*Rule{}
		for _, r := range p.Rules {
			if r.Effect == Deny {
				continue
			}
			sketches := r.beside()
			for _, t := range r.Tables {
				if p.allows[t] = append(p.allows[t], r); sketches != nil {
					p.allows[t] = append(p.allows[t], sketches)
				}
			}
		}
		var anywhere []*Rule
		tables := map[string]bool{}
		for _, r := range p.Rules {
			switch {
			case r.Effect != Deny:
			case len(r.Tables) == 0:
				anywhere = append(anywhere, r)
			default:
				for _, t := range r.Tables {
					tables[t] = true
				}
			}
		}
		for t := range tables {
			for _, r := range p.Rules {
				if r.Effect == Deny && (len(r.Tables) == 0 || slices.Contains(r.Tables, t)) {
					p.denies[t] = append(p.denies[t], r)
				}
			}
		}
		p.denies[""] = anywhere
	})
}
