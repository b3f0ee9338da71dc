package failover

import (
	"context"
	"sync/atomic"
	"time"
)

// DefaultRetries is how many retries the statements of one query may use together, unless [Query] says otherwise. To wait until a
// server has woken takes about a dozen.
const DefaultRetries = 100

// Query is what holds for all statements of one query, on whichever shards they run. It is made once and not copied.
type Query struct {
	// Permits reports whether a replica of a shard may be read. Where it is nil, or there is no query, those in the region of their shard's
	// primary may. It is asked for each statement, from any goroutine.
	Permits func(shard, replica string) bool
	// Since is when the query's version of the shard map was adopted: a replica is read only if it is proven to hold all that was committed before, for rows
	// that were moved would be missing otherwise. Zero where rows are never moved.
	Since time.Time
	// Retries bounds the retries of all statements together; 0 means DefaultRetries, less than 0 none.
	Retries int

	spent atomic.Int64
}

type queryKey struct{}

// Context returns ctx with the query: statements under it are the query's.
func (q *Query) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, queryKey{}, q)
}

// queryOf is the query that ctx carries; nil if it carries none.
func queryOf(ctx context.Context) *Query {
	q, _ := ctx.Value(queryKey{}).(*Query)
	return q
}

// spend takes one retry, and reports whether there was one left. Without a query each statement is on its own.
func (q *Query) spend() bool {
	if q == nil {
		return true
	}
	most := int64(q.Retries)
	if most == 0 {
		most = DefaultRetries
	}
	for {
		n := q.spent.Load()
		if n >= most {
			return false
		}
		if q.spent.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// permits reports whether a server may be read.
func (q *Query) permits(srv *server) bool {
	if srv.primary() {
		return true
	}
	if q == nil || q.Permits == nil {
		return srv.Region == srv.shard.servers[0].Region
	}
	return q.Permits(srv.shard.name, srv.Name)
}

// since is when what a replica is read for was adopted.
func (q *Query) since() time.Time {
	if q == nil {
		return time.Time{}
	}
	return q.Since
}
