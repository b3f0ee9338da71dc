package engine

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"sync/atomic"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// Session is one connection's state. One goroutine at a time uses it; different sessions of a database may run at once.
type Session struct {
	db        *Database
	id        int
	login     string
	isolation string
	options   map[string]string
	tx        *transaction
	rowCount  int64
	explicit  int // the table whose IDENTITY_INSERT is ON, 0 without
}

var sessionIDs atomic.Int64

// NewSession opens a session as login "atoll", in the state that a new connection has.
func (d *Database) NewSession() *Session {
	s := &Session{db: d, id: int(50 + sessionIDs.Add(1)%30000), login: "atoll"}
	s.Reset()
	return s
}

// SetLogin names the login that SUSER_SNAME and ORIGINAL_LOGIN return.
func (s *Session) SetLogin(name string) { s.login = name }

// ID is @@SPID.
func (s *Session) ID() int { return s.id }

// Reset is what sp_reset_connection does: an open transaction is rolled back, SET options and the isolation level are
// as in a new session.
func (s *Session) Reset() {
	s.rollback()
	s.isolation, s.options, s.rowCount, s.explicit = readCommitted, map[string]string{}, 0, 0
}

// Close gives up the session: an open transaction is rolled back.
func (s *Session) Close() { s.rollback() }

// Option is the value that SET gave an option, in upper case, "" if none did. The isolation level is under "TRANSACTION ISOLATION LEVEL".
func (s *Session) Option(name string) string {
	if name == isolationOption {
		return s.isolation
	}
	return s.options[name]
}

// Execute parses the whole batch and runs its statements one by one, calling each with the outcome of every one. A
// Result's Rows stream: they are bound to a consistent version of the data, read when each calls Next, and closed when it
// returns. The first error, be it an *Error, ctx's or one that each returned, ends the batch.
//
// params not nil, even if empty, means sp_executesql: the text sees these variables, and what it SETs, such as the
// isolation level, ends with it. Transactions that it begins or ends do not. Under XACT_ABORT every error rolls the transaction back, otherwise a deadlock does.
func (s *Session) Execute(ctx context.Context, batch string, params []Param, each func(Result) error) error {
	statements, err := tsql.Parse(batch)
	if err != nil {
		return syntaxError(err)
	}
	if params != nil {
		isolation, options, explicit := s.isolation, maps.Clone(s.options), s.explicit
		defer func() { s.isolation, s.options, s.explicit = isolation, options, explicit }()
	}
	for _, statement := range statements {
		r := &run{ctx: ctx, session: s, db: s.db, batch: batch, params: params}
		if err := r.statement(statement, each); err != nil {
			if failed := (*Error)(nil); s.options["XACT_ABORT"] == "ON" || errors.As(err, &failed) && failed.Number == 1205 {
				s.rollback()
			}
			return err
		}
	}
	return nil
}

// Warned is implemented by the Rows that queries return: the messages that are known once Next has returned io.EOF, such
// as 8153 (NULL eliminated by an aggregate).
type Warned interface{ Warnings() []*Error }

func (r *run) statement(statement tsql.Statement, each func(Result) error) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	switch statement := statement.(type) {
	case *tsql.Query:
		return r.query(statement, each)
	case *tsql.Insert:
		affected, err := r.insert(statement)
		return r.wrote("INSERT", affected, err, each)
	case *tsql.Update:
		affected, err := r.update(statement)
		return r.wrote("UPDATE", affected, err, each)
	case *tsql.Delete:
		affected, err := r.remove(statement)
		return r.wrote("DELETE", affected, err, each)
	case *tsql.CreateTable:
		return r.done(0, r.createTable(statement), each)
	case *tsql.CreateSchema:
		return r.done(0, r.createSchema(statement), each)
	case *tsql.Drop:
		return r.done(0, r.drop(statement), each)
	case *tsql.Set:
		return r.done(0, r.session.set(statement), each)
	case *tsql.IdentityInsert:
		return r.done(0, r.setIdentityInsert(statement), each)
	case *tsql.Transaction:
		return r.done(0, r.session.transact(statement.Verb), each)
	case *tsql.Wait:
		return r.done(0, r.wait(statement.Delay), each)
	default:
		return newError(40510, "Statement %T is not supported in this version of the test server.", statement)
	}
}

// wrote reports a statement that wrote rows, perhaps none.
func (r *run) wrote(verb string, affected int64, err error, each func(Result) error) error {
	if err != nil {
		return err
	}
	r.session.rowCount = affected
	return each(Result{Affected: affected, Verb: verb})
}

// done reports a statement without rows.
func (r *run) done(affected int64, err error, each func(Result) error) error {
	if err != nil {
		return err
	}
	r.session.rowCount = affected
	return each(Result{Affected: affected})
}

// query binds a query, hands its rows to each, and closes them.
func (r *run) query(q *tsql.Query, each func(Result) error) error {
	if locking(q) {
		if err := r.write(func(c *catalog) (*catalog, error) { return c, nil }); err != nil {
			return err
		}
	}
	r.pin()
	b := &binder{run: r}
	plan, err := b.query(q, nil, outermost)
	if err != nil {
		return err
	}
	rows, err := r.open(plan)
	if err != nil {
		return err
	}
	defer rows.Close()
	return each(Result{Rows: rows})
}

func (s *Session) set(set *tsql.Set) error {
	if set.Option != isolationOption {
		s.options[set.Option] = set.Value
		return nil
	}
	switch set.Value {
	case readUncommitted, readCommitted, repeatableRead, snapshot, serializable:
		s.isolation = set.Value
		return nil
	default:
		return newError(102, "Incorrect syntax near '%s'.", set.Value)
	}
}

// number reads a SET option that holds a number.
func (s *Session) number(option string, otherwise int64) int64 {
	if n, err := strconv.ParseInt(s.options[option], 10, 64); err == nil {
		return n
	}
	return otherwise
}
