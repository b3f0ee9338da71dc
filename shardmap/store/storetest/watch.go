package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/shardmap/store"
)

// Watcher is a watch under way.
type Watcher struct {
	Told  chan struct{} // holds one element if changed was called since it was last emptied
	Ended chan error
	stop  context.CancelFunc
}

// Watch begins to watch a store and waits until it says that it does. The watch ends with the test. It skips the test where the store cannot watch.
func Watch(t *testing.T, s store.Store) *Watcher {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	w := &Watcher{Told: make(chan struct{}, 1), Ended: make(chan error, 1), stop: stop}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Ended <- s.Watch(ctx, func() {
			select {
			case w.Told <- struct{}{}:
			default:
			}
		})
	}()
	t.Cleanup(func() { stop(); <-done })
	select {
	case <-w.Told:
	case err := <-w.Ended:
		if errors.Is(err, store.ErrNoWatch) {
			t.Skip(err)
		}
		t.Fatalf("the watch did not begin: %v", err)
	case <-time.After(patience):
		t.Fatal("the watch did not begin")
	}
	return w
}

// Sees waits for the watch to tell of changes until the store is at a version.
func (w *Watcher) Sees(t *testing.T, s store.Store, version uint64) {
	t.Helper()
	for late := time.After(patience); ; {
		select {
		case <-w.Told:
			if doc, err := s.Load(t.Context()); err == nil && doc.Version >= version {
				return
			}
		case err := <-w.Ended:
			t.Fatalf("the watch ended: %v", err)
		case <-late:
			t.Fatalf("the watch did not tell of version %d", version)
		}
	}
}

// End waits for the end of the watch and returns its error.
func (w *Watcher) End(t *testing.T) error {
	t.Helper()
	select {
	case err := <-w.Ended:
		return err
	case <-time.After(patience):
		t.Fatal("the watch goes on")
		return nil
	}
}

func testWatch(t *testing.T, open Opener) {
	reader, writer := open(t), open(t)
	w := Watch(t, reader)
	for v := uint64(1); v <= 10; v++ {
		swap(t, writer, Doc(v, "x"))
		w.Sees(t, reader, v)
	}
}

func testWatchEnds(t *testing.T, open Opener) {
	w := Watch(t, open(t))
	w.stop()
	if err := w.End(t); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	other := open(t)
	w = Watch(t, other)
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	_ = w // a watch may outlive its store's Close, but not its context: the end of the test checks that
}
