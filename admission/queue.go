package admission

import (
	"context"
	"sync"
	"time"

	"github.com/atoll-sql/atoll/connectors/pool"
)

// Limits bound what runs and what waits. Zero means no limit.
type Limits struct {
	Queries int           // that run at the same time
	PerUser int           // of one user, that run at the same time
	Memory  int64         // bytes that all that run have reserved together
	Waiting int           // in line, of all users; less than 0 means that nobody waits
	Wait    time.Duration // of one query for its turn
}

// Queue admits queries. It is safe for concurrent use, and needs no closing.
type Queue struct {
	limits Limits
	clock  pool.Clock

	mu      sync.Mutex // guards everything below, and all requests and users
	running int
	memory  int64
	waiting int
	users   map[string]*user // who has something that runs or waits
	turns   []*user          // those with somebody in line; the first is next
}

// user is one caller's share.
type user struct {
	name    string
	running int
	line    []*request // in the order of asking
}

// request is a query in line.
type request struct {
	user   *user
	memory int64
	since  time.Time
	done   chan struct{} // closed once the request has left the line: let in, or with err
	let    bool
	err    error
}

// New makes a queue. A nil clock is the system's.
func New(l Limits, c pool.Clock) *Queue {
	if c == nil {
		c = pool.System
	}
	return &Queue{limits: l, clock: c, users: map[string]*user{}}
}

// Limits returns the limits as given to New.
func (q *Queue) Limits() Limits { return q.limits }

// Place is the right to run of one query.
type Place struct {
	queue  *Queue
	user   *user
	memory int64
	waited time.Duration
	left   sync.Once
}

// Waited is how long the query stood in line; 0 of nil.
func (p *Place) Waited() time.Duration {
	if p == nil {
		return 0
	}
	return p.waited
}

// Memory is what the query has reserved, in bytes.
func (p *Place) Memory() int64 { return p.memory }

// Leave gives the place to who is next. It may be called more than once, from any goroutine, and of nil.
func (p *Place) Leave() {
	if p != nil {
		p.left.Do(func() { p.queue.leave(p.user, p.memory) })
	}
}

// Enter waits for the turn of a query of the user, which reserves so many bytes of memory until its place is left. It fails with an [*Error], or with
// ctx's own error, at once when ctx ends; the query then holds no place and stands in no line.
func (q *Queue) Enter(ctx context.Context, name string, memory int64) (*Place, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if most := q.limits.Memory; most > 0 && memory > most {
		return nil, &Error{Limit: LimitMemory, Max: most, Needed: memory}
	}
	q.mu.Lock()
	u := q.users[name]
	if u == nil {
		u = &user{name: name}
		q.users[name] = u
	}
	if len(u.line) == 0 && q.noneBefore() && q.inTheWay(u, memory) == "" {
		q.start(u, memory)
		q.mu.Unlock()
		return &Place{queue: q, user: u, memory: memory}, nil
	}
	r, err := q.stand(u, memory)
	q.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return q.wait(ctx, r)
}

// stand puts a query into the line of its user, if there is room for one more. The caller holds mu.
func (q *Queue) stand(u *user, memory int64) (*request, error) {
	defer q.forget(u)
	if most := q.limits.Waiting; most < 0 {
		name := q.reason(u, memory)
		return nil, &Error{Limit: name, Max: q.most(name)}
	} else if most > 0 && q.waiting >= most {
		return nil, &Error{Limit: LimitWaiting, For: q.reason(u, memory), Max: int64(most)}
	}
	r := &request{user: u, memory: memory, since: q.clock.Now(), done: make(chan struct{})}
	if u.line = append(u.line, r); len(u.line) == 1 {
		q.turns = append(q.turns, u)
	}
	q.waiting++
	return r, nil
}

// wait stands in line until the turn has come, the wait is over, or ctx ends.
func (q *Queue) wait(ctx context.Context, r *request) (*Place, error) {
	if q.limits.Wait > 0 {
		defer q.clock.AfterFunc(q.limits.Wait, func() { q.late(r) }).Stop()
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		q.end(r, func() error { return ctx.Err() })
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if r.err != nil {
		return nil, r.err
	}
	return &Place{queue: q, user: r.user, memory: r.memory, waited: q.clock.Now().Sub(r.since)}, nil
}

// late takes a query out of the line whose wait is over.
func (q *Queue) late(r *request) {
	q.end(r, func() error {
		return &Error{Limit: LimitQueue, For: q.reason(r.user, r.memory), Max: int64(q.limits.Wait), Waited: q.clock.Now().Sub(r.since)}
	})
}

// end takes a query out of the line, for a reason that is asked for under the lock. A query that has left the line keeps what it
// got: one that was let in while its context ended has its place, and finds out about the context by itself.
func (q *Queue) end(r *request, why func() error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r.let || r.err != nil {
		return
	}
	r.err = why()
	close(r.done)
	q.remove(r)
	q.next() // those behind it may fit
}

// Stats is what a queue holds at one moment.
type Stats struct {
	Running int
	Waiting int
	Memory  int64 // bytes reserved by those that run
	Users   int   // with something that runs or waits
}

// Stats tells what the queue holds now.
func (q *Queue) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Stats{Running: q.running, Waiting: q.waiting, Memory: q.memory, Users: len(q.users)}
}
