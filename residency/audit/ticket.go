package audit

import (
	"context"
	"fmt"
)

// Ticket stands for entries that are being written. The zero Ticket stands for none.
type Ticket struct {
	batches []*batch
	err     error
}

// Wait returns when the entries are written as the sync policy says, with nil only then. It may be called often and by many. If ctx ends first, they may
// still be written.
func (t Ticket) Wait(ctx context.Context) error {
	if t.err != nil {
		return t.err
	}
	for _, b := range t.batches { // all at once, since they may be of several regions
		if !b.finished() {
			b.region.want()
		}
	}
	for _, b := range t.batches {
		select {
		case <-b.done:
		default:
			select {
			case <-b.done:
			case <-ctx.Done():
				return fmt.Errorf("audit log: waiting for an entry, which may still be written: %w", context.Cause(ctx))
			}
		}
		if b.err != nil {
			return b.err
		}
	}
	return nil
}

// Failed returns why the entries cannot be written, as far as that is known: it waits for nothing. Entries for which nobody waits are synced with the next
// ones, when the log is closed, or a moment later.
func (t Ticket) Failed() error {
	if t.err != nil {
		return t.err
	}
	for _, b := range t.batches {
		if b.finished() && b.err != nil {
			return b.err
		}
	}
	return nil
}

// finished reports that it is known what became of a batch.
func (b *batch) finished() bool {
	select {
	case <-b.done:
		return true
	default:
		return false
	}
}

// And returns a ticket for both; the first error counts.
func (t Ticket) And(u Ticket) Ticket {
	if t.err == nil {
		t.err = u.err
	}
	t.batches = append(t.batches[:len(t.batches):len(t.batches)], u.batches...)
	return t
}
