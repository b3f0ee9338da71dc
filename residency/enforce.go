package residency

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// choice is the rule under which a reference's rows, or what is made of them, leave.
type choice struct {
	ref  *reference
	rule *Rule
}

// enforcer writes into a fragment's tree what the rules ask of it: conditions on rows, and thresholds.
type enforcer struct {
	env    *Env
	byScan map[*plan.Scan]choice
	last   int  // last column ID in use
	fence  bool // an expression of the tree can raise an error: it may see only rows that pass
}

// enforce returns the tree as it may run for one edge. It offers the same columns. small, if a rule asks for it, counts the groups that do not leave.
func (e *Env) enforce(root plan.Node, s shape, chosen []choice) (out, small plan.Node, err error) {
	f := &enforcer{env: e, byScan: map[*plan.Scan]choice{}, last: max(s.last, plan.LastColumn(root))}
	conditions := false
	var counted []choice
	for _, c := range chosen {
		f.byScan[c.ref.scan] = c
		conditions = conditions || c.rule.Where != "" && holds(clauseCondition)
		if c.rule.groups() != nil && s.aggregate != nil {
			counted = append(counted, c)
		}
	}
	if conditions {
		f.fence = !e.allTotal(root) && holds(clauseFence)
	}
	if len(counted) == 0 {
		if !conditions {
			return root, nil, nil
		}
		out, err = f.guardAll(root)
		return out, nil, err
	}
	if counted[0].rule.Form == Sketch && !isRegisters(s.aggregate) && holds(clauseKinds) {
		return nil, nil, errors.New("the shard would send something else than a sketch's registers")
	}
	entities := map[*plan.Scan]plan.Column{}
	input, err := f.expose(s.aggregate.Input, entities)
	if err != nil {
		return nil, nil, err
	}
	agg := &plan.Aggregate{Input: input, Groups: s.aggregate.Groups, Aggs: s.aggregate.Aggs, Sets: s.aggregate.Sets, SetID: s.aggregate.SetID}
	t, err := threshold(counted, entities, agg, !s.above && holds(clauseFence))
	if err != nil {
		return nil, nil, err
	}
	if len(t.Entities) == 0 && len(t.Dominance) == 0 {
		return replace(root, s.aggregate, agg), nil, nil
	}
	if isRegisters(agg) {
		if agg.Input, err = keep(agg, t, f.next); err != nil {
			return nil, nil, err
		}
		return replace(root, s.aggregate, agg), nil, nil
	}
	guarded, err := Protect(agg, t, f.next)
	if err != nil {
		return nil, nil, err
	}
	if slices.ContainsFunc(counted, func(c choice) bool { return c.rule.groups().CountSuppressed }) {
		if small, err = SmallGroups(agg, t, f.next); err != nil {
			return nil, nil, err
		}
	}
	return replace(root, s.aggregate, guarded), small, nil
}

func (f *enforcer) next() int {
	f.last++
	return f.last
}

// allTotal reports that no expression of a tree, its subqueries included, can raise an error.
func (e *Env) allTotal(root plan.Node) bool {
	ok := true
	plan.VisitAll(root, func(n plan.Node) { ok = ok && e.total(n) })
	return ok
}

// replace puts another node in the place of one, everywhere above whose way is unary.
func replace(root, old, with plan.Node) plan.Node {
	if root == old {
		return with
	}
	in := root.Inputs()
	return plan.WithInputs(root, []plan.Node{replace(in[0], old, with)})
}

// threshold is what the rules of the counted references ask of a group. Where references share an entity, the larger minimum holds for both.
func threshold(counted []choice, entities map[*plan.Scan]plan.Column, agg *plan.Aggregate, fence bool) (Threshold, error) {
	t := Threshold{Fence: fence}
	least := map[string]int64{}
	for _, c := range counted {
		terms := c.rule.groups()
		least[terms.Entity] = max(least[terms.Entity], terms.Min)
		t.OnSmall = max(t.OnSmall, terms.OnSmall)
	}
	for _, c := range counted {
		terms := c.rule.groups()
		entity, ok := entities[c.ref.scan]
		if !ok {
			return t, fmt.Errorf("internal error: the entity of %s is not at hand", c.ref.scan.Table)
		}
		if holds(clauseThreshold) {
			t.Entities = append(t.Entities, EntityMin{Col: entity, Min: least[terms.Entity]})
		}
		if d := terms.Dominance; d != nil && holds(clauseDominance) {
			for _, col := range dominated(agg) {
				t.Dominance = append(t.Dominance, DominanceTerm{Entity: entity, Arg: col, Largest: d.Largest, Percent: d.Percent})
			}
		}
	}
	return t, nil
}

// dominated are the numbers of which the aggregate makes sums and means, each once.
func dominated(agg *plan.Aggregate) []plan.Column {
	var out []plan.Column
	seen := map[int]bool{}
	for _, a := range agg.Aggs {
		if a.Agg.Fn == "count" || a.Agg.Fn == "regr_count" {
			continue
		}
		for _, x := range a.Agg.Args {
			plan.Walk(x, func(x plan.Expr) bool {
				if c, ok := x.(*plan.Col); ok && !seen[c.Column.ID] && c.Column.Type.IsNumber() {
					seen[c.Column.ID] = true
					out = append(out, c.Column)
				}
				return true
			})
		}
	}
	return out
}

// guardAll puts conditions on rows over each scan of a tree, those within subqueries included.
func (f *enforcer) guardAll(root plan.Node) (plan.Node, error) {
	var failed error
	var inTree func(plan.Node) (plan.Node, error)
	inTree = func(root plan.Node) (plan.Node, error) {
		return plan.Transform(root, func(n plan.Node) plan.Node {
			if s, ok := n.(*plan.Scan); ok {
				out, _, err := f.scan(s, "")
				if err != nil && failed == nil {
					failed = err
				}
				return out
			}
			out, err := plan.MapOwnSubqueries(n, inTree)
			if err != nil && failed == nil {
				failed = err
			}
			return out
		}), failed
	}
	out, err := inTree(root)
	if failed != nil {
		err = failed
	}
	return out, err
}

// expose rebuilds what is below an aggregate with conditions on rows, and so that it offers the columns of entities.
func (f *enforcer) expose(n plan.Node, entities map[*plan.Scan]plan.Column) (plan.Node, error) {
	if s, ok := n.(*plan.Scan); ok {
		c := f.byScan[s]
		column := ""
		if terms := c.rule.groups(); terms != nil {
			column = f.env.Policy.Entities[terms.Entity].Columns[s.Table]
		}
		out, entity, err := f.scan(s, column)
		if err == nil && column != "" {
			entities[s] = entity
		}
		return out, err
	}
	if _, ok := n.(*plan.SetOp); ok {
		return nil, errors.New("entities are not counted below UNION ALL") // whose columns are those of all its inputs
	}
	in := make([]plan.Node, len(n.Inputs()))
	for i, x := range n.Inputs() {
		var err error
		if in[i], err = f.expose(x, entities); err != nil {
			return nil, err
		}
	}
	out := plan.WithInputs(n, in)
	if p, ok := out.(*plan.Project); ok {
		return passing(p, n, entities), nil
	}
	return out, nil
}

// passing lets a projection pass the columns of entities of the scans below on.
func passing(p *plan.Project, before plan.Node, entities map[*plan.Scan]plan.Column) plan.Node {
	offered := map[int]bool{}
	for _, it := range p.Items {
		offered[it.Col.ID] = true
	}
	items := p.Items[:len(p.Items):len(p.Items)]
	plan.Visit(before, func(n plan.Node) {
		s, ok := n.(*plan.Scan)
		if !ok {
			return
		}
		if c, ok := entities[s]; ok && !offered[c.ID] {
			offered[c.ID] = true
			items = append(items, plan.PassOn([]plan.Column{c})...)
		}
	})
	return &plan.Project{Input: p.Input, Items: items}
}

// scan returns a scan with its rule's condition, and the column that entities are told by if one is asked for. Without it, the columns offered are the same.
func (f *enforcer) scan(s *plan.Scan, entity string) (plan.Node, plan.Column, error) {
	cols := s.Cols[:len(s.Cols):len(s.Cols)]
	var found plan.Column
	r := f.byScan[s].rule
	read := func(source string, t plan.Type) plan.Column {
		for _, c := range cols {
			if c.Source == source && !c.Pseudo {
				return c.Column
			}
		}
		c := plan.Column{ID: f.next(), Name: source, Type: t}
		cols = append(cols, plan.ScanCol{Column: c, Source: source})
		return c
	}
	var cond plan.Expr
	if r != nil && r.Where != "" && holds(clauseCondition) {
		from, expr, err := f.env.Condition(s.Table, r.Where)
		if err != nil {
			return nil, found, err
		}
		defs := map[int]plan.Expr{}
		for _, c := range from.Cols {
			defs[c.Column.ID] = &plan.Col{Column: read(c.Source, c.Column.Type)}
		}
		cond = plan.Substitute(expr, defs)
	}
	if entity != "" {
		from, _, err := f.env.Condition(s.Table, quoteName(entity)+" IS NOT NULL")
		if err != nil {
			return nil, found, err
		}
		found = read(entity, from.Cols[0].Column.Type)
	}
	if len(cols) == len(s.Cols) && cond == nil {
		return s, found, nil
	}
	var out plan.Node = &plan.Scan{Table: s.Table, Alias: s.Alias, Cols: cols}
	if cond != nil {
		out = &plan.Filter{Input: out, Conds: []plan.Expr{cond}}
		if f.fence {
			out = &plan.Limit{Input: out, Count: math.MaxInt64}
		}
	}
	return projected(out, s.Columns(), found, entity != ""), found, nil
}

// projected offers columns of n, and one more if there is one.
func projected(n plan.Node, cols []plan.Column, extra plan.Column, more bool) plan.Node {
	if more && !slices.ContainsFunc(cols, func(c plan.Column) bool { return c.ID == extra.ID }) {
		cols = append(slices.Clone(cols), extra)
	}
	return &plan.Project{Input: n, Items: plan.PassOn(cols)}
}

// quoteName writes a column's name so that it is read as it is.
func quoteName(name string) string {
	out := []rune{'"'}
	for _, r := range name {
		if r == '"' {
			out = append(out, r)
		}
		out = append(out, r)
	}
	return string(append(out, '"'))
}
