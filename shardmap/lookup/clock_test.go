package lookup

import (
	"context"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

func TestMemoryIsBounded(t *testing.T) {
	for _, size := range []int{1, 2, 7, 1000, 1023, 1024, 5000, 100_000} {
		m := newMemory[int, int](size, maphash.Comparable[int])
		for i := range 3 * size {
			m.put(i, answer[int]{value: i, found: true})
			if a := m.get(i); a == nil || a.value != i {
				t.Fatalf("size %d: %d was forgotten at once", size, i)
			}
		}
		if n := len(m.ring); n != size {
			t.Errorf("size %d: %d are remembered", size, n)
		}
	}
}

// What is used stays, what is not goes.
func TestUsedKeysStay(t *testing.T) {
	m := newMemory[int, int](100, maphash.Comparable[int])
	for i := range 50 {
		m.put(-i-1, answer[int]{value: i})
	}
	for i := range 10_000 {
		m.put(i, answer[int]{value: i})
		if i%10 == 0 {
			for k := range 50 {
				if m.get(-k-1) == nil {
					t.Fatalf("a key in use was forgotten at %d", i)
				}
			}
		}
	}
}

func TestMemoryAgainstAMap(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	// Few hashes, so that many keys share one.
	m := newMemory[int, int](20, func(_ maphash.Seed, key int) uint64 { return uint64(key % 7) })
	truth := map[int]int{} // what was put last
	for step := range 20_000 {
		key := rnd.IntN(60)
		switch rnd.IntN(3) {
		case 0:
			m.put(key, answer[int]{value: step})
			truth[key] = step
		case 1:
			m.remove(key)
			delete(truth, key)
		}
		a := m.get(key)
		if v, put := truth[key]; a != nil && (!put || a.value != v) {
			t.Fatalf("step %d: key %d has %d; want %d, %t", step, key, a.value, v, put)
		}
		listed := 0
		for i := range *m.buckets.Load() {
			for e := (*m.buckets.Load())[i].Load(); e != nil; e = e.next.Load() {
				listed++
			}
		}
		if len(m.ring) != listed || listed > 20 {
			t.Fatalf("%d in the ring, %d in the lists", len(m.ring), listed)
		}
		for at, e := range m.ring {
			if e.at != at || m.find(e.hash, e.key) != e {
				t.Fatalf("step %d: the ring is broken at %d", step, at)
			}
		}
	}
}

// Whoever reads while keys come, change, and go gets what was put for the key, or nothing.
func TestReadersNeedNoLock(t *testing.T) {
	m := newMemory[int, int](3000, maphash.Comparable[int])
	done := make(chan struct{})
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(g), 7))
			for hits := 0; ; {
				k := rnd.IntN(6000)
				if a := m.get(k); a != nil {
					if hits++; a.value%10_000 != k {
						t.Errorf("%d has %d", k, a.value)
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	rnd := rand.New(rand.NewPCG(1, 8))
	for step := range 50_000 {
		k := rnd.IntN(6000)
		if m.put(k, answer[int]{value: k + 10_000*rnd.IntN(5), found: true}); m.get(k) == nil {
			t.Errorf("step %d: %d was forgotten at once", step, k)
		}
		if rnd.IntN(3) == 0 {
			m.remove(rnd.IntN(6000))
		}
	}
	close(done)
	all.Wait()
}

func TestOlderAnswersDoNotReplaceYoungerOnes(t *testing.T) {
	m, now := newMemory[int, int](4, maphash.Comparable[int]), time.Hour
	m.put(1, answer[int]{value: 2, asOf: now})
	m.put(1, answer[int]{value: 1, asOf: now - 1})
	if a := m.get(1); a.value != 2 {
		t.Fatal(a)
	}
}

func TestManyAtOnce(t *testing.T) {
	c, err := New(func(_ context.Context, keys []int) (map[int]int, error) {
		out := map[int]int{}
		for _, k := range keys {
			if k%3 != 0 {
				out[k] = 2 * k
			}
		}
		return out, nil
	}, Options{TTL: time.Microsecond, NegativeTTL: time.Microsecond, Size: 2000})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(g), 3))
			for range 2000 {
				k := rnd.IntN(5000)
				if v, found, err := c.One(context.Background(), k); err != nil || found != (k%3 != 0) || found && v != 2*k {
					t.Errorf("%d: %d, %t, %v", k, v, found, err)
					return
				}
				if rnd.IntN(10) == 0 {
					c.Forget(k)
				}
			}
		})
	}
	all.Wait()
}

// full is a cache that remembers every key that is asked for.
func full(tb testing.TB, n int) (*Cache[string, string], []string) {
	c, err := New(func(_ context.Context, keys []string) (map[string]string, error) {
		out := map[string]string{}
		for _, k := range keys {
			out[k] = "eu-1"
		}
		return out, nil
	}, Options{TTL: time.Hour, Size: 2 * n})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("tenant-%08d", i)
	}
	if _, err := c.Get(context.Background(), keys); err != nil {
		tb.Fatal(err)
	}
	return c, keys
}

func TestHitsAllocateNothing(t *testing.T) {
	c, keys := full(t, 10_000)
	i := 0
	if n := testing.AllocsPerRun(5000, func() {
		if _, found, err := c.One(context.Background(), keys[i]); !found || err != nil {
			t.Fatal(found, err)
		}
		i++
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHit(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c, keys := full(b, n)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if _, found, _ := c.One(context.Background(), keys[i]); !found {
					b.Fatal("no hit")
				}
				if i++; i == n {
					i = 0
				}
			}
		})
	}
}

func BenchmarkHitParallel(b *testing.B) {
	c, keys := full(b, 100_000)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, found, _ := c.One(context.Background(), keys[i%len(keys)]); !found {
				b.Error("no hit")
			}
		}
	})
}
