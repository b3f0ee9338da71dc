package atoll

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/atoll-sql/atoll/internal/yamldoc"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/parser/postgres"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/rules"
	"github.com/atoll-sql/atoll/planner/sqlgen"
	"github.com/atoll-sql/atoll/residency"
)

// policyInForce is a policy, and what is kept of its rules' conditions. A query pins one.
type policyInForce struct {
	*residency.Policy
	data       []byte           // of its file
	catalog    *catalog.Catalog // against which it was checked
	conditions sync.Map         // of rules: text of a query → *ast.Select
}

// ReloadPolicy reads the policy's file again. Queries that have begun keep the policy under which they did. If the new one has a fault, the error says
// where, and the old one stays in force. An engine without a policy stays without one.
func (e *Engine) ReloadPolicy(ctx context.Context) error {
	if e.cfg.Residency == "" {
		return usageError(errors.New("the configuration names no residency policy"))
	}
	t, err := e.pin(ctx)
	if err != nil {
		return err
	}
	defer t.unpin()
	p, err := t.readPolicy()
	if auditErr := e.policyChanged(ctx, p, err); auditErr != nil {
		return auditErr
	}
	if err != nil {
		return usageError(err)
	}
	e.policy.Store(p)
	return nil
}

// readPolicy reads the policy and checks it against what is known of the tables.
func (t *topology) readPolicy() (*policyInForce, error) {
	data, err := yamldoc.ReadFile(t.cfg.Residency, yamldoc.MaxFileSize)
	if err != nil {
		return nil, fmt.Errorf("residency policy: %w", err)
	}
	return t.parsePolicy(data, t.snapshot())
}

func (e *topology) parsePolicy(data []byte, cat *catalog.Catalog) (*policyInForce, error) {
	p, err := residency.Parse(data, e.cfg.Residency, e.policyWorld(cat), e.env)
	if err != nil {
		return nil, err
	}
	in := &policyInForce{Policy: p, data: data, catalog: cat}
	condition := e.conditions(cat, in, e.opts.now)
	var faults residency.FileErrors
	for _, r := range p.Rules {
		for _, t := range r.Tables {
			if r.Where == "" || cat.Table(t) == nil || len(cat.Table(t).Columns) == 0 {
				continue
			}
			if _, _, err := condition(t, r.Where); err != nil {
				faults = append(faults, p.Errorf(r.WherePos, "rule %s: where, for table %s: %v", r.ID, t, err))
			}
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return in, nil
}

// policyOver is the policy as checked against a catalog: where shards that were down have told of their tables since it was read, a name in it may turn out
// to be of no column.
func (e *topology) policyOver(p *policyInForce, cat *catalog.Catalog) (*policyInForce, error) {
	if p.catalog == cat {
		return p, nil
	}
	now, err := e.parsePolicy(p.data, cat)
	if err != nil {
		return nil, usageError(err)
	}
	e.policy.CompareAndSwap(p, now)
	return now, nil
}

func (e *topology) policyWorld(cat *catalog.Catalog) residency.World {
	w := residency.World{Regions: map[string]string{}, Tables: e.Map.Tables(), Columns: map[string][]string{}, Coordinator: e.cfg.Coordinator.Region}
	for _, r := range e.cfg.Regions {
		w.Regions[r.Name] = r.Jurisdiction
	}
	for _, s := range e.shards {
		w.Sites = append(w.Sites, s.Region)
		for _, r := range s.Replicas {
			w.Sites = append(w.Sites, r.Region)
		}
	}
	for _, name := range w.Tables {
		t := cat.Table(name)
		if t == nil || len(t.Columns) == 0 {
			continue
		}
		for _, c := range t.Columns {
			w.Columns[name] = append(w.Columns[name], c.Name)
		}
	}
	return w
}

// placements are what is switched off, try by try, until the rules permit a plan: sending rows and values to shards, leaving groups whole, columns that
// the planner adds to conditions, and whatever else sends rows where groups could be sent.
var placements = [][]string{
	nil,
	{"ship_rows"},
	{"estimates"},
	{"ship_rows", "estimates"},
	{"ship_rows", "ship_values"},
	{"complete_aggregate", "ship_rows"},
	{"infer_predicates", "semijoin_reduction", "ship_rows"},
	{"infer_predicates", "semijoin_reduction", "ship_rows", "ship_values", "estimates", "complete_aggregate"},
}

// permitted is the first plan that the policy permits, with what the policy asks for in its statements. If there is none, the error is that of the first
// plan.
func (e *topology) permitted(cat *catalog.Catalog, q *query, bound *bind.Query, off map[string]bool) (*plan.Plan, error) {
	var refused error
	for _, without := range placements {
		less := off
		for _, name := range without {
			less = place.Without(less, name)
		}
		p, where, err := e.placeOver(cat, q, bound, less)
		switch {
		case err == nil:
			err = e.judge(cat, q, bound, p, where)
		case refused != nil:
			continue // a decision that is off may leave no plan
		}
		var r *residency.Refusal
		switch {
		case err == nil:
			q.forbidden, err = e.judgeReplicas(cat, q, bound, p, where)
			return p, err
		case !errors.As(err, &r):
			return nil, err
		case refused == nil:
			refused = err
		}
	}
	return nil, refused
}

// judge checks a plan, and puts what the rules ask for into its statements.
func (e *topology) judge(cat *catalog.Catalog, q *query, bound *bind.Query, p *plan.Plan, where place.Env) error {
	v, err := residency.Check(bound.Root, bound.Output, p, e.judging(cat, q))
	if err != nil {
		return err
	}
	p.Crossings = v.Crossings
	if err := wholeCounts(p); err != nil {
		return err
	}
	written := map[plan.Node]map[string]plan.Statement{}
	for _, c := range v.Changes {
		if written[c.Root] == nil {
			written[c.Root] = map[string]plan.Statement{}
		}
		t := &c.Fragment.Targets[c.Target]
		st, err := where.Statement(c.Root, t.Shard, written[c.Root])
		if err == nil && c.Small != nil {
			t.Small = &plan.Statement{}
			*t.Small, err = where.Statement(c.Small, t.Shard, map[string]plan.Statement{})
		}
		var lacks *sqlgen.Unsupported
		switch {
		case errors.As(err, &lacks):
			return &residency.Refusal{Shard: t.Shard, From: t.Region, Clause: "where",
				Text: fmt.Sprintf("what the residency rules ask of shard %s cannot be written for it: %v", t.Shard, lacks)}
		case err != nil:
			return err
		}
		t.Statement, t.Root = st, c.Root
	}
	for _, x := range v.Crossings {
		for _, f := range p.Fragments {
			if f.ID == x.Fragment {
				f.EstRows = -1 // an estimate tells of rows that may not leave
			}
		}
	}
	withhold(p, v.Withheld)
	hideEstimates(p)
	return nil
}

// judging is what plans of a query are judged by.
func (e *topology) judging(cat *catalog.Catalog, q *query) *residency.Env {
	return &residency.Env{
		Policy: q.policy.Policy, Purpose: q.caller.Purpose, Roles: q.caller.Roles, Coordinator: e.cfg.Coordinator.Region, Client: q.caller.ClientRegion,
		Jurisdiction: e.jurisdiction, Now: q.now, Condition: e.conditions(cat, q.policy, func() time.Time { return q.now }),
		Total: func(x plan.Expr) bool { return rules.Total(x) || place.Harmless(x) },
	}
}

// hideEstimates takes the estimates of what steps give out of a plan from which something leaves a region: they follow from rows that may not leave.
func hideEstimates(p *plan.Plan) {
	for _, s := range p.Steps {
		plan.Visit(s.Root, func(n plan.Node) {
			if g, ok := n.(*plan.Gather); ok && g.Fragment.EstRows < 0 {
				s.EstRows = -1
			}
		})
	}
}

// withhold marks the merges that may get rows of NULLs in place of what a rule withholds.
func withhold(p *plan.Plan, fragments map[*plan.Fragment]bool) {
	if len(fragments) == 0 {
		return
	}
	for _, root := range p.Roots() {
		plan.Visit(root, func(n plan.Node) {
			m, ok := n.(*plan.MergeAggregate)
			if !ok || len(m.Keys) > 0 {
				return
			}
			plan.Visit(m, func(n plan.Node) {
				if g, ok := n.(*plan.Gather); ok && fragments[g.Fragment] {
					m.Withheld = true
				}
			})
		})
	}
}

func (e *Engine) jurisdiction(region string) string {
	for _, r := range e.cfg.Regions {
		if r.Name == region {
			return r.Jurisdiction
		}
	}
	return ""
}

// conditions binds the conditions of rules on the rows of tables.
func (e *topology) conditions(cat *catalog.Catalog, p *policyInForce, now func() time.Time) func(table, where string) (*plan.Scan, plan.Expr, error) {
	return func(table, where string) (*plan.Scan, plan.Expr, error) {
		text := "SELECT 1 FROM " + quoted(table) + " WHERE " + where
		tree, ok := p.conditions.Load(text)
		if !ok {
			parsed, err := postgres.Parse(text)
			if err != nil {
				return nil, nil, conditionError(err)
			}
			tree, _ = p.conditions.LoadOrStore(text, parsed)
		}
		bound, err := bind.Bind(tree.(*ast.Select), cat, bind.Options{Now: now()})
		if err != nil {
			return nil, nil, conditionError(err)
		}
		return conditionOf(bound.Root)
	}
}

// conditionError leaves the place within our own text out.
func conditionError(err error) error {
	var text *ast.Error
	if errors.As(err, &text) {
		return errors.New(text.Text)
	}
	return err
}

// conditionOf takes the condition out of SELECT 1 FROM table WHERE condition.
func conditionOf(root plan.Node) (*plan.Scan, plan.Expr, error) {
	top, ok := root.(*plan.Project)
	if !ok {
		return nil, nil, errConditionForm
	}
	f, ok := top.Input.(*plan.Filter)
	if !ok {
		return nil, nil, errConditionForm
	}
	s, ok := f.Input.(*plan.Scan)
	if !ok {
		return nil, nil, errConditionForm
	}
	cond := plan.Conjunction(f.Conds)
	switch {
	case plan.HasSubquery(cond):
		return nil, nil, errors.New("a condition on rows must not hold a subquery")
	case !rules.Total(cond) && !place.Harmless(cond):
		return nil, nil, errors.New("a condition on rows must have a value for every row: this one can raise an error")
	}
	read := map[int]bool{}
	plan.ColumnsOf(cond, read)
	only := &plan.Scan{Table: s.Table, Alias: s.Alias}
	for _, c := range s.Cols {
		switch {
		case !read[c.Column.ID]:
		case c.Pseudo:
			return nil, nil, errors.New("a condition on rows must not read atoll_shard or atoll_region")
		default:
			only.Cols = append(only.Cols, c)
		}
	}
	return only, cond, nil
}

var errConditionForm = errors.New("a condition on rows must be one condition over the columns of the table, and nothing else")
