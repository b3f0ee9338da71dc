package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors/dialerror"
	"github.com/atoll-sql/atoll/shardmap/store"
)

// SQLSTATEs that mean something here.
const (
	undefinedTable  = "42P01"
	uniqueViolation = "23505"
)

// serverError is why a server could not be asked. Its text names no address, user or database, and its cause, which may, is not kept but for the end of
// a context.
type serverError struct {
	server string
	text   string
	state  string // SQLSTATE, if the server said it
	ended  error  // of the context
}

func (e *serverError) Error() string {
	if e.state != "" {
		return fmt.Sprintf("%s: %s (SQLSTATE %s)", e.server, e.text, e.state)
	}
	return e.server + ": " + e.text
}

func (e *serverError) Unwrap() error { return e.ended }

// sqlState returns the SQLSTATE inside an error, "" for none.
func sqlState(err error) string {
	var e *serverError
	if errors.As(err, &e) {
		return e.state
	}
	return ""
}

// fault turns an error of the driver into one that may be shown. Errors of this package pass.
func (s *server) fault(ctx context.Context, err error) error {
	var known *serverError
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known), errors.Is(err, store.ErrConflict):
		return err
	case errors.As(err, &pg):
		text := pg.Message
		if errors.As(err, &connect) {
			text = "it refused the connection" // the message names user and database
		}
		return &serverError{server: s.name, text: text, state: pg.Code}
	case ctx.Err() != nil:
		return &serverError{server: s.name, text: ctx.Err().Error(), ended: ctx.Err()}
	}
	return &serverError{server: s.name, text: ioText(err)}
}

func ioText(err error) string {
	if text, _ := dialerror.TLS(err, dialerror.PostgreSQL); text != "" {
		return text
	}
	return cmp.Or(dialerror.Network(err), dialerror.Socket(err), "the connection failed or broke")
}
