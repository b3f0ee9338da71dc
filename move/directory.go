package move

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/shardmap"
)

// directory is the table that lists the keys of a move, on its shard. It is always read anew.
type directory struct {
	shardmap.Directory
	table *shardmap.Table // whose keys it lists
	shard Shard
	on    string // its name
	key   keyColumn
}

// directory finds the directory of a table, and refuses one in which a move could not write down where the keys are; nil for a table that has none.
func (m *Mover) directory(ctx context.Context, sm *shardmap.Map, table string) (*directory, error) {
	t, ok := sm.Table(table)
	if !ok {
		return nil, refuse("unknown table %q", table)
	}
	said, ok := t.Directory()
	if !ok {
		return nil, nil
	}
	d := &directory{Directory: said, table: t}
	in, _ := sm.Table(d.Table)
	if in.Kind() != shardmap.KindSingle {
		return nil, refuse("the keys of table %s are listed in table %s, which has strategy %s: keys move where their directory has strategy single, so that it changes in one transaction",
			table, d.Table, in.Kind())
	}
	at := sm.Shard(in.Shards()[0])
	if at.State == shardmap.StateReadOnly || at.State == shardmap.StateRetired {
		return nil, refuse("shard %s, which has the directory of table %s, is %s: it could not be told where the keys are", at.Name, table, at.State)
	}
	if err := m.mayTell(sm, d.Table, at); err != nil {
		return nil, err
	}
	d.on = at.Name
	var err error
	if d.shard, err = m.shards.Shard(ctx, d.on); err != nil {
		return nil, err
	}
	return d, d.learn(ctx)
}

// mayTell refuses, under a residency policy, a directory in another jurisdiction than the one through which the keys pass.
func (m *Mover) mayTell(sm *shardmap.Map, table string, at shardmap.Shard) error {
	law := func(region string) string {
		if r, ok := sm.Region(region); ok && r.Jurisdiction != "" {
			return r.Jurisdiction
		}
		return region
	}
	if !m.options.Policed || law(at.Region) == law(m.options.Region) {
		return nil
	}
	return &ResidencyError{Text: fmt.Sprintf("the move would read and change the directory in table %s on shard %s in %s, jurisdiction %s, from the coordinator in %s, jurisdiction %s",
		table, at.Name, at.Region, law(at.Region), m.options.Region, law(m.options.Region)), Hint: "run it at a coordinator in the jurisdiction of the directory"}
}

// learn finds the directory's columns.
func (d *directory) learn(ctx context.Context) error {
	found, err := d.shard.Learn(ctx, d.Table)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return refuse("shard %s has no table %s, the directory of table %s", d.on, d.Table, d.table.Name())
	}
	typ := func(name string) string {
		i := slices.IndexFunc(found[0].Columns, func(c connectors.Column) bool { return c.Name == name })
		if i < 0 {
			return ""
		}
		return found[0].Columns[i].Type
	}
	d.key = keyColumn{name: d.Key, typ: typ(d.Key)}
	want, _ := shardmap.KindOf(d.table.KeyTypes()[0])
	if kind, ok := shardmap.KindOf(d.key.typ); !ok || kind != want || !slices.Contains(keyTypes, baseType(d.key.typ)) {
		return refuse("column %s of table %s on shard %s is not of the type of the keys of table %s, which it should list", d.Key, d.Table, d.on, d.table.Name())
	}
	if t := baseType(typ(d.Shard)); t != "text" && t != "character varying" {
		return refuse("table %s on shard %s has no column %s of texts for the names of shards", d.Table, d.on, d.Shard)
	}
	return nil
}

// keysAtOnce is how many keys one statement names.
const keysAtOnce = 900

// among is the condition of the rows of some keys.
func (d *directory) among(c *clause, keys []string) {
	marks := make([]keyColumn, 1)
	marks[0] = keyColumn{name: d.Key, typ: d.table.KeyTypes()[0]}
	rows := make([][]string, len(keys))
	for i, k := range keys {
		rows[i] = []string{k}
	}
	c.among(marks, rows)
}

// read returns what the directory says of each key: exactly one name of a shard. Anything else is refused: it would not be known what to change.
func (d *directory) read(ctx context.Context, query queryFunc, keys []string) (map[shardmap.Value]string, error) {
	out := map[shardmap.Value]string{}
	wanted := map[shardmap.Value]bool{}
	for _, k := range keys {
		v, err := d.table.ParseKey([]string{k})
		if err != nil {
			return nil, refuse("%v", err)
		}
		if wanted[v[0]] {
			return nil, refuse("one of the keys is named twice")
		}
		wanted[v[0]] = true
	}
	for part := range slices.Chunk(keys, keysAtOnce) {
		var c clause
		d.among(&c, part)
		stmt, err := d.shard.Select(Select{Table: d.Table, Columns: []string{d.Key, d.Shard}, Where: c.done()})
		if err != nil {
			return nil, refuse("%v", err)
		}
		if err := each(ctx, query, stmt, func(rec arrow.Record) error { return d.take(rec, wanted, out) }); err != nil {
			return nil, err
		}
	}
	if n := len(wanted) - len(out); n > 0 {
		return nil, refuse("%d of the keys are not listed in table %s on shard %s, the directory of table %s: list them there before they move", n, d.Table, d.on, d.table.Name())
	}
	return out, nil
}

// take reads rows of a directory.
func (d *directory) take(rec arrow.Record, wanted map[shardmap.Value]bool, out map[shardmap.Value]string) error {
	names, ok := rec.Column(1).(*array.String)
	if !ok {
		return fmt.Errorf("internal error: the names of shards in table %s came as %s", d.Table, rec.Column(1).DataType())
	}
	for i := range int(rec.NumRows()) {
		v, ok := keyValue(rec.Column(0), i, d.key.typ)
		v = v.Clone()
		switch _, twice := out[v]; {
		case !ok || !wanted[v]:
			return refuse("table %s on shard %s lists a key that is equal to one of these by the rules of that shard, and not by those of the shard map: take it away", d.Table, d.on)
		case twice:
			return refuse("table %s on shard %s lists one of the keys twice: take one of the rows away", d.Table, d.on)
		case names.IsNull(i):
			return refuse("table %s on shard %s lists one of the keys without a shard", d.Table, d.on)
		}
		out[v] = names.Value(i)
	}
	return nil
}

// listed refuses keys that the directory does not list for a shard; with "" it returns the one for which it lists all of them.
func (d *directory) listed(ctx context.Context, keys []string, on string) (string, error) {
	says, err := d.read(ctx, d.shard.Query, keys)
	if err != nil {
		return "", err
	}
	others := 0
	for _, name := range says {
		switch {
		case on == "":
			on = name
		case name != on:
			others++
		}
	}
	if others > 0 {
		return "", refuse("by table %s on shard %s not all of the keys are on one shard, or not on the one named: move those of one shard at a time", d.Table, d.on)
	}
	return on, nil
}

// change lists keys for the shard to that are listed for the shard from, in a transaction. Those listed for to are left as they are; any other is an error.
func (d *directory) change(ctx context.Context, tx connectors.Tx, s shardmap.MoveSpec) error {
	says, err := d.read(ctx, tx.Query, s.Keys.Values)
	if err != nil {
		return err
	}
	due := int64(0)
	for _, name := range says {
		switch name {
		case s.From:
			due++
		case s.To:
		default:
			return refuse("table %s on shard %s lists one of the keys neither for shard %s nor for shard %s: somebody has changed it. List it for shard %s", d.Table, d.on, s.From, s.To, s.To)
		}
	}
	for part := range slices.Chunk(s.Keys.Values, keysAtOnce) {
		var c clause
		d.among(&c, part)
		c.and(column(d.Shard) + " = " + c.arg(s.From, "text"))
		to := c.arg(s.To, "text")
		stmt, err := d.shard.Update(d.Table, []string{d.Shard}, []string{to}, c.done())
		if err != nil {
			return refuse("%v", err)
		}
		n, err := tx.Exec(ctx, stmt.SQL, stmt.Args)
		if err != nil {
			return err
		}
		due -= n
	}
	if due != 0 {
		return fmt.Errorf("the rows of the keys in table %s on shard %s were changed by somebody else at the same time", d.Table, d.on)
	}
	return nil
}
