package shardmap

import (
	"strings"
	"testing"
)

// The vectors are published with the reference implementation and its Go and Python bindings.
func TestXXHash64(t *testing.T) {
	for input, want := range map[string]uint64{
		"":     0xef46db3751d8e999,
		"a":    0xd24ec4f1a98c6e5b,
		"as":   0x1c330fb2d66be179,
		"asd":  0x631c37ce72a97393,
		"abc":  0x44bc2cf5ad770999,
		"asdf": 0x415872f599cea71e,
		"Nobody inspects the spammish repetition":                         0xfbcea83c8a378bf1,
		"Call me Ishmael. Some years ago--never mind how long precisely-": 0x02a2e85470d6fd96,
	} {
		if got := XXHash64([]byte(input)); got != want {
			t.Errorf("XXHash64(%q) = %016x, want %016x", input, got, want)
		}
	}
}

// The canonical bytes are a promise: rows have been placed by them.
func TestCanonicalBytes(t *testing.T) {
	uuid, err := ParseValue("uuid", "00112233-4455-6677-8899-aabbccddeeff")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key  []Value
		want string
	}{
		{[]Value{Int(1)}, "\x00\x00\x00\x00\x00\x00\x00\x01"},
		{[]Value{Int(-1)}, strings.Repeat("\xff", 8)},
		{[]Value{Text("é")}, "\xc3\xa9"},
		{[]Value{Bool(true)}, "\x01"},
		{[]Value{Date(-1)}, strings.Repeat("\xff", 8)},
		{[]Value{TimestampTZ(256)}, "\x00\x00\x00\x00\x00\x00\x01\x00"},
		{[]Value{uuid}, "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"},
		{[]Value{Text("ab"), Text("c")}, "\x00\x00\x00\x02ab\x00\x00\x00\x01c"},
		{[]Value{Int(1), Text("")}, "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00"},
	} {
		if got := string(canonicalKey(nil, c.key)); got != c.want {
			t.Errorf("canonical bytes of %v: %x, want %x", c.key, got, c.want)
		}
	}
}
