package tpch

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Statements of other sessions that a server is busy with. One that waits for its reader costs nothing.
const (
	busy      = " from pg_stat_activity where state = 'active' and backend_type = 'client backend' and pid <> pg_backend_pid() and wait_event is distinct from 'ClientWrite'"
	cancel    = "select count(pg_cancel_backend(pid))" + busy
	terminate = "select count(pg_terminate_backend(pid))" + busy
)

// settle ends what a query that was cut off has left at the servers, so that the next one has the machine to itself. It returns as soon as nothing
// is left.
func (s *servers) settle(ctx context.Context) error {
	for _, c := range s.all() {
		if c == nil {
			continue
		}
		if err := with(ctx, c, func(conn *pgx.Conn) error { return quiet(ctx, conn) }); err != nil {
			return err
		}
	}
	return nil
}

func quiet(ctx context.Context, conn *pgx.Conn) error {
	const patience, limit = 5 * time.Second, 30 * time.Second
	for begin := time.Now(); time.Since(begin) < limit; {
		sql := cancel
		if time.Since(begin) > patience {
			sql = terminate
		}
		var left int
		if err := conn.QueryRow(ctx, sql).Scan(&left); err != nil || left == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return errors.New("a server is still busy with statements of a query that was ended")
}
