package hll

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

// A stored sketch is, byte by byte:
//
//	0–2    'H' 'L' 'L'
//	3      1, the version of this format
//	4      precision, 4 to 18
//	5      hash: 0 fast, 1 portable, 2 keyed
//	6–13   fingerprint of the key; zero unless the hash is keyed
//	14     form: 0 sparse, 1 dense
//	15     0
//	16–    sparse: 3 bytes for each register that is not 0, in ascending order: the register's number times 64, plus its rank, the
//	       most significant byte first. Dense: the rank of every register, a byte each.
//
// Ranks are 1 to 65-precision, 0 where no hash fell into the register. The form is the shorter, dense if both are as long, and nothing
// follows; so equal sketches are equal bytes.
const (
	magic      = "HLL\x01"
	headerSize = 16
	entrySize  = 3
)

// The forms.
const (
	sparse = iota
	dense
)

// MaxSize is the most bytes of a stored sketch of a precision.
func MaxSize(precision uint8) int { return headerSize + 1<<precision }

// Fingerprint identifies a key in stored sketches, which tells them apart and nothing about it.
func Fingerprint(key []byte) (f [8]byte) {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("atoll: fingerprint of a sketch's key"))
	copy(f[:], mac.Sum(nil))
	if f == [8]byte{} {
		f[7] = 1 // zero stands for no key
	}
	return f
}

// MarshalBinary gives the bytes to store. It implements [encoding.BinaryMarshaler]; the error is always nil.
func (s *Sketch) MarshalBinary() ([]byte, error) { return s.Append(nil), nil }

// Append appends the bytes to store.
func (s *Sketch) Append(to []byte) []byte {
	n := s.filled()
	form := byte(dense)
	if n*entrySize < s.registers() {
		form = sparse
	}
	o := s.origin
	to = append(append(to, magic...), o.Precision, byte(o.Hash))
	to = append(append(to, o.Key[:]...), form, 0)
	switch {
	case form == dense:
		return s.Registers(to)
	case s.regs == nil:
		for _, e := range s.list {
			to = appendEntry(to, e)
		}
		return to
	}
	for i, r := range s.regs {
		if r > 0 {
			to = appendEntry(to, uint32(i)<<rankBits|uint32(r))
		}
	}
	return to
}

func appendEntry(to []byte, e uint32) []byte { return append(to, byte(e>>16), byte(e>>8), byte(e)) }

// filled counts the registers that are not 0.
func (s *Sketch) filled() int {
	if s.regs != nil {
		return len(s.regs) - bytes.Count(s.regs, []byte{0})
	}
	s.compact()
	return len(s.list)
}

// Size is the length of the bytes to store.
func (s *Sketch) Size() int { return headerSize + min(s.filled()*entrySize, s.registers()) }

// A FormatError says why bytes are not a stored sketch. It holds none of them.
type FormatError struct{ Reason string }

// Error implements error.
func (e *FormatError) Error() string { return "not a sketch of hll_sketch: " + e.Reason }

func malformed(format string, args ...any) error { return &FormatError{fmt.Sprintf(format, args...)} }

// Parse reads a stored sketch, whose bytes it copies. Whatever it accepts, [Sketch.Append] writes again byte for byte. The error is a
// [*FormatError].
func Parse(data []byte) (*Sketch, error) {
	o, form, err := parseHeader(data)
	if err != nil {
		return nil, err
	}
	s := &Sketch{origin: o}
	read := s.parseSparse
	if form == dense {
		read = s.parseDense
	}
	if err := read(data[headerSize:]); err != nil {
		return nil, err
	}
	return s, nil
}

func parseHeader(data []byte) (o Origin, form byte, err error) {
	switch {
	case len(data) < headerSize:
		return o, 0, malformed("%d bytes are fewer than the header's %d", len(data), headerSize)
	case string(data[:3]) != magic[:3]:
		return o, 0, malformed("it does not begin with HLL")
	case data[3] != magic[3]:
		return o, 0, malformed("this release does not know version %d of the format", data[3])
	case data[14] > dense || data[15] != 0:
		return o, 0, malformed("its registers are in no form that there is")
	}
	o = Origin{Precision: data[4], Hash: Hash(data[5]), Key: [8]byte(data[6:14])}
	if err := o.check(); err != nil {
		return o, 0, malformed("its header is damaged")
	}
	return o, data[14], nil
}

func (s *Sketch) parseDense(body []byte) error {
	if len(body) != s.registers() {
		return malformed("%d bytes are not %d registers", len(body), s.registers())
	}
	s.regs = bytes.Clone(body)
	for _, r := range s.regs {
		if r > s.origin.maxRank() {
			return malformed("a register is out of range")
		}
	}
	if s.filled()*entrySize < s.registers() {
		return malformed("its registers are in the longer form")
	}
	return nil
}

func (s *Sketch) parseSparse(body []byte) error {
	n := len(body) / entrySize
	if len(body)%entrySize != 0 || len(body) >= s.registers() {
		return malformed("%d bytes are no list of registers", len(body))
	}
	s.list = make([]uint32, 0, n)
	next := uint32(0) // the least register that may come
	for ; len(body) > 0; body = body[entrySize:] {
		e := uint32(body[0])<<16 | uint32(body[1])<<8 | uint32(body[2])
		register, rank := e>>rankBits, uint8(e&rankMask)
		if register < next || register >= uint32(s.registers()) || rank == 0 || rank > s.origin.maxRank() {
			return malformed("a register is out of range or out of order")
		}
		s.list, next = append(s.list, e), register+1
	}
	s.tidy = uint32(n)
	if n > s.registers()/4 {
		s.densify()
	}
	return nil
}
