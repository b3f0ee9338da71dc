package residency

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite testdata")

// today is the day of the goldens.
var today = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// policies lists the policies of a folder of testdata.
func policies(t *testing.T, folder string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "policies", folder, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no policies in %s: %v", folder, err)
	}
	return paths
}

// golden compares text with the file beside a policy.
func golden(t *testing.T, path, got string) {
	t.Helper()
	path = strings.TrimSuffix(path, ".yaml") + ".txt"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update rewrites it); got\n%s", path, got)
	}
}

func read(t *testing.T, path string) (*Policy, error) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return Parse(data, filepath.Base(path), testWorld, testEnv)
}

// TestBadPolicies compares every message about policies that are refused.
func TestBadPolicies(t *testing.T) {
	for _, path := range policies(t, "bad") {
		p, err := read(t, path)
		if err == nil || p != nil {
			t.Errorf("%s: accepted", path)
			continue
		}
		golden(t, path, err.Error()+"\n")
	}
}

// TestGoodPolicies compares warnings and words of policies that are accepted.
func TestGoodPolicies(t *testing.T) {
	for _, path := range policies(t, "good") {
		p, err := read(t, path)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		var out strings.Builder
		for _, w := range p.Warnings(today) {
			fmt.Fprintf(&out, "warning: %v\n", w)
		}
		for _, table := range append(testWorld.Tables, "elsewhere") {
			fmt.Fprintf(&out, "---- %s\n%s", table, p.Describe(table, today))
		}
		golden(t, path, out.String())
	}
}

// TestWordsFollowTheDay holds that a rule is told as holding on exactly the days on which it holds.
func TestWordsFollowTheDay(t *testing.T) {
	p, err := parse(base)
	if err != nil {
		t.Fatal(err)
	}
	for moment, want := range map[string][2]bool{ // the rule holds; hq is among its receivers
		"2025-12-31T23:59:59Z": {false, false}, "2026-01-01T00:00:00Z": {true, true}, "2026-12-31T23:59:59Z": {true, true},
		"2027-01-01T00:00:00Z": {true, false}, "2027-12-31T23:59:59Z": {true, false}, "2028-01-01T00:00:00Z": {false, false},
		"2028-01-01T00:30:00+01:00": {true, false},
	} {
		now, err := time.Parse(time.RFC3339, moment)
		if err != nil {
			t.Fatal(err)
		}
		text := p.Describe("payments", now)
		if got := [2]bool{strings.Contains(text, "Rule aggregates, to"), strings.Contains(text, "hq (a recipient")}; got != want {
			t.Errorf("%s: %v, want %v\n%s", moment, got, want, text)
		}
		expired := false
		for _, w := range p.Warnings(now) {
			expired = expired || strings.Contains(w.Text, "expired") || strings.Contains(w.Text, "rule aggregates h")
		}
		if expired != (want != [2]bool{true, true}) {
			t.Errorf("%s: warnings %v", moment, p.Warnings(now))
		}
	}
}

// TestWordsWithoutWorld holds that a policy made by hand, without a configuration, is described by the names it has.
func TestWordsWithoutWorld(t *testing.T) {
	p := &Policy{File: "made", Rules: []*Rule{{ID: "r", From: []string{"a"}, To: []string{"b"}, Tables: []string{"t"}, Columns: []string{"c"}}}}
	if text := p.Describe("t", today); !strings.Contains(text, "From a\n") || !strings.Contains(text, "Rule r, to b") {
		t.Error(text)
	}
	if text := p.Describe("u", today); !strings.Contains(text, "Nothing of u leaves any region.") {
		t.Error(text)
	}
}
