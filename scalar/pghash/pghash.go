// Package pghash computes PostgreSQL's extended hash functions, by which hash partitioning places rows.
//
// The mixing is lookup3 by Bob Jenkins (May 2006, public domain, http://burtleburtle.net/bob/hash/doobs.html), with
// PostgreSQL's start values and seeds. Bytes are read as on little-endian machines. The functions do not allocate and
// keep nothing.
package pghash

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// PartitionSeed is HASH_PARTITION_SEED: the seed of every column's hash in hash partitioning.
const PartitionSeed = 0x7A5B22367996DCFD

// start is what lookup3 begins with, to which the length is added.
const start = 0x9e3779b9 + 3923095

type state struct{ a, b, c uint32 }

func newState(length int, seed uint64) state {
	v := start + uint32(length)
	s := state{v, v, v}
	if seed != 0 {
		s.a += uint32(seed >> 32)
		s.b += uint32(seed)
		s.mix()
	}
	return s
}

func (s *state) mix() {
	a, b, c := s.a, s.b, s.c
	a -= c
	a ^= bits.RotateLeft32(c, 4)
	c += b
	b -= a
	b ^= bits.RotateLeft32(a, 6)
	a += c
	c -= b
	c ^= bits.RotateLeft32(b, 8)
	b += a
	a -= c
	a ^= bits.RotateLeft32(c, 16)
	c += b
	b -= a
	b ^= bits.RotateLeft32(a, 19)
	a += c
	c -= b
	c ^= bits.RotateLeft32(b, 4)
	b += a
	s.a, s.b, s.c = a, b, c
}

// sum is lookup3's final mixing; the second word is the upper half.
func (s *state) sum() uint64 {
	a, b, c := s.a, s.b, s.c
	c = (c ^ b) - bits.RotateLeft32(b, 14)
	a = (a ^ c) - bits.RotateLeft32(c, 11)
	b = (b ^ a) - bits.RotateLeft32(a, 25)
	c = (c ^ b) - bits.RotateLeft32(b, 16)
	a = (a ^ c) - bits.RotateLeft32(c, 4)
	b = (b ^ a) - bits.RotateLeft32(a, 14)
	c = (c ^ b) - bits.RotateLeft32(b, 24)
	return uint64(b)<<32 | uint64(c)
}

// Bytes is hash_bytes_extended: hashvarlenaextended of a bytea, and uuid_hash_extended of the 16 bytes.
func Bytes(k []byte, seed uint64) uint64 {
	s := newState(len(k), seed)
	for ; len(k) >= 12; k = k[12:] {
		s.a += binary.LittleEndian.Uint32(k)
		s.b += binary.LittleEndian.Uint32(k[4:])
		s.c += binary.LittleEndian.Uint32(k[8:])
		s.mix()
	}
	var tail [12]byte // the lowest byte of c is the length's: the ninth byte and those behind it stand one further up
	copy(tail[:8], k)
	if len(k) > 8 {
		copy(tail[9:], k[8:])
	}
	s.a += binary.LittleEndian.Uint32(tail[:])
	s.b += binary.LittleEndian.Uint32(tail[4:])
	s.c += binary.LittleEndian.Uint32(tail[8:])
	return s.sum()
}

// String is hashtextextended of a text in UTF-8 under a deterministic collation, and hashbpcharextended of a text without
// its trailing spaces.
func String(k string, seed uint64) uint64 {
	return Bytes(unsafe.Slice(unsafe.StringData(k), len(k)), seed)
}

// Uint32 is hash_bytes_uint32_extended: hashint4extended, that of a date as days since 2000-01-01, and that of a
// boolean as 0 or 1.
func Uint32(k uint32, seed uint64) uint64 {
	s := newState(4, seed)
	s.a += k
	return s.sum()
}

// Int64 is hashint8extended, which agrees with hashint4extended and hashint2extended where the value fits, and
// timestamp_hash_extended of microseconds since 2000-01-01.
func Int64(k int64, seed uint64) uint64 {
	low, high := uint32(k), uint32(k>>32)
	if k < 0 {
		high = ^high
	}
	return Uint32(low^high, seed)
}

// Combine is hash_combine64: the hash of a row so far and that of its next column. It begins with 0; NULLs are left out.
func Combine(row, column uint64) uint64 {
	return row ^ (column + 0x49a0f4dd15e5a8e3 + row<<54 + row>>7)
}
