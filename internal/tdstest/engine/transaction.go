package engine

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// isolationOption and the levels are as the parser writes them.
const (
	isolationOption = "TRANSACTION ISOLATION LEVEL"

	readUncommitted = "READ UNCOMMITTED"
	readCommitted   = "READ COMMITTED"
	repeatableRead  = "REPEATABLE READ"
	snapshot        = "SNAPSHOT"
	serializable    = "SERIALIZABLE"
)

// transaction is an open transaction of a session. Its writes are in a catalog of its own until it commits; from its
// first write on it holds the database's write lock, as if every lock were one on the database.
type transaction struct {
	id        uint64
	depth     int
	isolation string   // at its beginning
	pinned    *catalog // the version that SNAPSHOT, SERIALIZABLE and REPEATABLE READ read; nil before the first access
	written   *catalog // nil without writes
}

var transactionIDs atomic.Uint64

// Begin opens a transaction, or nests one, as BEGIN TRANSACTION does; level, if not empty, becomes the session's isolation
// level first (a transaction manager request carries one). It returns the transaction's identity.
func (s *Session) Begin(level string) uint64 {
	if level != "" {
		s.isolation = level
	}
	if s.tx == nil {
		s.tx = &transaction{id: transactionIDs.Add(1), isolation: s.isolation}
	}
	s.tx.depth++
	return s.tx.id
}

// Commit ends the innermost transaction; without any it is error 3902.
func (s *Session) Commit() error {
	if s.tx == nil {
		return newError(3902, "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.")
	}
	if s.tx.depth--; s.tx.depth > 0 {
		return nil
	}
	if s.tx.written != nil {
		s.db.state.Store(s.tx.written)
		s.db.unlock()
	}
	s.tx = nil
	return nil
}

// Rollback undoes the whole transaction; without any it is error 3903.
func (s *Session) Rollback() error {
	if s.tx == nil {
		return newError(3903, "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.")
	}
	s.rollback()
	return nil
}

// Transaction is the identity of the open transaction, 0 if there is none.
func (s *Session) Transaction() uint64 {
	if s.tx == nil {
		return 0
	}
	return s.tx.id
}

func (s *Session) rollback() {
	if s.tx != nil && s.tx.written != nil {
		s.db.unlock()
	}
	s.tx = nil
}

func (s *Session) transact(verb string) error {
	switch verb {
	case "BEGIN":
		s.Begin("")
		return nil
	case "COMMIT":
		return s.Commit()
	default:
		return s.Rollback()
	}
}

// pin fixes the version of the data that the statement reads: the transaction's own if it wrote, the one it saw first
// if its isolation asks for that, else the newest.
func (r *run) pin() {
	tx := r.session.tx
	switch {
	case tx == nil:
		r.state = r.db.state.Load()
	case tx.written != nil:
		r.state = tx.written
	case r.session.isolation == snapshot || r.session.isolation == serializable || r.session.isolation == repeatableRead:
		if r.state = tx.pinned; r.state == nil {
			r.state = r.db.state.Load()
		}
	default:
		r.state = r.db.state.Load()
	}
}

// readable refuses to read a table under an isolation level that the database does not allow. The transaction keeps to
// the version of the data that its first table was read from.
func (r *run) readable(t *table) error {
	if tx := r.session.tx; tx != nil && tx.pinned == nil && r.session.isolation != readCommitted && r.session.isolation != readUncommitted {
		tx.pinned = r.state
	}
	if r.session.isolation != snapshot {
		return nil
	}
	if !r.db.options.AllowSnapshot {
		return newError(3952, "Snapshot isolation transaction failed accessing database '%s' because snapshot isolation is not allowed in this database. "+
			"Use ALTER DATABASE to allow snapshot isolation.", r.db.options.Name)
	}
	if tx := r.session.tx; tx != nil && tx.isolation != snapshot {
		return newError(3951, "Transaction failed in database '%s' because the statement was run under snapshot isolation but the transaction "+
			"did not start in snapshot isolation.", r.db.options.Name)
	}
	if r.db.inMemory(t.schema.name, t.name) {
		return newError(41332, "Memory optimized tables and natively compiled modules cannot be accessed or created when the session "+
			"TRANSACTION ISOLATION LEVEL is set to SNAPSHOT.")
	}
	return nil
}

// write runs change over the version of the data to be written, and publishes the version it returns: at once, or when
// the session's transaction commits. Writers exclude each other; readers never wait.
func (r *run) write(change func(*catalog) (*catalog, error)) error {
	tx := r.session.tx
	if tx == nil {
		if err := r.lock(); err != nil {
			return err
		}
		defer r.db.unlock()
		next, err := change(r.db.state.Load())
		if err != nil {
			return err
		}
		r.db.state.Store(next)
		return nil
	}
	if tx.written != nil {
		next, err := change(tx.written)
		if err == nil {
			tx.written = next
		}
		return err
	}
	if err := r.lock(); err != nil {
		return err
	}
	next, err := r.firstWrite(tx, change)
	if err != nil {
		r.db.unlock()
		return err
	}
	tx.written = next
	return nil
}

func (r *run) firstWrite(tx *transaction, change func(*catalog) (*catalog, error)) (*catalog, error) {
	current := r.db.state.Load()
	if r.session.isolation == snapshot && tx.pinned != nil && tx.pinned != current {
		return nil, newError(3960, "Snapshot isolation transaction aborted due to update conflict in database '%s'.", r.db.options.Name)
	}
	return change(current)
}

// locking reports whether a table hint of the query asks for a lock that lasts: any but ROWLOCK, PAGLOCK and a TABLOCK alone, which readers
// let go of at once.
func locking(q *tsql.Query) bool {
	found := false
	walk(q, func(n any) bool {
		if t, ok := n.(*tsql.Table); ok {
			found = found || slices.ContainsFunc(t.Hints, func(h string) bool { return h != "ROWLOCK" && h != "PAGLOCK" && h != "TABLOCK" })
		}
		return !found
	})
	return found
}

// lock takes the write lock. It waits as long as SET LOCK_TIMEOUT allows, for ever if that was not said.
func (r *run) lock() error {
	var late <-chan time.Time
	if ms := r.session.number("LOCK_TIMEOUT", -1); ms >= 0 {
		timer := time.NewTimer(time.Duration(ms) * time.Millisecond)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case r.db.writer <- struct{}{}:
		return nil
	case <-late:
		return newError(1222, "Lock request time out period exceeded.")
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

func (d *Database) unlock() { <-d.writer }
