package shardmap

// Kind names a sharding strategy, as configuration spells it.
type Kind string

const (
	KindLookup    Kind = "lookup"    // a listed key lives on the shard that lists it
	KindHash      Kind = "hash"      // xxHash64 of the key, modulo the number of buckets
	KindRange     Kind = "range"     // half-open intervals of the key
	KindList      Kind = "list"      // lists of values, each for one shard
	KindReference Kind = "reference" // replicated: every shard holds all rows
	KindSingle    Kind = "single"    // one shard holds all rows
)

// Kinds lists the strategies in the order documentation presents them.
func Kinds() []Kind {
	return []Kind{KindLookup, KindHash, KindRange, KindList, KindReference, KindSingle}
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
}

// Spec is the text form of a map, as a store or a configuration file delivers it. [New] checks it.
type Spec struct {
	Version uint64
	Regions []Region
	Shards  []Shard
	Tables  []TableSpec
	Classes []ClassSpec
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
}

// Sharding holds the settings of one strategy; which of them apply depends on Strategy. A nil slice or an
// empty string means not given, an empty slice means given and empty.
type Sharding struct {
	Strategy Kind
	Key      []string // columns; several only for hash
	// KeyType holds a PostgreSQL type name per key column; nil lets it be inferred from the values listed:
	// all integers → bigint, all ISO dates → date, all UUIDs → uuid, no values → bigint, otherwise text.
	KeyType []string

	Map       []Entry  // lookup
	Directory string   // lookup: a table of keys; not supported yet
	Lists     []Entry  // list
	Ranges    []Bounds // range, ascending
	Shards    []string // hash: one bucket each, in this order; reference: the holders, nil means all
	Buckets   []string // hash: the shard of each bucket, repeats allowed
	Shard     string   // single
	Default   string   // lookup, range, list: where unlisted keys live
}

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
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"map", s.Map != nil}, {"directory", s.Directory != ""}, {"lists", s.Lists != nil},
		{"ranges", s.Ranges != nil}, {"shards", s.Shards != nil}, {"buckets", s.Buckets != nil},
		{"shard", s.Shard != ""}, {"default", s.Default != ""},
	} {
		if f.given {
			out = append(out, f.name)
		}
	}
	return out
}

// keyTexts returns every key value the settings list, for inferring the key's type.
func (s *Sharding) keyTexts() []string {
	var out []string
	for _, entries := range [][]Entry{s.Map, s.Lists} {
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
