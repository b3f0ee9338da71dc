package aggregate

// seen tells which groups have a value. Nearly always all have one, from the batch on that opened them; then it is a single number.
type seen struct {
	below uint32   // all groups below it have one
	bits  []uint64 // of the others, a bit for each that has one; as many as were needed so far
}

// add notes a value of a group.
func (s *seen) add(id uint32) {
	switch {
	case id == s.below:
		s.below++
	case id > s.below:
		s.bits = extend(s.bits, int(id/64)+1)
		s.bits[id/64] |= 1 << (id % 64)
	}
}

// addAll notes a value of each of the groups ids, of groups groups that there are.
func (s *seen) addAll(ids []uint32, groups int) {
	if int(s.below) >= groups {
		return
	}
	// Groups are numbered as they are first seen, so those that a batch opens are in their order in it.
	below := s.below
	for _, id := range ids {
		var next uint32
		if id == below {
			next = 1
		}
		below += next
	}
	s.below = below
	if int(below) >= groups {
		return
	}
	for _, id := range ids {
		s.add(id)
	}
}

func (s *seen) has(group int) bool {
	return group < int(s.below) || group/64 < len(s.bits) && s.bits[group/64]>>(group%64)&1 == 1
}

func (s *seen) bytes() int64 { return int64(8 * cap(s.bits)) }
