package aggregate

import (
	"bytes"
	"hash/maphash"
)

// byteTable numbers byte strings in order of first sight; it keeps them in an arena.
type byteTable struct {
	index
	ends  []int // by number: where its bytes end in the arena
	arena []byte
	seed  maphash.Seed
}

func newByteTable() *byteTable {
	return &byteTable{index: newIndex(), seed: maphash.MakeSeed()}
}

func (t *byteTable) tag(key []byte) uint32 { return uint32(maphash.Bytes(t.seed, key) >> 32) }

// insert returns the number of key and whether it is new; the table copies key.
func (t *byteTable) insert(key []byte) (uint32, bool, error) { return t.insertTagged(t.tag(key), key) }

func (t *byteTable) insertTagged(tag uint32, key []byte) (uint32, bool, error) {
	at, ok := t.place(tag, key)
	if ok {
		return t.slots[at].next - 1, false, nil
	}
	if len(t.ends) >= maxEntries {
		return 0, false, errTooManyGroups()
	}
	t.arena = append(t.arena, key...)
	t.ends = append(t.ends, len(t.arena))
	return t.add(tag, at), true, nil
}

// find returns the number of key, if it was inserted.
func (t *byteTable) find(key []byte) (uint32, bool) {
	at, ok := t.place(t.tag(key), key)
	if !ok {
		return 0, false
	}
	return t.slots[at].next - 1, true
}

// place is the slot of key, or the empty one where it belongs.
func (t *byteTable) place(tag uint32, key []byte) (uint64, bool) {
	at := t.probe(tag, t.home(tag))
	for ; t.slots[at].next != 0; at = t.probe(tag, t.behind(at)) {
		if bytes.Equal(t.entry(int(t.slots[at].next-1)), key) {
			return at, true
		}
	}
	return at, false
}

// insertAll is insert for rows keys that row gives: it writes their numbers, and appends the positions of those that are new to fresh.
func (t *byteTable) insertAll(row func(i int) []byte, ids []uint32, fresh []int32) ([]int32, error) {
	var tags, found [lookBlock]uint32
	for from := 0; from < len(ids); from += lookBlock {
		block := ids[from:min(from+lookBlock, len(ids))]
		for i := range block {
			tags[i] = t.tag(row(from + i))
		}
		t.look(tags[:len(block)], found[:len(block)])
		for i := range block {
			key := row(from + i)
			if f := found[i]; f != 0 && bytes.Equal(t.entry(int(f-1)), key) {
				block[i] = f - 1
				continue
			}
			id, isNew, err := t.insertTagged(tags[i], key)
			if err != nil {
				return fresh, err
			}
			block[i] = id
			if isNew {
				fresh = append(fresh, int32(from+i))
			}
		}
	}
	return fresh, nil
}

func (t *byteTable) entry(n int) []byte {
	if n == 0 {
		return t.arena[:t.ends[0]]
	}
	return t.arena[t.ends[n-1]:t.ends[n]]
}

func (t *byteTable) bytes() int64 {
	return t.index.bytes() + int64(cap(t.ends)*8+cap(t.arena))
}
