package aggregate

import (
	"bytes"
	"hash/maphash"
	"math"
	"math/bits"
	"math/rand/v2"
)

// maxEntries bounds what 32-bit group numbers can name.
const maxEntries = math.MaxUint32 - 1

func errTooManyGroups() error {
	return &Error{SQLState: "54000", Text: "more than 4294967294 groups or distinct values"}
}

// wordTable numbers pairs of a word and an owner in order of first sight. It is an open-addressing table with
// linear probing, at most half full; its seed is random, so that no data can be made to collide.
type wordTable struct {
	slots []wordSlot
	shift uint
	n     int
	seed  uint64
}

type wordSlot struct {
	word  uint64
	owner uint32
	next  uint32 // the entry's number plus one; 0 is an empty slot
}

func newWordTable() *wordTable {
	return &wordTable{slots: make([]wordSlot, 64), shift: 64 - 6, seed: rand.Uint64()}
}

func (t *wordTable) hash(word uint64, owner uint32) uint64 {
	hi, lo := bits.Mul64(word^t.seed, 0x9e3779b97f4a7c15^uint64(owner)<<32)
	return (hi ^ lo ^ uint64(owner)) * 0xd6e8feb86659fd93
}

// insert returns the number of the pair and whether it is new.
func (t *wordTable) insert(word uint64, owner uint32) (uint32, bool) {
	mask := uint64(len(t.slots) - 1)
	for at := t.hash(word, owner) >> t.shift; ; at = (at + 1) & mask {
		s := &t.slots[at]
		if s.next == 0 {
			t.n++
			*s = wordSlot{word, owner, uint32(t.n)}
			if t.n*2 > len(t.slots) {
				t.double()
			}
			return uint32(t.n - 1), true
		}
		if s.word == word && s.owner == owner {
			return s.next - 1, false
		}
	}
}

// find returns the number of the pair, if it was inserted.
func (t *wordTable) find(word uint64, owner uint32) (uint32, bool) {
	mask := uint64(len(t.slots) - 1)
	for at := t.hash(word, owner) >> t.shift; t.slots[at].next != 0; at = (at + 1) & mask {
		if s := &t.slots[at]; s.word == word && s.owner == owner {
			return s.next - 1, true
		}
	}
	return 0, false
}

func (t *wordTable) double() {
	old := t.slots
	t.slots = make([]wordSlot, 2*len(old))
	t.shift--
	mask := uint64(len(t.slots) - 1)
	for _, s := range old {
		if s.next == 0 {
			continue
		}
		at := t.hash(s.word, s.owner) >> t.shift
		for t.slots[at].next != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = s
	}
}

func (t *wordTable) bytes() int64 { return int64(len(t.slots)) * 16 }

// byteTable numbers byte strings in order of first sight; it keeps them in an arena.
type byteTable struct {
	slots  []byteSlot
	hashes []uint64 // by number
	ends   []int    // by number: where its bytes end in the arena
	arena  []byte
	seed   maphash.Seed
}

type byteSlot struct {
	tag  uint32 // high half of the hash
	next uint32 // the entry's number plus one; 0 is an empty slot
}

func newByteTable() *byteTable {
	return &byteTable{slots: make([]byteSlot, 64), seed: maphash.MakeSeed()}
}

// insert returns the number of key and whether it is new; the table copies key.
func (t *byteTable) insert(key []byte) (uint32, bool, error) {
	h := maphash.Bytes(t.seed, key)
	mask := uint64(len(t.slots) - 1)
	at, tag := h&mask, uint32(h>>32)
	for t.slots[at].next != 0 {
		s := t.slots[at]
		if s.tag == tag && bytes.Equal(t.entry(int(s.next-1)), key) {
			return s.next - 1, false, nil
		}
		at = (at + 1) & mask
	}
	n := len(t.ends)
	if n >= maxEntries {
		return 0, false, errTooManyGroups()
	}
	t.slots[at] = byteSlot{tag, uint32(n + 1)}
	t.arena = append(t.arena, key...)
	t.ends, t.hashes = append(t.ends, len(t.arena)), append(t.hashes, h)
	if len(t.ends)*2 > len(t.slots) {
		t.double()
	}
	return uint32(n), true, nil
}

func (t *byteTable) entry(n int) []byte {
	if n == 0 {
		return t.arena[:t.ends[0]]
	}
	return t.arena[t.ends[n-1]:t.ends[n]]
}

func (t *byteTable) double() {
	t.slots = make([]byteSlot, 2*len(t.slots))
	mask := uint64(len(t.slots) - 1)
	for n, h := range t.hashes {
		at := h & mask
		for t.slots[at].next != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = byteSlot{uint32(h >> 32), uint32(n + 1)}
	}
}

func (t *byteTable) bytes() int64 {
	return int64(len(t.slots)*8 + cap(t.hashes)*8 + cap(t.ends)*8 + cap(t.arena))
}
