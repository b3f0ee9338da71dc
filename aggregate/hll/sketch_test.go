package hll

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/axiomhq/hyperloglog"
)

func empty(t testing.TB, precision uint8) *Sketch {
	t.Helper()
	s, err := New(Origin{Precision: precision})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// library is what the library makes of hashes.
func library(t testing.TB, precision uint8, hashes []uint64) *hyperloglog.Sketch {
	t.Helper()
	sk, err := hyperloglog.NewSketch(precision, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hashes {
		sk.InsertHash(h)
	}
	return sk
}

// libraryRegisters are its registers, which stand behind 8 bytes of its own format.
func libraryRegisters(t testing.TB, sk *hyperloglog.Sketch) []byte {
	t.Helper()
	data, err := sk.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return data[8:]
}

func estimate(t testing.TB, s *Sketch) int64 {
	t.Helper()
	n, err := s.Estimate()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// same fails unless s has the registers and the estimate of the library's sketch.
func same(t testing.TB, s *Sketch, sk *hyperloglog.Sketch) {
	t.Helper()
	if got, want := s.Registers(nil), libraryRegisters(t, sk); !bytes.Equal(got, want) {
		t.Fatalf("precision %d: registers differ", s.origin.Precision)
	}
	if got, want := estimate(t, s), int64(sk.Estimate()); got != want {
		t.Fatalf("precision %d: estimate %d, the library's %d", s.origin.Precision, got, want)
	}
	if most := int64(s.registers()); s.Bytes() > most {
		t.Fatalf("precision %d: %d bytes for %d registers", s.origin.Precision, s.Bytes(), most)
	}
}

func hashes(r *rand.Rand, n int) []uint64 {
	out := make([]uint64, n)
	for i := range out {
		out[i] = r.Uint64()
		if r.IntN(8) == 0 { // and some of high ranks
			out[i] &= ^uint64(0) << r.IntN(64)
		}
	}
	return out
}

func pack(hashes []uint64) (out []byte) {
	for _, h := range hashes {
		out = binary.BigEndian.AppendUint64(out, h)
	}
	return out
}

// insert adds hashes one by one, or packed in rows of random lengths, and some twice.
func insert(t testing.TB, r *rand.Rand, s *Sketch, hashes []uint64) {
	t.Helper()
	for len(hashes) > 0 {
		n := 1 + r.IntN(len(hashes))
		if r.IntN(2) == 0 {
			n = min(n, 3)
		}
		row := hashes[:n]
		for range 1 + r.IntN(2) {
			if r.IntN(3) > 0 {
				if err := s.InsertPacked(pack(row)); err != nil {
					t.Fatal(err)
				}
				continue
			}
			for _, h := range row {
				s.Insert(h)
			}
		}
		hashes = hashes[n:]
	}
}

func TestEqualsTheLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for p := uint8(MinPrecision); p <= MaxPrecision; p++ {
		m := 1 << p
		for _, n := range []int{0, 1, 2, 3, m / 16, m / 9, m / 8, m/8 + 1, m / 5, m / 4, m/4 + 1, m / 3, m/3 + 1, m, 3 * m} {
			list := hashes(r, n)
			s := empty(t, p)
			insert(t, r, s, list)
			same(t, s, library(t, p, list))
		}
	}
	s := empty(t, 14)
	if err := s.InsertPacked(make([]byte, 15)); err == nil || estimate(t, s) != 0 {
		t.Fatal("15 bytes were taken for hashes")
	}
}

// TestSmallestHashes inserts of each register the smallest hash only, which is what a shard sends.
func TestSmallestHashes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for p := uint8(MinPrecision); p <= MaxPrecision; p += 2 {
		list := hashes(r, 3000)
		least := map[uint64]uint64{}
		for _, h := range list {
			k := h >> (64 - p)
			if v, ok := least[k]; !ok || h < v {
				least[k] = h
			}
		}
		s := empty(t, p)
		for _, h := range least {
			s.Insert(h)
		}
		same(t, s, library(t, p, list))
	}
}

// TestEstimateOfRegisters takes registers as they come, with ranks whose powers a sum rounds.
func TestEstimateOfRegisters(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for p := uint8(MinPrecision); p <= MaxPrecision; p++ {
		rounds := max(3, 400>>max(0, p-8))
		for round := range rounds {
			s := empty(t, p)
			top, filled := 1+r.IntN(int(s.origin.maxRank())), r.Float64()
			for i := range s.registers() {
				rank := min(1+int(r.ExpFloat64()*1.4), top)
				if round%3 == 0 {
					rank = 1 + r.IntN(top)
				}
				if r.Float64() < filled {
					s.densify()
					s.regs[i] = uint8(rank)
				}
			}
			sk, err := s.HyperLogLog()
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Estimate()
			if err != nil { // nothing that a set of hashes would have
				if want := sk.Estimate(); int64(want) >= 0 && want < 1<<62 {
					t.Fatalf("precision %d: %v, the library says %d", p, err, want)
				}
				continue
			}
			if want := int64(sk.Estimate()); got != want {
				t.Fatalf("precision %d: estimate %d, the library's %d", p, got, want)
			}
		}
	}
}

// TestPowers: what is added here is, to the last bit, what adding register by register gives, unless it is said not to be.
func TestPowers(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	rounded := 0
	for round := range 3000 {
		s := empty(t, uint8(MinPrecision+round%9))
		s.densify()
		top, inOrder := 1+r.IntN(int(s.origin.maxRank())), 0.0
		for i := range s.regs {
			s.regs[i] = uint8(r.IntN(top + 1))
			inOrder += 1 / math.Pow(2, float64(s.regs[i]))
		}
		ranks := s.ranks()
		sum, exact := powers(&ranks, s.origin.Precision)
		if exact && sum != inOrder {
			t.Fatalf("precision %d, ranks to %d: %b, in order %b", s.origin.Precision, top, sum, inOrder)
		}
		if !exact {
			rounded++
		}
	}
	if rounded == 0 || rounded == 3000 {
		t.Fatal(rounded)
	}
}

// TestBecomesDense: a list that is nearly all registers is not put in order at each insertion.
func TestBecomesDense(t *testing.T) {
	s := empty(t, 10)
	for range 3 {
		for register := range uint64(250) { // of the 256 that a list has room for
			s.Insert(register << 54)
		}
	}
	if s.regs == nil {
		t.Fatal("the list stayed")
	}
}

func TestMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for round := range 400 {
		p := uint8(MinPrecision + r.IntN(11))
		var s [3]*Sketch
		var all []uint64
		for i := range s {
			s[i] = empty(t, p)
			list := hashes(r, r.IntN(1<<p))
			if round%2 == 0 {
				list = append(list[:len(list)/4:len(list)/4], all[:len(all)/2]...)
			}
			insert(t, r, s[i], list)
			all = append(all, list...)
		}
		left := merged(t, merged(t, s[0], s[1]), s[2])
		for name, other := range map[string]*Sketch{
			"associative":  merged(t, s[0], merged(t, s[1], s[2])),
			"commutative":  merged(t, s[2], merged(t, s[1], s[0])),
			"idempotent":   merged(t, merged(t, left, left), s[1]),
			"with nothing": merged(t, left, empty(t, p)),
		} {
			if !bytes.Equal(left.Append(nil), other.Append(nil)) {
				t.Fatalf("round %d: merging is not the same: %s", round, name)
			}
		}
		same(t, left, library(t, p, all))
	}
}

// merged leaves its operands as they are.
func merged(t testing.TB, a, b *Sketch) *Sketch {
	t.Helper()
	out, err := Parse(a.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	before := b.Append(nil)
	if err := out.Merge(b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, b.Append(nil)) {
		t.Fatal("merging changed what was merged")
	}
	return out
}

func TestMismatch(t *testing.T) {
	keyed := Origin{Precision: 14, Hash: Keyed, Key: Fingerprint([]byte("a"))}
	other := keyed
	other.Key = Fingerprint([]byte("b"))
	for _, c := range []struct {
		a, b Origin
		want string
	}{
		{Origin{Precision: 12}, Origin{Precision: 14}, "sketches of precision 12 and 14 cannot be merged: make both with the same precision"},
		{Origin{Precision: 14}, keyed, "sketches of the fast and the keyed hash cannot be merged: make both with the same hash"},
		{keyed, other, "sketches whose values were hashed under different keys cannot be merged: make both for the same purpose"},
	} {
		a, errA := New(c.a)
		b, errB := New(c.b)
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		b.Insert(1 << 60)
		err := a.Merge(b)
		var mismatch *MismatchError
		if !errors.As(err, &mismatch) || err.Error() != c.want || a.filled() != 0 {
			t.Errorf("%v and %v: %v", c.a, c.b, err)
		}
	}
	for _, o := range []Origin{{Precision: 3}, {Precision: 19}, {Precision: 14, Hash: 3}, {Precision: 14, Hash: Keyed}, {Precision: 14, Key: keyed.Key}} {
		if _, err := New(o); err == nil {
			t.Errorf("a sketch of %v was made", o)
		}
	}
}

// TestError holds estimates of unions of overlapping parts against three standard errors, which one sketch in some hundreds exceeds: the
// seeds are fixed.
func TestError(t *testing.T) {
	for _, c := range []struct{ distinct, shards, overlap int }{
		{100, 1, 0}, {100, 64, 100}, {1000, 8, 50}, {10_000, 64, 0}, {10_000, 3, 100}, {100_000, 8, 50}, {1_000_000, 64, 10}, {10_000_000, 4, 0},
	} {
		t.Run(fmt.Sprintf("%d of %d shards, %d%% overlap", c.distinct, c.shards, c.overlap), func(t *testing.T) {
			if c.distinct >= 10_000_000 && testing.Short() {
				t.Skip("10^7 hashes")
			}
			for _, p := range []uint8{10, 14} {
				r := rand.New(rand.NewPCG(uint64(c.distinct), uint64(p)))
				parts := make([]*Sketch, c.shards)
				for i := range parts {
					parts[i] = empty(t, p)
				}
				for range c.distinct {
					h := r.Uint64()
					parts[r.IntN(c.shards)].Insert(h)
					if r.IntN(100) < c.overlap {
						parts[r.IntN(c.shards)].Insert(h)
					}
				}
				for _, s := range parts[1:] {
					if err := parts[0].Merge(s); err != nil {
						t.Fatal(err)
					}
				}
				got := estimate(t, parts[0])
				if off := math.Abs(float64(got)/float64(c.distinct) - 1); off > 3*StandardError(p) {
					t.Errorf("precision %d: %d, %.2f standard errors off", p, got, off/StandardError(p))
				}
			}
		})
	}
}

// TestErrorOfEveryPrecision averages where it can, since one estimate of 16 registers says little.
func TestErrorOfEveryPrecision(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for p := uint8(MinPrecision); p <= MaxPrecision; p++ {
		for _, n := range []int{1, 1 << p / 10, 1 << p / 2, 1 << p, 3 << p, 20 << p} {
			rounds := max(1, 200_000/max(n, 1<<p))
			rounds = min(rounds, 300)
			squares := 0.0
			for range rounds {
				s := empty(t, p)
				for range max(n, 1) {
					s.Insert(r.Uint64())
				}
				off := float64(estimate(t, s))/float64(max(n, 1)) - 1
				squares += off * off
			}
			if got := math.Sqrt(squares / float64(rounds)); got > (1+2/math.Sqrt(float64(rounds)))*StandardError(p) {
				t.Errorf("precision %d, %d hashes: error %.4f, stated %.4f", p, n, got, StandardError(p))
			}
		}
	}
}

func TestRegistersAppend(t *testing.T) {
	s := empty(t, 4)
	s.Insert(1 << 63)
	if got := s.Registers([]byte{9}); !slices.Equal(got[:10], []byte{9, 0, 0, 0, 0, 0, 0, 0, 0, 61}) || len(got) != 17 {
		t.Fatal(got)
	}
}
