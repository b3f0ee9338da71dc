package store_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/shardmap/store"
)

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]uint64{
		"map_version: 1": 1,
		"a: {map_version: 7}\nmap_version: 12 # x":  12,
		"\ufeffmap_version: 3\n":                    3,
		"map_version: 9223372036854775807\n":        1<<63 - 1,
		"map_version: 9223372036854775808\n":        0,
		"map_version: 0\n":                          0,
		"map_version: -1\n":                         0,
		"map_version: 1.0\n":                        0,
		"map_version: 1e3\n":                        0,
		"map_version: '1'\n":                        0,
		"map_version: 1\nmap_version: 2\n":          0,
		"map_version: 1\n---\nmap_version: 2\n":     0,
		"x: &a 1\nmap_version: *a\n":                0,
		"":                                          0,
		"- map_version: 1":                          0,
		"map_version:":                              0,
		"map_version: 1\nregions: {eu: {jurisdicti": 0, // cut off
	} {
		got, err := store.ParseVersion([]byte(text), "map.yaml")
		if got != want || want == 0 && !errors.Is(err, store.ErrBad) || want != 0 && err != nil {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), "map.yaml") {
			t.Errorf("%q: %v names no file", text, err)
		}
	}
}

func TestErrorsHoldNoCredential(t *testing.T) {
	_, err := store.ParseVersion([]byte("map_version: 1\nshards: {a: {dsn: \"postgres://u:hunter2@h/d\"}, [}\n"), "map.yaml")
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
}

func TestTextsAreParsedAnewOnlyIfTheyChanged(t *testing.T) {
	var texts store.Texts
	at := time.Now()
	first, err := texts.Document([]byte("map_version: 1\n"), at, "x")
	if err != nil {
		t.Fatal(err)
	}
	again, err := texts.Document([]byte("map_version: 1\n"), at.Add(1), "x")
	if err != nil || &first.Text[0] != &again.Text[0] || again.Version != 1 || !again.AsOf.Equal(at.Add(1)) {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := texts.Document([]byte("map_version: x\n"), at, "x"); !errors.Is(err, store.ErrBad) {
		t.Error(err)
	}
	var all sync.WaitGroup
	for v := range uint64(4) {
		all.Go(func() {
			for range 100 {
				if doc, err := texts.Document([]byte{'m', 'a', 'p', '_', 'v', 'e', 'r', 's', 'i', 'o', 'n', ':', ' ', byte('1' + v)}, at, "x"); err != nil || doc.Version != v+1 {
					t.Errorf("%+v, %v", doc, err)
				}
			}
		})
	}
	all.Wait()
}
