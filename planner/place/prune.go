package place

import (
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/shardmap"
)

// learn adds what conditions say about the key and pseudo columns of r, and prunes its shards by it.
func (p *placer) learn(r *placed, conds []plan.Expr) {
	if p.off("shard_pruning") {
		return
	}
	watched := map[int]bool{}
	for _, w := range r.ways {
		for _, ids := range w.keys {
			for _, id := range ids {
				watched[id] = true
			}
		}
	}
	for id := range r.pseudo {
		watched[id] = true
	}
	facts := cloned(r.facts)
	for id := range watched {
		c := facts[id]
		for _, cond := range conds {
			c = c.Intersect(p.constraint(cond, id))
		}
		facts[id] = c
	}
	r.facts = facts
	r.notNull = cloned(r.notNull)
	for _, cond := range conds {
		if e, ok := cond.(*plan.IsNull); ok && e.Not {
			if c, ok := e.X.(*plan.Col); ok {
				r.notNull[c.Column.ID] = true
			}
		}
	}
	p.prune(r)
	p.lookUp(r, conds)
}

// prune narrows the shards of r to those that its facts leave. At least one shard is kept: somebody has to
// answer, even if only with no rows.
func (p *placer) prune(r *placed) {
	if r.spread != sharded || len(r.shards) < 2 {
		return
	}
	left := r.shards
	for _, w := range r.ways {
		if t, ok := p.env.Map.Table(w.table); ok {
			key := r.keyConstraints(w, t)
			left = intersect(left, p.directed(t, key).Prune(key))
		}
	}
	for id, name := range r.pseudo {
		c := r.facts[id]
		var match []int
		for _, s := range left {
			sh := p.env.Map.Shard(s)
			v := sh.Name
			if name == plan.PseudoRegion {
				v = sh.Region
			}
			if c.Contains(shardmap.Text(v)) {
				match = append(match, s)
			}
		}
		left = match
	}
	if len(left) == 0 {
		left = r.shards[:1]
	}
	r.shards = left
}

// keyConstraints bounds the sharding key of a table whose way w is.
func (r *placed) keyConstraints(w way, t *shardmap.Table) map[string]shardmap.Constraint {
	out, s := map[string]shardmap.Constraint{}, t.Scheme()
	for i, k := range s.Key {
		c := shardmap.All()
		for _, id := range w.keys[i] {
			c = c.Intersect(r.facts[id])
			if r.notNull[id] {
				c = c.Intersect(shardmap.NotNull(s.KeyKinds[i]))
			}
		}
		out[k] = c
	}
	return out
}

// constraint returns what cond says about a column: a superset of the values for which it can be true.
func (p *placer) constraint(cond plan.Expr, id int) shardmap.Constraint {
	switch e := cond.(type) {
	case *plan.And:
		c := shardmap.All()
		for _, a := range e.Args {
			c = c.Intersect(p.constraint(a, id))
		}
		return c
	case *plan.Or:
		c := shardmap.None()
		for _, a := range e.Args {
			c = c.Union(p.constraint(a, id))
		}
		return c
	case *plan.In:
		return p.inConstraint(e, id)
	case *plan.Call:
		return p.callConstraint(e, id)
	case *plan.Const:
		if e.Null || e.Text == "false" {
			return shardmap.None()
		}
	}
	return shardmap.All()
}

// isColumn sees through casts that keep the value: between integers, or a numeric's digits.
func isColumn(e plan.Expr, id int) bool {
	c, ok := uncast(e).(*plan.Col)
	return ok && c.Column.ID == id
}

func uncast(e plan.Expr) plan.Expr {
	if c, ok := e.(*plan.Cast); ok && c.To.IsInteger() && c.X.Type().IsInteger() && c.To.Kind > c.X.Type().Kind {
		return c.X
	}
	return e
}

func (p *placer) inConstraint(e *plan.In, id int) shardmap.Constraint {
	if e.Not || !isColumn(e.X, id) {
		return shardmap.All()
	}
	vals := make([]shardmap.Value, 0, len(e.List))
	for _, x := range e.List {
		v, null, ok := p.value(x)
		if null {
			continue
		}
		if !ok {
			return shardmap.All()
		}
		vals = append(vals, v)
	}
	if len(vals) == 0 {
		return shardmap.None()
	}
	return shardmap.In(vals...)
}

var flipped = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=", "is_not_distinct": "is_not_distinct"}

func (p *placer) callConstraint(e *plan.Call, id int) shardmap.Constraint {
	op, known := e.Fn, flipped[e.Fn] != ""
	if !known {
		return shardmap.All()
	}
	col, val := e.Args[0], e.Args[1]
	if isColumn(val, id) {
		col, val, op = val, col, flipped[op]
	}
	if !isColumn(col, id) {
		return shardmap.All()
	}
	v, null, ok := p.value(val)
	var open shardmap.Value
	switch {
	case null && op != "is_not_distinct":
		return shardmap.None()
	case !ok:
		return shardmap.All()
	case op == "<":
		return shardmap.Range(open, false, v, false)
	case op == "<=":
		return shardmap.Range(open, false, v, true)
	case op == ">":
		return shardmap.Range(v, false, open, false)
	case op == ">=":
		return shardmap.Range(v, true, open, false)
	}
	return shardmap.In(v)
}

// value evaluates a literal or parameter. ok is false where it is neither, or has no such form as a key.
func (p *placer) value(e plan.Expr) (v shardmap.Value, null, ok bool) {
	t, text := e.Type(), ""
	if c, isCast := e.(*plan.Cast); isCast && c.To.IsInteger() && c.X.Type().IsInteger() {
		e = c.X
	}
	switch e := e.(type) {
	case *plan.Const:
		if e.Null {
			return v, true, false
		}
		text = e.Text
	case *plan.Param:
		if e.N > len(p.env.Params) {
			return v, false, false
		}
		if p.env.Params[e.N-1] == nil {
			return v, true, false
		}
		text = *p.env.Params[e.N-1]
	default:
		return v, false, false
	}
	v, err := shardmap.ParseValue(t.String(), text)
	return v, false, err == nil
}
