package tdstest

import (
	"sync"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// Login is what a client said of itself, and what became of it.
type Login struct {
	User           string
	Database       string
	AppName        string
	ReadOnlyIntent bool
	Token          bool // by access token
	TDSVersion     uint32
	PacketSize     int  // as negotiated
	TLS            bool // the connection travels within TLS after the login
	LoginTLS       bool // the login did
	Error          *engine.Error
}

// Statement is a request that the server got: a batch, the text of an sp_executesql, or a transaction manager request
// written as T-SQL.
type Statement struct {
	Session   int64 // counts connections
	Text      string
	Params    []engine.Param // as declared; nil of a batch
	Reset     bool           // the request reset the connection first
	Rows      int64          // sent
	Done      bool           // answered, or given up
	Attention bool           // stopped by ATTENTION
	Error     error
}

// maxRecord bounds how many statements and logins are remembered; the oldest are forgotten.
const maxRecord = 20000

// record remembers what clients sent. Its methods are safe for concurrent use.
type record struct {
	mu         sync.Mutex
	logins     []Login
	statements []*Statement
}

func (r *record) login(l Login) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.logins) >= maxRecord {
		r.logins = append([]Login(nil), r.logins[maxRecord/2:]...)
	}
	r.logins = append(r.logins, l)
}

// begin remembers a statement, which only update may change afterwards.
func (r *record) begin(s Statement) *Statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.statements) >= maxRecord {
		r.statements = append([]*Statement(nil), r.statements[maxRecord/2:]...)
	}
	r.statements = append(r.statements, &s)
	return &s
}

func (r *record) update(s *Statement, change func(*Statement)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(s)
}

func (r *record) snapshot() ([]Login, []Statement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	statements := make([]Statement, len(r.statements))
	for i, s := range r.statements {
		statements[i] = *s
	}
	return append([]Login(nil), r.logins...), statements
}

func (r *record) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logins, r.statements = nil, nil
}
