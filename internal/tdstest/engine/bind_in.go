package engine

import (
	"io"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

func (b *binder) in(s *scope, c *tsql.In) (test, error) {
	x, err := b.expr(s, c.X)
	if err != nil {
		return test{}, err
	}
	if c.Query != nil {
		return b.inQuery(s, c, x)
	}
	list, err := b.exprs(s, c.List)
	if err != nil {
		return test{}, err
	}
	if out, ok, err := b.inConstants(c, x, list); ok || err != nil {
		return out, err
	}
	left, right, types := make([]bound, len(list)), make([]bound, len(list)), make([]Type, len(list))
	for i, item := range list {
		if left[i], right[i], types[i], err = b.alike(x, item, "equal to"); err != nil {
			return test{}, err
		}
	}
	return over(func(e *env) (truth, error) {
		found := no
		for i := range right {
			l, r, known, err := pair(e, left[i], right[i])
			if err != nil {
				return unknown, err
			}
			if !known {
				found = unknown
				continue
			}
			n, bad := Compare(l, r, types[i])
			if bad != nil {
				return unknown, bad
			}
			if n == 0 {
				found = yes
				break
			}
		}
		return negated(found, c.Not), nil
	}, append(list, x)...), nil
}

func negated(t truth, not bool) truth {
	if not {
		return t.not()
	}
	return t
}

// inConstants serves a list of constants that all meet x in the same type: a set is made of them when the first row comes.
func (b *binder) inConstants(c *tsql.In, x bound, list []bound) (test, bool, error) {
	var left bound
	var common Type
	right := make([]bound, len(list))
	for i, item := range list {
		if !item.constant {
			return test{}, false, nil
		}
		l, r, typ, err := b.alike(x, item, "equal to")
		if err != nil {
			return test{}, false, err
		}
		if i > 0 && !sameFamily(typ, common) {
			return test{}, false, nil
		}
		left, right[i], common = l, r, typ
	}
	var set *valueSet
	return over(func(e *env) (truth, error) {
		v, err := left.eval(e)
		if err != nil {
			return unknown, err
		}
		if set == nil {
			made := newValueSet(common)
			for _, item := range right {
				v, err := item.eval(e)
				if err != nil {
					return unknown, err
				}
				made.add(v)
			}
			set = made
		}
		return negated(set.contains(v), c.Not), nil
	}, x), true, nil
}

// sameFamily reports whether values of both types can stand in one set: equal ones have equal group keys.
func sameFamily(a, b Type) bool {
	a.Precision, b.Precision = 0, 0
	if isVariable(a.Kind) && a.Kind == b.Kind {
		a.Length, b.Length = 0, 0
	}
	return a == b
}

// valueSet answers IN: membership, or unknown where a NULL is about.
type valueSet struct {
	typ    Type
	keys   map[string]struct{}
	hasNil bool
	buffer []byte
}

func newValueSet(t Type) *valueSet { return &valueSet{typ: t, keys: map[string]struct{}{}} }

func (s *valueSet) add(v Value) {
	if v == nil {
		s.hasNil = true
		return
	}
	s.buffer = GroupKey(s.buffer[:0], v, s.typ)
	s.keys[string(s.buffer)] = struct{}{}
}

func (s *valueSet) contains(v Value) truth {
	if v == nil {
		if len(s.keys) == 0 && !s.hasNil {
			return no
		}
		return unknown
	}
	s.buffer = GroupKey(s.buffer[:0], v, s.typ)
	if _, ok := s.keys[string(s.buffer)]; ok {
		return yes
	}
	if s.hasNil {
		return unknown
	}
	return no
}

// subquery binds a query inside an expression, and says what it reads of the row around it.
func (b *binder) subquery(s *scope, q *tsql.Query) (*query, bound, error) {
	if s.clause == inAggregate {
		return nil, bound{}, nestedAggregate()
	}
	query, err := b.query(q, s, nested)
	if err != nil {
		return nil, bound{}, err
	}
	reads := bound{constant: !query.reaches, high: -1, column: -1, nullable: true}
	if query.reaches {
		reads.high, reads.outward = everywhere, true
	}
	return query, reads, nil
}

func oneColumn(q *query) error {
	if len(q.columns) != 1 {
		return newError(116, "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.")
	}
	return nil
}

// scalarQuery is a query used as a value: NULL without rows, error 512 with more than one.
func (b *binder) scalarQuery(s *scope, e *tsql.Subquery) (bound, error) {
	query, out, err := b.subquery(s, e.Query)
	if err != nil {
		return bound{}, err
	}
	if err := oneColumn(query); err != nil {
		return bound{}, err
	}
	column := query.columns[0]
	out.typ, out.strength = Settle(column.typ), column.strength
	out.eval = func(at *env) (Value, error) {
		var found Value
		count := 0
		err := each(query.node, at, func(row []Value) (bool, error) {
			if count++; count > 1 {
				return false, newError(512, "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= "+
					"or when the subquery is used as an expression.")
			}
			found = row[0]
			return true, nil
		})
		return found, err
	}
	return cached(out), nil
}

func (b *binder) exists(s *scope, c *tsql.Exists) (test, error) {
	query, reads, err := b.subquery(s, c.Query)
	if err != nil {
		return test{}, err
	}
	known, answer := false, no
	return over(func(e *env) (truth, error) {
		if known {
			return answer, nil
		}
		found := no
		err := each(query.node, e, func([]Value) (bool, error) {
			found = yes
			return false, nil
		})
		known, answer = reads.constant && err == nil, found
		return found, err
	}, reads), nil
}

// inQuery collects the query's values in a set: once, or again for every row that it depends on.
func (b *binder) inQuery(s *scope, c *tsql.In, x bound) (test, error) {
	query, reads, err := b.subquery(s, c.Query)
	if err != nil {
		return test{}, err
	}
	if err := oneColumn(query); err != nil {
		return test{}, err
	}
	cell := columnAt(scopeColumn{typ: Settle(query.columns[0].typ), strength: query.columns[0].strength}, 0, 0)
	left, right, typ, err := b.alike(x, cell, "equal to")
	if err != nil {
		return test{}, err
	}
	var kept *valueSet
	return over(func(e *env) (truth, error) {
		v, err := left.eval(e)
		if err != nil {
			return unknown, err
		}
		set := kept
		if set == nil {
			set = newValueSet(typ)
			inner := &env{run: e.run}
			err := each(query.node, e, func(row []Value) (bool, error) {
				inner.row = row
				v, err := right.eval(inner)
				if err == nil {
					set.add(v)
				}
				return true, err
			})
			if err != nil {
				return unknown, err
			}
			if reads.constant {
				kept = set
			}
		}
		return negated(set.contains(v), c.Not), nil
	}, x, reads), nil
}

// each runs a node to its end, or until visit says to stop.
func each(n node, e *env, visit func([]Value) (bool, error)) error {
	rows, err := n.open(e)
	if err != nil {
		return err
	}
	defer rows.close()
	for {
		row, err := rows.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if more, err := visit(row); !more || err != nil {
			return err
		}
	}
}
