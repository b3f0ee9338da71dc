package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// server is one PostgreSQL server with at most one connection, which is opened when it is first needed and kept.
type server struct {
	name string // for messages
	cfg  *pgconn.Config
	near bool // in the reader's region

	seat chan struct{} // held by whoever uses conn
	conn *pgconn.PgConn

	mu       sync.Mutex
	trip     time.Duration // of one statement, at best
	measured time.Time     // when trip was measured; zero for never
}

func newServer(name, dsn string, near bool) (*server, error) {
	cfg, err := parse(dsn)
	if err != nil {
		return nil, &serverError{server: name, text: err.Error()}
	}
	return &server{name: name, cfg: cfg, near: near, seat: make(chan struct{}, 1)}, nil
}

// use runs f with the connection. F may run twice: the connection that was kept may have died meanwhile, which its first use tells. So f must be
// safe to repeat until it has succeeded with something.
func (s *server) use(ctx context.Context, f func(context.Context, *pgconn.PgConn) error) error {
	select {
	case s.seat <- struct{}{}:
		defer func() { <-s.seat }()
	case <-ctx.Done():
		return s.fault(ctx, ctx.Err())
	}
	if s.conn != nil {
		err := f(ctx, s.conn)
		if broken := s.settle(ctx); err == nil || !broken || ctx.Err() != nil {
			return s.fault(ctx, err)
		}
	}
	conn, err := pgconn.ConnectConfig(ctx, s.cfg)
	if err != nil {
		return s.fault(ctx, err)
	}
	s.conn = conn
	err = f(ctx, conn)
	s.settle(ctx)
	return s.fault(ctx, err)
}

// settle lets go of a connection that cannot be used again, and reports whether it broke. The seat is held.
func (s *server) settle(ctx context.Context) (broken bool) {
	if s.conn.IsClosed() {
		s.conn = nil
		return true
	}
	if s.conn.TxStatus() != 'I' { // a transaction was left by an error
		s.hangUp(ctx)
	}
	return false
}

// hangUp closes the connection, if there is one. The seat is held.
func (s *server) hangUp(ctx context.Context) {
	if s.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = s.conn.Close(ctx) // the server notices, if not now then later
	s.conn = nil
}

// close waits for who uses the connection and closes it.
func (s *server) close() {
	s.seat <- struct{}{}
	s.hangUp(context.Background())
	<-s.seat
}

// measureEvery is how long a measured distance is believed.
const measureEvery = 5 * time.Minute

// unreachable is the distance of a server that does not answer.
const unreachable = time.Hour

// distance returns the measured round trip, measuring it if that was long ago.
func (s *server) distance(ctx context.Context) time.Duration {
	s.mu.Lock()
	trip, measured := s.trip, s.measured
	s.mu.Unlock()
	if !measured.IsZero() && time.Since(measured) < measureEvery {
		return trip
	}
	ctx, cancel := context.WithTimeout(ctx, replicaTimeout)
	defer cancel()
	best := unreachable
	err := s.use(ctx, func(ctx context.Context, conn *pgconn.PgConn) error {
		for range 3 { // the first may have come over a connection that had to be warmed up
			begun := time.Now()
			if err := conn.Ping(ctx); err != nil {
				return err
			}
			best = min(best, time.Since(begun))
		}
		return nil
	})
	if err != nil {
		best = unreachable
	}
	s.mu.Lock()
	s.trip, s.measured = best, time.Now()
	s.mu.Unlock()
	return best
}
