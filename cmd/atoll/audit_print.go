package main

import (
	"crypto/ed25519"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll/cmd/atoll/internal/progress"
	"github.com/atoll-sql/atoll/residency/audit"
)

func newAuditVerify(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that the log is what was written, and that each shipment was allowed",
		Long: `Reads the whole log, finds entries that were edited, deleted, moved or cut off, and holds each SHIPMENT against the DECISION that
allowed it. Lists what it finds with file and line; the exit status is 0 only if that is nothing. What a verification can find depends on what
it is given: --key finds a log rewritten by somebody who has not the key, --anchor a tail that was cut off. Notes are no findings: crashes, and queries
without an end.`,
		Example: `  atoll audit verify --dir audit --key audit.pub --anchor anchors.jsonl`,
		Args:    cobra.NoArgs,
	}
	flags := logFlags(cmd)
	keys := cmd.Flags().StringArray("key", nil, "public key of checkpoints, or a file that holds it (repeatable; default: that of the configuration)")
	anchors := cmd.Flags().StringArray("anchor", nil, "file of lines that atoll audit head printed (repeatable)")
	archived := cmd.Flags().Bool("archived", false, "the oldest files were moved away")
	cmd.RunE = func(*cobra.Command, []string) error {
		o := audit.VerifyOptions{Archived: *archived}
		var err error
		if o.PublicKeys, err = readKeys(*keys); err != nil {
			return err
		}
		if o.Anchors, err = readAnchors(*anchors); err != nil {
			return err
		}
		l, err := flags.open()
		if err != nil {
			return err
		}
		if l.key != nil && len(o.PublicKeys) == 0 {
			o.PublicKeys = []ed25519.PublicKey{l.key.Public().(ed25519.PublicKey)}
		}
		r, err := audit.Verify(l.dir, o)
		if err != nil {
			return err
		}
		return t.writeVerified(r, o)
	}
	return cmd
}

// writeVerified writes the report, and returns an error if there are findings.
func (t *terminal) writeVerified(r *audit.Report, o audit.VerifyOptions) error {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "FOUND %s\n", printable(f.String()))
	}
	for _, f := range r.Notes {
		fmt.Fprintf(&b, "note  %s\n", printable(f.String()))
	}
	if r.Omitted > 0 {
		fmt.Fprintf(&b, "and %s more\n", progress.Count(int64(r.Omitted)))
	}
	g := grid{right: []bool{false, true, true, true, true, true, true, true}}
	g.add("region", "files", "size", "entries", "queries", "denied", "shipments", "rows", "signed up to", "last entry")
	for _, x := range r.Regions {
		signed := "not looked at"
		if len(o.PublicKeys) > 0 {
			signed = fmt.Sprint(x.Signed)
		}
		g.add(x.Region, progress.Count(int64(x.Files)), progress.Bytes(x.Bytes), progress.Count(x.Entries), progress.Count(x.Queries), progress.Count(x.Denied),
			progress.Count(x.Shipments), progress.Count(x.Rows), signed, fmt.Sprint(x.Last))
	}
	b.WriteString(g.text(""))
	if r.OK() {
		b.WriteString("nothing was found" + unproven(o) + "\n")
	}
	if _, err := io.WriteString(t.out, b.String()); err != nil || r.OK() {
		return err
	}
	return fmt.Errorf("audit verify: %d findings", len(r.Findings))
}

// unproven says what a verification without key or anchor cannot have found.
func unproven(o audit.VerifyOptions) string {
	switch {
	case len(o.PublicKeys) == 0 && len(o.Anchors) == 0:
		return "; without --key and --anchor, a log that was rewritten as a whole, or cut together with " +
			"its head.json, looks the same"
	case len(o.Anchors) == 0:
		return "; without --anchor, a log that was cut together with its head.json looks the same"
	case len(o.PublicKeys) == 0:
		return "; without --key, entries after the latest anchor are not proven"
	}
	return ""
}

func (t *terminal) auditTable(dir string, o audit.ReadOptions) error {
	var g grid
	g.add("time", "region", "entry", "type", "query", "user", "purpose", "")
	err := audit.Read(dir, o, func(e *audit.Entry) error {
		who := e.User
		if e.OnBehalfOf != "" {
			who += " for " + e.OnBehalfOf
		}
		g.add(e.Time.UTC().Format(time.DateTime), e.Region, fmt.Sprint(e.Sequence), e.Type, e.Query, who, e.Purpose, gist(&e.Event))
		return nil
	})
	if _, werr := io.WriteString(t.out, g.text("")); werr != nil {
		return werr
	}
	return err
}

// gist says in a few words what an entry tells.
func gist(e *audit.Event) string {
	switch e.Type {
	case audit.TypeIntent:
		return e.Text
	case audit.TypeDecision:
		return joined(" ", e.Decision, strings.Join(e.Rules, ", "), e.Reason)
	case audit.TypeShipment:
		return fmt.Sprintf("%s (%s) to %s: %s, %s rows, %s, by %s", e.FromSite, e.FromRegion, joined(" in ", e.ToSite, e.ToRegion), e.Form, progress.Count(e.Rows),
			progress.Bytes(e.Bytes), strings.Join(e.Rules, ", "))
	case audit.TypeComplete, audit.TypeAbort:
		return joined(", ", e.Status, e.Reason, progress.Count(e.RowsToClient)+" rows to the client", millis(time.Duration(e.DurationUS)*time.Microsecond))
	case audit.TypePolicyChange:
		return joined(" ", e.Status, fmt.Sprintf("version %d", e.PolicyVersion), e.PolicyHash, e.Reason)
	case audit.TypeMove:
		return fmt.Sprintf("%s: %s, from %s (%s) to %s (%s)", e.Text, e.Status, e.FromSite, e.FromRegion, e.ToSite, e.ToRegion)
	case audit.TypeCheckpoint:
		if c := e.Checkpoint; c != nil {
			signed := "not signed"
			if c.Signature != "" {
				signed = "signed with key " + c.Key
			}
			return c.Reason + ", " + signed
		}
	case audit.TypeRecovered:
		if e.Recovered != nil {
			return fmt.Sprintf("an incomplete line of %s is in %s", progress.Bytes(e.Recovered.Bytes), e.Recovered.File)
		}
	}
	return joined(", ", e.Application, e.Status, e.Reason)
}

// joined joins what is not empty.
func joined(sep string, parts ...string) string {
	var some []string
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, sep)
}
