package audit

import (
	"crypto/ed25519"
	"fmt"
	"time"
)

// VerifyOptions say what a log is held against.
type VerifyOptions struct {
	PublicKeys []ed25519.PublicKey // that checkpoints may be signed with; none: signatures are not looked at
	Anchors    []Checkpoint        // kept elsewhere
	// Archived says that the oldest files may have been moved away: a log may begin with any file. If it does, its first checkpoint must be signed or anchored.
	Archived bool
}

// Report is what Verify found.
type Report struct {
	Log      string
	Regions  []RegionReport
	Findings []Finding // the log is not what was written, or tells of what must not be
	Notes    []Finding // what an auditor should know: crashes, queries without an end, what could not be checked
	Omitted  int       // findings and notes beyond MaxFindings
}

// OK tells that there are no findings.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

// RegionReport counts what a region's log holds.
type RegionReport struct {
	Region      string
	Files       int
	Bytes       int64
	Entries     int64
	First, Last uint64 // sequences
	Begin, End  time.Time
	Queries     int64 // INTENTs
	Denied      int64 // DECISIONs that deny
	Shipments   int64 // that left this region; copies of other regions' are not counted
	Rows        int64 // in them
	Checkpoints int64
	Signed      uint64     // all entries up to this one are covered by a signature that was checked
	Head        Checkpoint // of the latest entry, unsigned
}

// MaxFindings bounds the findings, and the notes, of a report.
const MaxFindings = 1000

// The kinds of findings.
const (
	KindUnreadable = "unreadable"       // a line is no entry
	KindEdited     = "edited"           // an entry does not have the hash of its bytes
	KindChain      = "broken chain"     // an entry does not follow the one before it
	KindMissing    = "missing entries"  // sequences are left out
	KindOrder      = "out of order"     // a sequence comes twice, or late
	KindCut        = "cut"              // the log ends before an entry that it had
	KindForeign    = "foreign"          // of another log or region
	KindCheckpoint = "checkpoint"       // a checkpoint does not say what the chain says
	KindSignature  = "signature"        // a signature is missing or wrong
	KindAnchor     = "anchor"           // an anchor does not say what the chain says
	KindUnmatched  = "shipment"         // a SHIPMENT without INTENT and allowing DECISION
	KindDecision   = "decision"         // a DECISION without INTENT
	KindPolicy     = "policy"           // a DECISION under a policy that was not in force
	KindTwice      = "repeated query"   // a query begins twice
	KindUnfinished = "unfinished query" // a note: an INTENT without COMPLETE or ABORT
	KindRun        = "run"              // a note: the writer's run ended without a last checkpoint
	KindRecovered  = "recovered"        // a note: an incomplete last line was moved aside
	KindTorn       = "incomplete line"  // a note: the latest line is incomplete
	KindUnsigned   = "not covered"      // a note: entries after the last signature
	KindRead       = "waiting read"     // a note: a read is not recorded in the chain yet
	KindClock      = "clock"            // a note: time runs backwards
	KindArchived   = "archived"         // a note: the oldest entries are not here
)

// Finding is one thing found, at a place.
type Finding struct {
	Kind   string
	Region string
	File   string // below the log's folder; "" for the log as a whole
	Line   int    // from 1; 0 for the file as a whole
	Text   string
}

// String returns the finding as one line: file, line, kind and text.
func (f Finding) String() string {
	place := f.File
	if place == "" {
		place = f.Region
	}
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d", place, f.Line)
	}
	return fmt.Sprintf("%s: %s: %s", place, f.Kind, f.Text)
}

func (r *Report) find(f Finding) { r.keep(&r.Findings, f) }
func (r *Report) note(f Finding) { r.keep(&r.Notes, f) }

func (r *Report) keep(list *[]Finding, f Finding) {
	if len(*list) >= MaxFindings {
		r.Omitted++
		return
	}
	*list = append(*list, f)
}
