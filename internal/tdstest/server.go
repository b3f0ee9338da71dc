package tdstest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// The login of a server whose Options name none.
const (
	DefaultUser     = "atoll"
	DefaultPassword = "For-tests-0nly"
)

// serverName is what errors name as their origin.
const serverName = "tdstest"

// Options say how a server is started. The zero value is a server on a free port of 127.0.0.1 with the default login, an
// empty database "atoll", and encryption as the client wants it.
type Options struct {
	// Address to listen on, which must be a loopback address: the server is for tests and demos only.
	Address string
	// User and Password of the only login.
	User, Password string
	// AccessToken is the Microsoft Entra token that is accepted in place of the password; "" accepts none.
	AccessToken string
	// STSURL and SPN are what a client is told that asks where to get a token.
	STSURL, SPN string
	// Encryption is what the server demands.
	Encryption Encryption
	// ValidFrom and ValidUntil are the times between which the server's certificate is valid; if zero it is valid now.
	ValidFrom, ValidUntil time.Time
	// Engine describes the database, and its name.
	Engine engine.Options
	// NewSession, if not nil, gives each connection its Executor instead of the database.
	NewSession func(Login) Executor
}

// Server is a running server. Its methods are safe for concurrent use, also while clients are served.
type Server struct {
	options  Options
	db       *engine.Database
	listener net.Listener
	dir      string // holds the authority's certificate
	cert     tls.Certificate

	statementFaults, loginFaults faults
	record                       record
	sessions                     atomic.Int64

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

// New starts a server, which the caller closes.
func New(options Options) (*Server, error) {
	if err := options.complete(); err != nil {
		return nil, err
	}
	s := &Server{options: options, db: engine.NewDatabase(options.Engine), conns: map[net.Conn]struct{}{}}
	ca, cert, err := certificate(options.ValidFrom, options.ValidUntil)
	if err != nil {
		return nil, err
	}
	s.cert = cert
	if s.dir, err = os.MkdirTemp("", "tdstest-"); err != nil {
		return nil, fmt.Errorf("tdstest: %w", err)
	}
	if err := os.WriteFile(s.CertificateFile(), ca, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("tdstest: %w", err), os.RemoveAll(s.dir))
	}
	if s.listener, err = net.Listen("tcp", options.Address); err != nil {
		return nil, errors.Join(fmt.Errorf("tdstest: %w", err), os.RemoveAll(s.dir))
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wg.Add(1)
	go s.accept()
	return s, nil
}

// complete fills in defaults and refuses an address that other machines could reach.
func (o *Options) complete() error {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(o.Address)
	if err != nil {
		return fmt.Errorf("tdstest: address: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("tdstest: %q is no loopback address; this server is for tests and demos only", host)
	}
	if o.User == "" {
		o.User = DefaultUser
	}
	if o.Password == "" {
		o.Password = DefaultPassword
	}
	if o.Engine.Name == "" {
		o.Engine.Name = "atoll"
	}
	if o.Engine.Collation == "" {
		o.Engine.Collation = engine.DefaultCollation
	}
	return nil
}

// CertificateFile is where the certificate stands that clients verify the server's by. Close removes it.
func (s *Server) CertificateFile() string { return filepath.Join(s.dir, "ca.pem") }

// Addr is where the server listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL is what DSN is made of, for callers that change it.
func (s *Server) URL() *url.URL {
	q := url.Values{"database": {s.options.Engine.Name}}
	if s.options.Encryption == EncryptionAbsent {
		q.Set("encrypt", "disable")
	} else {
		q.Set("encrypt", "true")
		q.Set("certificate", s.CertificateFile())
	}
	return &url.URL{Scheme: "sqlserver", Host: s.Addr(), User: url.UserPassword(s.options.User, s.options.Password), RawQuery: q.Encode()}
}

// DSN is a connection string of the driver: with the login, the database, and verified TLS where the server has it.
func (s *Server) DSN() string { return s.URL().String() }

// DSNWith is DSN with other parameters: names and values in turn, an empty value taking the parameter away.
func (s *Server) DSNWith(pairs ...string) string {
	u := s.URL()
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Del(pairs[i])
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Database is what sessions work on.
func (s *Server) Database() *engine.Database { return s.db }

// Exec runs a batch in a session of its own, past the wire, the faults and the record.
func (s *Server) Exec(ctx context.Context, sql string) error {
	session := s.db.NewSession()
	defer session.Close()
	return session.Execute(ctx, sql, nil, func(r engine.Result) error { return drain(ctx, r) })
}

// FailStatements adds a fault for statements. Faults strike in the order in which they were added, one at a time.
func (s *Server) FailStatements(f Fault) { s.statementFaults.add(f) }

// FailLogins adds a fault for logins.
func (s *Server) FailLogins(f Fault) { s.loginFaults.add(f) }

// ClearFaults ends all faults that have not struck yet.
func (s *Server) ClearFaults() {
	s.statementFaults.clear()
	s.loginFaults.clear()
}

// Statements returns what clients sent so far, in the order of arrival.
func (s *Server) Statements() []Statement {
	_, statements := s.record.snapshot()
	return statements
}

// Logins returns who tried to log in so far.
func (s *Server) Logins() []Login {
	logins, _ := s.record.snapshot()
	return logins
}

// ClearRecord forgets the statements and logins so far.
func (s *Server) ClearRecord() { s.record.clear() }

// Connections is how many connections are open.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// DropConnections closes all connections without a word.
func (s *Server) DropConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Close()
	}
}

// Close stops the server and waits for everything it started. It may be called more than once.
func (s *Server) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if !first {
		s.wg.Wait()
		return nil
	}
	s.cancel()
	err := s.listener.Close()
	s.DropConnections()
	s.wg.Wait()
	return errors.Join(err, os.RemoveAll(s.dir))
}

func (s *Server) accept() {
	defer s.wg.Done()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			if s.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			if sleep(s.ctx, 10*time.Millisecond) != nil { // out of file descriptors, perhaps
				return
			}
			continue
		}
		if !s.keep(conn) {
			conn.Close()
			return
		}
		go func() {
			defer s.wg.Done()
			defer s.forget(conn)
			newConn(s, conn).serve()
		}()
	}
}

// keep remembers a connection, unless the server is closing.
func (s *Server) keep(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[conn] = struct{}{}
	s.wg.Add(1)
	return true
}

func (s *Server) forget(conn net.Conn) {
	conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
}

func (s *Server) newSession(l Login) Executor {
	if s.options.NewSession != nil {
		return s.options.NewSession(l)
	}
	session := s.db.NewSession()
	session.SetLogin(l.User)
	return session
}
