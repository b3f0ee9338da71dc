package failover

import (
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// TestLease: what a try holds is counted once at any time, keeps its content wherever it moves, and is the caller's problem no more once the try has lost.
func TestLease(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 9))
		caller := &counting{CheckedAllocator: memory.NewCheckedAllocator(memory.NewGoAllocator())}
		l, lost := newLease(caller), false
		var held [][]byte
		for range 200 {
			switch n := r.IntN(100); {
			case n < 40:
				b := l.Allocate(1 + r.IntN(300))
				fill(b)
				held = append(held, b)
			case n < 60 && len(held) > 0:
				i := r.IntN(len(held))
				was := len(held[i])
				b := l.Reallocate(1+r.IntN(300), held[i])
				for j := range min(was, len(b)) {
					if b[j] != byte(was) {
						t.Fatalf("seed %d: byte %d of %d has moved to %d", seed, j, was, b[j])
					}
				}
				fill(b)
				held[i] = b
			case n < 95 && len(held) > 0:
				i := r.IntN(len(held))
				l.Free(held[i])
				held = append(held[:i], held[i+1:]...)
			case n == 98 && !lost && !l.won:
				l.win()
			case n == 99 && !lost && !l.won:
				l.lose()
				lost = true
			}
			want := 0
			for _, b := range held {
				want += len(b)
			}
			if lost {
				want = 0
			}
			if got := int(caller.n.Load()) + caller.CurrentAlloc(); got != want {
				t.Fatalf("seed %d: %d bytes are counted, want %d", seed, got, want)
			}
		}
		for _, b := range held {
			l.Free(b)
		}
		caller.AssertSize(t, 0)
		if n := caller.n.Load(); n != 0 {
			t.Errorf("seed %d: %d bytes are still counted", seed, n)
		}
	}
}

func fill(b []byte) {
	for i := range b {
		b[i] = byte(len(b))
	}
}
