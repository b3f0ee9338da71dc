package shardmap

import (
	"encoding/binary"
	"testing"
)

// The strings and their hashes go round with the implementations in several languages.
func TestMurmur3(t *testing.T) {
	for _, c := range []struct {
		text      string
		x32       uint32
		low, high uint64
	}{
		{"", 0, 0, 0},
		{"hello", 0x248bfa47, 0xcbd8a7b341bd9b02, 0x5b1e906a48ae1d19},
		{"hello, world", 0x149bbb7f, 0x342fac623a5ebc8e, 0x4cdcbc079642414d},
		{"19 Jan 2038 at 3:14:07 AM", 0xe31e8a70, 0xb89e5988b737affc, 0x664fc2950231b2cb},
		{"The quick brown fox jumps over the lazy dog.", 0xd5c48bfc, 0xcd99481f9ee902c9, 0x695da1a38987b6e7},
	} {
		if got := Murmur3x32([]byte(c.text)); got != c.x32 {
			t.Errorf("%q: %08x, want %08x", c.text, got, c.x32)
		}
		if low, high := Murmur3x64([]byte(c.text)); low != c.low || high != c.high {
			t.Errorf("%q: %016x %016x, want %016x %016x", c.text, low, high, c.low, c.high)
		}
	}
}

// TestMurmur3Verification is SMHasher's: the hash, with seed 0, of the hashes of 0, 0 1, 0 1 2, … with seeds 256, 255, 254,
// … begins with a number that is published for each function. It covers every length of tail.
func TestMurmur3Verification(t *testing.T) {
	var keys [256]byte
	var small, large []byte
	for i := range keys {
		keys[i] = byte(i)
		small = binary.LittleEndian.AppendUint32(small, murmur3x32(keys[:i], uint32(256-i)))
		low, high := murmur3x64(keys[:i], uint32(256-i))
		large = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(large, low), high)
	}
	if got := Murmur3x32(small); got != 0xb0f57ee3 {
		t.Errorf("x86_32: %08x", got)
	}
	if low, _ := Murmur3x64(large); uint32(low) != 0x6384ba69 {
		t.Errorf("x64_128: %08x", uint32(low))
	}
}
