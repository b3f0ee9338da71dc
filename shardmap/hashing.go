package shardmap

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// Hash names a hash function, as configuration spells it. Each is a promise: rows have been placed by it.
type Hash string

const (
	HashXX64       Hash = "xxhash64"    // xxHash64, seed 0
	HashMurmur32   Hash = "murmur3_32"  // MurmurHash3_x86_32, seed 0
	HashMurmur128  Hash = "murmur3_128" // first word of MurmurHash3_x64_128, seed 0
	HashPostgreSQL Hash = "postgres"    // PostgreSQL's hash partitioning
	HashCRC32      Hash = "crc32"       // CRC-32 of IEEE 802.3
	HashMD5        Hash = "md5"         // MD5 as an unsigned number of 128 bits, big-endian
)

// Hashes lists the hash functions; the first is what is taken where none is named.
func Hashes() []Hash {
	return []Hash{HashXX64, HashMurmur32, HashMurmur128, HashPostgreSQL, HashCRC32, HashMD5}
}

// KeyBytes names what of a key is hashed.
type KeyBytes string

const (
	BytesCanonical    KeyBytes = "canonical"     // see docs/sharding.md
	BytesLittleEndian KeyBytes = "little_endian" // as canonical, integers, dates and timestamps little-endian
	BytesText         KeyBytes = "text"          // the value's text form; keys of one column only
)

// hasher turns keys into numbers. It does not allocate for keys of up to 128 bytes.
type hasher struct {
	hash  Hash
	bytes KeyBytes
}

// hasherOf reads the settings hash and key_bytes.
func (b *builder) hasherOf(s *Sharding) hasher {
	h := hasher{HashXX64, BytesCanonical}
	if s.Hash != "" {
		h.hash = s.Hash
	}
	if s.KeyBytes != "" {
		h.bytes = s.KeyBytes
	}
	if !slices.Contains(Hashes(), h.hash) {
		b.fail(ErrSetting, "hash", "unknown hash function %s: the functions are %s", quote(string(h.hash)), words(Hashes()))
	}
	switch all := []KeyBytes{BytesCanonical, BytesLittleEndian, BytesText}; {
	case !slices.Contains(all, h.bytes):
		b.fail(ErrSetting, "key_bytes", "unknown form %s: the forms are %s", quote(string(h.bytes)), words(all))
	case h.hash == HashPostgreSQL && s.KeyBytes != "":
		b.fail(ErrSetting, "key_bytes", "hash postgres hashes each type in its own way: remove key_bytes")
	case h.bytes == BytesText && len(b.keyTypes) > 1:
		b.fail(ErrSetting, "key_bytes", "key_bytes text takes a key of one column, not %d", len(b.keyTypes))
	case h.bytes == BytesText && (b.kindOf(0) == TimestampValue || b.kindOf(0) == TimestampTZValue):
		b.fail(ErrSetting, "key_bytes", "timestamps have no one text form: use canonical or little_endian")
	}
	return h
}

// mixingHasherOf is hasherOf for strategies that need numbers spread over the whole range.
func (b *builder) mixingHasherOf(s *Sharding) hasher {
	h := b.hasherOf(s)
	if h.hash == HashCRC32 {
		b.fail(ErrSetting, "hash", "crc32 does not mix: keys alike get numbers alike, and shards unequal shares; use another function, or strategy hash")
	}
	return h
}

func words[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

// sum is the hash as a number of 64 bits; of a function with fewer, the upper ones are 0; of MD5 the lower half.
func (h hasher) sum(key []Value) uint64 {
	_, low := h.wide(key)
	return low
}

// mod is the hash, in all its bits, modulo n.
func (h hasher) mod(key []Value, n uint64) uint64 {
	high, low := h.wide(key)
	if high != 0 {
		_, rest := bits.Div64(high%n, low, n)
		return rest
	}
	return low % n
}

func (h hasher) wide(key []Value) (high, low uint64) {
	if h.hash == HashPostgreSQL {
		return 0, postgresSum(key)
	}
	var space [128]byte
	return h.hash.of(h.keyBytes(space[:0], key))
}

// of hashes bytes; not for HashPostgreSQL, which hashes values.
func (h Hash) of(b []byte) (high, low uint64) {
	switch h {
	case HashMurmur32:
		return 0, uint64(Murmur3x32(b))
	case HashMurmur128:
		low, _ = Murmur3x64(b)
		return 0, low
	case HashCRC32:
		return 0, uint64(crc32IEEE(b))
	case HashMD5:
		sum := md5.Sum(b)
		return binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])
	}
	return 0, XXHash64(b)
}

// crc32IEEE is crc32.ChecksumIEEE, which would move its argument to the heap.
func crc32IEEE(b []byte) uint32 {
	crc := ^uint32(0)
	for _, c := range b {
		crc = crc32.IEEETable[byte(crc)^c] ^ crc>>8
	}
	return ^crc
}

// keyBytes appends what is hashed.
func (h hasher) keyBytes(b []byte, key []Value) []byte {
	switch {
	case h.bytes == BytesText:
		return key[0].appendText(b)
	case h.bytes == BytesLittleEndian:
		return littleEndianKey(b, key)
	}
	return canonicalKey(b, key)
}

// canonicalKey appends the bytes that are hashed for a whole key. The bytes of a key of one column are its value's; those
// of several columns are the columns' in order, text preceded by its length as four bytes, big-endian.
func canonicalKey(b []byte, key []Value) []byte {
	for i := range key {
		if len(key) > 1 && key[i].kind == TextValue {
			b = binary.BigEndian.AppendUint32(b, uint32(len(key[i].text)))
		}
		b = key[i].appendCanonical(b)
	}
	return b
}

func littleEndianKey(b []byte, key []Value) []byte {
	for i := range key {
		switch v := &key[i]; {
		case v.kind == TextValue && len(key) > 1:
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(v.text))), v.text...)
		case v.kind == TextValue || v.kind == UUIDValue || v.kind == BoolValue:
			b = v.appendCanonical(b)
		default:
			b = binary.LittleEndian.AppendUint64(b, uint64(v.n))
		}
	}
	return b
}

// appendText appends what String returns, without allocating for integers, text and UUIDs.
func (v *Value) appendText(b []byte) []byte {
	switch v.kind {
	case IntValue:
		return strconv.AppendInt(b, v.n, 10)
	case TextValue:
		return append(b, v.text...)
	case UUIDValue:
		var raw [16]byte
		binary.BigEndian.PutUint64(raw[:8], v.hi)
		binary.BigEndian.PutUint64(raw[8:], uint64(v.n))
		for i, end := 0, 0; i < len(raw); i = end {
			end = groupEnd[i]
			if i > 0 {
				b = append(b, '-')
			}
			b = hex.AppendEncode(b, raw[i:end])
		}
		return b
	}
	return append(b, v.String()...)
}

// groupEnd says where the group of a UUID's text that begins at a byte ends.
var groupEnd = [16]int{0: 4, 4: 6, 6: 8, 8: 10, 10: 16}

// why says in words how a key got its number.
func (h hasher) why(key []Value) string {
	high, low := h.wide(key)
	switch h.hash {
	case HashPostgreSQL:
		return fmt.Sprintf("PostgreSQL's partition hash of the key is %016x", low)
	case HashMD5:
		return fmt.Sprintf("md5 of 0x%x is %016x%016x", h.keyBytes(nil, key), high, low)
	case HashMurmur32, HashCRC32:
		return fmt.Sprintf("%s of 0x%x is %08x", h.hash, h.keyBytes(nil, key), low)
	case HashXX64:
		return fmt.Sprintf("xxHash64 of 0x%x is %016x", h.keyBytes(nil, key), low)
	}
	return fmt.Sprintf("%s of 0x%x is %016x", h.hash, h.keyBytes(nil, key), low)
}

// describe is equal for hashers that give every key one number.
func (h hasher) describe() string { return string(h.hash) + " " + string(h.bytes) }
