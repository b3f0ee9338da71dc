package shardmap

import (
	"fmt"
	"slices"
	"time"
)

// Directory is a table that lists keys and the shard of each. It is itself one of the map's tables; what it holds is for others to ask, and is
// given to the map by [Table.WithEntries].
type Directory struct {
	Table string
	Key   string // its column of keys; "" in a specification means that it is called as the key of the table placed
	Shard string // its column of shards' names; "" in a specification means "shard"
	// Complete says that no row exists whose key is not listed. Otherwise the rows of such a key live on the default shard, or on any.
	Complete bool
	Cache    Cache
}

// DefaultCacheTTL is what a TTL of zero in a [Cache] stands for.
const DefaultCacheTTL = 10 * time.Second

// Cache bounds what is remembered of a directory or an index table, and for how long. Zero values mean defaults, which are for who remembers.
type Cache struct {
	Off         bool // nothing is remembered
	TTL         time.Duration
	NegativeTTL time.Duration // of what was not found
	MaxStale    time.Duration // of what was found, and is asked for anew meanwhile; zero for no longer than TTL
	Size        int           // entries
}

// DirectoryEntry is what a directory is known to say of a key: the shards it names, of which one has the key's rows; none where it certainly does
// not list the key.
type DirectoryEntry struct {
	Key    Value
	Shards []int
}

// tableDirectory places keys as a directory table lists them. Keys of which nothing is known may live on any of the table's shards.
type tableDirectory struct {
	Directory
	shards   []int
	fallback int // shard index, -1 for none
	names    []string
	entries  map[Value][]int
	closed   bool // entries are all that the directory has
	// moving are the keys of moves, and the shards that have them: while a move stands the map says where its keys live, and not the directory.
	moving map[Value]movingKey
}

// movingKey is where a key of a move lives.
type movingKey struct {
	on   []int // one
	move string
}

// buildTableDirectory reads a lookup by a directory table.
func buildTableDirectory(b *builder, s *Sharding) strategy {
	d := &tableDirectory{Directory: Directory{Table: s.Directory}, fallback: b.defaultShard(s), names: b.space.names}
	if s.DirectoryAs != nil {
		d.Directory = *s.DirectoryAs
		d.Directory.Table = s.Directory
	}
	if d.Key == "" && len(s.Key) > 0 {
		d.Key = s.Key[0]
	}
	if d.Shard == "" {
		d.Shard = "shard"
	}
	switch {
	case b.depth > 0:
		b.fail(ErrUnsupported, "directory", "a directory table cannot be part of a composite: give the table strategy lookup of its own")
	case s.Map != nil:
		b.fail(ErrSetting, "map", "the keys are listed in table %s: remove map, or directory", s.Directory)
	case s.Shards == nil:
		b.fail(ErrEmpty, "shards", "a directory table needs shards, the list of those that it may name")
	case d.Complete && d.fallback >= 0:
		b.fail(ErrSetting, "default", "the directory is declared complete, so that no key lives on a default shard: remove default, or complete")
	case d.Key == d.Shard:
		b.fail(ErrSetting, "directory", "column %s cannot be both the key and its shard", quote(d.Key))
	default:
		d.shards = b.shardList(s.Shards, "shards", false)
		slices.Sort(d.shards)
		return d
	}
	return nil
}

// directories checks that the tables which list keys exist.
func (b *builder) directories() {
	for _, name := range b.m.names {
		t := b.m.tables[name]
		if t == nil || t.root != name {
			continue
		}
		d, ok := t.Directory()
		at := "tables." + name + ".sharding.directory"
		switch {
		case !ok:
		case d.Table == name:
			b.failAt(ErrSetting, at, "table %s cannot be its own directory", quote(name))
		case b.specs[d.Table] == nil:
			b.failAt(ErrUnknownTable, at, "unknown table %s: the directory is itself one of the tables, which are %s", quote(d.Table), someNames(b.m.names))
		case b.m.tables[d.Table] != nil && b.m.tables[d.Table].root == name:
			b.failAt(ErrSetting, at, "table %s lives where the keys that it lists live: give it a strategy of its own", quote(d.Table))
		}
	}
}

// Directory returns the table that lists this one's keys; false if there is none.
func (t *Table) Directory() (Directory, bool) {
	d, ok := t.strategy.(*tableDirectory)
	if !ok {
		return Directory{}, false
	}
	return d.Directory, true
}

// Root returns the table whose strategy this one has: its own name, or that of a table it is colocated with.
func (t *Table) Root() string { return t.root }

// DirectoryKeys returns the keys that the directory should be asked about before rows which meet the constraints are looked for, at most limit;
// none where that would narrow nothing, or where they are more. Keys that move are not among them.
func (t *Table) DirectoryKeys(constraints map[string]Constraint, limit int) []Value {
	if _, ok := t.strategy.(*tableDirectory); !ok {
		return nil
	}
	c := constraints[t.key[0]]
	if c.Kind() != t.kinds[0] {
		return nil
	}
	points, ok := c.points()
	if !ok || len(points) > limit {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(points), t.Moving)
}

// Moving reports whether a key of a table with a directory is one of a move, so that the map itself says where it lives and the directory need not be asked.
func (t *Table) Moving(key Value) bool {
	d, ok := t.strategy.(*tableDirectory)
	if !ok {
		return false
	}
	_, moving := d.moving[key]
	return moving
}

// settle notes the keys of a move and the shard that has them.
func (d *tableDirectory) settle(m *Move) {
	if d.moving == nil {
		d.moving = map[Value]movingKey{}
	}
	for _, v := range m.values {
		d.moving[v] = movingKey{[]int{m.Owner()}, m.ID}
	}
}

// WithEntries returns the table as it is once so much is known of its directory; what other entries said is forgotten. The scheme stays. Neither t nor
// entries are changed or kept; shards that are not the table's are an error of the caller's. A table without a directory stays as it is.
func (t *Table) WithEntries(entries []DirectoryEntry) *Table {
	d, ok := t.strategy.(*tableDirectory)
	if !ok || len(entries) == 0 && len(d.entries) == 0 {
		return t
	}
	known := *d
	known.entries = make(map[Value][]int, len(entries))
	for _, e := range entries {
		known.entries[e.Key] = slices.Clone(e.Shards)
	}
	out := *t
	out.strategy = &known
	return &out
}

// WithDirectory is WithEntries for entries that are the whole directory: other keys are not listed.
func (t *Table) WithDirectory(entries []DirectoryEntry) *Table {
	out := t.WithEntries(entries)
	d, ok := out.strategy.(*tableDirectory)
	if !ok {
		return t
	}
	closed, whole := *d, *out
	closed.closed, whole.strategy = true, &closed
	return &whole
}

// Absent reports whether, by its directory, no row of the table has a key.
func (t *Table) Absent(key Value) bool {
	d, ok := t.strategy.(*tableDirectory)
	if !ok {
		return false
	}
	shards, known := d.of(key)
	return d.Complete && known && len(shards) == 0
}

// of returns what is known of a key.
func (d *tableDirectory) of(key Value) (shards []int, known bool) {
	if m, ok := d.moving[key]; ok {
		return m.on, true
	}
	shards, known = d.entries[key]
	return shards, known || d.closed
}

func (d *tableDirectory) route(key []Value) (int, bool) {
	shards, known := d.of(key[0])
	switch {
	case len(shards) == 1:
		return shards[0], true
	case known && len(shards) == 0 && d.fallback >= 0:
		return d.fallback, true
	}
	return 0, false
}

func (d *tableDirectory) prune(key []Constraint, into *shardSet) {
	points, ok := key[0].points()
	if !ok {
		into.addAll()
		return
	}
	for i := 0; i < len(points) && !into.full(); i++ {
		shards, known := d.of(points[i])
		switch {
		case !known || len(shards) == 0 && d.fallback < 0 && !d.Complete:
			into.addAll()
		case len(shards) == 0 && d.fallback >= 0:
			into.add(d.fallback)
		}
		for _, s := range shards {
			into.add(s)
		}
	}
}

func (d *tableDirectory) explain(key []Value) string {
	shards, known := d.of(key[0])
	text := fmt.Sprintf("lookup: table %s", d.Table)
	q := quote(key[0].String())
	switch m, moving := d.moving[key[0]]; {
	case moving:
		return fmt.Sprintf("lookup: key %s is of move %s, and the map says that %s has it: table %s is not asked", q, m.move, d.names[shards[0]], d.Table)
	case !known:
		return fmt.Sprintf("%s lists the keys, and was not asked for %s: any of the table's shards may hold it", text, q)
	case len(shards) == 1:
		return fmt.Sprintf("%s lists key %s for %s", text, q, d.names[shards[0]])
	case len(shards) > 1:
		return fmt.Sprintf("%s lists key %s for several shards: each of them may hold it", text, q)
	case d.fallback >= 0:
		return fmt.Sprintf("%s does not list key %s, so it lives on the default shard %s", text, q, d.names[d.fallback])
	case d.Complete:
		return fmt.Sprintf("%s does not list key %s and is declared complete: no row has it", text, q)
	}
	return fmt.Sprintf("%s does not list key %s and there is no default shard: any of the table's shards may hold it", text, q)
}

// describe tells no more than the configuration: what the directory lists does not change which tables are colocated.
func (d *tableDirectory) describe() (string, bool) {
	return fmt.Sprintf("directory table %q %q %q default %d", d.Table, d.Key, d.Shard, d.fallback), false
}

func (d *tableDirectory) cover(c *Coverage, at string) {
	for _, s := range d.shards {
		c.part(s, at)
	}
	c.open(ErrGap, at+".directory", "the keys are listed in table %s, which only its rows tell: queries for keys that it does not list ask %s", d.Table, d.unlisted())
}

func (d *tableDirectory) unlisted() string {
	switch {
	case d.fallback >= 0:
		return "the default shard " + d.names[d.fallback]
	case d.Complete:
		return "one shard, which has no row of them"
	}
	return "all its shards"
}
