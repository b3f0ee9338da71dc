package failover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// step is what a scripted server does with one statement.
type step struct {
	wait    time.Duration // before it answers; a context that ends is heeded
	deaf    time.Duration // before it heeds its context
	err     error         // instead of an answer, at Query
	late    error         // at the first Next
	batches int
	then    error // after the batches, instead of the end
	panics  bool
	blind   bool // never heeds its context
}

// rows is a step that answers with batches.
func rows(n int) step { return step{batches: n} }

// fake is a scripted server. What is asked of it beyond the script is answered as its last step says.
type fake struct {
	name string

	mu        sync.Mutex
	script    []step
	act       func(n int) step // instead of a script
	asked     int
	args      []string
	open      int // readers
	states    int // snapshots open
	opened    int // snapshots there ever were
	conns     int
	closed    bool
	caps      connectors.Capabilities
	capsErr   error
	tables    map[string]connectors.Table
	at        connectors.Position
	posErr    error
	described int
}

func newFake(name string, script ...step) *fake {
	return &fake{name: name, script: script, conns: 4, caps: connectors.Capabilities{Dialect: "postgres", Version: name}, tables: map[string]connectors.Table{}}
}

func (f *fake) next(stmt connectors.Statement) step {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.asked
	f.asked++
	f.args = append(f.args, stmt.SQL)
	switch {
	case f.act != nil:
		return f.act(n)
	case len(f.script) == 0:
		return rows(1)
	}
	return f.script[min(n, len(f.script)-1)]
}

func (f *fake) get(of func() int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return of()
}

func (f *fake) count() int { return f.get(func() int { return f.asked }) }

func (f *fake) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	began := time.Now()
	s := f.next(stmt)
	if s.panics {
		panic("no such luck: secret")
	}
	time.Sleep(s.deaf)
	if s.wait > 0 {
		timer := time.NewTimer(s.wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if ctx.Err() != nil && !s.blind {
		return nil, ctx.Err()
	}
	if s.err != nil {
		return nil, s.err
	}
	f.mu.Lock()
	f.open++
	f.mu.Unlock()
	return &fakeReader{f: f, ctx: ctx, step: s, alloc: stmt.Alloc, began: began}, nil
}

type fakeReader struct {
	f     *fake
	ctx   context.Context
	step  step
	alloc memory.Allocator
	given int
	last  arrow.Record
	err   error
	done  bool
	began time.Time
}

var schema = arrow.NewSchema([]arrow.Field{{Name: "server", Type: arrow.BinaryTypes.String}, {Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)

func (r *fakeReader) Next(ctx context.Context) (arrow.Record, error) {
	r.drop()
	switch {
	case r.err != nil:
	case r.step.blind && r.given < r.step.batches:
	case ctx.Err() != nil:
		r.err = ctx.Err()
	case r.ctx.Err() != nil:
		r.err = r.ctx.Err()
	case r.step.late != nil:
		r.err = r.step.late
	case r.given == r.step.batches && r.step.then != nil:
		r.err = r.step.then
	case r.given == r.step.batches:
		r.err = io.EOF
	}
	if r.err != nil {
		return nil, r.err
	}
	r.given++
	b := array.NewRecordBuilder(r.allocator(), schema)
	defer b.Release()
	b.Field(0).(*array.StringBuilder).Append(r.f.name)
	b.Field(1).(*array.Int64Builder).Append(int64(r.given))
	r.last = b.NewRecord()
	return r.last, nil
}

func (r *fakeReader) allocator() memory.Allocator {
	if r.alloc == nil {
		return memory.DefaultAllocator
	}
	return r.alloc
}

func (r *fakeReader) drop() {
	if r.last != nil {
		r.last.Release()
		r.last = nil
	}
}

func (r *fakeReader) Stats() connectors.Stats {
	return connectors.Stats{Rows: int64(r.given), FirstBatch: max(1, r.step.wait), Total: time.Since(r.began)}
}

func (r *fakeReader) Close() error {
	r.drop()
	if r.err == nil {
		r.err = errors.New("closed")
	}
	if !r.done {
		r.done = true
		r.f.mu.Lock()
		r.f.open--
		r.f.mu.Unlock()
	}
	return nil
}

type fakeSnapshot struct {
	f    *fake
	id   int
	once sync.Once
}

func (f *fake) Snapshot(func() error) connectors.Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.states++
	f.opened++
	return &fakeSnapshot{f: f, id: f.opened}
}

func (s *fakeSnapshot) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	stmt.SQL += fmt.Sprintf(" in %d", s.id)
	return s.f.Query(ctx, stmt)
}

func (s *fakeSnapshot) Close() {
	s.once.Do(func() {
		s.f.mu.Lock()
		defer s.f.mu.Unlock()
		s.f.states--
	})
}

func (f *fake) Calibrate(ctx context.Context) (connectors.Capabilities, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.caps, errors.Join(ctx.Err(), f.capsErr)
}

func (f *fake) Describe(ctx context.Context, tables []string) ([]connectors.Table, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.described++
	var out []connectors.Table
	for _, name := range tables {
		if t, ok := f.tables[name]; ok {
			out = append(out, t)
		}
	}
	return out, errors.Join(ctx.Err(), f.capsErr)
}

func (f *fake) MaxConns() int { return f.conns }

func (f *fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.open+f.states > 0 {
		return fmt.Errorf("%s: %d readers and %d snapshots are open", f.name, f.open, f.states)
	}
	return nil
}

// placed is a fake that tells its position.
type placed struct{ *fake }

func (p placed) Position(ctx context.Context) (connectors.Position, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at, errors.Join(ctx.Err(), p.posErr)
}

// at sets a server's position.
func (f *fake) stand(offset uint64, replica bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = connectors.Position{Replica: replica, Log: "one", Offset: offset}
}

// world is a shard of scripted servers, in a bubble of false time.
type world struct {
	*testing.T
	*Shard
	alloc    *counting
	primary  *fake
	replicas []*fake
}

// open makes a shard called eu-1 whose replicas are called a, b, …. It is closed, and found to hold nothing, by close.
func open(t *testing.T, o Options, primary *fake, replicas ...*fake) *world {
	t.Helper()
	w := &world{T: t, alloc: &counting{CheckedAllocator: memory.NewCheckedAllocator(memory.NewGoAllocator())}, primary: primary, replicas: replicas}
	var ends []Endpoint
	for _, r := range replicas {
		ends = append(ends, Endpoint{Name: r.name, Region: "eu", Conn: placed{r}})
	}
	w.Shard = New("eu-1", Endpoint{Region: "eu", Conn: placed{primary}, Near: true}, ends, o)
	t.Cleanup(w.end)
	return w
}

// follow has all servers stand at one position, and probes them.
func (w *world) follow(offset uint64) {
	w.Helper()
	w.primary.stand(offset, false)
	for _, r := range w.replicas {
		r.stand(offset, true)
	}
	w.Probe(w.Context())
}

func (w *world) end() {
	w.Helper()
	if err := w.Close(); err != nil {
		w.Error(err)
	}
	w.alloc.AssertSize(w.T, 0)
	if n := w.alloc.n.Load(); n != 0 {
		w.Errorf("%d bytes are still counted", n)
	}
}

// counting is the caller's allocator, which counts as well what a try may lose.
type counting struct {
	*memory.CheckedAllocator
	n atomic.Int64
}

func (c *counting) Count(n int) { c.n.Add(int64(n)) }

func (w *world) statement() connectors.Statement {
	return connectors.Statement{SQL: "SELECT", Schema: schema, Alloc: w.alloc}
}

// values reads a statement to its end, as "server/1 server/2", with its statistics.
func (w *world) values(ctx context.Context) (string, connectors.Stats, error) {
	return w.ask(ctx, w, w.statement())
}

// ask is values of a statement to whatever answers it.
func (w *world) ask(ctx context.Context, of interface {
	Query(context.Context, connectors.Statement) (connectors.Reader, error)
}, stmt connectors.Statement) (string, connectors.Stats, error) {
	r, err := of.Query(ctx, stmt)
	if err != nil {
		return "", connectors.Stats{}, err
	}
	defer func() {
		if err := r.Close(); err != nil {
			w.Error(err)
		}
	}()
	out, err := drain(ctx, r)
	return out, r.Stats(), err
}

func drain(ctx context.Context, r connectors.Reader) (string, error) {
	out := ""
	for {
		rec, err := r.Next(ctx)
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		if out != "" {
			out += " "
		}
		out += fmt.Sprintf("%s/%d", rec.Column(0).(*array.String).Value(0), rec.Column(1).(*array.Int64).Value(0))
	}
}

// failing is an error of a class; its cause is what a server said, which nobody is to see.
func failing(class connectors.Class, state string) *connectors.Error {
	return connectors.NewError("eu-1", class, state, "it fails as "+string(class), errors.New("secret-cell"))
}

func refused() *connectors.Error  { return failing(connectors.ClassUnavailable, "08001") }
func conflict() *connectors.Error { return failing(connectors.ClassConflict, "40001") }
func waking() *connectors.Error {
	return failing(connectors.ClassUnavailable, "57P03").Awaiting(connectors.Waking)
}

// contextFor is a context that ends after some time.
func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}
