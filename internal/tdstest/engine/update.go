package engine

import (
	"slices"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// update evaluates an UPDATE over the rows that it selects.
func (r *run) update(u *tsql.Update) (affected int64, err error) {
	err = r.change(u.Table, u.Top, u.Where, func(t *table, s *scope, chosen [][]Value) (e edit, err error) {
		set, err := r.setting(t, s, u.Set)
		if err != nil {
			return e, err
		}
		computed, err := r.computedColumns(t)
		if err != nil {
			return e, err
		}
		for _, row := range chosen {
			now, err := r.updated(t, row, set, computed)
			if err != nil {
				return e, err
			}
			e.changed = append(e.changed, change{row, now})
		}
		affected = int64(len(chosen))
		return e, nil
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
		if t.columns[targets[i]].identity != nil {
			return nil, newError(8102, "Cannot update identity column '%s'.", t.columns[targets[i]].name)
		}
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
	err = r.change(d.Table, d.Top, d.Where, func(_ *table, _ *scope, chosen [][]Value) (e edit, err error) {
		for _, row := range chosen {
			e.changed = append(e.changed, change{was: row})
		}
		affected = int64(len(chosen))
		return e, nil
	})
	return affected, err
}

// change has rewrite decide what becomes of the rows of a table that WHERE and TOP choose.
func (r *run) change(target tsql.Table, top tsql.Expr, where tsql.Cond, rewrite func(t *table, s *scope, chosen [][]Value) (edit, error)) error {
	return r.writeRows(target.Parts, func(t *table) (edit, error) {
		b := &binder{run: r}
		rel, err := b.table(&target)
		if err != nil {
			return edit{}, err
		}
		s := &scope{clause: inWhere, columns: rel.columns, tables: rel.tables}
		chosen, err := b.chosen(s, t, top, where)
		if err != nil {
			return edit{}, err
		}
		return rewrite(t, s, chosen)
	})
}

// chosen are the rows of a table that WHERE and TOP choose.
func (b *binder) chosen(s *scope, t *table, top tsql.Expr, where tsql.Cond) (rows [][]Value, err error) {
	limit, err := b.limit(&tsql.Query{}, top)
	if err != nil {
		return nil, err
	}
	_, most, err := limit.bounds(&env{run: b.run})
	if err != nil {
		return nil, err
	}
	holds := test{eval: func(*env) (truth, error) { return yes, nil }}
	if where != nil {
		if holds, err = b.cond(s, where); err != nil {
			return nil, err
		}
	}
	for _, row := range t.rows {
		if most >= 0 && int64(len(rows)) == most {
			break
		}
		if err := b.run.tick(); err != nil {
			return nil, err
		}
		answer, err := holds.eval(&env{run: b.run, row: row})
		if err != nil {
			return nil, err
		}
		if answer == yes {
			rows = append(rows, row)
		}
	}
	return rows, nil
}
