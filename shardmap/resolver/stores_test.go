package resolver

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/etcdtest"
	"github.com/atoll-sql/atoll/shardmap/store"
	"github.com/atoll-sql/atoll/shardmap/store/etcd"
	"github.com/atoll-sql/atoll/shardmap/store/file"
	"github.com/atoll-sql/atoll/shardmap/store/storetest"
)

// patience bounds waits for what must come.
const patience = 60 * time.Second

// over makes a resolver over a real store, whose value is the version, and a function that waits until what it serves, or why it serves nothing, is as wanted. Whatever is
// served meanwhile must be young enough.
func over(t *testing.T, s store.Store, o Options) (r *Resolver[uint64], until func(what string, ok func(*Snapshot[uint64], error) bool)) {
	t.Helper()
	r, err := New(s, func(d store.Document) (uint64, error) { return store.ParseVersion(d.Text, "x") }, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(r.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
	return r, func(what string, ok func(*Snapshot[uint64], error) bool) {
		t.Helper()
		for late := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			asked := time.Now()
			snap, err := r.Current(t.Context())
			if err == nil && (snap.Value != snap.Version || asked.Sub(snap.AsOf) > r.opts.MaxStale) {
				t.Fatalf("served %+v at %s", snap, asked)
			}
			if ok(snap, err) {
				return
			}
			if time.Now().After(late) {
				t.Fatalf("%s did not come: %+v, %v", what, snap, err)
			}
		}
	}
}

func version(want uint64) func(*Snapshot[uint64], error) bool {
	return func(s *Snapshot[uint64], err error) bool { return err == nil && s.Version == want }
}

func TestOverAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map.yaml")
	s, err := file.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	_, until := over(t, s, Options{TTL: time.Hour}) // so that the watch alone tells
	until("no map", func(_ *Snapshot[uint64], err error) bool { return errors.Is(err, store.ErrNotFound) })
	for v := uint64(1); v <= 5; v++ {
		if err := s.Swap(t.Context(), v-1, storetest.Doc(v, "x")); err != nil {
			t.Fatal(err)
		}
		until("a version", version(v))
	}
	if err := os.WriteFile(path, []byte("map_version: 6\nregions: {"), 0o600); err != nil {
		t.Fatal(err)
	}
	until("the last good version", version(5))
	if err := os.WriteFile(path, storetest.Text(7, "x"), 0o600); err != nil {
		t.Fatal(err)
	}
	until("the repaired one", version(7))
}

// The store dies and comes back, again and again: what is held is served while it is young, then nothing is, then the newest version.
func TestOverEtcdThatDies(t *testing.T) {
	server := etcdtest.Start(t)
	open := func() *etcd.Store {
		s, err := etcd.Open(etcd.Options{Endpoints: []string{server.Endpoint}, Timeout: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	writer := open()
	defer func() { _ = writer.Close() }()
	_, until := over(t, open(), Options{TTL: 20 * time.Millisecond, MaxStale: 2 * time.Second, Timeout: time.Second})
	for v := uint64(1); v <= 3; v++ {
		if err := writer.Swap(context.Background(), v-1, storetest.Doc(v, "x")); err != nil {
			t.Fatal(err)
		}
		until("a version", version(v))
		server.Kill(t)
		until("the end of what is served", func(_ *Snapshot[uint64], err error) bool {
			var stale *StaleError
			return errors.As(err, &stale) && stale.Version == v && stale.Age > 2*time.Second
		})
		server.Run(t)
		until("the server again", version(v))
	}
}
