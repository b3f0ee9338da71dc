package atoll

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/shardmap"
)

// tally counts the rows of one table on one shard by where they belong.
type tally struct {
	shards *shardmap.Map
	table  *shardmap.Table
	shard  int
	names  []string // of the key's columns
	types  []plan.Type

	rows, nulls, unlisted int64
	at                    map[int]int64    // astray rows, by the shard where they belong
	among                 map[string]int64 // those that belong on one of several, by their names
	key                   []shardmap.Value
}

func newTally(m *shardmap.Map, t *shardmap.Table, shard int, types []plan.Type) *tally {
	return &tally{shards: m, table: t, shard: shard, names: t.Key(), types: types, at: map[int]int64{}, among: map[string]int64{},
		key: make([]shardmap.Value, len(types))}
}

var errKeyForm = errors.New("internal error: a key column did not arrive in the form of its type")

// add counts the rows of a batch, whose columns are the key's.
func (t *tally) add(r array.RecordReader) error {
	rec := r.Record()
	read := make([]func(int) shardmap.Value, len(t.types))
	for i, typ := range t.types {
		if read[i] = keyReader(typ, rec.Column(i)); read[i] == nil {
			return errKeyForm
		}
	}
	for row := range int(rec.NumRows()) {
		null := false
		for i := range read {
			if rec.Column(i).IsNull(row) {
				t.key[i], null = shardmap.Value{}, true
			} else {
				t.key[i] = read[i](row)
			}
		}
		t.count(null)
	}
	return nil
}

// count holds one key against the map.
func (t *tally) count(null bool) {
	t.rows++
	if !null {
		if home, ok := t.table.Route(t.key); ok {
			if home != t.shard {
				t.at[home]++
			}
			return
		}
		t.unlisted++
		if t.table.Absent(t.key[0]) {
			t.among["no shard, since the directory is declared complete and does not list the key"]++
			return
		}
	} else {
		t.nulls++
	}
	switch homes := t.homes(); {
	case slices.Contains(homes, t.shard):
	case len(homes) == 1:
		t.at[homes[0]]++
	default:
		t.among[shardNames(t.shards, homes)]++
	}
}

func shardNames(m *shardmap.Map, shards []int) string {
	names := make([]string, len(shards))
	for i, s := range shards {
		names[i] = m.Shard(s).Name
	}
	return strings.Join(names, ", ")
}

// homes are the shards that are asked for the key, by all that can be said of it; of NULL nothing can.
func (t *tally) homes() []int {
	known := map[string]shardmap.Constraint{}
	for i, v := range t.key {
		if v.Kind() != shardmap.NoValue {
			known[t.names[i]] = shardmap.In(v)
		}
	}
	return t.table.Prune(known)
}

// astray lists what belongs elsewhere.
func (t *tally) astray() []Astray {
	var out []Astray
	for s, n := range t.at {
		out = append(out, Astray{t.shards.Shard(s).Name, n})
	}
	for names, n := range t.among {
		out = append(out, Astray{names, n})
	}
	slices.SortFunc(out, func(a, b Astray) int { return cmp.Compare(a.Belongs, b.Belongs) })
	return out
}

// keyReader reads the values of a key column, which are valid as long as the column is; nil if its form is not the type's.
func keyReader(t plan.Type, c arrow.Array) func(row int) shardmap.Value {
	switch c := c.(type) {
	case *array.Int16:
		return func(i int) shardmap.Value { return shardmap.Int(int64(c.Value(i))) }
	case *array.Int32:
		return func(i int) shardmap.Value { return shardmap.Int(int64(c.Value(i))) }
	case *array.Int64:
		return func(i int) shardmap.Value { return shardmap.Int(c.Value(i)) }
	case *array.String:
		if t.Kind == plan.Bpchar {
			return func(i int) shardmap.Value { return shardmap.Text(strings.TrimRight(c.Value(i), " ")) }
		}
		return func(i int) shardmap.Value { return shardmap.Text(c.Value(i)) }
	case *array.FixedSizeBinary:
		return func(i int) shardmap.Value { return shardmap.UUID([16]byte(c.Value(i))) }
	case *array.Date32:
		return func(i int) shardmap.Value { return shardmap.Date(int32(c.Value(i))) }
	case *array.Boolean:
		return func(i int) shardmap.Value { return shardmap.Bool(c.Value(i)) }
	case *array.Timestamp:
		if t.Kind == plan.TimestampTZ {
			return func(i int) shardmap.Value { return shardmap.TimestampTZ(int64(c.Value(i))) }
		}
		return func(i int) shardmap.Value { return shardmap.Timestamp(int64(c.Value(i))) }
	}
	return nil
}
