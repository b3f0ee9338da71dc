package engine

import "github.com/atoll-sql/atoll/internal/tdstest/tsql"

// lookup spares a query that runs anew for every row around it from reading its source every time: WHERE equates something
// of its own rows with something of the row around, so a hash table over the former, made once, finds the few that count.
type lookup struct {
	keys  []joinKey // left: of the row around; right: of the own rows
	table *hashTable
}

// lookup looks through the conditions that a query's WHERE is made of; nil if none serves.
func (b *binder) lookup(s *scope, where []tsql.Cond) (*lookup, error) {
	var found lookup
	for _, cond := range where {
		compare, ok := cond.(*tsql.Compare)
		if !ok || compare.Op != "=" || hasSubquery(compare) {
			continue
		}
		l, r, typ, err := b.operands(s, compare.L, compare.R, operatorNames["="])
		if err != nil {
			return nil, err
		}
		own := func(x bound) bool { return x.low <= x.high && !x.outward }
		around := func(x bound) bool { return x.high < x.low && x.outward }
		switch {
		case around(l) && own(r):
			found.keys = append(found.keys, joinKey{left: l, right: r, typ: typ})
		case around(r) && own(l):
			found.keys = append(found.keys, joinKey{left: r, right: l, typ: typ})
		}
	}
	if len(found.keys) == 0 {
		return nil, nil
	}
	return &found, nil
}

// find yields the source's rows whose keys equal those of the row around.
func (l *lookup) find(source node, outer *env) (iterator, error) {
	at := &env{run: outer.run, outer: outer}
	if l.table == nil {
		table, err := l.build(source, at)
		if err != nil {
			return nil, err
		}
		l.table = table
	}
	key, ok, err := l.key(at, func(k *joinKey) *bound { return &k.left })
	if err != nil || !ok {
		return &rowsIterator{}, err
	}
	return &pickedIterator{table: l.table, picked: l.table.buckets[string(key)], run: outer.run}, nil
}

func (l *lookup) build(source node, at *env) (*hashTable, error) {
	rows, err := source.open(&env{run: at.run, outer: at.outer})
	if err != nil {
		return nil, err
	}
	defer rows.close()
	t := &hashTable{buckets: map[string][]int{}}
	if t.rows, err = collect(rows, at.run); err != nil {
		return nil, err
	}
	for n, row := range t.rows {
		at.row = row
		key, ok, err := l.key(at, func(k *joinKey) *bound { return &k.right })
		if err != nil {
			return nil, err
		}
		if ok {
			t.buckets[string(key)] = append(t.buckets[string(key)], n)
		}
	}
	at.row = nil
	return t, nil
}

// key is false where a NULL equals nothing.
func (l *lookup) key(at *env, side func(*joinKey) *bound) ([]byte, bool, error) {
	var key []byte
	for i := range l.keys {
		v, err := side(&l.keys[i]).eval(at)
		if err != nil || v == nil {
			return nil, false, err
		}
		key = GroupKey(key, v, l.keys[i].typ)
	}
	return key, true, nil
}

// pickedIterator yields some of a table's rows.
type pickedIterator struct {
	table  *hashTable
	picked []int
	run    *run
}

func (i *pickedIterator) next() ([]Value, error) {
	rows := rowsIterator{run: i.run}
	if len(i.picked) > 0 {
		rows.rows = i.table.rows[i.picked[0] : i.picked[0]+1]
		i.picked = i.picked[1:]
	}
	return rows.next()
}

func (i *pickedIterator) close() {}
