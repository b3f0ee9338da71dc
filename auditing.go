package atoll

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/residency"
	"github.com/atoll-sql/atoll/residency/audit"
)

// lockWait is how long an engine waits for another process to let go of the audit log: a log has one writer, whose entries are a chain, and who
// counts what rules permit in a day.
const lockWait = 10 * time.Second

// openResidency reads the policy and opens the audit log, if the configuration asks for them.
func (e *Engine) openResidency(ctx context.Context) error {
	if c := e.cfg.Audit; c.Dir != "" {
		sync, err := audit.ParseSync(c.Sync)
		if err != nil {
			return usageError(err)
		}
		o := audit.Options{Dir: c.Dir, Home: e.cfg.Coordinator.Region, Sync: sync, CheckpointEvery: int(c.CheckpointEvery), Now: e.opts.now, LockWait: lockWait}
		if len(c.Key) > 0 {
			o.Key = ed25519.NewKeyFromSeed(c.Key)
		}
		for _, r := range e.cfg.Regions {
			o.Regions = append(o.Regions, r.Name)
		}
		if e.audit, err = audit.Open(o); err != nil {
			return usageError(err)
		}
	}
	if e.cfg.Residency == "" {
		return nil
	}
	p, err := e.top.Load().readPolicy()
	if err != nil {
		return usageError(err)
	}
	e.policy.Store(p)
	return e.policyChanged(ctx, p, nil)
}

// policyChanged records in the logs of all regions which policy stands, or that one could not be read.
func (e *Engine) policyChanged(ctx context.Context, p *policyInForce, failed error) error {
	if e.audit == nil {
		return nil
	}
	ev := audit.Event{Type: audit.TypePolicyChange, Status: "in force"}
	if failed != nil {
		ev.Status, ev.Reason = "failed to load", failed.Error()
	} else {
		ev.PolicyVersion, ev.PolicyHash = p.Version, p.Hash
	}
	return auditError(e.audit.RecordAsync(e.audit.Regions(), ev).Wait(ctx))
}

// record is what the audit log gets to know of one query. A nil one records nothing.
type record struct {
	log   *audit.Log
	query *query
	text  string      // without literals
	base  audit.Event // who asked what
	start time.Time

	mu     sync.Mutex // guards what follows
	ticket audit.Ticket
	plan   *plan.Plan
	rules  []*residency.Rule // by which something leaves
	ships  map[shipKey]*shipment
}

type shipKey struct {
	fragment int
	shard    string
	replica  string // "" for the shard's own server
}

// shipment is what crossed one edge so far.
type shipment struct {
	crossing    *plan.Crossing
	replica     string // of the shard's region that the rows are of, "" for the shard's own server
	rows, bytes int64
	digest      hash.Hash
	small       *int64 // groups kept back, nil where they are not counted
}

// intent records that a query was asked. What it writes is awaited before anything runs.
func (e *Engine) intent(_ context.Context, q *query) (*record, error) {
	if e.audit == nil {
		return nil, nil
	}
	c := q.caller
	text, literals := e.normalised(q)
	print := sha256.Sum256([]byte(text))
	r := &record{log: e.audit, query: q, text: text, start: time.Now(), ships: map[shipKey]*shipment{}}
	r.base = audit.Event{
		Query: newQueryID(), User: c.User, OnBehalfOf: c.OnBehalfOf, Roles: c.Roles, Authentication: c.Authentication,
		ClientAddress: c.Address, ClientRegion: c.ClientRegion, Application: c.Application, Purpose: c.Purpose, LegalBasis: c.LegalBasis,
		Ticket: c.Ticket, Fingerprint: hex.EncodeToString(print[:16]),
	}
	if q.policy != nil {
		r.base.PolicyVersion, r.base.PolicyHash = q.policy.Version, q.policy.Hash
	}
	ev := r.base
	ev.Type, ev.Text, ev.Literals, ev.LiteralsHash = audit.TypeIntent, text, literals, e.literalsHash(literals)
	r.ticket = e.audit.RecordAsync(nil, ev)
	return r, nil
}

// newQueryID is unique among all queries of all engines.
func newQueryID() string {
	var id [16]byte
	rand.Read(id[:]) // it never fails
	return hex.EncodeToString(id[:])
}

// literalsHash lets equal literals be told without the literals: a keyed hash, under a key that is derived from the log's; without one there is none.
func (e *Engine) literalsHash(literals []string) string {
	if len(e.cfg.Audit.Key) == 0 || len(literals) == 0 {
		return ""
	}
	derive := hmac.New(sha256.New, e.cfg.Audit.Key)
	derive.Write([]byte("atoll literals"))
	m := hmac.New(sha256.New, derive.Sum(nil))
	for _, l := range literals {
		m.Write(fmt.Appendf(nil, "%d:%s", len(l), l))
	}
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// decided records what became of planning: which rules let it through and what is to cross, or why not. With an error nothing must run: the one given, or
// that the log could not be written.
func (r *record) decided(ctx context.Context, p *plan.Plan, failed error) error {
	if r == nil {
		return wrapError(failed)
	}
	if failed != nil {
		return r.refused(ctx, failed)
	}
	if err := r.reserve(p); err != nil {
		return r.refused(ctx, err)
	}
	ev := r.base
	ev.Type, ev.Decision, ev.PlanHash, ev.Reason = audit.TypeDecision, audit.DecisionAllow, planHash(p), r.query.leaving.note(p)
	var from []string
	edges := make([]audit.Event, 0, len(p.Crossings))
	for i := range p.Crossings {
		x := &p.Crossings[i]
		e := r.edge(x)
		e.Type, e.Decision = audit.TypeDecision, audit.DecisionAllow
		edges = append(edges, e)
		from = append(from, x.From)
		ev.Accesses = append(ev.Accesses, e.Accesses...)
		for _, rule := range e.Rules {
			if !slices.Contains(ev.Rules, rule) {
				ev.Rules = append(ev.Rules, rule)
			}
		}
	}
	ev.Counters = r.counters()
	written := r.ticket
	if len(from) > 0 { // the regions that are left get to know of the query, without its literals
		written = written.And(r.told(from))
	}
	written = written.And(r.tell([]audit.Event{ev}, edges, nil))
	before := r.shipments() // of a plan that is given up for this one
	r.mu.Lock()
	r.plan, r.ships = p, map[shipKey]*shipment{}
	for i := range p.Crossings {
		x := &p.Crossings[i]
		r.ships[shipKey{x.Fragment, x.Shard, x.Replica}] = &shipment{crossing: x, digest: sha256.New()}
	}
	r.mu.Unlock()
	if len(before) > 0 {
		written = written.And(r.tell(nil, before, nil))
	}
	return auditError(written.Wait(ctx))
}

// tell writes entries about the whole query and entries about edges: all of them at home, and in the log of a region that is left, without literals, those
// of its edges between those of the query.
func (r *record) tell(before, edges, after []audit.Event) audit.Ticket {
	home := r.log.Home()
	atHome := slices.Clone(edges)
	for i := range atHome {
		if atHome[i].FromRegion != home {
			atHome[i].GroupsSuppressed = nil // for the auditors of the region that the groups are in
		}
	}
	all := r.log.AppendAsync(home, slices.Concat(before, atHome, after)...)
	told := map[string]bool{home: true}
	for _, e := range edges {
		if told[e.FromRegion] {
			continue
		}
		told[e.FromRegion] = true
		own := slices.Clone(before)
		for _, x := range edges {
			if x.FromRegion == e.FromRegion {
				own = append(own, x)
			}
		}
		own = append(own, after...)
		for i := range own {
			small := own[i].GroupsSuppressed
			own[i] = audit.Redact(own[i])
			own[i].GroupsSuppressed = small // it is of this region
		}
		all = all.And(r.log.AppendAsync(e.FromRegion, own...))
	}
	return all
}

// told writes the intent into the logs of other regions, once the plan has said which.
func (r *record) told(regions []string) audit.Ticket {
	ev := r.base
	ev.Type, ev.Text = audit.TypeIntent, r.text
	var tickets audit.Ticket
	seen := map[string]bool{r.log.Home(): true}
	for _, region := range regions {
		if !seen[region] {
			seen[region] = true
			tickets = tickets.And(r.log.AppendAsync(region, audit.Redact(ev)))
		}
	}
	return tickets
}

// refused records that nothing runs, and returns why.
func (r *record) refused(ctx context.Context, failed error) error {
	r.log.Counters().Release(r.base.Query)
	failed = wrapError(failed)
	ran := r.planned() != nil // another plan, which this one was to follow: ended tells of it
	ev, end := r.base, r.base
	ev.Type, ev.Reason = audit.TypeDecision, failed.Error()
	end.Type, end.Status, end.DurationUS = audit.TypeAbort, "not run", time.Since(r.start).Microseconds()
	events := []audit.Event{end}
	var no *residency.Refusal
	var used *audit.LimitError
	regions := []string(nil)
	if errors.As(failed, &no) || errors.As(failed, &used) {
		ev.Decision = audit.DecisionDeny
		if no != nil {
			if no.From != "" { // of a pseudonym that is refused nothing would leave
				regions = append(regions, no.From)
			}
			ev.FromRegion, ev.FromSite, ev.ToRegion = no.From, no.Shard, strings.Join(no.To, ",")
			ev.Accesses = []audit.Access{{Shard: no.Shard, Table: no.Table, Column: no.Column}}
			if no.Rule != "" {
				ev.Rules = []string{no.Rule}
			}
			r.ticketFor(regions)
		}
		if events = []audit.Event{ev, end}; ran {
			events = events[:1]
		}
	} else if end.Reason = sqlState(failed); ran {
		return failed
	} else {
		events[0] = end
	}
	if err := r.ticket.And(r.log.RecordAsync(regions, events...)).Wait(ctx); err != nil {
		return auditError(err)
	}
	return failed
}

func (r *record) ticketFor(regions []string) {
	known := r.log.Regions()
	regions = slices.DeleteFunc(slices.Clone(regions), func(name string) bool { return !slices.Contains(known, name) })
	r.ticket = r.ticket.And(r.told(regions))
}

func sqlState(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return "SQLSTATE " + e.SQLState
	}
	return "error"
}

// reserve takes what the rules permit in a day.
func (r *record) reserve(p *plan.Plan) error {
	r.rules = nil
	for _, x := range p.Crossings {
		for _, t := range x.Tables {
			rule := r.rule(t.Rule)
			if rule == nil || slices.Contains(r.rules, rule) {
				continue
			}
			r.rules = append(r.rules, rule)
			if err := r.log.Counters().Reserve(rule.ID, r.base.Query, rule.Limits.QueriesPerDay); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *record) rule(id string) *residency.Rule {
	i := slices.IndexFunc(r.query.policy.Rules, func(x *residency.Rule) bool { return x.ID == id })
	if i < 0 {
		return nil
	}
	return r.query.policy.Rules[i]
}

// counters tell what the rules have permitted today, and what remains.
func (r *record) counters() []audit.Count {
	var out []audit.Count
	for _, rule := range r.rules {
		c := audit.Count{Rule: rule.ID}
		c.Queries, c.Rows = r.log.Used(rule.ID)
		if n := rule.Limits.QueriesPerDay; n > 0 {
			left := max(0, n-c.Queries)
			c.QueriesLeft = &left
		}
		if n := rule.Limits.RowsPerDay; n > 0 {
			left := max(0, n-c.Rows)
			c.RowsLeft = &left
		}
		out = append(out, c)
	}
	return out
}

// edge is the part of an entry that tells of one crossing.
func (r *record) edge(x *plan.Crossing) audit.Event {
	ev := r.base
	ev.FromSite, ev.FromReplica, ev.FromRegion, ev.ToSite, ev.ToRegion = x.Shard, x.Replica, x.From, "coordinator", strings.Join(x.To, ",")
	ev.Form, ev.Columns = x.Form, x.Columns
	var conditions []string
	for _, t := range x.Tables {
		if !slices.Contains(ev.Rules, t.Rule) {
			ev.Rules = append(ev.Rules, t.Rule)
		}
		for _, u := range t.Uses {
			ev.Accesses = append(ev.Accesses, audit.Access{Shard: x.Shard, Table: t.Table, Column: u.Column, Use: u.Use})
		}
		if len(t.Uses) == 0 {
			ev.Accesses = append(ev.Accesses, audit.Access{Shard: x.Shard, Table: t.Table})
		}
		if t.Where != "" {
			conditions = append(conditions, t.Table+": "+t.Where)
		}
		if t.Recipient != "" && !strings.Contains(ev.Recipient, t.Recipient) {
			ev.Recipient = strings.TrimPrefix(ev.Recipient+","+t.Recipient, ",")
		}
		ev.KRequired = max(ev.KRequired, t.Min)
	}
	ev.RowCondition = strings.Join(conditions, "; ")
	return ev
}

// shipOf is the edge over which rows came; nil where they did not leave their region. near reports a replica in its shard's region: what it sends crosses
// the shard's edge.
func shipOf(ships map[shipKey]*shipment, f *plan.Fragment, shard, replica string, near func(shard, replica string) bool) *shipment {
	if replica != "" && near(shard, replica) {
		return ships[shipKey{f.ID, shard, ""}]
	}
	return ships[shipKey{f.ID, shard, replica}]
}

// arrivals counts what crosses the plan's edges, and ends the query where a rule permits no more rows; nil where nothing crosses.
func (r *record) arrivals(p *plan.Plan, near func(shard, replica string) bool) func(f *plan.Fragment, shard, replica string, rec arrow.Record) error {
	if r == nil || len(p.Crossings) == 0 {
		return nil
	}
	r.mu.Lock()
	ships := r.ships
	r.mu.Unlock()
	return func(f *plan.Fragment, shard, replica string, rec arrow.Record) error {
		s := shipOf(ships, f, shard, replica, near)
		if s == nil {
			return nil // it does not leave its region
		}
		for _, rule := range r.rulesOf(s.crossing) {
			if err := r.log.Counters().AddRows(rule.ID, r.base.Query, rec.NumRows(), rule.Limits.RowsPerDay); err != nil {
				return err
			}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if s.crossing.Replica == "" {
			s.replica = replica
		}
		s.rows += rec.NumRows()
		for _, c := range rec.Columns() {
			for _, b := range c.Data().Buffers() {
				if b != nil {
					s.bytes += int64(b.Len())
					s.digest.Write(b.Bytes())
				}
			}
		}
		return nil
	}
}

// kept takes note of how many groups a shard kept back.
func (r *record) kept(near func(shard, replica string) bool) func(f *plan.Fragment, shard, replica string, groups int64) {
	if r == nil {
		return nil
	}
	return func(f *plan.Fragment, shard, replica string, groups int64) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if s := shipOf(r.ships, f, shard, replica, near); s != nil {
			s.small = &groups
		}
	}
}

func (r *record) rulesOf(x *plan.Crossing) []*residency.Rule {
	var out []*residency.Rule
	for _, t := range x.Tables {
		if rule := r.rule(t.Rule); rule != nil && !slices.Contains(out, rule) {
			out = append(out, rule)
		}
	}
	return out
}

// shipments tell what has crossed each edge of the plan.
func (r *record) shipments() []audit.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.plan == nil {
		return nil
	}
	var events []audit.Event
	for i := range r.plan.Crossings {
		x := &r.plan.Crossings[i]
		s := r.ships[shipKey{x.Fragment, x.Shard, x.Replica}]
		ev := r.edge(x)
		ev.Type, ev.Rows, ev.Bytes, ev.PayloadDigest = audit.TypeShipment, s.rows, s.bytes, hex.EncodeToString(s.digest.Sum(nil))
		ev.GroupsSuppressed = s.small
		ev.FromReplica = cmp.Or(ev.FromReplica, s.replica)
		events = append(events, ev)
	}
	return events
}

// planned is the plan decided on last, nil if there is none.
func (r *record) planned() *plan.Plan {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.plan
}

// ended records what crossed and how the query ended, and returns the error with which it did: the one given, or that the log could not be written.
func (r *record) ended(failed error, rows int64) error {
	if r == nil {
		return failed
	}
	events := r.shipments()
	end := r.base
	end.Type, end.Status, end.RowsToClient, end.DurationUS = audit.TypeComplete, "answered", rows, time.Since(r.start).Microseconds()
	if note := r.query.leaving.note(r.planned()); note != "" {
		end.Status, end.Reason = "answered in part", note
	}
	if failed != nil {
		end.Type, end.Status, end.Reason = audit.TypeAbort, "failed", sqlState(wrapError(failed))
	}
	written := r.tell(nil, events, []audit.Event{end})
	err := written.Failed()
	if r.log.Sync() != audit.SyncGroup { // under that, INTENT and DECISION are on the disk; what crossed follows with the next entries
		// A query that is cancelled is on record like any other: its context does not end this.
		ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
		defer cancel()
		err = written.Wait(ctx)
	}
	if err != nil {
		return errors.Join(failed, auditError(err))
	}
	return failed
}

// endTimeout bounds how long a query's end waits for the log.
const endTimeout = 30 * time.Second

func auditError(err error) error {
	if err == nil {
		return nil
	}
	return &Error{SQLState: "58030", Text: "the audit log cannot be written, so the query does not run: " + err.Error(), Pos: -1, cause: err}
}

// planHash identifies what runs where.
func planHash(p *plan.Plan) string {
	h := sha256.New()
	for _, f := range p.Fragments {
		for _, t := range f.Targets {
			h.Write(fmt.Appendf(nil, "%d %s %s\n", f.ID, t.Shard, t.Statement.SQL))
		}
	}
	for _, root := range p.Roots() {
		h.Write([]byte(plan.Tree(root) + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
