package aggregate

import (
	"math/bits"
	"math/rand/v2"
)

// wordTable numbers pairs of a word and an owner in order of first sight. Its seed is random, so that no data can be made to collide.
type wordTable struct {
	index
	words  []uint64 // by number
	owners []uint32 // by number; nil while all are 0
	seed   uint64
}

func newWordTable() *wordTable {
	return &wordTable{index: newIndex(), seed: rand.Uint64()}
}

func (t *wordTable) tag(word uint64, owner uint32) uint32 {
	hi, lo := bits.Mul64(word^t.seed, 0x9e3779b97f4a7c15^uint64(owner)<<32)
	return uint32((hi ^ lo ^ uint64(owner)) * 0xd6e8feb86659fd93 >> 32)
}

// is reports that an entry is the pair.
func (t *wordTable) is(n uint32, word uint64, owner uint32) bool {
	return t.words[n] == word && t.owner(n) == owner
}

func (t *wordTable) owner(n uint32) uint32 {
	if t.owners == nil {
		return 0
	}
	return t.owners[n]
}

// insert returns the number of the pair and whether it is new.
func (t *wordTable) insert(word uint64, owner uint32) (uint32, bool) {
	tag := t.tag(word, owner)
	at, ok := t.place(tag, word, owner)
	if ok {
		return t.slots[at].next - 1, false
	}
	if owner != 0 && t.owners == nil {
		t.owners = make([]uint32, len(t.words), cap(t.words))
	}
	n := len(t.words)
	t.words = extend(t.words, n+1)
	t.words[n] = word
	if t.owners != nil {
		t.owners = extend(t.owners, n+1)
		t.owners[n] = owner
	}
	return t.add(tag, at), true
}

// find returns the number of the pair, if it was inserted.
func (t *wordTable) find(word uint64, owner uint32) (uint32, bool) {
	at, ok := t.place(t.tag(word, owner), word, owner)
	if !ok {
		return 0, false
	}
	return t.slots[at].next - 1, true
}

// place is the slot of the pair, or the empty one where it belongs.
func (t *wordTable) place(tag uint32, word uint64, owner uint32) (uint64, bool) {
	at := t.probe(tag, t.home(tag))
	for ; t.slots[at].next != 0; at = t.probe(tag, t.behind(at)) {
		if t.is(t.slots[at].next-1, word, owner) {
			return at, true
		}
	}
	return at, false
}

// insertAll is insert for words of owner 0: it writes their numbers, and appends the positions of those that are new to fresh.
func (t *wordTable) insertAll(words []uint64, ids []uint32, fresh []int32) []int32 {
	var tags, found [lookBlock]uint32
	for from := 0; from < len(words); from += lookBlock {
		block := words[from:min(from+lookBlock, len(words))]
		for i, w := range block {
			tags[i] = t.tag(w, 0)
		}
		t.look(tags[:len(block)], found[:len(block)])
		for i, w := range block {
			if f := found[i]; f != 0 && t.is(f-1, w, 0) {
				ids[from+i] = f - 1
				continue
			}
			id, isNew := t.insert(w, 0)
			ids[from+i] = id
			if isNew {
				fresh = append(fresh, int32(from+i))
			}
		}
	}
	return fresh
}

func (t *wordTable) bytes() int64 {
	return t.index.bytes() + int64(8*cap(t.words)+4*cap(t.owners))
}
