package engine

// edit is what one statement does to a table.
type edit struct {
	changed []change
	added   [][]Value
}

// change is a row that becomes another; now is nil where it is deleted.
type change struct{ was, now []Value }

// identity tells rows of one table apart: no two share memory.
func identity(row []Value) *Value { return &row[0] }

// delta is what a transaction did to a table and has not committed.
type delta struct {
	replaced map[*Value]change // committed rows, by identity
	inserted [][]Value         // nil where the transaction deleted the row again
	from     map[*Value]*Value // of a row that replaced another the committed row's identity
	own      map[*Value]int    // places of inserted rows
}

func newDelta() *delta {
	return &delta{replaced: map[*Value]change{}, from: map[*Value]*Value{}, own: map[*Value]int{}}
}

// record adds what a statement did, whose rows are as the transaction saw them.
func (d *delta) record(e edit) {
	for _, c := range e.changed {
		id := identity(c.was)
		if place, mine := d.own[id]; mine {
			delete(d.own, id)
			if d.inserted[place] = c.now; c.now != nil {
				d.own[identity(c.now)] = place
			}
			continue
		}
		origin, was := id, c.was
		if before, changed := d.from[id]; changed {
			origin, was = before, d.replaced[before].was
			delete(d.from, id)
		}
		d.replaced[origin] = change{was, c.now}
		if c.now != nil {
			d.from[identity(c.now)] = origin
		}
	}
	for _, row := range e.added {
		d.own[identity(row)] = len(d.inserted)
		d.inserted = append(d.inserted, row)
	}
}

// over are a table's committed rows with the changes. The result shares no memory that can grow with rows, unless grow allows it, which is
// for the one who commits.
func (d *delta) over(rows [][]Value, grow bool) [][]Value {
	out := rows
	if len(d.replaced) > 0 {
		out = make([][]Value, 0, len(rows)+len(d.inserted))
		for _, row := range rows {
			c, changed := d.replaced[identity(row)]
			switch {
			case !changed:
				out = append(out, row)
			case c.now != nil:
				out = append(out, c.now)
			}
		}
	} else if !grow {
		out = rows[:len(rows):len(rows)]
	}
	for _, row := range d.inserted {
		if row != nil {
			out = append(out, row)
		}
	}
	return out
}

// live calls each for the rows of the transaction's own that stand.
func (d *delta) live(each func(row []Value)) {
	for _, c := range d.replaced {
		if c.now != nil {
			each(c.now)
		}
	}
	for _, row := range d.inserted {
		if row != nil {
			each(row)
		}
	}
}

// view is the newest committed version, and that with what the transaction did since.
func (d *Database) view(tx *transaction) (base, shown *catalog) {
	base = d.state.Load()
	return base, d.viewOf(tx, base)
}

func (d *Database) viewOf(tx *transaction, base *catalog) *catalog {
	if len(tx.deltas) == 0 {
		return base
	}
	if tx.seen != base {
		d.publishing.Lock() // who publishes may be giving a table of base its index
		defer d.publishing.Unlock()
		tx.seen, tx.shown = base, tx.over(base, false)
	}
	return tx.shown
}

// over applies what the transaction did to a committed version.
func (tx *transaction) over(base *catalog, commit bool) *catalog {
	next := base.changed()
	for name, d := range tx.deltas {
		t := base.tables[name]
		if t == nil {
			continue // dropping it would have had to wait for this transaction
		}
		changed := *t
		changed.rows, changed.index = d.over(t.rows, commit), nil
		if commit && t.index != nil && t.index.owner == t {
			changed.index = t.index
			changed.index.follow(&changed, d)
		}
		next.tables[name] = &changed
	}
	return next
}
