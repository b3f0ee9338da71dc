package shardmap

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// specMaker makes specifications at random, most of them good.
type specMaker struct{ r *rand.Rand }

func (g specMaker) pick(n int) int { return g.r.IntN(n) }

func (g specMaker) spec() Spec {
	spec := Spec{Regions: []Region{{"r0", "J0"}, {"r1", "J1"}, {"r2", "J1"}}}
	for i := range 1 + g.pick(8) {
		spec.Shards = append(spec.Shards, Shard{Name: fmt.Sprintf("s%d", i), Region: fmt.Sprintf("r%d", g.pick(3))})
	}
	names := make([]string, len(spec.Shards))
	for i, s := range spec.Shards {
		names[i] = s.Name
	}
	types := [][]string{{"bigint"}, {"text"}, {"date"}, {"uuid"}, {"boolean"}, {"bigint", "text"}, {"text", "bigint"}, {"date", "bigint", "boolean"}}[g.pick(8)]
	s := Sharding{KeyType: types}
	for i := range types {
		s.Key = append(s.Key, fmt.Sprintf("k%d", i))
	}
	g.strategy(&s, types, names, 0)
	if g.pick(20) == 0 {
		g.spoil(&s)
	}
	if len(types) == 1 && g.pick(12) == 0 {
		s = Sharding{Strategy: KindTenant, Key: s.Key, KeyType: s.KeyType}
		for i, e := range g.entries(names, types[0]) {
			spec.Shards = append(spec.Shards, Shard{Name: fmt.Sprintf("%s.t%d", e.Shard, i), Region: "r0", Tenants: e.Keys})
		}
	}
	spec.Tables = []TableSpec{{Name: "t", Sharding: s}}
	return spec
}

func (g specMaker) some(names []string) []string {
	out := slices.Clone(names)
	g.r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:1+g.pick(len(out))]
}

func (g specMaker) strategy(s *Sharding, types, names []string, depth int) {
	kinds := []Kind{KindHash, KindJump, KindRing, KindVirtual}
	if len(types) == 1 {
		kinds = append(kinds, KindLookup, KindList, KindRange)
	}
	if len(types) > 1 && depth < 3 {
		kinds = append(kinds, KindComposite, KindComposite)
	}
	if depth == 0 {
		kinds = append(kinds, KindGeography)
	}
	switch s.Strategy = kinds[g.pick(len(kinds))]; s.Strategy {
	case KindLookup:
		s.Map = g.entries(g.some(names), types[0])
		s.Default = []string{"", names[0]}[g.pick(2)]
	case KindList:
		s.Lists = g.entries(g.some(names), types[0])
		s.Default = []string{"", names[0]}[g.pick(2)]
	case KindRange:
		g.ranges(s, types[0], names)
	case KindGeography:
		s.Places = g.entries(g.some(append([]string{"r0", "r1", "J1"}, names...)), types[0])
		if len(types) > 1 {
			s.Within = []Kind{"", KindHash, KindJump, KindRing}[g.pick(4)]
		}
	case KindComposite:
		g.composite(s, types, names, depth)
	default:
		g.hashed(s, types, names)
	}
}

func (g specMaker) hashed(s *Sharding, types, names []string) {
	s.Hash = []Hash{"", HashXX64, HashMurmur32, HashMurmur128, HashPostgreSQL, HashMD5}[g.pick(6)]
	switch s.Strategy {
	case KindHash:
		switch g.pick(3) {
		case 0:
			s.Shards = g.some(names)
		case 1:
			for range 1 + g.pick(20) {
				s.Buckets = append(s.Buckets, names[g.pick(len(names))])
			}
		default:
			n := 1 + g.pick(6)
			for i := range n {
				s.Partitions = append(s.Partitions, Partition{names[g.pick(len(names))], n, i})
			}
		}
	case KindVirtual:
		s.Virtual = 1 + g.pick(64)
		next := 0
		for _, name := range g.some(names) {
			last := min(next+g.pick(20), s.Virtual-1)
			if next < s.Virtual {
				s.Assign = append(s.Assign, Entry{name, []string{run(next, last)}})
			}
			next = last + 1
		}
		if next < s.Virtual {
			s.Assign[len(s.Assign)-1].Keys = append(s.Assign[len(s.Assign)-1].Keys, run(next, s.Virtual-1))
		}
	default:
		s.Shards = g.some(names)
		if s.Strategy == KindRing {
			s.Points = 1 + g.pick(40)
		}
	}
}

func (g specMaker) entries(names []string, pgType string) []Entry {
	seen := map[Value]bool{}
	var out []Entry
	for _, name := range names {
		e := Entry{Shard: name}
		for range 1 + g.pick(4) {
			if v := g.value(pgType); !seen[v] {
				seen[v] = true
				e.Keys = append(e.Keys, v.String())
			}
		}
		if len(e.Keys) > 0 {
			out = append(out, e)
		}
	}
	return out
}

func (g specMaker) ranges(s *Sharding, pgType string, names []string) {
	var cuts []Value
	for range g.pick(6) {
		cuts = append(cuts, g.value(pgType))
	}
	slices.SortFunc(cuts, Compare)
	cuts = slices.Compact(cuts)
	s.Ranges = []Bounds{{Shard: names[g.pick(len(names))]}}
	for _, c := range cuts {
		s.Ranges[len(s.Ranges)-1].To = ptr(c.String())
		s.Ranges = append(s.Ranges, Bounds{names[g.pick(len(names))], ptr(c.String()), nil})
	}
	if len(s.Ranges) > 2 && g.pick(3) == 0 {
		s.Default = names[0]
		s.Ranges = slices.Delete(s.Ranges, 1, 2)
	}
}

func (g specMaker) composite(s *Sharding, types, names []string, depth int) {
	branches := []string{"a", "b", "c"}[:1+g.pick(3)]
	for {
		s.First = &Sharding{}
		g.strategy(s.First, types[:1], branches, depth+3)
		if s.First.Strategy != KindGeography && s.First.Strategy != KindComposite {
			break
		}
	}
	for _, name := range branches {
		br := Branch{Name: name}
		if g.pick(4) == 0 {
			br.Sharding = Sharding{Strategy: KindSingle, Shard: names[g.pick(len(names))]}
		} else {
			g.strategy(&br.Sharding, types[1:], names, depth+1)
		}
		s.Branches = append(s.Branches, br)
	}
}

// spoil breaks one thing.
func (g specMaker) spoil(s *Sharding) {
	switch g.pick(5) {
	case 0:
		s.Key = nil
	case 1:
		s.Hash = "sha3"
	case 2:
		s.Default = "nowhere"
	case 3:
		s.Partitions = []Partition{{"s0", 3, 1}}
	default:
		s.Assign = []Entry{{"s0", []string{"5-3"}}}
	}
}

// value is a key out of few, so that keys meet the bounds of ranges and the entries of lists.
func (g specMaker) value(pgType string) Value {
	n := int64(g.pick(40) - 10)
	switch kind, _ := KindOf(pgType); kind {
	case TextValue:
		return Text([]string{"", "BR", "DE", "a", "m", "m\x01", "z", "é"}[g.pick(8)] + []string{"", "1"}[g.pick(2)])
	case UUIDValue:
		return UUID([16]byte{0: byte(g.pick(3)) << 7, 15: byte(g.pick(16))})
	case DateValue:
		return Date(int32(18_000 + n))
	case BoolValue:
		return Bool(n%2 == 0)
	}
	return Int(n)
}

// holds checks a map of one table against what is promised for every strategy.
func (g specMaker) holds(t *testing.T, spec Spec, m *Map) {
	t.Helper()
	table, _ := m.Table("t")
	again, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	cov := table.Coverage()
	for _, f := range cov.Open {
		if !errors.Is(f, ErrGap) || f.Path == "" {
			t.Fatalf("%+v: %v", spec.Tables[0].Sharding, f)
		}
	}
	for range 60 {
		key, constraints := make([]Value, len(table.kinds)), map[string]Constraint{}
		meets := true
		for i := range key {
			pgType := table.keyTypes[i]
			key[i] = g.value(pgType)
			if g.pick(8) == 0 {
				key[i] = Value{} // NULL
			}
			c, _ := randomConstraint(g.r, func() Value { return g.value(pgType) }, 2)
			switch g.pick(8) {
			case 0, 1, 2:
				c = In(key[i], g.value(pgType))
			case 3:
				c = NotNull(table.kinds[i])
			}
			constraints[table.key[i]] = c
			if key[i].kind == NoValue {
				meets = meets && c.IsAll()
			} else {
				meets = meets && c.Contains(key[i])
			}
		}
		pruned := table.Prune(constraints)
		if len(pruned) == 0 || !slices.IsSorted(pruned) || !contains(table.shards, pruned) {
			t.Fatalf("%+v: %v pruned to %v", spec.Tables[0].Sharding, constraints, pruned)
		}
		if may := mayHold(table.strategy, key, table.shards); meets && !contains(pruned, may) {
			t.Fatalf("%+v: key %v lives on one of %v, but %v is pruned to %v", spec.Tables[0].Sharding, key, may, constraints, pruned)
		}
		if slices.Contains(key, Value{}) {
			continue
		}
		shard, ok := table.Route(key)
		if other, ok2 := again.Route("t", key); other != shard || ok2 != ok {
			t.Fatalf("%+v: key %v lives on %d and on %d", spec.Tables[0].Sharding, key, shard, other)
		}
		if !ok && cov.Complete() {
			t.Fatalf("%+v: complete, but key %v has no shard", spec.Tables[0].Sharding, key)
		}
		if ok && !slices.Contains(table.shards, shard) {
			t.Fatalf("%+v: key %v lives on %d, which is not the table's", spec.Tables[0].Sharding, key, shard)
		}
		candidates := table.candidates(key)
		if ok && !slices.Equal(candidates, []int{shard}) || !ok && len(candidates) == 0 {
			t.Fatalf("%+v: key %v lives on %d (%v) of %v", spec.Tables[0].Sharding, key, shard, ok, candidates)
		}
		if why := table.strategy.explain(key); why == "" {
			t.Fatalf("%+v: no explanation", spec.Tables[0].Sharding)
		}
	}
}

// mayHold is where a key may live as the documentation says it: with a NULL, or unlisted, on any of the shards that the
// strategy has.
func mayHold(s strategy, key []Value, shards []int) []int {
	if c, ok := s.(*composite); ok {
		first := key[c.first.from:c.first.to]
		i, known := 0, !slices.Contains(first, Value{})
		if known {
			i, known = c.first.route(first)
		}
		if !known {
			return shards
		}
		br := c.branches[i]
		return mayHold(br.strategy, key[br.from:br.to], br.shards)
	}
	if !slices.Contains(key, Value{}) {
		if at, ok := s.route(key); ok {
			return []int{at}
		}
	}
	return shards
}

// TestRandomSpecs holds that of every accepted specification each key lives on exactly one shard, the same whenever the map
// is built, and is never pruned away.
func TestRandomSpecs(t *testing.T) {
	accepted := map[Kind]int{}
	for seed := range uint64(3000) {
		g := specMaker{rand.New(rand.NewPCG(7, seed))}
		spec := g.spec()
		m, err := New(spec)
		if err != nil {
			if len(Faults(err)) == 0 {
				t.Fatalf("%+v: %v", spec, err)
			}
			continue
		}
		accepted[spec.Tables[0].Sharding.Strategy]++
		g.holds(t, spec, m)
	}
	for _, kind := range Kinds() {
		if kind != KindReference && kind != KindSingle && accepted[kind] < 30 {
			t.Errorf("%s: only %d specifications were accepted", kind, accepted[kind])
		}
	}
}

// FuzzParseValue holds that text which is read gives a value of the type's kind whose own text is read back as the same.
func FuzzParseValue(f *testing.F) {
	for _, s := range []string{"1", "-1", "2020-01-01", "infinity", "00112233-4455-6677-8899-aabbccddeeff", "t", "2020-01-01 10:00:00.5+02", "é", ""} {
		for i := range fuzzTypes {
			f.Add(uint8(i), s)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		pgType := fuzzTypes[int(which)%len(fuzzTypes)]
		v, err := ParseValue(pgType, text)
		if err != nil {
			if !errors.Is(err, ErrKeyType) {
				t.Fatal(err)
			}
			return
		}
		if kind, _ := KindOf(pgType); v.Kind() != kind {
			t.Fatalf("%q as %s is %v", text, pgType, v.Kind())
		}
		if back, err := ParseValue(v.Kind().String(), v.String()); err != nil || back != v {
			t.Fatalf("%q as %s is %q, which is %v, %v", text, pgType, v, back, err)
		}
	})
}

var fuzzTypes = []string{"bigint", "smallint", "text", "character(4)", "uuid", "date", "boolean", "timestamp", "timestamptz"}

// FuzzParseRun holds that runs of virtual shards lie within their limit.
func FuzzParseRun(f *testing.F) {
	for _, s := range []string{"0", "0-511", "5-3", "-", "1-", "-1", "99999999999", " 1 - 2 "} {
		f.Add(s, uint16(512))
	}
	f.Fuzz(func(t *testing.T, text string, limit uint16) {
		if first, last, ok := parseRun(text, int(limit)); ok && (first < 0 || first > last || last >= int(limit)) {
			t.Fatalf("%q below %d: %d to %d", text, limit, first, last)
		}
	})
}
