package shardmap

import (
	"encoding/binary"
	"math/bits"
)

// The primes of the xxHash specification. They are variables because the algorithm's constant
// expressions overflow.
var (
	prime1 uint64 = 11400714785074694791
	prime2 uint64 = 14029467366897019727
	prime3 uint64 = 1609587929392839161
	prime4 uint64 = 9650029242287828579
	prime5 uint64 = 2870177450012600261
)

// XXHash64 is xxHash64 with seed 0, the function by which the hash strategy places keys. It follows
// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.
func XXHash64(b []byte) uint64 {
	n := uint64(len(b))
	var h uint64
	if n >= 32 {
		h, b = stripes(b)
	} else {
		h = prime5
	}
	h += n
	for ; len(b) >= 8; b = b[8:] {
		h ^= round64(0, binary.LittleEndian.Uint64(b))
		h = bits.RotateLeft64(h, 27)*prime1 + prime4
	}
	if len(b) >= 4 {
		h ^= uint64(binary.LittleEndian.Uint32(b)) * prime1
		h = bits.RotateLeft64(h, 23)*prime2 + prime3
		b = b[4:]
	}
	for _, c := range b {
		h ^= uint64(c) * prime5
		h = bits.RotateLeft64(h, 11) * prime1
	}
	h = (h ^ h>>33) * prime2
	h = (h ^ h>>29) * prime3
	return h ^ h>>32
}

// stripes consumes the input 32 bytes at a time and returns the converged accumulators and the rest.
func stripes(b []byte) (uint64, []byte) {
	v := [4]uint64{prime1 + prime2, prime2, 0, -prime1}
	for ; len(b) >= 32; b = b[32:] {
		for i := range v {
			v[i] = round64(v[i], binary.LittleEndian.Uint64(b[8*i:]))
		}
	}
	h := bits.RotateLeft64(v[0], 1) + bits.RotateLeft64(v[1], 7) +
		bits.RotateLeft64(v[2], 12) + bits.RotateLeft64(v[3], 18)
	for _, acc := range v {
		h = (h^round64(0, acc))*prime1 + prime4
	}
	return h, b
}

func round64(acc, input uint64) uint64 {
	return bits.RotateLeft64(acc+input*prime2, 31) * prime1
}
