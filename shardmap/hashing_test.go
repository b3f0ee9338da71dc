package shardmap

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// hashVectors are what docs/sharding.md lists.
var hashVectors = []struct {
	hash  Hash
	bytes KeyBytes
	key   []Value
	want  string // 128 bits in hexadecimal digits, those of the upper half only where they are not 0
}{
	{HashXX64, BytesCanonical, []Value{Int(1)}, "9f1ffc793b8a47da"},
	{HashXX64, BytesCanonical, []Value{Text("abc")}, "44bc2cf5ad770999"},
	{HashXX64, BytesLittleEndian, []Value{Int(1)}, "9f29cb17a2a49995"},
	{HashXX64, BytesCanonical, []Value{Text("ab"), Int(1)}, "cfb84ecf8ea1ee8c"},
	{HashMurmur32, BytesCanonical, []Value{Text("hello")}, "248bfa47"},
	{HashMurmur32, BytesCanonical, []Value{Int(1)}, "68d9bd7e"},
	{HashMurmur32, BytesLittleEndian, []Value{Int(1)}, "53075d44"},
	{HashMurmur128, BytesCanonical, []Value{Text("hello")}, "cbd8a7b341bd9b02"},
	{HashMurmur128, BytesLittleEndian, []Value{Int(1)}, "004403b7fb05c44a"},
	{HashCRC32, BytesText, []Value{Text("123456789")}, "cbf43926"},
	{HashCRC32, BytesText, []Value{Int(123456789)}, "cbf43926"},
	{HashMD5, BytesText, []Value{Text("abc")}, "900150983cd24fb0d6963f7d28e17f72"},
	{HashMD5, BytesText, []Value{Int(1)}, "c4ca4238a0b923820dcc509a6f75849b"},
	{HashPostgreSQL, BytesCanonical, []Value{Int(1)}, "9c7715e2970a8fb8"},
	{HashPostgreSQL, BytesCanonical, []Value{Text("abc")}, "7bfcf7ae85298aa5"},
	{HashPostgreSQL, BytesCanonical, []Value{Int(1), Text("abc")}, "f742f038dd5d107c"},
}

func TestHashVectors(t *testing.T) {
	for _, c := range hashVectors {
		h := hasher{c.hash, c.bytes}
		high, low := h.wide(c.key)
		got := fmt.Sprintf("%016x", low)
		switch {
		case high != 0:
			got = fmt.Sprintf("%016x%016x", high, low)
		case c.hash == HashMurmur32 || c.hash == HashCRC32:
			got = fmt.Sprintf("%08x", low)
		}
		if got != c.want {
			t.Errorf("%s of %v (%s): %s, want %s", c.hash, c.key, c.bytes, got, c.want)
		}
	}
}

// TestDocumentedVectors holds docs/sharding.md to the vectors.
func TestDocumentedVectors(t *testing.T) {
	page, err := os.ReadFile("../docs/sharding.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := 0
	for _, line := range strings.Split(string(page), "\n") {
		for _, c := range hashVectors {
			if strings.HasPrefix(line, "| `"+string(c.hash)+"` |") && strings.HasSuffix(line, "| `"+c.want+"` |") {
				documented++
				break
			}
		}
	}
	if documented != len(hashVectors)-1 {
		t.Errorf("%d of %d vectors are documented; all should be but the text of the CRC's check value", documented, len(hashVectors))
	}
}

// TestModOfWideHash compares the remainder of 128 bits with long division, digit by digit.
func TestModOfWideHash(t *testing.T) {
	h := hasher{HashMD5, BytesText}
	for i := range 500 {
		key := []Value{Int(int64(i))}
		high, low := h.wide(key)
		n := uint64(i*7919 + 1)
		want := uint64(0)
		for _, d := range fmt.Sprintf("%016x%016x", high, low) {
			digit := uint64(d - '0')
			if d >= 'a' {
				digit = uint64(d-'a') + 10
			}
			want = (want*16 + digit) % n
		}
		if got := h.mod(key, n); got != want {
			t.Fatalf("md5 of %d modulo %d: %d, want %d", i, n, got, want)
		}
	}
}

func TestKeyText(t *testing.T) {
	uuid, err := ParseValue("uuid", "00112233-4455-6677-8899-aabbccddeeff")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []Value{Int(math.MinInt64), Int(0), Text("é "), uuid, Bool(true), Date(0), Date(math.MaxInt32)} {
		if got := string(v.appendText(nil)); got != v.String() {
			t.Errorf("%s: %q", v, got)
		}
	}
}
