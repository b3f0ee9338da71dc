package audit

import (
	"slices"
	"strings"
)

// queryState is what a region's log tells of a query that has not ended.
type queryState struct {
	intent  uint64 // its sequence; 0 for none
	line    int
	file    string
	allowed []permit
	denied  bool
}

// permit is an allowing DECISION.
type permit struct {
	rules            []string
	policy           string
	from, to, form   string
	fromSite, toSite string
}

// query follows what a query did: INTENT, then DECISIONs, then SHIPMENTs that they allow, then its end.
func (v *verifier) query(e *Event) {
	switch e.Type {
	case TypeIntent:
		v.region.Queries++
		if q := v.queries[e.Query]; q != nil && q.intent > 0 {
			v.find(KindTwice, "query %s has an INTENT already, entry %d", short(e.Query), q.intent)
			return
		}
		v.state(e).intent = e.Sequence
	case TypeDecision:
		v.decision(e)
	case TypeShipment:
		v.shipment(e)
	case TypeComplete, TypeAbort:
		delete(v.queries, e.Query)
	}
}

func (v *verifier) state(e *Event) *queryState {
	q := v.queries[e.Query]
	if q == nil {
		q = &queryState{line: v.line, file: v.file}
		v.queries[e.Query] = q
	}
	return q
}

func (v *verifier) decision(e *Event) {
	q := v.state(e)
	if q.intent == 0 {
		v.unmatched(KindDecision, "the DECISION of query %s has no INTENT before it", short(e.Query))
	}
	v.underPolicy(e)
	if e.Decision != DecisionAllow {
		v.region.Denied++
		q.denied = true
		return
	}
	rules := slices.Clone(e.Rules)
	slices.Sort(rules)
	q.allowed = append(q.allowed, permit{rules: slices.Compact(rules), policy: e.PolicyHash, from: e.FromRegion, to: e.ToRegion, form: e.Form,
		fromSite: e.FromSite, toSite: e.ToSite})
}

// underPolicy holds a DECISION to the POLICY_CHANGE entries of the writer's run. A query keeps the policy under which it began: any that was put in force
// before will do.
func (v *verifier) underPolicy(e *Event) {
	version, known := v.policies[e.PolicyHash]
	switch {
	case known && version != e.PolicyVersion:
		v.find(KindPolicy, "the DECISION of query %s calls version %d of the policy what is version %d by its POLICY_CHANGE", short(e.Query), e.PolicyVersion, version)
	case known || e.PolicyHash == "" && len(v.policies) == 0:
	case v.begun:
		v.find(KindPolicy, "the DECISION of query %s is by version %d of a policy (hash %s) that no POLICY_CHANGE of this run put in force", short(e.Query), e.PolicyVersion,
			short(e.PolicyHash))
	default:
		v.unmatched(KindPolicy, "the DECISION of query %s is by a policy that no POLICY_CHANGE put in force", short(e.Query))
	}
}

func (v *verifier) shipment(e *Event) {
	if counted(e) {
		v.region.Shipments++
		v.region.Rows += e.Rows
	}
	q := v.queries[e.Query]
	if q == nil || q.intent == 0 {
		v.unmatched(KindUnmatched, "the SHIPMENT of query %s has no INTENT before it, or comes after the query's end", short(e.Query))
		if q == nil {
			return
		}
	}
	if len(q.allowed) == 0 {
		text := "the SHIPMENT of query %s has no DECISION that allows it"
		if q.denied {
			text = "the SHIPMENT of query %s was denied by its DECISION"
		}
		v.unmatched(KindUnmatched, text, short(e.Query))
		return
	}
	rules := slices.Clone(e.Rules)
	slices.Sort(rules)
	rules = slices.Compact(rules)
	if len(rules) == 0 {
		v.find(KindUnmatched, "the SHIPMENT of query %s names no rule", short(e.Query))
		return
	}
	if !slices.ContainsFunc(q.allowed, func(p permit) bool { return p.covers(e, rules) }) {
		v.find(KindUnmatched, "no DECISION of query %s allows rules %s over this edge under this policy", short(e.Query), short(strings.Join(rules, ", ")))
	}
}

// covers tells whether a DECISION allows a SHIPMENT: of the same edge with the same rules if it is about an edge, else with rules among its own.
func (p permit) covers(e *Event, rules []string) bool {
	if p.policy != e.PolicyHash {
		return false
	}
	if p.fromSite == "" {
		return !slices.ContainsFunc(rules, func(r string) bool { return !slices.Contains(p.rules, r) })
	}
	same := p.fromSite == e.FromSite && p.from == e.FromRegion && p.toSite == e.ToSite && p.to == e.ToRegion && p.form == e.Form
	return same && slices.Equal(p.rules, rules)
}

// unmatched is a finding, unless the entry that is missing may be in files that were archived.
func (v *verifier) unmatched(kind, format string, args ...any) {
	if v.archived && v.opts.Archived {
		v.note(kind, format+"; it may be among the archived entries", args...)
		return
	}
	v.find(kind, format, args...)
}

// crashed tells of the queries that have not ended when the writer's run did.
func (v *verifier) crashed() {
	open := make([]*queryState, 0, len(v.queries))
	names := map[*queryState]string{}
	for name, q := range v.queries {
		open = append(open, q)
		names[q] = name
	}
	slices.SortFunc(open, func(a, b *queryState) int { return int(int64(a.intent) - int64(b.intent)) })
	file, line := v.file, v.line
	for _, q := range open {
		v.file, v.line = q.file, q.line
		v.note(KindUnfinished, "query %s has no COMPLETE or ABORT: it is running, or this is evidence of a crash; it may have shipped more than is recorded", short(names[q]))
	}
	v.file, v.line = file, line
	clear(v.queries)
}

// short bounds names of callers' making in texts.
func short(s string) string {
	if len(s) > 100 {
		s = strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}
