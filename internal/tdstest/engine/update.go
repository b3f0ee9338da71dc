package engine

import (
	"slices"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// update evaluates an UPDATE over the rows that it selects.
func (r *run) update(u *tsql.Update) (affected int64, err error) {
	err = r.change(u.Table, u.Top, u.Where, func(c *catalog, t *table, s *scope, chosen func(row []Value) (bool, error)) (*catalog, error) {
		set, err := r.setting(t, s, u.Set)
		if err != nil {
			return nil, err
		}
		computed, err := r.computedColumns(t)
		if err != nil {
			return nil, err
		}
		rows := make([][]Value, len(t.rows))
		for i, row := range t.rows {
			rows[i] = row
			yes, err := chosen(row)
			if err != nil {
				return nil, err
			}
			if !yes {
				continue
			}
			if rows[i], err = r.updated(t, row, set, computed); err != nil {
				return nil, err
			}
			affected++
		}
		return r.replaced(c, t, rows)
	})
	return affected, err
}

// assignment is what a column of an UPDATE becomes.
type assignment struct {
	column int
	value  evaluator
}

func (r *run) setting(t *table, s *scope, list []tsql.Assignment) ([]assignment, error) {
	names := make([]string, len(list))
	for i, a := range list {
		names[i] = a.Column
	}
	targets, err := r.insertTargets(t, names)
	if err != nil {
		return nil, err
	}
	set := make([]assignment, len(list))
	for i, a := range list {
		value, err := (&binder{run: r}).expr(s, a.Value)
		if err != nil {
			return nil, err
		}
		set[i].column = targets[i]
		if set[i].value, err = r.assigning(t, t.columns[targets[i]], value); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// updated is a row with other values, all of which are computed from the row as it was.
func (r *run) updated(t *table, row []Value, set []assignment, computed []bound) ([]Value, error) {
	at, out := &env{run: r, row: row}, slices.Clone(row)
	for _, a := range set {
		v, err := a.value(at)
		if err != nil {
			return nil, err
		}
		out[a.column] = v
	}
	return out, r.finishRow(t, out, computed, "UPDATE")
}

// remove evaluates a DELETE.
func (r *run) remove(d *tsql.Delete) (affected int64, err error) {
	err = r.change(d.Table, d.Top, d.Where, func(c *catalog, t *table, _ *scope, chosen func(row []Value) (bool, error)) (*catalog, error) {
		var rows [][]Value
		for _, row := range t.rows {
			yes, err := chosen(row)
			if err != nil {
				return nil, err
			}
			if yes {
				affected++
			} else {
				rows = append(rows, row)
			}
		}
		return r.replaced(c, t, rows)
	})
	return affected, err
}

// change writes a version of the database in which rewrite has changed a table. Chosen tells whether a row is one of those that WHERE and
// TOP select.
func (r *run) change(target tsql.Table, top tsql.Expr, where tsql.Cond,
	rewrite func(c *catalog, t *table, s *scope, chosen func(row []Value) (bool, error)) (*catalog, error)) error {
	schemaName, name, err := r.objectName(target.Parts)
	if err != nil {
		return err
	}
	return r.write(func(c *catalog) (*catalog, error) {
		r.state = c
		b := &binder{run: r}
		rel, err := b.table(&target)
		if err != nil {
			return nil, err
		}
		t := c.table(schemaName, name)
		if t == nil {
			return nil, newError(208, "Invalid object name '%s'.", joinName(target.Parts))
		}
		s := &scope{clause: inWhere, columns: rel.columns, tables: rel.tables}
		chosen, err := b.chosen(s, top, where)
		if err != nil {
			return nil, err
		}
		return rewrite(c, t, s, chosen)
	})
}

// chosen binds WHERE and TOP.
func (b *binder) chosen(s *scope, top tsql.Expr, where tsql.Cond) (func(row []Value) (bool, error), error) {
	r := b.run
	limit, err := b.limit(&tsql.Query{}, top)
	if err != nil {
		return nil, err
	}
	_, left, err := limit.bounds(&env{run: r})
	if err != nil {
		return nil, err
	}
	holds := test{eval: func(*env) (truth, error) { return yes, nil }}
	if where != nil {
		if holds, err = b.cond(s, where); err != nil {
			return nil, err
		}
	}
	return func(row []Value) (bool, error) {
		if left == 0 {
			return false, nil
		}
		if err := r.tick(); err != nil {
			return false, err
		}
		answer, err := holds.eval(&env{run: r, row: row})
		if err != nil || answer != yes {
			return false, err
		}
		if left > 0 {
			left--
		}
		return true, nil
	}, nil
}

// replaced is a version of c in which t has the rows given and no others.
func (r *run) replaced(c *catalog, t *table, rows [][]Value) (*catalog, error) {
	next, empty := *t, *t
	empty.rows, empty.index, next.rows, next.index = nil, nil, rows, nil
	if err := r.admit(&empty, &next, rows); err != nil {
		return nil, err
	}
	return c.with(&next), nil
}
