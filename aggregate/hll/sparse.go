package hll

import (
	"math/bits"
	"slices"
)

// An entry is the number of a register above its rank.
const (
	rankBits = 6
	rankMask = 1<<rankBits - 1
)

func (o Origin) entry(hash uint64) uint32 {
	rank := 65 - bits.Len64(hash<<o.Precision|1<<(o.Precision-1))
	return uint32(hash>>(64-o.Precision))<<rankBits | uint32(rank)
}

// reserve makes room for n more entries of a sparse sketch. It returns false if the registers themselves need no more memory than those
// entries would; the sketch is dense then.
func (s *Sketch) reserve(n int) bool {
	if len(s.list)+n <= cap(s.list) {
		return true
	}
	if len(s.list) >= 2*int(s.tidy) {
		s.compact()
	}
	most := s.registers() / 4
	if len(s.list)+n > most {
		s.compact()
	}
	switch size := len(s.list) + n; {
	case size > most, len(s.list) > most/2 && (size > cap(s.list) || cap(s.list) == most):
		s.densify()
		return false
	case size > cap(s.list):
		list := make([]uint32, len(s.list), min(most, max(size, 2*len(s.list), 4)))
		copy(list, s.list)
		s.list = list
	}
	return true
}

// compact leaves the greatest rank of each register, in their order.
func (s *Sketch) compact() {
	if int(s.tidy) == len(s.list) {
		return
	}
	s.sort()
	kept := s.list[:0]
	for i, e := range s.list {
		if i+1 < len(s.list) && e>>rankBits == s.list[i+1]>>rankBits {
			continue
		}
		kept = append(kept, e)
	}
	s.list, s.tidy = kept, uint32(len(kept))
}

// sort merges what came since the last time with what is in order already.
func (s *Sketch) sort() {
	slices.Sort(s.list[s.tidy:])
	if s.tidy == 0 {
		return
	}
	fresh, have := slices.Clone(s.list[s.tidy:]), s.list[:s.tidy]
	for at := len(s.list) - 1; len(fresh) > 0; at-- {
		a, b := len(have)-1, len(fresh)-1
		if a >= 0 && have[a] > fresh[b] {
			s.list[at], have = have[a], have[:a]
		} else {
			s.list[at], fresh = fresh[b], fresh[:b]
		}
	}
}

func (s *Sketch) densify() {
	if s.regs == nil {
		s.regs = s.Registers(make([]byte, 0, s.registers()))
		s.list, s.tidy = nil, 0
	}
}
