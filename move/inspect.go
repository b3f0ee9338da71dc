package move

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/shardmap"
)

// inspect learns the tables that move, on both shards.
func (r *run) inspect(ctx context.Context, m *shardmap.Map) error {
	names := group(m, r.spec.Table)
	sides := []string{r.spec.From, r.spec.To}
	found, primary := make([][]connectors.Table, 2), make([]map[string][]string, 2)
	for i, s := range []Shard{r.from, r.to} {
		var err error
		if found[i], err = s.Learn(ctx, names...); err != nil {
			return err
		}
		if primary[i], err = s.Keys(ctx, names); err != nil {
			return err
		}
	}
	for _, name := range names {
		var both [2]connectors.Table
		for i := range both {
			at := slices.IndexFunc(found[i], func(t connectors.Table) bool { return t.Name == name })
			if at < 0 {
				return refuse("shard %s has no table %s: make it there first", sides[i], name)
			}
			both[i] = found[i][at]
			if len(primary[i][name]) == 0 {
				return refuse("table %s has no primary key on shard %s: its rows could not be told apart", name, sides[i])
			}
		}
		if !slices.Equal(primary[0][name], primary[1][name]) {
			return refuse("table %s has another primary key on shard %s than on shard %s", name, sides[1], sides[0])
		}
		t, err := newGroupTable(both, sides, primary[0][name])
		if err != nil {
			return err
		}
		placed, _ := m.Table(name)
		if t.place, err = t.keys(placed.Key()); err != nil {
			return err
		}
		found, err := references(ctx, r.to, name)
		if err != nil {
			return err
		}
		t.referred = len(found) > 0 && r.updatable(t)
		r.tables = append(r.tables, t)
	}
	return r.sameKeys()
}

// group are a table and those colocated with it, that one first.
func group(m *shardmap.Map, root string) []string {
	out := []string{root}
	for _, name := range m.Tables() {
		if t, _ := m.Table(name); t.ColocatedWith() == root {
			out = append(out, name)
		}
	}
	return out
}

// newGroupTable compares a table on both shards. The order of its columns does not matter.
func newGroupTable(both [2]connectors.Table, sides, primary []string) (groupTable, error) {
	t := groupTable{name: both[0].Name, native: map[string][]connectors.Column{}}
	for i, x := range both {
		t.native[sides[i]] = x.Columns
		for _, c := range x.Columns {
			if c.Type == "" {
				return t, refuse("column %s of table %s has type %s on shard %s, which cannot be moved", c.Name, t.name, c.Native, sides[i])
			}
			other := both[1-i].Columns
			at := slices.IndexFunc(other, func(o connectors.Column) bool { return o.Name == c.Name })
			switch {
			case at < 0:
				return t, refuse("table %s has a column %s on shard %s, and not on shard %s", t.name, c.Name, sides[i], sides[1-i])
			case other[at].Type != c.Type:
				return t, refuse("column %s of table %s is %s on shard %s and %s on shard %s", c.Name, t.name, c.Type, sides[i], other[at].Type, sides[1-i])
			}
		}
	}
	for _, c := range both[0].Columns {
		t.columns, t.types = append(t.columns, c.Name), append(t.types, c.Type)
	}
	var err error
	if t.primary, err = t.keys(primary); err != nil {
		return t, err
	}
	for _, k := range t.primary {
		if !slices.Contains(keyTypes, baseType(k.typ)) {
			return t, refuse("column %s of the primary key of table %s is %s: rows are moved by keys of %s", k.name, t.name, k.typ, strings.Join(keyTypes, ", "))
		}
	}
	return t, nil
}

// keys finds columns by their names.
func (t *groupTable) keys(names []string) ([]keyColumn, error) {
	var out []keyColumn
	for _, name := range names {
		i := slices.Index(t.columns, name)
		if i < 0 {
			return nil, refuse("table %s has no column %s, which its key names", t.name, name)
		}
		out = append(out, keyColumn{name: name, typ: t.types[i], at: i})
	}
	return out, nil
}

// sameKeys refuses a move of buckets of tables whose keys have different types: one table lists the keys of all.
func (r *run) sameKeys() error {
	if len(r.spec.Keys.Buckets) == 0 {
		return nil
	}
	first := r.tables[0].place
	for _, t := range r.tables[1:] {
		for i, k := range t.place {
			if k.typ != first[i].typ {
				return refuse("column %s of table %s is %s, but column %s of table %s is %s: keys move by bucket where their types are equal",
					k.name, t.name, k.typ, first[i].name, r.tables[0].name, first[i].typ)
			}
		}
	}
	for _, k := range first {
		if !slices.Contains(keyTypes, baseType(k.typ)) {
			return refuse("column %s of table %s is %s, by which rows do not move", k.name, r.tables[0].name, k.typ)
		}
	}
	return nil
}

// moved adds the condition of the rows that move.
func (r *run) moved(c *clause, t groupTable) {
	key := column(t.place[0].name)
	typ := r.table.KeyTypes()[0]
	k := r.spec.Keys
	switch {
	case len(k.Values) > 0:
		list := make([]string, len(k.Values))
		for i, v := range k.Values {
			list[i] = c.arg(v, typ)
		}
		c.and(key + " IN (" + strings.Join(list, ", ") + ")")
	case len(k.Buckets) > 0:
		var same []string
		for i, p := range t.place {
			same = append(same, "listed."+Quote(keyName(i))+" = "+column(p.name))
		}
		c.and("EXISTS (SELECT 1 FROM " + Quote(shardmap.KeyTable(r.spec.ID)) + " AS listed WHERE " + strings.Join(same, " AND ") + ")")
	default:
		if k.From != nil {
			c.and(key + " >= " + c.arg(*k.From, typ))
		}
		if k.To != nil {
			c.and(key + " < " + c.arg(*k.To, typ))
		}
		c.and(key + " IS NOT NULL")
	}
}

// where is the condition of the rows that move.
func (r *run) where(t groupTable) Clause {
	var c clause
	r.moved(&c, t)
	return c.done()
}

func names(keys []keyColumn) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = k.name
	}
	return out
}

var nameSchema = arrow.NewSchema([]arrow.Field{{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)

// references are the tables that have foreign keys to a table.
func references(ctx context.Context, s Shard, table string) (out []string, err error) {
	sql := s.References(table)
	if sql == "" {
		return nil, nil
	}
	err = each(ctx, s.Query, connectors.Statement{SQL: sql, Schema: nameSchema}, func(rec arrow.Record) error {
		for i := range int(rec.NumRows()) {
			out = append(out, rec.Column(0).(*array.String).Value(i))
		}
		return nil
	})
	return out, err
}

// referred refuses a move of rows to which tables refer that stay: deleting the rows would fail, or take theirs away.
func (r *run) referred(ctx context.Context, t groupTable) error {
	for i, s := range []Shard{r.from, r.to} {
		found, err := references(ctx, s, t.name)
		if err != nil {
			return err
		}
		for _, name := range found {
			if !slices.ContainsFunc(r.tables, func(g groupTable) bool { return g.name == name }) {
				return refuse("table %s on shard %s has a foreign key to table %s, but would stay where it is: colocate it, or take the foreign key away",
					name, []string{r.spec.From, r.spec.To}[i], t.name)
			}
		}
	}
	return nil
}

// expressible refuses a move of a table of which a step has no exact form in the dialect of a shard.
func (r *run) expressible(t groupTable) error {
	var c clause
	if len(r.spec.Keys.Buckets) == 0 { // else the table that the condition names does not exist yet
		r.moved(&c, t)
	} else {
		c.and("true")
	}
	for _, s := range []Shard{r.from, r.to} {
		if _, err := s.Select(Select{Table: t.name, Columns: t.columns, Where: c.done(), Order: names(t.primary)}); err != nil {
			return refuse("%v", err)
		}
		if _, err := s.Delete(t.name, c.done()); err != nil {
			return refuse("%v", err)
		}
	}
	return nil
}
