package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const eu, us = "eu-central-1", "us-east-1"

// testKey makes a key that is the same in every run.
func testKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func publicKey(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// clock moves on by a millisecond each time it is read; it is not for concurrent use.
func clock(start time.Time) func() time.Time {
	return func() time.Time {
		start = start.Add(time.Millisecond)
		return start
	}
}

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func options(dir string) Options {
	return Options{Dir: dir, Regions: []string{eu, us}, Home: eu, Node: "n1", Key: testKey(1), Now: clock(noon)}
}

func mustOpen(t testing.TB, o Options) *Log {
	t.Helper()
	l, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func mustAppend(t testing.TB, l *Log, region string, events ...Event) {
	t.Helper()
	if err := l.Append(context.Background(), region, events...); err != nil {
		t.Fatal(err)
	}
}

func mustClose(t testing.TB, l *Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// asked is what a query that ships rows of eu to us leaves in eu's log.
func asked(query string) []Event {
	return []Event{
		{Type: TypeIntent, Query: query, User: "ada", Roles: []string{"analyst"}, Purpose: "finance", Fingerprint: "f1", Text: "SELECT sum(amount) FROM payments WHERE currency = $1"},
		{Type: TypeDecision, Query: query, Decision: DecisionAllow, Rules: []string{"eu-out"}},
		shipped(query, 3),
		{Type: TypeComplete, Query: query, Status: "answered", DurationUS: 1200, RowsToClient: 3},
	}
}

func shipped(query string, rows int64) Event {
	return Event{Type: TypeShipment, Query: query, Rules: []string{"eu-out"}, FromSite: "eu-1", FromRegion: eu, ToSite: "coordinator", ToRegion: us,
		Form: "aggregate", Columns: []string{"currency", "sum"}, Rows: rows, Bytes: 48, KRequired: 11}
}

// written makes a log of three queries in a folder of its own and closes it.
func written(t testing.TB, change ...func(*Options)) string {
	t.Helper()
	o := options(t.TempDir())
	for _, c := range change {
		c(&o)
	}
	l := mustOpen(t, o)
	for i := range 3 {
		mustAppend(t, l, eu, asked(fmt.Sprint("q", i))...)
	}
	mustClose(t, l)
	return o.Dir
}

func verified(t testing.TB, dir string, o VerifyOptions) *Report {
	t.Helper()
	r, err := Verify(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func signedWith(n byte) VerifyOptions {
	return VerifyOptions{PublicKeys: []ed25519.PublicKey{publicKey(testKey(n))}}
}

func logFile(t testing.TB, dir, region string) string {
	t.Helper()
	names, _, err := entryFiles(filepath.Join(dir, region))
	if err != nil || len(names) == 0 {
		t.Fatal("no files of entries", err)
	}
	return filepath.Join(dir, region, names[len(names)-1])
}

func lines(t testing.TB, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(strings.SplitAfter(string(data), "\n"), func(s string) bool { return s == "" })
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func kinds(list []Finding) string {
	var b strings.Builder
	for _, f := range list {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

func wantKind(t *testing.T, list []Finding, kind string) {
	t.Helper()
	for _, f := range list {
		if f.Kind == kind {
			return
		}
	}
	t.Errorf("no %q among:\n%s", kind, kinds(list))
}

func wantClean(t *testing.T, r *Report) {
	t.Helper()
	if !r.OK() {
		t.Errorf("findings in an unaltered log:\n%s", kinds(r.Findings))
	}
}
