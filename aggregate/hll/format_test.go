package hll

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestBytes holds the format: these are the bytes that somebody may have stored.
func TestBytes(t *testing.T) {
	few := empty(t, 14)
	few.origin.Hash = Portable
	few.Insert(0x0004_8000_0000_0000) // register 1, no zero behind it: rank 3
	few.Insert(0xfffc_0000_0000_0000) // the last register, nothing behind it: rank 51
	few.Insert(0x0004_4000_0000_0000)
	many := empty(t, 4)
	many.origin.Hash, many.origin.Key = Keyed, Fingerprint([]byte("secret"))
	for i := range uint64(6) {
		many.Insert(i<<60 | 1<<(59-i))
	}
	for _, c := range []struct {
		s    *Sketch
		want string
	}{
		{few, "484c4c01" + "0e" + "01" + "0000000000000000" + "0000" + "000044" + "0ffff3"},
		{many, "484c4c01" + "04" + "02" + hex.EncodeToString(many.origin.Key[:]) + "0100" + "010203040506" + strings.Repeat("00", 10)},
		{empty(t, 18), "484c4c01" + "12" + "00" + "0000000000000000" + "0000"},
	} {
		got := c.s.Append([]byte("x"))
		if hex.EncodeToString(got[1:]) != c.want || got[0] != 'x' || c.s.Size() != len(got)-1 {
			t.Errorf("%x (size %d), want %s", got[1:], c.s.Size(), c.want)
		}
	}
	if got := hex.EncodeToString(many.origin.Key[:]); got != "ce48e167bb4f49b7" {
		t.Errorf("the fingerprint is %s", got)
	}
}

// TestCanonical makes sketches of equal registers in different ways, around the numbers where forms change.
func TestCanonical(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for p := uint8(MinPrecision); p <= 14; p++ {
		m := 1 << p
		for _, n := range []int{0, 1, m/8 - 1, m / 8, m/8 + 1, m/4 - 1, m / 4, m/4 + 1, m/3 - 1, m / 3, m/3 + 1, m} {
			list := make([]uint64, n) // one for each of n registers
			for i := range list {
				list[i] = uint64(i*5%m)<<(64-p) | r.Uint64()>>p
			}
			s := empty(t, p)
			insert(t, r, s, list)
			stored := s.Append(nil)
			if len(stored) != 16+min(3*n, m) || len(stored) != s.Size() || len(stored) > MaxSize(p) {
				t.Fatalf("precision %d: %d bytes of %d registers", p, len(stored), n)
			}
			back, err := Parse(stored)
			if err != nil {
				t.Fatal(err)
			}
			shuffled, dense := empty(t, p), empty(t, p)
			r.Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
			insert(t, r, shuffled, list)
			dense.densify()
			insert(t, r, dense, list)
			for _, other := range []*Sketch{back, shuffled, dense} {
				if !bytes.Equal(stored, other.Append(nil)) || estimate(t, s) != estimate(t, other) || other.Bytes() > int64(m) {
					t.Fatalf("precision %d, %d registers: other bytes for the same registers", p, n)
				}
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	header := "484c4c01" + "0e" + "01" + "0000000000000000" + "0000"
	for text, want := range map[string]string{
		"":                                     "0 bytes are fewer than the header's 16",
		"484c4c":                               "3 bytes are fewer",
		strings.Replace(header, "48", "49", 1): "does not begin with HLL",
		strings.Replace(header, "4c01", "4c02", 1):                "does not know version 2",
		"484c4c010301" + header[12:]:                              "header is damaged",
		"484c4c011301" + header[12:]:                              "header is damaged",
		"484c4c010e03" + header[12:]:                              "header is damaged",
		"484c4c010e02" + header[12:]:                              "header is damaged", // keyed, and no key
		"484c4c010e01" + "01" + header[14:]:                       "header is damaged", // a key, and not keyed
		header[:28] + "02" + "00":                                 "no form",
		header[:28] + "00" + "01":                                 "no form",
		header + "0000":                                           "2 bytes are no list",
		header + "000040":                                         "a register is out of range", // rank 0
		header + "000074":                                         "a register is out of range", // rank 52
		header + "100041":                                         "a register is out of range", // register 16385
		header + "000081" + "000041":                              "out of order",
		header + "000041" + "000041":                              "out of order",
		header + strings.Repeat("000041", 16384/3+1):              "no list",
		header[:28] + "0100" + "00":                               "1 bytes are not 16384 registers",
		header[:28] + "0100" + strings.Repeat("01", 16385):        "16385 bytes are not",
		header[:28] + "0100" + strings.Repeat("01", 16383) + "34": "out of range",
		header[:28] + "0100" + strings.Repeat("01", 16384/3) + strings.Repeat("00", 16384-16384/3): "longer form",
	} {
		data, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Parse(data)
		var format *FormatError
		if s != nil || !errors.As(err, &format) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s (%d bytes): %v, want %q", text, len(data), err, want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	a, b := Fingerprint([]byte("a")), Fingerprint([]byte("b"))
	if a == b || a == [8]byte{} || a != Fingerprint([]byte("a")) {
		t.Fatal(a, b)
	}
}

// FuzzParse: whatever is accepted is written again as it was, can be estimated and merged.
func FuzzParse(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	for p := uint8(MinPrecision); p <= 10; p++ {
		for _, n := range []int{0, 1, 3 << p / 16, 1 << p} {
			s := empty(f, p)
			insert(f, r, s, hashes(r, n))
			f.Add(s.Append(nil))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data)
		if err != nil {
			if s != nil {
				t.Fatal("a sketch and an error")
			}
			return
		}
		if again := s.Append(nil); !bytes.Equal(again, data) {
			t.Fatalf("%x became %x", data, again)
		}
		n, err := s.Estimate()
		if n < 0 || err != nil && n != 0 {
			t.Fatal(n, err)
		}
		double, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if err := double.Merge(s); err != nil || !bytes.Equal(double.Append(nil), data) {
			t.Fatal("merging a sketch with itself changed it", err)
		}
		sk, err := s.HyperLogLog()
		if err != nil || !bytes.Equal(libraryRegisters(t, sk), s.Registers(nil)) {
			t.Fatal("the library does not take the registers", err)
		}
	})
}
