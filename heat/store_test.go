package heat

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func counted(now time.Time, n int, hidden bool) *Counters {
	c := New(time.Hour, now, hidden)
	for range n {
		c.Observe(now, Statement{Shard: "eu-1", Rows: 2, Bytes: 64, Took: 3 * time.Millisecond})
		c.Touch(now, "eu-1", Key{"members", "unlisted keys", "tenant-77"}, 1)
	}
	return c
}

func weight(t *testing.T, f File, now time.Time) float64 {
	t.Helper()
	c, err := f.Read(now)
	if err != nil {
		t.Fatal(err)
	}
	r := c.Report(now)
	if len(r.Shards) == 0 {
		return 0
	}
	return r.Shards[0].Weight
}

// TestManyWriters adds to one file from many counters at once: nothing is lost.
func TestManyWriters(t *testing.T) {
	f := File{Path: filepath.Join(t.TempDir(), "heat.json"), Window: time.Hour}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 5 {
				if err := f.Add(t.Context(), counted(epoch, 3, false), epoch); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if got := weight(t, f, epoch); !near(got, 8*5*3) {
		t.Errorf("%v statements, want 120", got)
	}
	if got := weight(t, f, epoch.Add(time.Hour)); !near(got, 120/math.E) {
		t.Errorf("%v statements an hour later", got)
	}
	names, err := os.ReadDir(filepath.Dir(f.Path))
	if err != nil || len(names) != 2 { // the file and its lock
		t.Errorf("%v %v", names, err)
	}
	info, err := os.Stat(f.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// Whatever the file is, counting goes on in a new one, and what stood there is kept beside it.
func TestCorruptFile(t *testing.T) {
	good, err := counted(epoch, 1, false).Encode(epoch)
	if err != nil {
		t.Fatal(err)
	}
	swap := func(old, text string) string {
		if !strings.Contains(string(good), old) {
			t.Fatalf("no %s in %s", old, good)
		}
		return strings.Replace(string(good), old, text, 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":        {"", "not the JSON"},
		"cut off":      {string(good[:len(good)/2]), "not the JSON"},
		"another":      {`{"format": "x"}`, "format"},
		"newer":        {swap(`"version": 1`, `"version": 2`), "version 2"},
		"unknown":      {swap(`"version": 1`, `"version": 1, "more": 2`), "not the JSON"},
		"no window":    {swap(`"1h0m0s"`, `"soon"`), "window"},
		"negative":     {swap(`"rows": 2`, `"rows": -2`), "contradict"},
		"no such bin":  {swap(`"latency": {`, `"latency": {"9999": 1,`), "contradict"},
		"before since": {swap(`"at": "2026`, `"at": "2025`), "contradict"},
		"future":       {swap(`"at": "2026`, `"at": "2036`), "clock"},
		"over":         {swap(`"count": 1`, `"count": 1, "over": 2`), "contradict"},
	} {
		f := File{Path: filepath.Join(t.TempDir(), "heat.json"), Window: time.Hour}
		if err := os.WriteFile(f.Path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var corrupt *CorruptError
		if fresh, err := f.Read(epoch); !errors.As(err, &corrupt) || !strings.Contains(err.Error(), c.want) || !fresh.Empty() || corrupt.Aside != "" {
			t.Errorf("%s: %v", name, err)
		}
		if err := f.Add(t.Context(), counted(epoch, 4, false), epoch); !errors.As(err, &corrupt) || corrupt.Aside != f.Aside() || strings.Contains(err.Error(), "tenant") {
			t.Errorf("%s: %v", name, err)
		}
		if got := weight(t, f, epoch); got != 4 {
			t.Errorf("%s: %v statements after that", name, got)
		}
		if kept, err := os.ReadFile(f.Aside()); err != nil || string(kept) != c.text {
			t.Errorf("%s: kept %q, %v", name, kept, err)
		}
	}
}

// A file that was counted over another window is begun anew.
func TestOtherWindow(t *testing.T) {
	f := File{Path: filepath.Join(t.TempDir(), "heat.json"), Window: time.Hour}
	if err := f.Add(t.Context(), counted(epoch, 4, false), epoch); err != nil {
		t.Fatal(err)
	}
	f.Window = time.Minute
	if got := weight(t, f, epoch); got != 0 {
		t.Errorf("%v statements", got)
	}
	c := New(time.Minute, epoch, false)
	c.Observe(epoch, Statement{Shard: "eu-1"})
	if err := f.Add(t.Context(), c, epoch); err != nil || weight(t, f, epoch) != 1 {
		t.Errorf("%v statements, %v", weight(t, f, epoch), err)
	}
}

// TestKeysUnderAPolicy reads a file that was written before there was a policy: its keys are neither known nor written any more, and those
// counted under it are never written.
func TestKeysUnderAPolicy(t *testing.T) {
	f := File{Path: filepath.Join(t.TempDir(), "heat.json"), Window: time.Hour}
	if err := f.Add(t.Context(), counted(epoch, 4, false), epoch); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(f.Path); err != nil || !strings.Contains(string(text), "tenant-77") {
		t.Fatalf("%s %v", text, err)
	}
	f.Hidden = true
	c, err := f.Read(epoch)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range c.Report(epoch).Shards[0].Hot {
		if h.Value != "" {
			t.Errorf("%+v", h)
		}
	}
	if err := f.Add(t.Context(), counted(epoch, 1, true), epoch); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(f.Path); err != nil || strings.Contains(string(text), "tenant") || strings.Contains(string(text), "#") {
		t.Errorf("%s %v", text, err)
	}
	if got := weight(t, f, epoch); got != 5 {
		t.Errorf("%v statements", got)
	}
}

// A lock that another holds is waited for as long as the context lasts, and no longer.
func TestLockIsHeld(t *testing.T) {
	f := File{Path: filepath.Join(t.TempDir(), "heat.json"), Window: time.Hour}
	unlock, err := lock(t.Context(), f.Path+".lock")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := f.Add(ctx, counted(epoch, 1, false), epoch); err == nil || !strings.Contains(err.Error(), "another process holds it") {
		t.Errorf("%v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if err := f.Add(t.Context(), counted(epoch, 1, false), epoch); err != nil || weight(t, f, epoch) != 1 {
		t.Errorf("%v", err)
	}
}

// What is read is what was written; what was cold for long is forgotten, and the coldest of too many.
func TestEncode(t *testing.T) {
	c := counted(epoch, 10, false)
	for i := range MaxShards + 10 {
		c.Observe(epoch, Statement{Shard: fmt.Sprint("cold-", i)})
	}
	text, err := c.Encode(epoch)
	if err != nil {
		t.Fatal(err)
	}
	back, err := decode(text, time.Hour, false)
	if err != nil {
		t.Fatal(err)
	}
	r := back.Report(epoch.Add(time.Minute))
	if len(r.Shards) != MaxShards {
		t.Errorf("%d shards", len(r.Shards))
	}
	want := c.Report(epoch.Add(time.Minute)).Shards
	for _, s := range r.Shards {
		if s.Name == "eu-1" && fmt.Sprint(s) != fmt.Sprint(want[len(want)-1]) {
			t.Errorf("%+v, want %+v", s, want[len(want)-1])
		}
	}
	text, err = c.Encode(epoch.Add(20 * time.Hour))
	if err != nil || strings.Contains(string(text), "cold") {
		t.Errorf("%s %v", text, err)
	}
}

func FuzzDecode(f *testing.F) {
	good, err := counted(epoch, 3, false).Encode(epoch)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"format":"atoll heat","version":1,"window":"1h","shards":{"a":{}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := decode(data, time.Hour, false)
		if err != nil {
			return
		}
		c.Report(epoch)
		if text, err := c.Encode(epoch); err == nil {
			if _, err := decode(text, time.Hour, false); err != nil {
				t.Errorf("what was written cannot be read: %v\n%s", err, text)
			}
		}
	})
}
