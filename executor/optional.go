package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// Optional lets a query go on without a shard that fails or is late. A source is left out wholly or not at all: its batches are held
// back until it has sent everything, or more than may be held; from then on its failure is the query's. All sources of a query share
// one Optional.
type Optional struct {
	// Leave is asked about a source that failed before any of its batches was handed on. Nil leaves it out, as if it had no rows;
	// an error ends the query. It is called from any goroutine, and at most once for a source.
	Leave func(shard string, err error) error
	// Within bounds how long one statement of a shard may be waited for, and Until when that ends at the latest; zero means no bound. The
	// time that a consumer takes does not count. A shard that takes longer fails with class timeout.
	Within time.Duration
	Until  time.Time
	// PerSource and InAll bound the bytes that are held back of one source, and of all together.
	PerSource, InAll int64
	// Account, if not nil, is that of the query: while memory is short, no more is held back.
	Account *Account
	// AfterFunc is time.AfterFunc, for the wait for a shard; nil for that. Stop must not wait for f.
	AfterFunc func(shard string, d time.Duration, f func()) (stop func() bool)

	held atomic.Int64
}

// errLate cancels what was not there in time.
var errLate = errors.New("the shard is late")

// patience is a source's share of the time.
type patience struct {
	*Optional
	shard  string
	left   time.Duration
	bound  time.Duration
	over   error // its own errLate: that of another source may be why all are cancelled
	cancel context.CancelCauseFunc
}

// patient derives the context in which a source is read, which ends when its time does; nil for a source whose time has no bound.
func (o *Optional) patient(ctx context.Context, shard string) (context.Context, *patience) {
	if o == nil || o.Within == 0 && o.Until.IsZero() {
		return ctx, nil
	}
	p := &patience{Optional: o, shard: shard, left: o.Within, over: fmt.Errorf("shard %s: %w", shard, errLate)}
	if !o.Until.IsZero() {
		if left := max(time.Until(o.Until), time.Nanosecond); p.left == 0 || left < p.left {
			p.left = left
		}
	}
	p.bound = p.left
	ctx, p.cancel = context.WithCancelCause(ctx)
	return ctx, p
}

// wait runs what waits for the shard. What it fails with because the time was over is an error that says so.
func (p *patience) wait(ctx context.Context, f func() error) error {
	if p == nil {
		return f()
	}
	after := p.AfterFunc
	if after == nil {
		after = func(_ string, d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
	}
	began := time.Now()
	stop := after(p.shard, max(p.left, 0), func() { p.cancel(p.over) })
	err := f()
	stop()
	p.left -= time.Since(began)
	if err != nil && !errors.Is(err, io.EOF) && context.Cause(ctx) == p.over {
		return connectors.NewError(p.shard, connectors.ClassTimeout, "57014", "no answer within "+p.bound.Round(time.Millisecond).String(), errLate)
	}
	return err
}

// end releases the context.
func (p *patience) end() {
	if p != nil {
		p.cancel(nil)
	}
}

// heldBack are the batches of a source that nobody has seen yet.
type heldBack struct {
	*Optional
	recs  []arrow.Record
	bytes int64
	open  bool // batches are handed on as they come
}

// add keeps a batch; false if there is no room for it.
func (h *heldBack) add(rec arrow.Record) bool {
	n := sizeOf(rec)
	if h.Account != nil && h.Account.Pressure() {
		return false
	}
	if h.bytes+n > h.PerSource || h.held.Add(n) > h.InAll {
		if h.bytes+n <= h.PerSource {
			h.held.Add(-n)
		}
		return false
	}
	rec.Retain()
	h.recs, h.bytes = append(h.recs, rec), h.bytes+n
	return true
}

// handOn sends what was held back; what follows is sent as it comes.
func (h *heldBack) handOn(send func(arrow.Record) error) error {
	h.open = true
	for len(h.recs) > 0 {
		rec := h.recs[0]
		h.recs = h.recs[1:]
		err := send(rec)
		rec.Release()
		if err != nil {
			return err
		}
	}
	h.release()
	return nil
}

// release gives up what is still held.
func (h *heldBack) release() {
	for _, rec := range h.recs {
		rec.Release()
	}
	h.held.Add(-h.bytes)
	h.recs, h.bytes = nil, 0
}

// readHeld is read for a source that may be left out.
func (s Source) readHeld(ctx context.Context, schema *arrow.Schema, m *meter, send func(arrow.Record) error) error {
	h := &heldBack{Optional: s.Optional}
	defer h.release()
	err := s.readAll(ctx, schema, m, func(rec arrow.Record) error {
		if h.open {
			return send(rec)
		}
		if h.add(rec) {
			return nil
		}
		if err := h.handOn(send); err != nil {
			return err
		}
		return send(rec)
	})
	switch {
	case err == nil:
		return h.handOn(send)
	case h.open || ctx.Err() != nil:
		return err // some of its rows are on their way; or the whole query ends
	}
	return s.Optional.Leave(s.Shard, err)
}

// sizeOf is what the buffers of a batch take.
func sizeOf(rec arrow.Record) int64 {
	n := int64(0)
	var add func(d arrow.ArrayData)
	add = func(d arrow.ArrayData) {
		for _, b := range d.Buffers() {
			if b != nil {
				n += int64(b.Cap())
			}
		}
		for _, child := range d.Children() {
			add(child)
		}
	}
	for _, c := range rec.Columns() {
		add(c.Data())
	}
	return n
}
