package tdstest

import (
	"encoding/binary"
	"errors"
	"unicode/utf16"
)

// errShort says that a request ends within one of its fields.
var errShort = errors.New("tdstest: the request ends within a field")

// reader takes fields from a request's bytes. After the first field that is not there, err is set and all it returns is
// zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.b, r.err = nil, errShort
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) u8() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if b := r.bytes(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) u64() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// text reads n UTF-16 units.
func (r *reader) text(n int) string { return utf16Text(r.bytes(2 * n)) }

// bVarchar reads a text with its length in one byte.
func (r *reader) bVarchar() string { return r.text(int(r.u8())) }

// allHeaders skips ALL_HEADERS, of which nothing is needed without MARS and query notifications.
func (r *reader) allHeaders() {
	n := int(r.u32())
	if r.err == nil && n < 4 {
		r.err = errShort
		return
	}
	r.bytes(n - 4)
}

// utf16Units returns the units of little-endian UTF-16; an odd byte at the end is left out.
func utf16Units(b []byte) []uint16 {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return u
}

// utf16Text is utf16Units as a string; unpaired surrogates are replaced.
func utf16Text(b []byte) string { return string(utf16.Decode(utf16Units(b))) }

// appendUTF16 appends s as little-endian UTF-16.
func appendUTF16(b []byte, s string) []byte {
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// appendBVarchar appends s with its length in one byte, cut to 255 units.
func appendBVarchar(b []byte, s string) []byte {
	u := utf16.Encode([]rune(s))
	u = u[:min(len(u), 255)]
	b = append(b, byte(len(u)))
	for _, c := range u {
		b = append(b, byte(c), byte(c>>8))
	}
	return b
}
