package shardmap

// Kind names a sharding strategy, as configuration spells it.
type Kind string

const (
	KindLookup    Kind = "lookup"    // a listed key lives on the shard that lists it
	KindHash      Kind = "hash"      // a hash of the key, modulo the number of buckets
	KindJump      Kind = "jump"      // jump consistent hashing over numbered shards
	KindRing      Kind = "ring"      // consistent hashing over points on a circle
	KindVirtual   Kind = "virtual"   // a hash of the key, modulo a fixed number of virtual shards, which are assigned to shards
	KindRange     Kind = "range"     // half-open intervals of the key
	KindList      Kind = "list"      // lists of values, each for one shard
	KindGeography Kind = "geography" // lists of values, each for a shard, region or jurisdiction; a hash within those
	KindComposite Kind = "composite" // a first strategy picks a branch, the branch's strategy the shard
	KindTenant    Kind = "tenant"    // shards say which tenants they are the schema or database of
	KindReference Kind = "reference" // replicated: every shard holds all rows
	KindSingle    Kind = "single"    // one shard holds all rows
)

// Kinds lists the strategies in the order documentation presents them.
func Kinds() []Kind {
	return []Kind{KindLookup, KindHash, KindJump, KindRing, KindVirtual, KindRange, KindList, KindGeography, KindComposite, KindTenant, KindReference, KindSingle}
}

// Region is a place with its own law.
type Region struct {
	Name         string
	Jurisdiction string // "EU", "BR", …; the region's own name where nothing else is known
}

// Shard is one database in a region.
type Shard struct {
	Name   string
	Region string
	State  State // "" means active
	// Tenants are the keys of those whose schema or database this is, in text form; nil for a shard that is nobody's own.
	Tenants []string
}

// State says what a shard is used for.
type State string

// The states of a shard.
const (
	StateActive   State = "active"
	StateReadOnly State = "read_only" // for queries only
	StateMoving   State = "moving"    // an active shard that takes part in a move; never written down
	StateDraining State = "draining"  // as active, but it gets no keys that it has not
	StateRetired  State = "retired"   // for nothing: no table names it, and it is not asked
)

// Spec is the text form of a map, as a store or a configuration file delivers it. [New] checks it.
type Spec struct {
	Version uint64
	Regions []Region
	Shards  []Shard
	Tables  []TableSpec
	Classes []ClassSpec
	Moves   []MoveSpec
}

// ClassSpec names columns by whose values rows live together: rows, of one or of different tables, that agree in all of
// the class's columns are on one shard, whatever that shard is. NULLs agree with nothing.
type ClassSpec struct {
	Name    string
	Members []ClassMember
}

// ClassMember is one table's columns of a class.
type ClassMember struct {
	Table   string
	Columns []string
}

// TableSpec says how one table is spread over shards.
type TableSpec struct {
	Name     string
	Sharding Sharding
	// ColocatedWith names a table whose strategy this one inherits: rows with equal keys live on the same
	// shard. Sharding then holds Key, and at most Strategy and KeyType, which must agree.
	ColocatedWith string
	Indexes       []IndexSpec
}

// Sharding holds the settings of one strategy; which of them apply depends on Strategy. A nil slice or an
// empty string means not given, an empty slice means given and empty.
type Sharding struct {
	Strategy Kind
	Key      []string // columns; several not for lookup, range and list
	// KeyType holds a PostgreSQL type name per key column; nil lets it be inferred from the values listed:
	// all integers → bigint, all ISO dates → date, all UUIDs → uuid, no values → bigint, otherwise text.
	KeyType []string

	Map       []Entry  // lookup
	Directory string   // lookup: the table that lists the keys, and Shards those that it may name
	Lists     []Entry  // list
	Ranges    []Bounds // range, ascending
	Shards    []string // hash: one bucket each, in this order; jump, ring; lookup with a directory; reference: the holders, nil means all
	Buckets   []string // hash: the shard of each bucket, repeats allowed
	Shard     string   // single
	Default   string   // lookup, range, list, geography: where unlisted keys live

	Hash       Hash        // hash, jump, ring, virtual, geography; "" means xxhash64
	KeyBytes   KeyBytes    // of the same: what is hashed; "" means canonical
	Partitions []Partition // hash: the shard of each remainder
	Points     int         // ring: the points of each shard, 0 means 128
	Virtual    int         // virtual: the number of virtual shards
	Assign     []Entry     // virtual: numbers of virtual shards and runs of them, such as 0-511
	Places     []Entry     // geography: for each shard, region or jurisdiction the values that live there
	Within     Kind        // geography: hash, jump or ring; how further columns choose among the shards of a place; "" means hash
	// DirectoryAs says more of Directory, whose name it need not hold; nil means that its columns are called as usual.
	DirectoryAs *Directory
	First       *Sharding // composite: picks a branch; names branches where others name shards
	Branches    []Branch  // composite
}

// Branch is one of the ways in which a composite goes on.
type Branch struct {
	Name     string
	Sharding Sharding
}

// Partition is a shard's share of a hash: the keys whose hash modulo Modulus is Remainder.
type Partition struct {
	Shard              string
	Modulus, Remainder int
}

// keyed reports whether the strategy looks at keys.
func (s *Sharding) keyed() bool { return s.Strategy != KindReference && s.Strategy != KindSingle }

// Entry lists the keys of one shard, in text form.
type Entry struct {
	Shard string
	Keys  []string
}

// Bounds is the half-open interval [From, To) of keys on one shard, in text form; nil means unbounded.
type Bounds struct {
	Shard    string
	From, To *string
}

// settings names the strategy-specific settings that are given, as configuration spells them.
func (s *Sharding) settings() []string {
	var out []string
	for _, f := range s.strategySettings() {
		if f.given {
			out = append(out, f.name)
		}
	}
	return out
}

// setting is a strategy-specific one.
type setting struct {
	name  string
	given bool
}

func (s *Sharding) strategySettings() []setting {
	return []setting{
		{"map", s.Map != nil}, {"directory", s.Directory != ""}, {"lists", s.Lists != nil},
		{"ranges", s.Ranges != nil}, {"shards", s.Shards != nil}, {"buckets", s.Buckets != nil},
		{"shard", s.Shard != ""}, {"default", s.Default != ""}, {"hash", s.Hash != ""}, {"key_bytes", s.KeyBytes != ""},
		{"partitions", s.Partitions != nil}, {"points", s.Points != 0}, {"virtual", s.Virtual != 0}, {"assign", s.Assign != nil},
		{"places", s.Places != nil}, {"within", s.Within != ""}, {"first", s.First != nil}, {"branches", s.Branches != nil},
	}
}

// keyTexts returns every value the settings list for a column of the key, for inferring its type.
func (s *Sharding) keyTexts(column int) []string {
	var out []string
	if s.Strategy == KindComposite && s.First != nil {
		for i := range s.Branches {
			out = append(out, s.innerTexts(&s.Branches[i].Sharding, false, column)...)
		}
		return append(out, s.innerTexts(s.First, true, column)...)
	}
	if column > 0 {
		return nil
	}
	for _, entries := range [][]Entry{s.Map, s.Lists, s.Places} {
		for _, e := range entries {
			out = append(out, e.Keys...)
		}
	}
	for _, r := range s.Ranges {
		for _, b := range []*string{r.From, r.To} {
			if b != nil {
				out = append(out, *b)
			}
		}
	}
	return out
}

// innerTexts returns what a strategy in a composite lists for a column of the composite's key.
func (s *Sharding) innerTexts(inner *Sharding, first bool, column int) []string {
	from, to, ok := s.columns(inner, first)
	if !ok || column < from || column >= to {
		return nil
	}
	n := *inner
	n.Key = s.Key[from:to]
	return n.keyTexts(column - from)
}
