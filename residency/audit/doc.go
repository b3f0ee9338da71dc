// Package audit keeps the record of what crossed a region's border: one append-only, hash-chained log for each region.
//
// A [Log] appends; [Verify] finds what was altered afterwards; [Read] shows entries. docs/audit.md has the format and says what
// verification can and cannot find.
package audit
