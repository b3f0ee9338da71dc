package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/shardmap/store"
)

// Opener opens one more handle on one place, as another process would. The handle closes with the test.
type Opener func(t *testing.T) store.Store

// Place makes an empty place and returns how to open it.
type Place func(t *testing.T) Opener

// patience bounds waits for what must come.
const patience = 30 * time.Second

// Run runs the suite. The secrets are words that no text of the store may hold.
func Run(t *testing.T, place Place, secrets ...string) {
	for name, test := range map[string]func(*testing.T, Opener){
		"empty":             testEmpty,
		"versions":          testVersions,
		"texts come back":   testTexts,
		"conflicts":         testConflicts,
		"wrong documents":   testWrong,
		"swappers race":     testRace,
		"readers":           testReaders,
		"ended contexts":    testContexts,
		"watch":             testWatch,
		"watch ends":        testWatchEnds,
		"close":             testClose,
		"nothing is leaked": func(t *testing.T, open Opener) { testSecrets(t, open, secrets) },
	} {
		t.Run(name, func(t *testing.T) { test(t, place(t)) })
	}
}

// Text makes a document's text of a version; note sets those of one version apart.
func Text(version uint64, note string) []byte {
	return fmt.Appendf(nil, "# %s\nmap_version: %d\nregions:\n  eu: {jurisdiction: EU}\n", note, version)
}

// Doc makes a document.
func Doc(version uint64, note string) store.Document {
	return store.Document{Version: version, Text: Text(version, note)}
}

func testEmpty(t *testing.T, open Opener) {
	if doc, err := open(t).Load(t.Context()); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("got %+v, %v", doc, err)
	}
}

// load loads, and checks what every answer must keep.
func load(t *testing.T, s store.Store) store.Document {
	t.Helper()
	before := time.Now()
	doc, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if doc.AsOf.Before(before) || doc.AsOf.After(time.Now()) {
		t.Fatalf("asked at %s, the answer is as of %s", before, doc.AsOf)
	}
	return doc
}

func swap(t *testing.T, s store.Store, doc store.Document) {
	t.Helper()
	if err := s.Swap(t.Context(), doc.Version-1, doc); err != nil {
		t.Fatal(err)
	}
}

func testVersions(t *testing.T, open Opener) {
	one, other := open(t), open(t)
	for v := uint64(1); v <= 12; v++ { // past 9, so that no store sorts them as texts
		swap(t, one, Doc(v, "x"))
		for _, s := range []store.Store{one, other} {
			if doc := load(t, s); doc.Version != v || string(doc.Text) != string(Text(v, "x")) {
				t.Fatalf("version %d: got %d\n%s", v, doc.Version, doc.Text)
			}
		}
		one, other = other, one
	}
}

func testTexts(t *testing.T, open Opener) {
	s := open(t)
	for i, text := range []string{
		"map_version: 1", "map_version: 2\r\n# a\ttab and  two spaces   \r\n", "\ufeff# a mark first\nmap_version: 3\n", "# ü, 漢, 𝄞, '; DROP TABLE x; --, ${PASSWORD}, \\n\nmap_version: 4\n\n\n",
		"map_version: 5\n# " + strings.Repeat("long ", 40_000) + "\n",
	} {
		swap(t, s, store.Document{Version: uint64(i + 1), Text: []byte(text)})
		if doc := load(t, open(t)); string(doc.Text) != text {
			t.Fatalf("text %d came back otherwise (%d bytes of %d)", i, len(doc.Text), len(text))
		}
	}
}

func testConflicts(t *testing.T, open Opener) {
	s := open(t)
	conflict := func(old uint64) {
		t.Helper()
		if err := s.Swap(t.Context(), old, Doc(old+1, "loser")); !errors.Is(err, store.ErrConflict) {
			t.Errorf("a swap of version %d: %v", old, err)
		}
	}
	conflict(1) // nothing is there
	swap(t, s, Doc(1, "x"))
	swap(t, s, Doc(2, "x"))
	conflict(0)
	conflict(1)
	conflict(3)
	if doc := load(t, s); doc.Version != 2 || string(doc.Text) != string(Text(2, "x")) {
		t.Errorf("a conflict changed the store: %s", doc.Text)
	}
}

// testWrong: what is no version, or not the next one, never gets into the store.
func testWrong(t *testing.T, open Opener) {
	s := open(t)
	swap(t, s, Doc(1, "x"))
	for name, c := range map[string]struct {
		old uint64
		doc store.Document
	}{
		"no version":      {1, store.Document{Version: 2, Text: []byte("regions: {}\n")}},
		"other version":   {1, store.Document{Version: 2, Text: Text(3, "x")}},
		"a step of two":   {1, Doc(3, "x")},
		"no step":         {1, Doc(1, "x")},
		"no YAML":         {1, store.Document{Version: 2, Text: []byte("map_version: 2\n\t- [")}},
		"empty":           {1, store.Document{Version: 2}},
		"text as version": {1, store.Document{Version: 2, Text: []byte("map_version: \"2\"\n")}},
	} {
		if err := s.Swap(t.Context(), c.old, c.doc); !errors.Is(err, store.ErrBad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if doc := load(t, s); doc.Version != 1 {
		t.Errorf("the store is at version %d", doc.Version)
	}
}

func testContexts(t *testing.T, open Opener) {
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Load(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Load: %v", err)
	}
	if err := s.Swap(ctx, 0, Doc(1, "x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Swap: %v", err)
	}
	if doc, err := s.Load(t.Context()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the store holds %+v, %v", doc, err)
	}
}

func testClose(t *testing.T, open Opener) {
	s := open(t)
	swap(t, s, Doc(1, "x"))
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context()); err == nil {
		t.Error("a closed store was read")
	}
	if err := s.Swap(t.Context(), 1, Doc(2, "x")); err == nil {
		t.Error("a closed store was written")
	}
	if err := s.Watch(t.Context(), func() {}); err == nil {
		t.Error("a closed store was watched")
	}
}

func testSecrets(t *testing.T, open Opener, secrets []string) {
	s := open(t)
	texts := []string{s.String(), fmt.Sprintf("%v %+v %s", s, s, s)}
	_, err := s.Load(t.Context())
	texts = append(texts, fmt.Sprint(err))
	swap(t, s, Doc(1, "x"))
	texts = append(texts, fmt.Sprint(s.Swap(t.Context(), 0, Doc(1, "x"))))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = s.Load(t.Context())
	texts = append(texts, fmt.Sprint(err))
	for _, text := range texts {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("a secret in %q", text)
			}
		}
	}
}
