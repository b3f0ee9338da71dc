package resolver

import (
	"context"
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"time"

	"github.com/atoll-sql/atoll/shardmap/store"
)

// Snapshot is one version of the document, checked. It is never changed.
type Snapshot[T any] struct {
	Version uint64
	AsOf    time.Time // this was certainly the newest version then
	Value   T         // what the check made of the text; of all snapshots of one version the same

	sum [sha256.Size]byte // of the text
}

// Resolver holds the newest good snapshot of a store. It is safe for concurrent use.
type Resolver[T any] struct {
	store store.Store
	check func(store.Document) (T, error)
	opts  Options

	held     atomic.Pointer[Snapshot[T]]
	notUntil atomic.Pointer[time.Time] // requests that nobody forces pause until then, after failures; nil for none

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	running  *flight // the request that is under way
	queued   *flight // the next one, for those who need an answer to a question asked after now
	failures int     // of requests in a row
	status   Status
	busy     atomic.Bool // whether running is set

	hooks sync.Mutex // held while hooks run, and taken before mu
	hook  []func(old, new *Snapshot[T])
}

// New returns a resolver and begins to watch the store; it loads nothing before it is asked. Check turns a document into a value that is safe to share, or says what is wrong
// with it; it is called by one goroutine at a time and not again for the version that is held. Whoever opened the store closes it, after the resolver.
func New[T any](s store.Store, check func(store.Document) (T, error), options Options) (*Resolver[T], error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Resolver[T]{store: s, check: check, opts: options}
	r.status.Store = s.String()
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.work.Go(r.watch)
	return r, nil
}

// Current returns a snapshot that is no older than MaxStale. It waits only where it holds none; then the end of ctx ends it too, and its error is a [StaleError].
func (r *Resolver[T]) Current(ctx context.Context) (*Snapshot[T], error) {
	if held := r.held.Load(); held != nil && age(r.opts.Now(), held.AsOf) < r.opts.TTL {
		return held, nil
	}
	return r.elderly(ctx)
}

// elderly is Current where the snapshot held is no longer young.
func (r *Resolver[T]) elderly(ctx context.Context) (*Snapshot[T], error) {
	if held := r.held.Load(); r.fit(held) {
		if !r.busy.Load() && !r.pausing() {
			r.ask(false)
		}
		return held, nil
	}
	// The request under way may have been asked too long ago; the one after it was not.
	var cause error
	for range 2 {
		if r.pausing() && !r.busy.Load() {
			cause = r.lastFault() // a store that just failed is not asked by every query anew
			break
		}
		cause = r.ask(false).wait(ctx)
		if held := r.held.Load(); r.fit(held) {
			return held, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, r.stale(cause)
}

// pausing reports whether the store failed so recently that it is not to be asked.
func (r *Resolver[T]) pausing() bool {
	until := r.notUntil.Load()
	return until != nil && r.opts.Now().Before(*until)
}

// fit reports whether a snapshot may be served.
func (r *Resolver[T]) fit(held *Snapshot[T]) bool {
	return held != nil && age(r.opts.Now(), held.AsOf) <= r.opts.MaxStale
}

func (r *Resolver[T]) stale(cause error) error {
	e := &StaleError{Store: r.store.String(), MaxStale: r.opts.MaxStale, Cause: cause}
	if held := r.held.Load(); held != nil {
		e.Version, e.Age = held.Version, age(r.opts.Now(), held.AsOf)
	}
	if e.Cause == nil {
		e.Cause = ErrSlow
	}
	return e
}

// Refresh asks the store now, whatever the age of the snapshot held, and returns the snapshot that the answer confirmed. The question is sent after
// Refresh was called, so that the answer knows of every change that was finished before. Its error is the answer's, or that of ctx.
func (r *Resolver[T]) Refresh(ctx context.Context) (*Snapshot[T], error) {
	f := r.ask(true)
	if err := f.wait(ctx); err != nil {
		return nil, err
	}
	return r.held.Load(), nil
}

// OnChange has f called with each further version, one call after the other in the order of versions, by the goroutine that asked the store. The new
// snapshot is being served by then; who waits for it, as Refresh does, waits for f too. If there is a snapshot already, f is called with it at once; old is nil the
// first time. F must not wait for the resolver by calling Current, Refresh, Close or OnChange.
func (r *Resolver[T]) OnChange(f func(old, new *Snapshot[T])) {
	r.hooks.Lock()
	defer r.hooks.Unlock()
	r.hook = append(r.hook, f)
	if held := r.held.Load(); held != nil {
		f(nil, held)
	}
}

// Close ends the watch and all requests, and waits for their goroutines. Callers who wait get [ErrClosed]. A snapshot that is still young is served after Close; it may be called
// more than once.
func (r *Resolver[T]) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.stop()
	r.work.Wait()
	return nil
}
