package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A watch asks its connection for a sign of life after so long a silence, and gives it so long to answer.
const (
	silence = 30 * time.Second
	answer  = 10 * time.Second
)

// Watch implements [store.Store], on a connection of its own to the primary.
func (s *Store) Watch(ctx context.Context, changed func()) error {
	return s.watch(ctx, changed, silence)
}

func (s *Store) watch(ctx context.Context, changed func(), silence time.Duration) error {
	if s.ctx.Err() != nil {
		return s.named(errClosed)
	}
	cfg := s.primary.cfg.Copy()
	told := false // set by this goroutine, inside of the calls below
	cfg.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) {
		told = told || n.Channel == channel && n.Payload == s.name
	}
	conn, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return s.named(s.primary.fault(ctx, err))
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = conn.Close(ctx) // nothing was written
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel).ReadAll(); err != nil {
		return s.named(s.primary.fault(ctx, err))
	}
	changed()
	for {
		if err := wait(ctx, conn, silence); err != nil {
			return s.named(s.primary.fault(ctx, err))
		}
		if told {
			told = false
			changed()
		}
	}
}

// wait returns after a notification, or after a silence in which the connection proved to be alive.
func wait(ctx context.Context, conn *pgconn.PgConn, silence time.Duration) error {
	quiet, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	err := conn.WaitForNotification(quiet)
	if err == nil || ctx.Err() != nil || !errors.Is(quiet.Err(), context.DeadlineExceeded) || conn.IsClosed() {
		return err
	}
	alive, cancel := context.WithTimeout(ctx, answer)
	defer cancel()
	return conn.Ping(alive)
}
