package shardmap

import "slices"

// valueMap maps values of one kind to shards. Integers and the like have a map of their own, which is faster; so has text.
type valueMap struct {
	ints  map[int64]int32
	texts map[string]int32
	uuids map[[2]uint64]int32
	kind  ValueKind
}

func (m *valueMap) put(v Value, shard int) {
	switch m.kind = v.kind; v.kind {
	case TextValue:
		if m.texts == nil {
			m.texts = map[string]int32{}
		}
		m.texts[v.text] = int32(shard)
	case UUIDValue:
		if m.uuids == nil {
			m.uuids = map[[2]uint64]int32{}
		}
		m.uuids[[2]uint64{v.hi, uint64(v.n)}] = int32(shard)
	default:
		if m.ints == nil {
			m.ints = map[int64]int32{}
		}
		m.ints[v.n] = int32(shard)
	}
}

func (m *valueMap) get(v *Value) (int, bool) {
	var shard int32
	var ok bool
	switch v.kind {
	case TextValue:
		shard, ok = m.texts[v.text]
	case UUIDValue:
		shard, ok = m.uuids[[2]uint64{v.hi, uint64(v.n)}]
	default:
		shard, ok = m.ints[v.n]
	}
	return int(shard), ok
}

func (m *valueMap) len() int { return len(m.ints) + len(m.texts) + len(m.uuids) }

// placedValue is one entry of a valueMap.
type placedValue struct {
	key   Value
	shard int
}

// sorted returns the entries, ascending.
func (m *valueMap) sorted() []placedValue {
	out := make([]placedValue, 0, m.len())
	for n, shard := range m.ints {
		out = append(out, placedValue{Value{kind: m.kind, n: n}, int(shard)})
	}
	for s, shard := range m.texts {
		out = append(out, placedValue{Text(s), int(shard)})
	}
	for u, shard := range m.uuids {
		out = append(out, placedValue{Value{kind: UUIDValue, hi: u[0], n: int64(u[1])}, int(shard)})
	}
	slices.SortFunc(out, func(a, b placedValue) int { return Compare(a.key, b.key) })
	return out
}
