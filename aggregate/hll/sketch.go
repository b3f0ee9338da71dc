// Package hll holds HyperLogLog sketches: what is left of a set of 64-bit hashes when only the number of distinct ones is wanted. It has
// the registers of github.com/axiomhq/hyperloglog's dense sketches and gives their estimates, keeps few hashes in few bytes, and defines
// the bytes of a sketch that is stored ([Parse], [Sketch.MarshalBinary]).
package hll

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// The least and the greatest precision.
const (
	MinPrecision = 4
	MaxPrecision = 18
)

// Hash names the hash that values went through. The numbers stand in stored sketches and do not change.
type Hash uint8

// The hashes.
const (
	Fast     Hash = iota // PostgreSQL's hash…extended functions
	Portable             // the first 8 bytes of MD5
	Keyed                // the first 8 bytes of HMAC-SHA-256
)

func (h Hash) String() string {
	if h > Keyed {
		return fmt.Sprintf("hash %d", uint8(h))
	}
	return [...]string{"fast", "portable", "keyed"}[h]
}

// Origin says how the hashes of a sketch came about. Sketches of equal origin can be merged, others tell nothing of each other.
type Origin struct {
	Precision uint8 // the sketch has 2^Precision registers
	Hash      Hash
	Key       [8]byte // the [Fingerprint] of the key of Keyed; zero for the others
}

func (o Origin) check() error {
	switch {
	case o.Precision < MinPrecision || o.Precision > MaxPrecision:
		return fmt.Errorf("hll: a precision of %d is not from %d to %d", o.Precision, MinPrecision, MaxPrecision)
	case o.Hash > Keyed:
		return fmt.Errorf("hll: there is no %s", o.Hash)
	case (o.Hash == Keyed) != (o.Key != [8]byte{}):
		return fmt.Errorf("hll: a %s hash with the wrong kind of key", o.Hash)
	}
	return nil
}

// A Sketch is a set of hashes, of which it keeps for each register the greatest rank: the first Precision bits of a hash are the number of
// its register, and one more than the zeros that follow them its rank. (Flajolet, Fusy, Gandouet, Meunier: HyperLogLog, 2007.) It is made by
// [New] or [Parse]. All methods are for one goroutine at a time, as even those that only ask may tidy up.
type Sketch struct {
	origin Origin
	tidy   uint32   // so many entries at the beginning of list are in order, one for each register
	list   []uint32 // entries, while the sketch is sparse
	regs   []uint8  // rank by register, 0 if none; nil while the sketch is sparse
}

// New makes a sketch without hashes.
func New(o Origin) (*Sketch, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	return &Sketch{origin: o}, nil
}

// Origin tells how the sketch's hashes were made.
func (s *Sketch) Origin() Origin { return s.origin }

// registers is their number.
func (s *Sketch) registers() int { return 1 << s.origin.Precision }

// maxRank is the rank of a hash without any bit behind those that number its register.
func (o Origin) maxRank() uint8 { return 65 - o.Precision }

// Bytes is the memory that the sketch holds beyond the struct itself.
func (s *Sketch) Bytes() int64 { return int64(4*cap(s.list) + cap(s.regs)) }

// Insert adds a hash. One that is there already changes nothing.
func (s *Sketch) Insert(hash uint64) {
	if s.regs == nil && s.reserve(1) {
		s.list = append(s.list, s.origin.entry(hash))
		return
	}
	raise(s.regs, hash, uint(64-s.origin.Precision))
}

// InsertPacked adds hashes of 8 bytes each, the most significant first. The error is of a length that is no multiple of 8; nothing is
// added then.
func (s *Sketch) InsertPacked(packed []byte) error {
	if len(packed)%8 != 0 {
		return fmt.Errorf("hll: %d bytes are not hashes of 8 bytes each", len(packed))
	}
	if s.regs == nil && s.reserve(len(packed)/8) {
		for ; len(packed) >= 8; packed = packed[8:] {
			s.list = append(s.list, s.origin.entry(binary.BigEndian.Uint64(packed)))
		}
		return nil
	}
	insertDense(s.regs, packed, s.origin.Precision)
	return nil
}

// insertDense is what merging spends its time in, so it takes four hashes at a time.
func insertDense(regs []uint8, packed []byte, precision uint8) {
	width := uint(64 - precision)
	for ; len(packed) >= 32; packed = packed[32:] {
		raise(regs, binary.BigEndian.Uint64(packed), width)
		raise(regs, binary.BigEndian.Uint64(packed[8:]), width)
		raise(regs, binary.BigEndian.Uint64(packed[16:]), width)
		raise(regs, binary.BigEndian.Uint64(packed[24:]), width)
	}
	for ; len(packed) >= 8; packed = packed[8:] {
		raise(regs, binary.BigEndian.Uint64(packed), width)
	}
}

// raise adds a hash, width bits of which are behind the number of its register. Most hashes change nothing, which a shift tells sooner
// than the rank: a rank above r means r zeros or more. The masks and the bound, always true, spare checks.
func raise(regs []uint8, hash uint64, width uint) {
	at := hash >> (width & 63)
	if at >= uint64(len(regs)) {
		return
	}
	rest, r := hash&(1<<(width&63)-1), regs[at]
	if rest>>((width-uint(r))&63) == 0 {
		regs[at] = max(r, uint8(width+1-uint(bits.Len64(rest))))
	}
}

// A MismatchError says that two sketches are not of one origin.
type MismatchError struct{ A, B Origin }

// Error names the difference, and no key.
func (e *MismatchError) Error() string {
	switch {
	case e.A.Precision != e.B.Precision:
		return fmt.Sprintf("sketches of precision %d and %d cannot be merged: make both with the same precision", e.A.Precision, e.B.Precision)
	case e.A.Hash != e.B.Hash:
		return fmt.Sprintf("sketches of the %s and the %s hash cannot be merged: make both with the same hash", e.A.Hash, e.B.Hash)
	}
	return "sketches whose values were hashed under different keys cannot be merged: make both for the same purpose"
}

// Merge adds the hashes of other, which stays as it is. The error is a [*MismatchError]; nothing is added then.
func (s *Sketch) Merge(other *Sketch) error {
	switch {
	case s.origin != other.origin:
		return &MismatchError{s.origin, other.origin}
	case other.regs != nil:
		s.densify()
		for i, r := range other.regs {
			s.regs[i] = max(s.regs[i], r)
		}
	case s.regs == nil && s.reserve(len(other.list)):
		s.list = append(s.list, other.list...)
	default:
		for _, e := range other.list {
			s.regs[e>>rankBits] = max(s.regs[e>>rankBits], uint8(e&rankMask))
		}
	}
	return nil
}

// Registers appends the ranks of all registers, in their order, 0 where there is none: 2^Precision bytes.
func (s *Sketch) Registers(to []byte) []byte {
	if s.regs != nil {
		return append(to, s.regs...)
	}
	n := len(to)
	to = append(to, make([]byte, s.registers())...)
	for _, e := range s.list {
		to[n+int(e>>rankBits)] = max(to[n+int(e>>rankBits)], uint8(e&rankMask))
	}
	return to
}
