package aggregate

import "math"

// maxEntries bounds what 32-bit group numbers can name.
const maxEntries = math.MaxUint32 - 1

func errTooManyGroups() error {
	return &Error{SQLState: "54000", Text: "more than 4294967294 groups or distinct values"}
}

// index finds the numbers of entries by 32 bits of their hashes, their tags. It is an open-addressing table with linear probing, at most half full.
// An entry's place follows from the high bits of its tag, so that a larger table is filled from the tags alone, and in their order: nothing else is
// read, and memory is walked through once. A slot is eight bytes, of which a cache line holds as many: probing hardly ever leaves it.
type index struct {
	slots []slot
	shift uint // 64 less the bits of a place
	n     int
}

type slot struct {
	tag  uint32
	next uint32 // the entry's number plus one; 0 is an empty slot
}

const firstSlots = 6 // bits

func newIndex() index {
	return index{slots: make([]slot, 1<<firstSlots), shift: 64 - firstSlots}
}

// home is where looking for a tag begins.
func (x *index) home(tag uint32) uint64 { return uint64(tag) << 32 >> x.shift }

// probe returns the first slot at or behind at that holds the tag or is empty.
func (x *index) probe(tag uint32, at uint64) uint64 {
	mask := uint64(len(x.slots) - 1)
	for s := x.slots[at]; s.next != 0 && s.tag != tag; s = x.slots[at] {
		at = (at + 1) & mask
	}
	return at
}

// behind is the place that follows at.
func (x *index) behind(at uint64) uint64 { return (at + 1) & uint64(len(x.slots)-1) }

// add gives the next number to an entry whose place is the empty slot at.
func (x *index) add(tag uint32, at uint64) uint32 {
	x.n++
	x.slots[at] = slot{tag, uint32(x.n)}
	if x.n*2 > len(x.slots) {
		x.double()
	}
	return uint32(x.n - 1)
}

func (x *index) double() {
	old := x.slots
	x.slots = make([]slot, 2*len(old))
	x.shift--
	mask := uint64(len(x.slots) - 1)
	for _, s := range old {
		if s.next == 0 {
			continue
		}
		at := x.home(s.tag)
		for x.slots[at].next != 0 {
			at = (at + 1) & mask
		}
		x.slots[at] = s
	}
}

func (x *index) bytes() int64 { return 8 * int64(len(x.slots)) }

// lookBlock is how many tags are looked for at a time.
const lookBlock = 128

// look finds for each of at most lookBlock tags the first entry that has it: its number plus one, 0 for none. That entry is the one looked for but for
// few, whose tag another has as well. First all slots are read, and then looked at: beyond the caches reading waits for memory, and by many reads
// of which none depends on another it waits for all at the same time.
func (x *index) look(tags, found []uint32) {
	var heads [lookBlock]slot
	slots, shift := x.slots, x.shift&63
	tags = tags[:min(len(tags), len(heads))]
	for i, tag := range tags {
		heads[i] = slots[uint64(tag)<<32>>shift]
	}
	mask := uint64(len(slots) - 1)
	for i, s := range heads[:len(tags)] {
		tag := tags[i]
		for at := uint64(tag) << 32 >> shift; s.tag != tag && s.next != 0; s = slots[at] {
			at = (at + 1) & mask
		}
		found[i] = s.next
	}
}
