package failover

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// Query implements [connectors.Connector]. It returns once the first batch or the end is there.
func (s *Shard) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return s.query(ctx, stmt, nil)
}

// query is Query on any server, or on one only.
func (s *Shard) query(ctx context.Context, stmt connectors.Statement, only *server) (connectors.Reader, error) {
	r := &reader{}
	r.st.start(ctx, s)
	r.st.stmt, r.st.only = stmt, only
	if err := r.begin(); err != nil {
		return nil, err
	}
	return r, nil
}

// reader is a server's reader of which the first batch has been taken.
type reader struct {
	st    statement
	try   *try
	inner connectors.Reader
	first arrow.Record // taken and not handed on; the inner reader's until its next call
	err   error        // io.EOF, or why the stream ended
	told  bool         // the server knows how the statement ended
}

// begin runs the statement until its first batch.
func (r *reader) begin() (err error) {
	if r.try, err = r.st.read(); err == nil {
		r.inner, r.first = r.try.reader, r.try.first
	}
	return err
}

// Next implements [connectors.Reader].
func (r *reader) Next(ctx context.Context) (arrow.Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	if rec := r.first; rec != nil {
		r.first = nil
		if ctx.Err() == nil && r.st.ctx.Err() == nil {
			return rec, nil
		}
	}
	rec, err := r.inner.Next(ctx)
	if err != nil {
		return nil, r.end(err)
	}
	return rec, nil
}

// end notes how the stream ended, in words that name the server.
func (r *reader) end(err error) error {
	if errors.Is(err, io.EOF) {
		r.err = io.EOF
		r.tell(nil)
		r.st.end()
		return r.err
	}
	r.err = r.try.srv.name(err)
	if r.st.caller.Err() == nil && context.Cause(r.st.ctx) == errTimeout {
		r.err = r.st.over()
	}
	r.tell(err)
	return r.err
}

// tell tells the server once how the statement ended.
func (r *reader) tell(err error) {
	if !r.told {
		r.told = true
		now := r.st.now
		if err != nil {
			now = r.st.shard.clock.Now()
		}
		r.try.srv.ended(err, now)
	}
}

// Stats implements [connectors.Reader].
func (r *reader) Stats() connectors.Stats {
	s := r.inner.Stats()
	before := r.try.began.Sub(r.st.began) // what the tries took that failed
	s.Total += before
	if s.FirstBatch > 0 {
		s.FirstBatch += before
	}
	s.Attempts, s.Hedged, s.Replica = r.st.attempts, r.st.hedged, r.try.srv.Name
	return s
}

// Close implements [connectors.Reader]. Tries that were given up hold nothing of the caller's, and are not waited for.
func (r *reader) Close() error {
	err := r.inner.Close()
	r.first = nil
	r.try.leave()
	if r.err == nil {
		r.err = connectors.NewError(r.st.shard.name, connectors.ClassCancelled, "", "the reader is closed", nil)
	}
	r.tell(nil)
	if r.try.cancel != nil {
		r.try.cancel()
	}
	r.st.end()
	return err
}
