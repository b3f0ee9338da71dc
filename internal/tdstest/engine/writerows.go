package engine

import "fmt"

// writeRows has compute decide what a statement does to a table, and does it: at once, or when the session's transaction commits. What others
// have written and not committed it waits for, and then decides anew.
func (r *run) writeRows(parts []string, compute func(t *table) (edit, error)) error {
	schemaName, name, err := r.objectName(parts)
	if err != nil {
		return err
	}
	decide := func(c *catalog) (*table, edit, error) {
		r.state = c
		t := c.table(schemaName, name)
		if t == nil {
			return nil, edit{}, newError(208, "Invalid object name '%s'.", joinName(parts))
		}
		e, err := compute(t)
		if err == nil {
			err = r.constrain(c, t, e)
		}
		return t, e, err
	}
	tx := r.session.tx
	if tx != nil && (tx.written != nil || r.session.isolation != readCommitted && r.session.isolation != readUncommitted) {
		return r.write(func(c *catalog) (*catalog, error) {
			t, e, err := decide(c)
			if err != nil {
				return nil, err
			}
			return r.edited(c, t, e)
		})
	}
	o, end := r.owner()
	defer end()
	if err := r.acquire(o, func(l *locks) []*owner { return l.besides(o) }); err != nil {
		return err
	}
	if tx == nil {
		tx = &transaction{}
	}
	for {
		base, shown := r.db.view(tx)
		t, e, err := decide(shown)
		if err != nil {
			return err
		}
		names := r.lockNames(tx, t, e)
		if err := r.acquire(o, func(l *locks) []*owner { return l.take(o, names) }); err != nil {
			return err
		}
		if done, err := r.record(tx, base, t, e); done || err != nil {
			return err
		}
	}
}

// record keeps what a statement did for the transaction, or publishes it where that is no session's. It does nothing and says so if somebody
// else has committed since base.
func (r *run) record(tx *transaction, base *catalog, t *table, e edit) (done bool, err error) {
	r.db.publishing.Lock()
	defer r.db.publishing.Unlock()
	if r.db.state.Load() != base {
		return false, nil
	}
	name := base.key(t.schema.name, t.name)
	d := tx.deltas[name]
	if d == nil {
		d = newDelta()
	}
	if err := r.unique(base.tables[name], d, e); err != nil {
		return true, err
	}
	d.record(e)
	if tx.deltas == nil {
		tx.deltas = map[string]*delta{}
	}
	tx.deltas[name], tx.seen, tx.shown = d, nil, nil
	if tx != r.session.tx {
		r.db.state.Store(tx.over(base, true))
	}
	return true, nil
}

// edited is a version of c in which a statement has done its work on t, for who has the database for itself.
func (r *run) edited(c *catalog, t *table, e edit) (*catalog, error) {
	d := newDelta()
	if err := r.unique(t, d, e); err != nil {
		return nil, err
	}
	d.record(e)
	next := *t
	next.rows, next.index = d.over(t.rows, true), nil
	if t.index != nil && t.index.owner == t {
		next.index = t.index
		next.index.follow(&next, d)
	}
	return c.with(&next), nil
}

// lockNames are the locks for a statement: the keys of the rows that it changes and makes, and in a table without keys the rows.
func (r *run) lockNames(tx *transaction, t *table, e edit) []string {
	var names []string
	lock := func(row []Value) {
		for i := range t.keys {
			names = append(names, fmt.Sprintf("%d/%d/%s", t.id, i, t.keyOf(i, row)))
		}
	}
	for _, c := range e.changed {
		if len(t.keys) == 0 {
			names = append(names, fmt.Sprintf("%d/%p", t.id, identity(c.was)))
			continue
		}
		lock(c.was)
		if c.now != nil {
			lock(c.now)
		}
	}
	for _, row := range e.added {
		lock(row)
	}
	return names
}

// owner is whose locks the statement takes: the session's transaction's, or its own, which end gives back.
func (r *run) owner() (o *owner, end func()) {
	tx := r.session.tx
	if tx == nil {
		o = newOwner()
		return o, func() { r.db.locks.release(o) }
	}
	if tx.owner == nil {
		tx.owner = newOwner()
	}
	return tx.owner, func() {}
}
