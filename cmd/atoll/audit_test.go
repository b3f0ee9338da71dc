package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/atoll-sql/atoll/residency/audit"
)

// makeAuditLog is `auditlog DIR KEYFILE`: it writes an audit log of two queries, one of them denied and one in its first region only, and the public key of
// its checkpoints. The configuration's form of the key is in $AUDIT_KEY.
func makeAuditLog(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: auditlog DIR KEYFILE")
	}
	seed := bytes.Repeat([]byte{7}, ed25519.SeedSize)
	key := ed25519.NewKeyFromSeed(seed)
	ts.Setenv("AUDIT_KEY", hex.EncodeToString(seed))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(hex.EncodeToString(key.Public().(ed25519.PublicKey))+"\n"), 0o600))
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	l, err := audit.Open(audit.Options{Dir: ts.MkAbs(args[0]), Regions: []string{"eu-central-1"}, Home: "eu-central-1", Key: key, Now: func() time.Time { return now }})
	ts.Check(err)
	write := func(events ...audit.Event) {
		ts.Check(l.Append(context.Background(), "eu-central-1", events...))
		now = now.Add(time.Hour)
	}
	write(
		audit.Event{Type: audit.TypeIntent, Query: "q1", User: "ada", Purpose: "finance", Text: "SELECT sum(amount) FROM payments WHERE currency = $1", Literals: []string{"EUR"}},
		audit.Event{Type: audit.TypeDecision, Query: "q1", User: "ada", Decision: audit.DecisionAllow, Rules: []string{"eu-out"}},
		audit.Event{Type: audit.TypeShipment, Query: "q1", Rules: []string{"eu-out"}, FromSite: "eu-1", FromRegion: "eu-central-1", ToSite: "coordinator",
			ToRegion: "us-east-1", Form: "aggregate", Columns: []string{"sum"}, Rows: 3, Bytes: 48, KRequired: 11},
		audit.Event{Type: audit.TypeComplete, Query: "q1", Status: "answered", RowsToClient: 1, DurationUS: 2500},
	)
	write(
		audit.Event{Type: audit.TypeIntent, Query: "q2", User: "eve\x1b[2J", Text: "SELECT tax_id FROM members"},
		audit.Event{Type: audit.TypeDecision, Query: "q2", Decision: audit.DecisionDeny, Reason: "column members.tax_id never leaves"},
		audit.Event{Type: audit.TypeAbort, Query: "q2", Status: "not run"},
	)
	ts.Check(l.Close())
}

func TestMoment(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"": {}, "2h": now.Add(-2 * time.Hour), "2026-03-01": time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
		"2026-03-01T10:00:00+01:00": time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
	} {
		if got, err := moment(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"-2h", "yesterday", "2026-3-1"} {
		if _, err := moment(text, now); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
