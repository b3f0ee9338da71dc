package aggregate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTablesNumberInOrder holds both tables, asked one by one and for many at a time, to a map.
func TestTablesNumberInOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	words, keys := newWordTable(), newByteTable()
	want := map[uint64]uint32{}
	for range 300 {
		batch := make([]uint64, 1+rng.IntN(400))
		var fresh []int32
		for i := range batch {
			batch[i] = rng.Uint64N(20_000)
			if _, ok := want[batch[i]]; !ok {
				want[batch[i]] = uint32(len(want))
				fresh = append(fresh, int32(i))
			}
		}
		row := func(i int) []byte { return fmt.Append(nil, batch[i]) }
		ids, other := make([]uint32, len(batch)), make([]uint32, len(batch))
		gotWords := words.insertAll(batch, ids, nil)
		gotKeys, err := keys.insertAll(row, other, nil)
		if err != nil || !slices.Equal(gotWords, fresh) || !slices.Equal(gotKeys, fresh) || !slices.Equal(ids, other) {
			t.Fatal(err, gotWords, gotKeys, fresh)
		}
		for i, w := range batch {
			n, ok := words.find(w, 0)
			k, found := keys.find(row(i))
			if !ok || !found || n != want[w] || k != n || ids[i] != n {
				t.Fatalf("%d: %d %d %d, want %d", w, n, k, ids[i], want[w])
			}
		}
	}
	if _, ok := words.find(20_000, 0); ok {
		t.Error("a word was found that nobody inserted")
	}
}

// TestTablesTellEqualTagsApart gives other entries the tags of those looked for.
func TestTablesTellEqualTagsApart(t *testing.T) {
	words, keys := newWordTable(), newByteTable()
	for i := range uint64(50) {
		words.words = extend(words.words, words.n+1)
		words.words[words.n] = ^i
		tag := words.tag(i, 0)
		words.add(tag, empty(&words.index, tag))
		key := fmt.Append(nil, i)
		keys.arena = append(keys.arena, "other"...)
		keys.ends = append(keys.ends, len(keys.arena))
		tag = keys.tag(key)
		keys.add(tag, empty(&keys.index, tag))
	}
	batch, ids := make([]uint64, 50), make([]uint32, 50)
	for i := range batch {
		batch[i] = uint64(i)
	}
	for range 2 {
		words.insertAll(batch, ids, nil)
		other := make([]uint32, 50)
		if _, err := keys.insertAll(func(i int) []byte { return fmt.Append(nil, i) }, other, nil); err != nil {
			t.Fatal(err)
		}
		for i := range ids {
			n, ok := words.find(uint64(i), 0)
			if ids[i] != uint32(50+i) || other[i] != ids[i] || !ok || n != ids[i] {
				t.Fatalf("%d: %d, %d and %d", i, ids[i], other[i], n)
			}
		}
	}
}

func empty(x *index, tag uint32) uint64 {
	at := x.home(tag)
	for x.slots[at].next != 0 {
		at = x.behind(at)
	}
	return at
}

// TestWordsOfOwners holds that the same word of different owners is told apart, from the first owner on.
func TestWordsOfOwners(t *testing.T) {
	table := newWordTable()
	n := uint32(0)
	for owner := range uint32(40) {
		for w := range uint64(25) {
			if got, fresh := table.insert(w, owner); got != n || !fresh {
				t.Fatalf("%d of %d: %d %v, want %d", w, owner, got, fresh, n)
			}
			n++
		}
	}
	seen := 0
	err := table.save(7, func(owners []uint32, words []uint64) error {
		for i, w := range words {
			if got, ok := table.find(w, owners[i]); !ok || got != uint32(seen) {
				t.Errorf("%d of %d: %d %v", w, owners[i], got, ok)
			}
			seen++
		}
		return nil
	})
	if err != nil || seen != int(n) {
		t.Error(seen, n, err)
	}
}
