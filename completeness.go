package atoll

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/executor"
	"github.com/atoll-sql/atoll/planner/bounds"
	"github.com/atoll-sql/atoll/planner/plan"
)

// Completeness tells from which shards an answer is, and what it means without the others.
type Completeness struct {
	// Complete reports that no row is missing because a shard failed or was late. What residency rules hold back is told apart, in HeldBack.
	// It is false of an answer that broke off with an error.
	Complete bool                `json:"complete"`
	Policy   string              `json:"policy"` // "available", "quorum:2", "required:eu-1"; "all" where nothing may be missing
	Shards   []ShardCompleteness `json:"shards"` // those that the query asked or might have, in the order of the map
	// Rows says what the rows are to those of the complete answer: "all", "subset", "groups" or "of_answered"; package planner/bounds has the
	// definitions. Reason says why, in words.
	Rows    string               `json:"rows"`
	Reason  string               `json:"reason,omitempty"`
	Columns []ColumnCompleteness `json:"columns"`
	// HeldBack are the terms under which residency rules hold rows or groups back, whether or not there are any.
	HeldBack []string `json:"held_back,omitempty"`
}

// ShardState is what became of a shard in a query.
type ShardState string

// The states of a shard.
const (
	ShardAnswered ShardState = "answered"  // all rows that were asked for are there
	ShardPruned   ShardState = "pruned"    // it was not asked: no row of it can match
	ShardFailed   ShardState = "failed"    // its rows are missing
	ShardTimedOut ShardState = "timed_out" // its rows are missing: it was late
	ShardReplaced ShardState = "replaced"  // it failed, and nothing is missing: another one has what it was asked for
	ShardUnneeded ShardState = "unneeded"  // the answer was full before it had sent everything
	ShardRunning  ShardState = "running"   // before the end of the result
)

// ShardCompleteness is the share of one shard.
type ShardCompleteness struct {
	Shard    string     `json:"shard"`
	Region   string     `json:"region"`
	State    ShardState `json:"state"`
	Class    string     `json:"class,omitempty"` // of the error, as docs/errors.md has them
	Error    string     `json:"error,omitempty"` // in our words
	Rows     int64      `json:"rows"`            // that it sent and that count
	Attempts int        `json:"attempts,omitempty"`
	Hedged   bool       `json:"hedged,omitempty"`
	Replica  string     `json:"replica,omitempty"` // whose rows they are, "" for the shard's own server
}

// ColumnCompleteness is what the values of one output column are to those of the same row in the complete answer: "exact", "exact_or_null",
// "at_least" (the complete answer's is not less), "at_most", or "of_answered", which tells nothing beyond the shards that answered.
type ColumnCompleteness struct {
	Name   string `json:"name"`
	Bound  string `json:"bound"`
	Reason string `json:"reason,omitempty"`
}

// Completeness tells how complete the answer is; it is final after the end of the result. It may be called from any goroutine.
func (r *Result) Completeness() *Completeness {
	l := r.running.query.leaving
	if l == nil {
		l = r.engine.leavingOf(&Partial{})
		l.policy.Quorum = len(r.engine.shards)
	}
	p, progress := r.running.state()
	l.mu.Lock()
	defer l.mu.Unlock()
	_, lost := l.shares(p)
	c := &Completeness{Complete: len(lost) == 0, Policy: l.policy.String()}
	if r.running.query.leaving == nil {
		c.Policy = "all"
	}
	c.Shards = l.report(p, progress, lost)
	c.means(l.meaning(p, lost))
	c.brokeOff(r.running.failure())
	for _, x := range crossings(p) {
		for _, term := range x.Terms() {
			if term = fmt.Sprintf("%s (%s): %s", x.From, x.Shard, term); !slices.Contains(c.HeldBack, term) {
				c.HeldBack = append(c.HeldBack, term)
			}
		}
	}
	return c
}

// brokeOff tells of an answer that ended with an error that it is not complete, and which shard did not answer, if it was one.
func (c *Completeness) brokeOff(err error) {
	if err == nil {
		return
	}
	c.Complete, c.Rows, c.Reason = false, string(bounds.RowsOfAnswered), "the answer broke off with an error"
	var e *connectors.Error
	if !errors.As(err, &e) {
		return
	}
	for i := range c.Shards {
		if s := &c.Shards[i]; s.Shard == e.Shard && s.Error == "" {
			s.failed(e, true)
		}
	}
}

// means takes over what the answer means. That it means nothing is no answer, and is an error before it gets here.
func (c *Completeness) means(m bounds.Meaning, err error) {
	if err != nil {
		c.Rows, c.Reason = string(bounds.RowsOfAnswered), err.Error()
		return
	}
	c.Rows, c.Reason = string(m.Rows), m.Reason
	for _, col := range m.Columns {
		c.Columns = append(c.Columns, ColumnCompleteness{Name: col.Name, Bound: string(col.Kind), Reason: col.Reason})
	}
}

// report tells of each shard that the plan asks, leaves out or prunes, and of those that failed before it was made.
func (l *leaver) report(p *plan.Plan, progress []executor.FragmentProgress, lost []string) []ShardCompleteness {
	parts := map[string][]executor.Progress{}
	for _, f := range progress {
		for _, one := range f.Shards() {
			parts[one.Shard] = append(parts[one.Shard], one)
		}
	}
	pruned := map[string]bool{}
	for _, f := range p.Fragments {
		for _, name := range f.Pruned {
			pruned[name] = true
		}
	}
	var out []ShardCompleteness
	for _, s := range l.t.shards {
		c := ShardCompleteness{Shard: s.Name, Region: s.Region}
		missing := slices.Contains(lost, s.Name)
		for _, one := range parts[s.Name] {
			c.add(one, missing)
		}
		switch e := l.left[s.Name]; {
		case e != nil:
			c.failed(e, missing)
		case c.State != "":
		case pruned[s.Name]:
			c.State = ShardPruned
		default:
			continue
		}
		out = append(out, c)
	}
	return out
}

// add counts one statement. The worst of several tells the state.
func (c *ShardCompleteness) add(p executor.Progress, missing bool) {
	if !missing {
		c.Rows += p.Stats.Rows
	}
	c.Attempts += p.Stats.Attempts
	c.Hedged = c.Hedged || p.Stats.Hedged
	if p.Stats.Replica != "" {
		c.Replica = p.Stats.Replica
	}
	state := ShardAnswered
	switch p.State {
	case executor.Waiting, executor.Failed:
		state = ShardUnneeded
	case executor.Running:
		state = ShardRunning
	}
	if c.State == "" || c.State == ShardAnswered {
		c.State = state
	}
}

func (c *ShardCompleteness) failed(e *connectors.Error, missing bool) {
	c.Class, c.Error = string(e.Class), e.Text
	c.Attempts = max(c.Attempts, e.Attempts, 1) // before there was a plan, nobody counted
	switch {
	case !missing:
		c.State = ShardReplaced
	case e.Class == connectors.ClassTimeout:
		c.State = ShardTimedOut
	default:
		c.State = ShardFailed
	}
}

// Lost are the shards whose rows are missing.
func (c *Completeness) Lost() []string {
	var out []string
	for _, s := range c.Shards {
		if s.State == ShardFailed || s.State == ShardTimedOut {
			out = append(out, s.Shard)
		}
	}
	return out
}

// Text says it for people, in a line for each thing.
func (c *Completeness) Text() string {
	var b strings.Builder
	answered := 0
	for _, s := range c.Shards {
		if s.State != ShardFailed && s.State != ShardTimedOut && s.State != ShardPruned {
			answered++
		}
	}
	if c.Complete {
		fmt.Fprintf(&b, "complete: all of the %s asked answered", counted(int64(answered), "shard"))
	} else {
		fmt.Fprintf(&b, "incomplete: %d of the %s asked answered", answered, counted(int64(answered+len(c.Lost())), "shard"))
	}
	for _, s := range c.Shards {
		if s.Error != "" {
			fmt.Fprintf(&b, "\n  %s (%s): %s: %s", s.Shard, s.Region, strings.ReplaceAll(string(s.State), "_", " "), s.Error)
		}
	}
	if c.Complete {
		return b.String()
	}
	fmt.Fprintf(&b, "\n  rows: %s", bounds.Rows(c.Rows))
	if c.Reason != "" {
		b.WriteString(" (" + c.Reason + ")")
	}
	for _, col := range c.Columns {
		if col.Bound == string(bounds.Exact) {
			continue
		}
		fmt.Fprintf(&b, "\n  %s: %s", col.Name, bounds.Kind(col.Bound))
		if col.Reason != "" {
			b.WriteString(" (" + col.Reason + ")")
		}
	}
	return b.String()
}
