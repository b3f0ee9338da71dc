package shardmap

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// builder turns a Spec into a Map and collects its faults.
type builder struct {
	m      *Map
	faults []error
	shards space
	specs  map[string]*TableSpec

	scope
}

// scope is what a strategy is built from; each table, and each strategy within another, has one of its own.
type scope struct {
	path     string   // of the sharding
	keyTypes []string // of the key's columns
	space    space    // what is meant where settings name shards
	used     map[int]bool
	depth    int
	before   int // faults found before
}

// space are the names that a setting may use for shards, and their indexes: the shards, or a composite's branches.
type space struct {
	what, plural string
	names        []string // by index
	index        map[string]int
}

// maxFaults bounds the faults reported at once.
const maxFaults = 20

func newBuilder(spec Spec) *builder {
	return &builder{
		m:      &Map{version: spec.Version, byName: map[string]int{}, tables: map[string]*Table{}},
		specs:  map[string]*TableSpec{},
		shards: space{what: "shard", plural: "shards"},
	}
}

func (b *builder) failAt(cause error, path, format string, args ...any) {
	if len(b.faults) < maxFaults {
		b.faults = append(b.faults, &Error{Path: path, Cause: cause, Text: fmt.Sprintf(format, args...)})
	}
}

// fail reports a fault of the current table's sharding; setting is relative to it and may be empty.
func (b *builder) fail(cause error, setting, format string, args ...any) {
	b.failAt(cause, join(b.path, setting), format, args...)
}

func join(path, setting string) string {
	if setting == "" {
		return path
	}
	return path + "." + setting
}

func (b *builder) err() error { return errors.Join(b.faults...) }

func (b *builder) regions(regions []Region) {
	seen := map[string]bool{}
	for _, r := range regions {
		if r.Name == "" {
			b.failAt(ErrEmpty, "regions", "a region needs a name")
		}
		if seen[r.Name] {
			b.failAt(ErrDuplicateName, "regions."+r.Name, "region %s is defined twice", quote(r.Name))
		}
		seen[r.Name] = true
	}
	b.m.regions = slices.Clone(regions)
	if len(regions) == 0 {
		b.failAt(ErrEmpty, "regions", "no region is defined: list at least one under regions")
	}
}

func (b *builder) shardsOf(shards []Shard) {
	for i, s := range shards {
		at := "shards." + s.Name
		if s.Name == "" {
			b.failAt(ErrEmpty, "shards", "a shard needs a name")
		}
		if _, dup := b.m.byName[s.Name]; dup {
			b.failAt(ErrDuplicateName, at, "shard %s is defined twice", quote(s.Name))
		}
		if _, ok := b.m.Region(s.Region); !ok {
			b.failAt(ErrUnknownRegion, at+".region", "unknown region %s: the regions are %s", quote(s.Region), b.regionNames())
		}
		if !slices.Contains([]State{"", StateActive, StateReadOnly, StateDraining, StateRetired}, s.State) {
			b.failAt(ErrSetting, at+".state", "unknown state %s: the states are active, read_only, draining, retired", quote(string(s.State)))
		}
		b.m.byName[s.Name] = i
		b.shards.names = append(b.shards.names, s.Name)
	}
	b.shards.index = b.m.byName
	b.m.shards = slices.Clone(shards)
	if len(shards) == 0 {
		b.failAt(ErrEmpty, "shards", "no shard is defined: list at least one under shards")
	}
}

func (b *builder) regionNames() string {
	names := make([]string, len(b.m.regions))
	for i, r := range b.m.regions {
		names[i] = r.Name
	}
	return someNames(names)
}

// tables builds the tables with strategies of their own first, then those that inherit one.
func (b *builder) tables(tables []TableSpec) {
	for i := range tables {
		t := &tables[i]
		if t.Name == "" {
			b.failAt(ErrEmpty, "tables", "a table needs a name")
		}
		if b.specs[t.Name] != nil {
			b.failAt(ErrDuplicateName, "tables."+t.Name, "table %s is defined twice", quote(t.Name))
			continue
		}
		b.specs[t.Name] = t
		b.m.names = append(b.m.names, t.Name)
	}
	if len(tables) == 0 {
		b.failAt(ErrEmpty, "tables", "no table is defined: list at least one under tables")
	}
	for _, name := range b.m.names {
		if b.specs[name].ColocatedWith == "" {
			b.table(b.specs[name])
		}
	}
	for _, name := range b.m.names {
		if b.specs[name].ColocatedWith != "" {
			b.colocate(b.specs[name])
		}
	}
}

// table builds a table with a strategy of its own.
func (b *builder) table(spec *TableSpec) {
	s := &spec.Sharding
	b.scope = scope{path: "tables." + spec.Name + ".sharding", space: b.shards, used: map[int]bool{}, before: len(b.faults)}
	build := b.strategyOf(s)
	if build == nil || !b.checkKey(s) || !b.settleTypes(s) {
		return
	}
	strategy := build(b, s)
	if len(b.faults) > b.before || strategy == nil {
		return
	}
	t := &Table{
		name: spec.Name, root: spec.Name, kind: s.Strategy, key: slices.Clone(s.Key), keyTypes: b.keyTypes,
		shards: b.usedShards(), strategy: strategy, total: len(b.m.shards),
	}
	for _, pgType := range b.keyTypes {
		kind, _ := KindOf(pgType)
		t.kinds = append(t.kinds, kind)
	}
	t.scheme = fingerprint(t)
	b.m.tables[spec.Name] = t
}

// fingerprint identifies a scheme. A strategy that leaves keys unplaced is like no other table's: two
// such tables may hold one key on different shards, unless one declares itself colocated.
func fingerprint(t *Table) string {
	text, total := t.strategy.describe()
	if !total {
		text = t.name + "\x00" + text
	}
	sum := sha256.Sum256([]byte(fmt.Sprint(t.kinds, t.shards, "\x00", text)))
	return hex.EncodeToString(sum[:16])
}

// strategyOf returns the function that builds the strategy, after checking that no setting of another one
// is given.
func (b *builder) strategyOf(s *Sharding) func(*builder, *Sharding) strategy {
	type entry struct {
		build func(*builder, *Sharding) strategy
		takes []string
	}
	e, ok := map[Kind]entry{
		KindLookup:    {buildLookup, []string{"map", "directory", "shards", "default"}},
		KindHash:      {buildHash, []string{"shards", "buckets", "partitions", "hash", "key_bytes"}},
		KindJump:      {buildJump, []string{"shards", "hash", "key_bytes"}},
		KindRing:      {buildRing, []string{"shards", "points", "hash", "key_bytes"}},
		KindVirtual:   {buildVirtual, []string{"virtual", "assign", "hash", "key_bytes"}},
		KindRange:     {buildRange, []string{"ranges", "default"}},
		KindList:      {buildList, []string{"lists", "default"}},
		KindGeography: {buildGeography, []string{"places", "default", "within", "points", "hash", "key_bytes"}},
		KindComposite: {buildComposite, []string{"first", "branches"}},
		KindTenant:    {buildTenant, nil},
		KindReference: {buildReference, []string{"shards"}},
		KindSingle:    {buildSingle, []string{"shard"}},
	}[s.Strategy]
	if !ok {
		cause, text := ErrSetting, fmt.Sprintf("unknown strategy %s", quote(string(s.Strategy)))
		if s.Strategy == "" {
			cause, text = ErrEmpty, "no strategy is given"
		}
		b.fail(cause, "strategy", "%s: the strategies are %s", text, words(Kinds()))
		return nil
	}
	for _, setting := range s.settings() {
		if !slices.Contains(e.takes, setting) {
			b.fail(ErrSetting, setting, "strategy %s does not take %s: it takes %s", s.Strategy, setting, strings.Join(e.takes, ", "))
		}
	}
	return e.build
}
