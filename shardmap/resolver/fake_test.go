package resolver

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/shardmap/store"
)

var errDown = errors.New("the store is down")

// fake is a store in memory that does as it is told.
type fake struct {
	mu      sync.Mutex
	version uint64
	text    string
	err     error         // of Load
	gate    chan struct{} // Load waits for it, after it has read
	loads   int
	noTime  bool
	linger  time.Duration // Load takes so long to end after its context
	watches int
	changed func() // of the watch that is under way
	lose    chan error
}

func (f *fake) set(version uint64, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.version, f.text = version, text
}

func (f *fake) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// hold makes requests wait until the function that it returns is called.
func (f *fake) hold() (release func()) {
	gate := make(chan struct{})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gate = gate
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.gate == gate {
			f.gate = nil
		}
		close(gate)
	}
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.loads
}

func (f *fake) Load(ctx context.Context) (store.Document, error) {
	f.mu.Lock()
	f.loads++
	doc, err, gate := store.Document{Version: f.version, Text: []byte(f.text), AsOf: time.Now()}, f.err, f.gate
	if f.noTime {
		doc.AsOf = time.Time{}
	}
	f.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			time.Sleep(f.linger)
			return store.Document{}, ctx.Err()
		}
	}
	return doc, err
}

func (f *fake) Swap(context.Context, uint64, store.Document) error { return errors.ErrUnsupported }

func (f *fake) Watch(ctx context.Context, changed func()) error {
	f.mu.Lock()
	f.watches++
	lose := f.lose
	f.changed = changed
	f.mu.Unlock()
	if lose == nil {
		return store.ErrNoWatch
	}
	select {
	case err := <-lose:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *fake) tell() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed()
}

func (f *fake) String() string { return "fake store" }
func (f *fake) Close() error   { return nil }

// number is the check of most tests: a text is good if it is the word "good" and a number, which becomes the value.
func number(doc store.Document) (int, error) {
	rest, ok := strings.CutPrefix(string(doc.Text), "good ")
	if !ok {
		return 0, fmt.Errorf("the text says %q", doc.Text)
	}
	return strconv.Atoi(rest)
}

const (
	ttl      = time.Second
	maxStale = 10 * time.Second
)

// begin makes a resolver over a store that holds version 1, and closes it at the end of the test, within its bubble.
func begin(t *testing.T, adjust func(*fake)) (*fake, *Resolver[int]) {
	t.Helper()
	f := &fake{version: 1, text: "good 1"}
	if adjust != nil {
		adjust(f)
	}
	r, err := New(f, number, Options{TTL: ttl, MaxStale: maxStale, Timeout: 4 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return f, r
}

// serves checks what is served now.
func serves(t *testing.T, r *Resolver[int], version uint64, value int) *Snapshot[int] {
	t.Helper()
	got, err := r.Current(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got.Version != version || got.Value != value {
		t.Fatalf("served version %d, value %d; want %d, %d", got.Version, got.Value, version, value)
	}
	return got
}

// refuses checks that nothing is served now, and returns the error.
func refuses(t *testing.T, r *Resolver[int], cause error) *StaleError {
	t.Helper()
	got, err := r.Current(context.Background())
	var stale *StaleError
	if !errors.As(err, &stale) || got != nil {
		t.Fatalf("got %+v, %v; want a StaleError", got, err)
	}
	if !errors.Is(err, cause) {
		t.Fatalf("got %v; want the cause %v", err, cause)
	}
	return stale
}
