package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/shardmap/store"
)

// testRace has several programs count the version up at once: each version is written by one of them, and none is lost.
func testRace(t *testing.T, open Opener) {
	const swappers, each = 4, 5
	var wins [swappers*each + 1]atomic.Int32
	var all sync.WaitGroup
	for i := range swappers {
		s := open(t)
		all.Go(func() {
			for won := 0; won < each; {
				doc, err := s.Load(t.Context())
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Error(err)
					return
				}
				next := doc.Version + 1
				err = s.Swap(t.Context(), doc.Version, Doc(next, fmt.Sprintf("swapper %d", i)))
				switch {
				case err == nil:
					wins[next].Add(1)
					won++
				case !errors.Is(err, store.ErrConflict):
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	for v := 1; v < len(wins); v++ {
		if n := wins[v].Load(); n != 1 {
			t.Errorf("version %d was written %d times", v, n)
		}
	}
	if doc := load(t, open(t)); doc.Version != swappers*each {
		t.Errorf("the store ends at version %d", doc.Version)
	}
}

// testReaders reads while versions change: each answer is a whole version, no reader goes back, and an answer is no older than it says.
func testReaders(t *testing.T, open Opener) {
	const last = 20
	writer := open(t)
	swap(t, writer, Doc(1, "x"))
	var written [last + 1]atomic.Pointer[time.Time] // when the swap to a version had ended
	var all sync.WaitGroup
	for range 2 {
		s := open(t)
		all.Go(func() {
			for held := uint64(0); held < last; {
				doc, err := s.Load(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if doc.Version < held || string(doc.Text) != string(Text(doc.Version, "x")) {
					t.Errorf("version %d after %d:\n%s", doc.Version, held, doc.Text)
					return
				}
				if doc.Version < last {
					if at := written[doc.Version+1].Load(); at != nil && at.Before(doc.AsOf) {
						t.Errorf("version %d as of %s, when version %d had been written at %s", doc.Version, doc.AsOf, doc.Version+1, at)
						return
					}
				}
				held = doc.Version
			}
		})
	}
	for v := uint64(2); v <= last && !t.Failed(); v++ {
		swap(t, writer, Doc(v, "x"))
		now := time.Now()
		written[v].Store(&now)
	}
	all.Wait()
}
