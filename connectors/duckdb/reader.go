package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	duck "github.com/duckdb/duckdb-go-bindings"

	"github.com/atoll-sql/atoll/connectors"
)

// reader streams one statement's result. It implements connectors.Reader. Close may be called while another
// goroutine is in Next, which then returns soon.
type reader struct {
	back   func(*conn) // takes the connection back
	conn   *conn       // nil once given back
	site   string
	schema *arrow.Schema
	batch  int
	alloc  memory.Allocator

	ctx       context.Context // the statement's: ends with the caller's, or at Close
	cancel    context.CancelFunc
	unguard   func()
	callerCtx context.Context
	began     time.Time

	mu       sync.Mutex
	inputs   map[string]*input
	stmt     duck.PreparedStatement
	pending  duck.PendingResult
	result   duck.Result
	open     bool // result holds something
	decoders []decoder
	chunks   []piece // fetched and not yet handed on
	held     int     // rows in chunks
	ended    bool    // DuckDB has no more chunks
	rec      arrow.Record
	err      error

	rows, bytes, first, total atomic.Int64
}

// piece is the rest of a fetched chunk.
type piece struct {
	chunk   duck.DataChunk
	from, n int
}

func newReader(ctx context.Context, back func(*conn), c *conn, site string, stmt statement, began time.Time) *reader {
	r := &reader{back: back, conn: c, site: site, schema: stmt.schema, batch: stmt.batchRows, alloc: stmt.alloc,
		callerCtx: ctx, began: began}
	if r.batch <= 0 {
		r.batch = connectors.DefaultBatchRows
	}
	if r.alloc == nil {
		r.alloc = memory.DefaultAllocator
	}
	r.ctx, r.cancel = context.WithCancel(ctx)
	r.unguard = c.interruptOn(r.ctx)
	return r
}

// Next implements connectors.Reader.
func (r *reader) Next(ctx context.Context) (arrow.Record, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.releaseRecord()
	if r.err != nil {
		return nil, r.err
	}
	if err := r.fillChunks(ctx); err != nil {
		return nil, r.fail(ctx, err)
	}
	if r.held == 0 {
		return nil, r.fail(ctx, io.EOF)
	}
	rec, err := r.takeRecord()
	if err != nil {
		return nil, r.fail(ctx, err)
	}
	r.rec = rec
	r.first.CompareAndSwap(0, int64(time.Since(r.began)))
	return rec, nil
}

// fillChunks fetches until a batch is full or the result ends.
func (r *reader) fillChunks(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.ended || r.held >= r.batch {
		return r.ctx.Err()
	}
	if ctx != r.callerCtx {
		defer r.conn.interruptOn(ctx)()
	}
	if !r.open {
		if err := r.execute(); err != nil {
			return err
		}
	}
	for r.held < r.batch && !r.ended {
		if err := r.fetch(); err != nil {
			return err
		}
	}
	return r.ctx.Err()
}

// execute waits for the first rows and chooses the decoders.
func (r *reader) execute() error {
	r.open = true
	if duck.ExecutePending(r.pending, &r.result) == duck.StateError {
		if msg := duck.ResultError(&r.result); msg != "" {
			return engineError(msg)
		}
		return engineError(duck.PendingError(r.pending))
	}
	columns := int(duck.ColumnCount(&r.result))
	if columns != r.schema.NumFields() {
		return connectors.NewError(r.site, connectors.ClassSchema, "",
			fmt.Sprintf("the statement returns %d columns instead of %d", columns, r.schema.NumFields()), nil)
	}
	for i, f := range r.schema.Fields() {
		dec, err := decoderFor(describeType(duck.ColumnLogicalType(&r.result, duck.IdxT(i))), f.Type)
		if err != nil {
			return r.columnError(i, connectors.ClassSchema, "", err)
		}
		r.decoders = append(r.decoders, dec)
	}
	return nil
}

func (r *reader) fetch() error {
	chunk := duck.FetchChunk(r.result)
	if chunk.Ptr == nil {
		if msg := duck.ResultError(&r.result); msg != "" {
			return engineError(msg)
		}
		r.ended = true
		return nil
	}
	n := int(duck.DataChunkGetSize(chunk))
	if n == 0 {
		duck.DestroyDataChunk(&chunk)
		r.ended = true
		return nil
	}
	r.chunks = append(r.chunks, piece{chunk: chunk, n: n})
	r.held += n
	return nil
}

// takeRecord copies up to a batch of the rows held into a record of their own.
func (r *reader) takeRecord() (arrow.Record, error) {
	rows := min(r.held, r.batch)
	columns := make([]arrow.Array, 0, len(r.decoders))
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	for i, decode := range r.decoders {
		arr, err := decode(r.alloc, r.schema.Field(i).Type, r.vectors(i, rows), rows)
		if err != nil {
			return nil, r.valueError(i, err)
		}
		columns = append(columns, arr)
		for _, b := range arr.Data().Buffers() {
			if b != nil {
				r.bytes.Add(int64(b.Len()))
			}
		}
	}
	r.drop(rows)
	r.rows.Add(int64(rows))
	return array.NewRecord(r.schema, columns, int64(rows)), nil
}

// vectors lists the runs that make up the next rows of a column.
func (r *reader) vectors(column, rows int) []vector {
	runs := make([]vector, 0, len(r.chunks))
	for _, p := range r.chunks {
		n := min(p.n, rows)
		runs = append(runs, vectorOf(p.chunk, column, p.from, n))
		if rows -= n; rows == 0 {
			break
		}
	}
	return runs
}

// drop forgets the next rows.
func (r *reader) drop(rows int) {
	r.held -= rows
	for rows > 0 {
		p := &r.chunks[0]
		n := min(p.n, rows)
		p.from, p.n, rows = p.from+n, p.n-n, rows-n
		if p.n == 0 {
			duck.DestroyDataChunk(&p.chunk)
			r.chunks = r.chunks[1:]
		}
	}
}

func (r *reader) columnError(column int, class connectors.Class, state string, err error) error {
	e := connectors.NewError(r.site, class, state, err.Error(), err)
	e.Column = r.schema.Field(column).Name
	return e
}

func (r *reader) valueError(column int, err error) error {
	v, ok := errors.AsType[*valueError](err)
	if !ok {
		return r.columnError(column, connectors.ClassInternal, "", err)
	}
	return r.columnError(column, classOfState(v.state), v.state, v)
}

// fail ends the stream with an error, or with io.EOF, and gives everything back.
func (r *reader) fail(ctx context.Context, err error) error {
	r.finish(r.outcome(ctx, err), err)
	return r.err
}

// outcome is the error the caller gets for a failure. An input's own error goes before DuckDB's, which only
// quotes its text, and so does the end of a context.
func (r *reader) outcome(ctx context.Context, err error) error {
	if err == io.EOF {
		return err
	}
	for _, in := range r.inputs {
		if cause := in.failure(); cause != nil && !isCancellation(cause) {
			return inputError(r.site, cause)
		}
	}
	for _, c := range []context.Context{ctx, r.callerCtx} {
		if c.Err() != nil {
			return c.Err()
		}
	}
	return siteError(r.site, err)
}

// finish ends the stream and releases all that the statement holds. It does so once.
func (r *reader) finish(outcome, cause error) {
	if r.err == nil {
		r.err = outcome
		r.total.Store(int64(time.Since(r.began)))
	}
	if r.conn == nil {
		return
	}
	e, ok := errors.AsType[*duckError](cause)
	r.conn.fatal = ok && e.kind == "FATAL"
	for _, p := range r.chunks {
		duck.DestroyDataChunk(&p.chunk)
	}
	r.chunks, r.held = nil, 0
	r.stop(cause == io.EOF)
	for _, in := range r.inputs {
		in.settle()
	}
	r.conn.setInputs(nil)
	r.back(r.conn)
	r.conn = nil
}

// stop ends the statement. One that has not come to its end by itself may still be worked on by DuckDB's threads: the
// interrupt reaches those, and the empty statement makes DuckDB wait for them.
func (r *reader) stop(complete bool) {
	if !complete {
		r.cancel()
	}
	r.unguard()
	r.cancel()
	if !complete {
		duck.Interrupt(r.conn.c)
	}
	if r.open {
		duck.DestroyResult(&r.result)
	}
	duck.DestroyPending(&r.pending)
	duck.DestroyPrepare(&r.stmt)
	if !complete && execute(r.conn.c, "SELECT 1") != nil {
		r.conn.broken = true
	}
}

func (r *reader) releaseRecord() {
	if r.rec != nil {
		r.rec.Release()
		r.rec = nil
	}
}

// errReaderClosed is what Next returns after Close.
var errReaderClosed = errors.New("the reader is closed")

// Close implements connectors.Reader.
func (r *reader) Close() error {
	r.cancel() // lets a Next in another goroutine return
	r.mu.Lock()
	defer r.mu.Unlock()
	r.releaseRecord()
	r.finish(siteError(r.site, errReaderClosed), errReaderClosed)
	return nil
}

// Stats implements connectors.Reader. It may be called from any goroutine.
func (r *reader) Stats() connectors.Stats {
	total := time.Duration(r.total.Load())
	if total == 0 {
		total = time.Since(r.began)
	}
	return connectors.Stats{Rows: r.rows.Load(), Bytes: r.bytes.Load(), RoundTrips: 1,
		FirstBatch: time.Duration(r.first.Load()), Total: total}
}
