package atoll

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/shardmap"
)

// Lookup is what a query wanted to know of a directory or an index table before it was planned.
type Lookup struct {
	Table    string `json:"table"`    // whose shards it narrows; of tables with one directory the one that was named first
	Column   string `json:"column"`   // its sharding key, or its indexed column
	In       string `json:"in"`       // the directory or the index
	Values   int    `json:"values"`   // that were looked for
	Cached   int    `json:"cached"`   // of them, those whose answer was remembered
	Asked    int    `json:"asked"`    // of them, those that were asked for, by this query or by another at the same time
	Unlisted int    `json:"unlisted"` // of them, those that are not there
	// Unknown says why nothing, or not all, is known: the query then asks all shards that may have a row. "" if all is.
	Unknown string `json:"unknown,omitempty"`
}

// lookupTable is a directory or an index, and what is remembered of it.
type lookupTable struct {
	directory bool
	table     string   // whose rows it leads to
	key       []string // that table's sharding key
	column    string   // its key, or the indexed column
	in        string   // the directory or the index
	as        string   // its column of values
	gives     []string // its columns of answers
	near      bool     // all its shards are in the coordinator's region
	cache     *lookupCache

	mu     sync.Mutex
	failed map[uint32]failure // by class
}

// failure is kept for a while, so that not every query waits for a shard that is down, or is refused anew.
type failure struct {
	why   string
	until time.Time
}

// holds reports that a failure is not too old. More is left of it than it had at first only where the clock was set back.
func (f failure) holds(now time.Time) bool {
	left := f.until.Sub(now)
	return left > 0 && left <= afterRefusal
}

const (
	afterFailure = time.Second
	afterRefusal = 10 * time.Second
	maxClasses   = 4096
	maxRounds    = 3 // an index may lead to a directory, and that to an index of another table
)

// lookupTables are the directories and indexes of one version of the map. What is remembered ends with the version.
type lookupTables struct {
	directories map[string]*lookupTable    // by the table whose strategy it is
	indexes     map[[2]string]*lookupTable // by table and column

	mu      sync.Mutex
	classes map[string]uint32
	next    uint32
}

// newLookups finds the directories and indexes of the map; nil if there are none.
func (t *topology) newLookups() (*lookupTables, error) {
	var errs []error
	add := func(in *lookupTable, c shardmap.Cache) *lookupTable {
		errs = append(errs, t.openLookupTable(in, c))
		return in
	}
	out := &lookupTables{directories: map[string]*lookupTable{}, indexes: map[[2]string]*lookupTable{}, classes: map[string]uint32{}}
	for _, name := range t.Map.Tables() {
		table, _ := t.Map.Table(name)
		if d, ok := table.Directory(); ok && table.Root() == name {
			out.directories[name] = add(&lookupTable{directory: true, table: name, key: table.Key(), column: table.Key()[0],
				in: d.Table, as: d.Key, gives: []string{d.Shard}}, d.Cache)
		}
		for _, x := range table.Indexes() {
			out.indexes[[2]string{name, x.Column}] = add(&lookupTable{table: name, key: table.Key(), column: x.Column,
				in: x.Table, as: x.As, gives: x.Key}, x.Cache)
		}
	}
	if len(out.directories)+len(out.indexes) == 0 {
		return nil, nil
	}
	return out, errors.Join(errs...)
}

func (t *topology) openLookupTable(l *lookupTable, c shardmap.Cache) (err error) {
	var clock func() time.Time
	if t.opts.clocked {
		clock = t.opts.now
	}
	l.cache, err = newLookupCache(c, clock, t.behind(l))
	l.failed, l.near = map[uint32]failure{}, true
	in, _ := t.Map.Table(l.in)
	for _, s := range in.Shards() {
		l.near = l.near && t.Map.Shard(s).Region == t.cfg.Coordinator.Region
	}
	return err
}

// classOf numbers the callers for whom the rules decide alike: what one of them was told, the others would be told too, and nobody else is.
func (l *lookupTables) classOf(q *query) uint32 {
	if q.policy == nil {
		return 0
	}
	roles := slices.Clone(q.caller.Roles)
	slices.Sort(roles)
	parts := append([]string{q.policy.Hash, q.caller.Purpose, q.caller.ClientRegion}, slices.Compact(roles)...)
	for i, p := range parts {
		parts[i] = strconv.Quote(p)
	}
	text := strings.Join(parts, ",")
	l.mu.Lock()
	defer l.mu.Unlock()
	n, ok := l.classes[text]
	if !ok {
		if len(l.classes) >= maxClasses {
			clear(l.classes) // their answers are not found any more, and give way
		}
		l.next++
		n = l.next
		l.classes[text] = n
	}
	return n
}

// lookups is what one query knows of directories and indexes. It is not told twice of one value, so that all its plans agree.
type lookups struct {
	t       *topology
	q       *query
	class   uint32
	mu      sync.Mutex // plans are made one after the other; who asks how it went may do so at any time
	known   map[*lookupTable]map[shardmap.Value]*found
	want    map[*lookupTable]map[shardmap.Value]bool
	derived map[shardmap.Value]bool // sharding keys that an index gave
	order   []*lookupTable
	told    map[*lookupTable]*Lookup
}

func (t *topology) lookupsFor(q *query) *lookups {
	if t.lookups == nil {
		return nil
	}
	return &lookups{t: t, q: q, class: t.lookups.classOf(q), known: map[*lookupTable]map[shardmap.Value]*found{}, want: map[*lookupTable]map[shardmap.Value]bool{},
		derived: map[shardmap.Value]bool{}, told: map[*lookupTable]*Lookup{}}
}

// planned plans over a catalog. What the plan wanted to know of directories and indexes is looked up, and the query planned again with it. What cannot be looked
// up leaves the plan wider, and is no error.
func (e *topology) planned(ctx context.Context, cat *catalog.Catalog, q *query) (*plan.Plan, error) {
	if q.lookups == nil {
		q.lookups = e.lookupsFor(q)
	}
	for round := 0; ; round++ {
		p, err := e.planOver(cat, q, e.opts.off)
		if q.lookups == nil || round == maxRounds || ctx.Err() != nil || !q.lookups.resolve(ctx, cat) {
			return p, err
		}
	}
}

// env is what placement asks; nil for nobody.
func (l *lookups) env() place.Lookups {
	if l == nil {
		return nil
	}
	return l
}

// Directory implements place.Lookups.
func (l *lookups) Directory(t *shardmap.Table, keys []shardmap.Value) []shardmap.DirectoryEntry {
	table := l.t.lookups.directories[t.Root()]
	if table == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []shardmap.DirectoryEntry
	for _, k := range keys {
		if f := l.find(table, k); f != nil && !f.open {
			out = append(out, shardmap.DirectoryEntry{Key: k, Shards: f.shards})
		}
	}
	return out
}

// Index implements place.Lookups.
func (l *lookups) Index(table string, x shardmap.Index, values []shardmap.Value) ([]shardmap.Constraint, bool) {
	t := l.t.lookups.indexes[[2]string{table, x.Column}]
	if t == nil {
		return nil, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	columns := make([][]shardmap.Value, len(t.gives))
	anything, all := make([]bool, len(t.gives)), true
	for _, v := range values {
		f := l.find(t, v)
		if f == nil || f.open {
			all = false // the others are to be looked up together with it
			continue
		}
		for _, key := range f.keys {
			for i, k := range key {
				columns[i] = append(columns[i], k)
				anything[i] = anything[i] || k.Kind() == shardmap.NoValue // of rows with NULL in the key nothing is known
			}
		}
	}
	if !all {
		return nil, false
	}
	out := make([]shardmap.Constraint, len(columns))
	for i, c := range columns {
		if !anything[i] {
			out[i] = shardmap.In(c...)
		}
		for _, k := range c {
			l.derived[k] = true
		}
	}
	return out, true
}

// find returns what is known of a value, and makes a note of one of which nothing is.
func (l *lookups) find(t *lookupTable, v shardmap.Value) *found {
	if f, ok := l.known[t][v]; ok {
		return f
	}
	if f := t.cache.get(lookupKey{l.class, v}); f != nil {
		l.learn(t, v, f)
		l.told[t].Cached++
		return f
	}
	if l.want[t] == nil {
		l.want[t] = map[shardmap.Value]bool{}
	}
	l.want[t][v] = true
	return nil
}

// learn fixes what the query knows of a value; nil for nothing.
func (l *lookups) learn(t *lookupTable, v shardmap.Value, f *found) {
	if l.known[t] == nil {
		l.known[t] = map[shardmap.Value]*found{}
		l.order = append(l.order, t)
		l.told[t] = &Lookup{Table: t.table, Column: t.column, In: t.in}
	}
	l.known[t][v] = f
	told := l.told[t]
	told.Values++
	switch {
	case f == nil:
	case f.open:
		told.Unknown = "what it says of a value names a shard that the table has not, or more keys than are looked at"
	case f.rows == 0:
		told.Unlisted++
	}
}

// report is what was looked up.
func (l *lookups) report() []Lookup {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Lookup
	for _, t := range l.order {
		out = append(out, *l.told[t])
	}
	return out
}

// String says what was looked up, in one line.
func (l Lookup) String() string {
	text := fmt.Sprintf("lookup of %s.%s in %s: %s, %d remembered, %d asked for", l.Table, l.Column, l.In, counted(int64(l.Values), "value"), l.Cached, l.Asked)
	if l.Unlisted > 0 {
		text += fmt.Sprintf(", %d not there", l.Unlisted)
	}
	if l.Unknown != "" {
		text += "; all shards are asked where nothing is known: " + l.Unknown
	}
	return text
}
