package connectors

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// Serial runs statements one after the other, for adapters whose snapshots belong to one connection. When a statement is
// asked for while the one before still has rows to give, those are read into memory first: a consumer may well want the
// second statement's rows before the first's, so waiting for it could last for ever. It is safe for concurrent use.
type Serial struct {
	start func(context.Context, Statement) (Reader, error)
	over  func() error
	turn  chan struct{}
	last  *serialReader // guarded by turn
}

// NewSerial makes a Serial. start runs a statement; it is called when the reader it returned before has ended or is closed.
// over is asked before each batch that is kept, and its error, if any, ends the statement whose batch that is.
func NewSerial(start func(context.Context, Statement) (Reader, error), over func() error) *Serial {
	return &Serial{start: start, over: over, turn: make(chan struct{}, 1)}
}

// Query starts a statement after those asked for before. Its reader may be driven beside those of the others.
func (s *Serial) Query(ctx context.Context, stmt Statement) (Reader, error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.turn }()
	if s.last != nil {
		if err := s.last.vacate(ctx); err != nil {
			return nil, err
		}
	}
	own, cancel := context.WithCancel(ctx)
	r, err := s.start(own, stmt)
	if err != nil {
		cancel()
		return nil, err
	}
	s.last = &serialReader{ctx: own, cancel: cancel, inner: r, over: s.over, began: time.Now(),
		lock: make(chan struct{}, 1), vacated: make(chan struct{})}
	s.last.observe(false)
	return s.last, nil
}

// serialReader is a reader whose remaining rows can be moved into memory while somebody else drives it.
type serialReader struct {
	ctx    context.Context // the statement's: ends with Query's, or at Close
	cancel context.CancelFunc
	over   func() error
	began  time.Time

	lock   chan struct{} // whoever holds it may use what follows
	inner  Reader
	kept   []arrow.Record // read ahead, in order
	end    error          // what inner ended with; nil while it has more
	last   arrow.Record   // handed out
	closed bool

	once    sync.Once
	vacated chan struct{} // closed when inner has ended for vacate

	statsMu sync.Mutex
	stats   Stats
	ended   bool
}

// vacate makes sure that inner ends, and waits until it has.
func (r *serialReader) vacate(ctx context.Context) error {
	r.once.Do(func() { go r.spool() })
	select {
	case <-r.vacated:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// spool reads inner to its end. The driver may take batches meanwhile, or close.
func (r *serialReader) spool() {
	defer close(r.vacated)
	for r.spoolOne() {
	}
}

func (r *serialReader) spoolOne() bool {
	r.lock <- struct{}{}
	defer func() { <-r.lock }()
	if r.end != nil {
		return false
	}
	rec, err := r.pull(r.ctx)
	if err != nil {
		return false
	}
	r.kept = append(r.kept, rec)
	if err := r.over(); err != nil {
		r.fail(err)
	}
	return true
}

// fail ends the stream with err, unless it failed before, and lets go of what was kept.
func (r *serialReader) fail(err error) {
	for _, rec := range r.kept {
		rec.Release()
	}
	r.kept = nil
	if r.end == nil {
		if closeErr := r.inner.Close(); closeErr != nil {
			err = errors.Join(err, closeErr)
		}
		r.observe(true)
	}
	if r.end == nil || r.end == io.EOF {
		r.end = err
	}
	r.cancel()
}

// pull takes a batch from inner, which becomes the caller's, or its end, which is remembered.
func (r *serialReader) pull(ctx context.Context) (arrow.Record, error) {
	rec, err := r.inner.Next(ctx)
	r.observe(err != nil)
	if err != nil {
		r.end = err
		return nil, err
	}
	rec.Retain()
	return rec, nil
}

// Next implements Reader.
func (r *serialReader) Next(ctx context.Context) (arrow.Record, error) {
	select {
	case r.lock <- struct{}{}:
	case <-ctx.Done(): // while another statement waits for this one's rows
		r.cancel()
		r.lock <- struct{}{}
	}
	defer func() { <-r.lock }()
	r.drop()
	if err := ctx.Err(); err != nil && (r.end == nil || len(r.kept) > 0) {
		r.fail(err)
	}
	switch {
	case len(r.kept) > 0:
		r.last, r.kept = r.kept[0], r.kept[1:]
	case r.end != nil:
		return nil, r.end
	default:
		rec, err := r.pull(ctx)
		if err != nil {
			return nil, err
		}
		r.last = rec
	}
	return r.last, nil
}

func (r *serialReader) drop() {
	if r.last != nil {
		r.last.Release()
		r.last = nil
	}
}

// observe takes over inner's statistics, whose owner holds the lock.
func (r *serialReader) observe(ended bool) {
	stats := r.inner.Stats()
	r.statsMu.Lock()
	defer r.statsMu.Unlock()
	if !r.ended {
		r.stats, r.ended = stats, ended
	}
}

// Stats implements Reader. It may be called from any goroutine.
func (r *serialReader) Stats() Stats {
	r.statsMu.Lock()
	defer r.statsMu.Unlock()
	s := r.stats
	if !r.ended {
		s.Total = time.Since(r.began)
	}
	return s
}

// Close implements Reader.
func (r *serialReader) Close() error {
	select {
	case r.lock <- struct{}{}:
	default:
		r.cancel() // another statement waits for rows that nobody wants any more
		r.lock <- struct{}{}
	}
	defer func() { <-r.lock }()
	r.drop()
	if r.closed {
		return nil
	}
	r.closed = true
	err := r.inner.Close()
	r.observe(true)
	r.fail(NewError("", ClassCancelled, "", "the reader is closed", nil))
	return err
}
