package postgres

import (
	"context"

	"github.com/atoll-sql/atoll/connectors"
)

// begin opens the transaction of every statement.
const begin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"

// savepoint is where a connection that keeps a snapshot goes back to when a statement failed.
const savepoint = "atoll"

// frame is what surrounds a statement on its connection, in the same round trip.
type frame struct {
	before  []string
	commits bool // the transaction ends with the statement
	// opened, if not nil, is told of the state that the transaction reads once the server is about to execute the
	// statement: the identifier under which others can read it, if one of before exports it.
	opened func(id string)
	// limits says that the statement brings along a limit of its time, where the session's is not good enough.
	limits bool
}

// alone is the frame of a statement that shares its state with no other.
var alone = frame{before: []string{begin}, commits: true, limits: true}

// lender lends connections for one statement at a time.
type lender interface {
	// acquire lends a connection and says what surrounds a statement on it. Fresh asks for one that was not idle before.
	acquire(ctx context.Context, fresh bool) (*conn, frame, error)
	// release takes a connection back whose statement has ended.
	release(c *conn, healthy bool)
	// reclaim stops what a connection runs and takes it back, in the background.
	reclaim(r *run)
}

// single lends the pool's connections for statements by themselves.
type single struct{ *pool }

func (s single) acquire(ctx context.Context, fresh bool) (*conn, frame, error) {
	c, err := s.pool.acquire(ctx, fresh)
	return c, alone, err
}

// appendStatement collects the messages of one statement: transaction, statement, end, in two groups. An
// error skips the rest of its group, never the COMMIT, which then rolls back: every outcome leaves the
// connection idle without another round trip.
func (c *conn) appendStatement(stmt connectors.Statement, f frame) *prepared {
	c.out = c.out[:0]
	for _, sql := range f.before {
		c.out = appendParse(c.out, "", sql)
		c.out = appendBind(c.out, "", nil)
		c.out = appendExecute(c.out)
	}
	p, stale := c.stmts.use(stmt.SQL, len(f.before))
	for _, name := range stale {
		c.out = appendClose(c.out, name)
	}
	if !p.ready {
		c.out = appendParse(c.out, p.name, stmt.SQL)
		c.out = appendDescribe(c.out, p.name)
	}
	c.out = appendBind(c.out, p.name, stmt.Args)
	if f.opened != nil {
		c.out = appendFlush(c.out)
	}
	c.out = appendExecute(c.out)
	c.out = appendSync(c.out)
	c.pending++
	if f.commits {
		c.out = appendQuery(c.out, "COMMIT")
		c.pending++
	}
	return p
}
