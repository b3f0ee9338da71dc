package scalar

import "github.com/atoll-sql/atoll/scalar/pghash"

// lookup3 is PostgreSQL's hash_bytes_extended on a little-endian machine.
func lookup3(k []byte, seed uint64) uint64 { return pghash.Bytes(k, seed) }

// mixSeed is hashint4extended(0, x): all 64 bits of x go in as the seed. (hashint8extended(x, 0) would first fold them to 32, and so take
// a<<32|b, of small a and b, for a XOR b.)
func mixSeed(x uint64) uint64 { return pghash.Uint32(0, x) }
