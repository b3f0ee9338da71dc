package engine

import (
	"slices"
	"sync/atomic"

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

// transaction is an open transaction of a session. Under READ COMMITTED its writes are kept apart as changes of rows, and others write beside
// it as long as they write other rows. Under other levels, and once it changes definitions, they are in a catalog of its own, and from its
// first write on it has the database for itself.
type transaction struct {
	id        uint64
	depth     int
	isolation string            // at its beginning
	pinned    *catalog          // the version that SNAPSHOT, SERIALIZABLE and REPEATABLE READ read; nil before the first access
	written   *catalog          // nil without writes of the second kind
	deltas    map[string]*delta // writes of the first kind, by table
	owner     *owner            // of its locks, nil without
	// seen is the committed version over which shown shows the deltas.
	seen, shown *catalog
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
	s.publish()
	s.rollback()
	return nil
}

// publish makes the transaction's writes everybody's.
func (s *Session) publish() {
	s.db.publishing.Lock()
	defer s.db.publishing.Unlock()
	switch tx := s.tx; {
	case tx.written != nil:
		s.db.state.Store(tx.written)
	case len(tx.deltas) > 0:
		s.db.state.Store(tx.over(s.db.state.Load(), true))
	}
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
	if s.tx != nil && s.tx.owner != nil {
		s.db.locks.release(s.tx.owner)
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
			_, r.state = r.db.view(tx)
		}
	default:
		_, r.state = r.db.view(tx)
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

// write runs change over the version of the data to be written, and publishes the version it returns: at once, or when the session's
// transaction commits. Until then nobody else writes; readers never wait.
func (r *run) write(change func(*catalog) (*catalog, error)) error {
	o, end := r.owner()
	defer end()
	if err := r.acquire(o, func(l *locks) []*owner { return l.alone(o) }); err != nil {
		return err
	}
	tx, current := r.session.tx, r.db.state.Load()
	if tx == nil {
		next, err := change(current)
		if err != nil {
			return err
		}
		r.db.publishing.Lock()
		defer r.db.publishing.Unlock()
		r.db.state.Store(next)
		return nil
	}
	from := tx.written
	if from == nil {
		if r.session.isolation == snapshot && tx.pinned != nil && tx.pinned != current {
			return newError(3960, "Snapshot isolation transaction aborted due to update conflict in database '%s'.", r.db.options.Name)
		}
		from = r.db.viewOf(tx, current)
	}
	next, err := change(from)
	if err == nil {
		tx.written, tx.deltas = next, nil
	}
	return err
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
