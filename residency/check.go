package residency

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// Verdict is what the rules make of a plan that they permit.
type Verdict struct {
	Crossings []plan.Crossing
	Changes   []Change
	// Rules are those by which anything leaves, each once, in the order of the crossings.
	Rules []*Rule
	// Elsewhere are the places of Env.Elsewhere that something leaves, and what the rules ask of the statements there.
	Elsewhere []Alternative
	// Withheld are the fragments of one row, without groups, whose values are NULL where a threshold is not met.
	Withheld map[*plan.Fragment]bool
}

// Change is a tree that runs at a target in place of its fragment's; it offers the same columns.
type Change struct {
	Fragment *plan.Fragment
	Target   int
	Root     plan.Node
	// Small, where a rule asks for it, has one row of one number: how many groups of Root do not leave. Nil otherwise. The number is for the
	// log of the target's region and nobody else.
	Small plan.Node
}

// Alternative is what may run for a target at one of its shard's replicas, so that what leaves from there is permitted. It is for the caller to hold
// it against what runs at the shard itself.
type Alternative struct {
	Fragment *plan.Fragment
	Target   int
	Replica  string
	// Root and Small are as in [Change]; Root is the fragment's own where the rules ask for nothing.
	Root, Small plan.Node
}

// Check proves that a plan lets nothing leave a region but what the policy's rules permit, or returns a *Refusal. bound is the query
// as it was written, before rules of the planner and placement, and output what the user sees of it: what it does with the columns of tables, parts
// of which cross a border by the plan, must be permitted, wherever it is done. Then each fragment is judged as it is, and gets the conditions
// and thresholds that the rules ask for; and what came of that is judged anew.
//
// It is a pure function of its arguments and may be called from many goroutines.
func Check(bound plan.Node, output []plan.Column, p *plan.Plan, env *Env) (*Verdict, error) {
	c := &checker{env: env, plan: p, to: env.destinations(p), listed: listed(p), verdict: &Verdict{Withheld: map[*plan.Fragment]bool{}}}
	edges := c.edges()
	if len(edges) == 0 && len(env.Policy.PseudonymKey) == 0 {
		return c.verdict, nil
	}
	l := trace(bound, output)
	if err := c.query(l, edges); err != nil || len(edges) == 0 {
		return c.verdict, c.advised(err, l, edges)
	}
	for _, f := range p.Fragments {
		if err := c.fragment(f); err != nil {
			return nil, c.advised(err, l, edges)
		}
	}
	return c.verdict, nil
}

// advised is a refusal that says if an estimate would be permitted; any other error as it is.
func (c *checker) advised(err error, l *lineage, edges map[string][]crossing) error {
	var no *Refusal
	if errors.As(err, &no) {
		c.estimable(no, l, edges)
	}
	return err
}

type checker struct {
	env     *Env
	plan    *plan.Plan
	to      map[*plan.Fragment][]string
	listed  map[*plan.Fragment]bool
	verdict *Verdict
	// counted are, by table, the fragments that ship aggregates of it, as they are written.
	counted map[string]string
}

// crossing is a border that rows of a table cross, and a shard that they leave.
type crossing struct {
	edge
	shard   string
	replica string // of the shard; "" for its own server
}

// site names the server in messages.
func (x crossing) site() string {
	if x.replica != "" {
		return "replica " + x.replica + " of shard " + x.shard
	}
	return "shard " + x.shard
}

// edges are the borders that rows of each table cross, and what is made of them.
func (c *checker) edges() map[string][]crossing {
	var out map[string][]crossing
	for _, f := range c.plan.Fragments {
		var tables []string
		for _, at := range c.borders(f) {
			if tables == nil {
				tables = tablesOf(f.Root)
			}
			for _, table := range tables {
				known := slices.ContainsFunc(out[table], func(x crossing) bool { return x.from == at.from && slices.Equal(x.to, at.to) })
				if known {
					continue
				}
				if out == nil {
					out = map[string][]crossing{}
				}
				out[table] = append(out[table], at.crossing)
			}
		}
	}
	return out
}

// border is what a fragment sends over a border from one server.
type border struct {
	crossing
	target int
}

// borders are what a fragment sends over borders: from its targets, and from the replicas at which their statements may run as well.
func (c *checker) borders(f *plan.Fragment) []border {
	var out []border
	add := func(i int, shard, replica, region string) {
		if at := c.env.edge(region, c.to[f]); len(at.to) > 0 {
			out = append(out, border{crossing{at, shard, replica}, i})
		}
	}
	for i, t := range f.Targets {
		add(i, t.Shard, "", t.Region)
		for _, r := range c.env.Elsewhere[t.Shard] {
			add(i, t.Shard, r.Replica, r.Region)
		}
	}
	return out
}

// edge is the border between a region and destinations.
func (e *Env) edge(from string, to []string) edge {
	if len(to) == 1 && to[0] == from {
		return edge{from: from}
	}
	return edge{from, slices.DeleteFunc(slices.Clone(to), func(r string) bool { return r == from })}
}

func tablesOf(root plan.Node) []string {
	out := []string{}
	plan.VisitAll(root, func(n plan.Node) {
		if s, ok := n.(*plan.Scan); ok && !slices.Contains(out, s.Table) {
			out = append(out, s.Table)
		}
	})
	return out
}

// query judges the query as it is bound.
func (c *checker) query(l *lineage, edges map[string][]crossing) error {
	if l.guess && holds(clauseGuess) {
		return &Refusal{Clause: clauseGuess, Text: "pseudonym(…) may be asked for columns of tables only: of a value that is known it would tell whose pseudonym is whose"}
	}
	for _, ref := range l.refs {
		for _, at := range edges[ref.scan.Table] {
			if _, err := c.choose(ref, l, at, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// choose picks the rule under which what a tree does with a reference may leave: of those that permit it, the one that keeps back least. With a
// shape, the tree is that of a fragment, which ships what it offers.
func (c *checker) choose(ref *reference, l *lineage, at crossing, s *shape) (*Rule, error) {
	env := c.env
	if clause, column := env.limited(ref); clause != "" {
		return nil, env.refuse(ref, at, fault{nil, clause, column})
	}
	if r, column := env.denied(ref, at.edge); r != nil {
		return nil, env.refuse(ref, at, fault{r, clauseDeny, column})
	}
	var best *Rule
	var nearest fault
	for _, r := range env.Policy.allowing(ref.scan.Table) {
		clause, subject := env.stands(r, at.edge)
		if clause == "" {
			clause, subject = env.covers(r, ref, l)
		}
		if clause == "" && r.groups() != nil && s != nil {
			clause, subject = s.permits(ref)
		}
		switch {
		case clause != "":
			if nearest.rule == nil || rank(clause) > rank(nearest.clause) {
				nearest = fault{r, clause, subject}
			}
		case best == nil || keeps(r) < keeps(best):
			best = r
		}
	}
	switch {
	case best != nil:
		return best, nil
	case !holds(clauseNeedRule):
		return &Rule{ID: "none", Tables: []string{ref.scan.Table}}, nil
	}
	return nil, env.refuse(ref, at, nearest)
}

// permits returns the first clause by which a fragment's tree is no aggregate of a reference's rows.
func (s *shape) permits(ref *reference) (clause, subject string) {
	switch {
	case s.clause != "":
		return s.clause, s.subject
	case s.aggregate != ref.aggregate && holds(clauseForm):
		return clauseForm, ref.barrier
	case !s.below && holds(clauseFence):
		return clauseFence, ""
	}
	return "", ""
}

// rank orders clauses by how much of a rule holds when they are reached.
func rank(clause string) int { return slices.Index(clauseOrder, clause) }

var clauseOrder = Clauses()

// keeps orders rules by what they keep back: rows before aggregates, without conditions before with, small minimums before large ones.
func keeps(r *Rule) int64 {
	n := int64(0)
	if r.Where != "" {
		n = 1
	}
	if t := r.groups(); t != nil {
		n += 2 + 2*min(t.Min, 1<<40)
	}
	return n
}

// fragment judges a fragment at each of its targets from which something leaves a region.
func (c *checker) fragment(f *plan.Fragment) error {
	type decided struct {
		root, small plan.Node
		chosen      []choice
	}
	root, sketched := foldSketch(f.Root)
	var l *lineage
	var s shape
	done := map[string]decided{}
	for _, b := range c.borders(f) {
		at := b.crossing
		if l == nil {
			l, s = trace(root, root.Columns()), c.env.shapeOf(root)
			l.unweighed(&s)
			s.last = plan.LastColumn(f.Root) // root does not have all columns of registers
		}
		d, ok := done[at.from]
		if !ok {
			var err error
			if d.chosen, err = c.rules(l, at, &s); err != nil {
				return err
			}
			if d.root, d.small, err = c.env.enforce(root, s, d.chosen); err != nil {
				return unwritten(at, err)
			}
			if d.root == root {
				d.root = f.Root
			} else {
				d.root = sketched.unfold(d.root)
			}
			if holds(clauseExact) {
				if err := c.env.prove(d.root, d.chosen); err != nil {
					return unproven(at, err)
				}
			}
			if err := c.differs(f, d.chosen, at); err != nil {
				return err
			}
			if err := c.lists(f, &s, d.chosen, at); err != nil {
				return err
			}
			done[at.from] = d
		}
		switch {
		case at.replica != "":
			c.verdict.Elsewhere = append(c.verdict.Elsewhere, Alternative{f, b.target, at.replica, d.root, d.small})
		case d.root != f.Root:
			c.verdict.Changes = append(c.verdict.Changes, Change{f, b.target, d.root, d.small})
		}
		c.note(f, at, &s, d.chosen)
	}
	return nil
}

func (c *checker) rules(l *lineage, at crossing, s *shape) ([]choice, error) {
	out := make([]choice, 0, len(l.refs))
	for _, ref := range l.refs {
		r, err := c.choose(ref, l, at, s)
		if err != nil {
			return nil, err
		}
		out = append(out, choice{ref, r})
	}
	return out, nil
}

// differs refuses two aggregates over one table in one query: what is in one and not in the other could be told by subtraction. A table joined with itself
// is refused, too: what it is joined by says how often each row counts, and sums of rows that count once and others that count often can be taken apart.
func (c *checker) differs(f *plan.Fragment, chosen []choice, at crossing) error {
	seen := map[string]bool{}
	for _, x := range chosen {
		if x.rule.groups() == nil || !holds(clauseDifference) {
			continue
		}
		if seen[x.ref.scan.Table] {
			return c.env.refuse(x.ref, at, fault{x.rule, clauseDifference, ""})
		}
		seen[x.ref.scan.Table] = true
		written := fmt.Sprint(f.Targets[0].Statement) // its text, and which parameters it reads
		before, ok := c.counted[x.ref.scan.Table]
		if ok && before != written {
			return c.env.refuse(x.ref, at, fault{x.rule, clauseDifference, ""})
		}
		if c.counted == nil {
			c.counted = map[string]string{}
		}
		c.counted[x.ref.scan.Table] = written
	}
	return nil
}

// listed are the fragments that send the distinct values of a group, each in a group of its own, from which the coordinator counts them, or makes a
// sketch of them where a shard can make none.
func listed(p *plan.Plan) map[*plan.Fragment]bool {
	var out map[*plan.Fragment]bool
	var mark func(plan.Node)
	mark = func(n plan.Node) {
		switch n := n.(type) {
		case *plan.Gather:
			if out == nil {
				out = map[*plan.Fragment]bool{}
			}
			out[n.Fragment] = true
		case *plan.Aggregate, *plan.MergeAggregate: // what is below was groups before
		default:
			for _, in := range n.Inputs() {
				mark(in)
			}
		}
	}
	for _, root := range p.Roots() {
		plan.Visit(root, func(n plan.Node) {
			m, ok := n.(*plan.MergeAggregate)
			if ok && slices.ContainsFunc(m.Aggs, func(a plan.MergeAgg) bool { return a.Sketch != nil || a.Distinct && a.Fn != "min" && a.Fn != "max" }) {
				mark(m.Input)
			}
		})
	}
	return out
}

// lists refuses counts of distinct values that would be made of groups by value: of values that few have, nothing arrives, and the count would be too small.
func (c *checker) lists(f *plan.Fragment, s *shape, chosen []choice, at crossing) error {
	for _, x := range chosen {
		if x.rule.Form == Aggregate && c.listed[f] && !s.nested && holds(clauseDistinct) {
			return c.env.refuse(x.ref, at, fault{x.rule, clauseDistinct, ""})
		}
	}
	return nil
}

// note records a crossing.
func (c *checker) note(f *plan.Fragment, at crossing, s *shape, chosen []choice) {
	v := c.verdict
	x := plan.Crossing{Fragment: f.ID, Shard: at.shard, Replica: at.replica, From: at.from, To: at.to, Form: Rows.String()}
	for _, col := range f.Root.Columns() {
		x.Columns = append(x.Columns, col.Name)
	}
	form := Rows
	for _, ch := range chosen {
		t := plan.CrossingTable{Table: ch.ref.scan.Table, Rule: ch.rule.ID, Where: ch.rule.Where, Uses: ch.ref.uses(), Recipient: c.env.recipients(ch.rule, at.to)}
		if terms := ch.rule.groups(); terms != nil {
			t.Entity, t.Min = terms.Entity, terms.Min
			x.OnSmall = terms.OnSmall.String()
			if d := terms.Dominance; d != nil && s.aggregate != nil && len(dominated(s.aggregate)) > 0 { // else nothing is added up
				t.Largest, t.Percent = d.Largest, d.Percent
			}
			x.Ungrouped = s.aggregate != nil && len(s.aggregate.Groups) == 0
			v.Withheld[f] = v.Withheld[f] || x.Ungrouped
		}
		form = max(form, ch.rule.Form)
		x.Tables = append(x.Tables, t)
		if !slices.ContainsFunc(v.Rules, func(r *Rule) bool { return r.ID == ch.rule.ID }) {
			v.Rules = append(v.Rules, ch.rule)
		}
	}
	x.Form = form.String()
	v.Crossings = append(v.Crossings, x)
}

func (r *reference) uses() []plan.ColumnUse {
	var out []plan.ColumnUse
	for _, c := range r.columns {
		for i, name := range useNames {
			if (c.uses|c.pseudonyms|c.later)&(1<<i) != 0 {
				out = append(out, plan.ColumnUse{Column: c.column, Use: name})
			}
		}
	}
	return out
}

// String returns the word of the policy's file.
func (f Form) String() string { return [...]string{"rows", "pseudonym", "aggregate", "sketch"}[f] }

// String returns the word of the policy's file.
func (o OnSmall) String() string { return [...]string{"drop", "remainder", "error"}[o] }

// destinations are, for each fragment, the regions that its rows, or what is made of them, get to.
func (e *Env) destinations(p *plan.Plan) map[*plan.Fragment][]string {
	final := []string{e.Coordinator}
	if e.Client != "" && e.Client != e.Coordinator && holds(clauseClient) {
		final = append(final, e.Client)
	}
	out := make(map[*plan.Fragment][]string, len(p.Fragments))
	spread := func(root plan.Node, to []string) {
		plan.Visit(root, func(n plan.Node) {
			if g, ok := n.(*plan.Gather); ok {
				out[g.Fragment] = joined(out[g.Fragment], to)
			}
		})
	}
	spread(p.Root, final)
	roots := append([]plan.Node{}, p.Root)
	ends := [][]string{final} // of roots
	for i := len(p.Steps) - 1; i >= 0; i-- {
		s := p.Steps[i]
		to := final
		for j, root := range roots {
			if holds(clauseShipped) {
				to = joined(to, e.readers(root, s, ends[j]))
			}
		}
		spread(s.Root, to)
		roots, ends = append(roots, s.Root), append(ends, to)
	}
	return out
}

// readers are the regions that what a step gives gets to through a tree that reads it.
func (e *Env) readers(root plan.Node, s *plan.Step, end []string) []string {
	var out []string
	reads := func(st plan.Statement) bool {
		return slices.ContainsFunc(st.Params, func(n int) bool { return n == s.Rows && s.Rows > 0 || slices.Contains(s.Params, n) })
	}
	plan.Visit(root, func(n plan.Node) {
		switch n := n.(type) {
		case *plan.Gather:
			for _, t := range n.Fragment.Targets {
				if reads(t.Statement) {
					out = joined(out, append([]string{t.Region}, end...))
					for _, r := range e.Elsewhere[t.Shard] {
						out = joined(out, []string{r.Region})
					}
				}
			}
		case *plan.Residual:
			if reads(n.Statement) {
				out = joined(out, end)
			}
		}
	})
	return out
}

// joined merges lists of regions, sorted.
func joined(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.SortFunc(out, strings.Compare)
	return slices.Compact(out)
}
