package peers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/internal/logictest"
)

func openSingle(ctx context.Context, w World, _ Options, about *report.Peer) (Peer, error) {
	about.Setup = "one server with all rows, over its unix socket"
	return connect(ctx, PostgreSQL, w.Single, about)
}

// serverPeer is a PostgreSQL server, over one connection, and another one where the server has ended that.
type serverPeer struct {
	name, dsn string
	settings  []string // statements
	conn      *pgx.Conn
	limit     time.Duration // that the server was last told; 0 if it was not
}

// connect opens the connection of a peer and makes the session's settings.
func connect(ctx context.Context, name string, s Server, about *report.Peer, settings ...string) (Peer, error) {
	p := &serverPeer{name: name, dsn: s.DSN, settings: settings}
	if err := p.open(ctx); err != nil {
		return nil, err
	}
	about.Version = "PostgreSQL " + p.conn.PgConn().ParameterStatus("server_version")
	return p, nil
}

func (p *serverPeer) open(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.dsn)
	if err != nil {
		return err
	}
	for _, sql := range p.settings {
		if err := execute(ctx, conn, sql); err != nil {
			return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
		}
	}
	p.conn, p.limit = conn, 0
	return nil
}

// queryCanceled is the SQLSTATE of a statement that timed out.
const queryCanceled = "57014"

func (p *serverPeer) Name() string { return p.name }

// Ask leaves the limit to the server, which is told of it when it changes.
func (p *serverPeer) Ask(ctx context.Context, sql string, limit time.Duration) (Reply, error) {
	if p.conn.IsClosed() {
		if err := p.open(ctx); err != nil {
			return Reply{}, err
		}
	}
	if limit != p.limit {
		if err := execute(ctx, p.conn, fmt.Sprintf("set statement_timeout = %d", max(1, limit.Milliseconds()))); err != nil {
			return Reply{}, err
		}
		p.limit = limit
	}
	begin := time.Now()
	result := logictest.ReadResult(p.conn.PgConn().ExecParams(ctx, sql, nil, nil, nil, nil))
	took := time.Since(begin)
	answer, err := logictest.FromResult(result)
	var theirs *pgconn.PgError
	if errors.As(err, &theirs) && theirs.Code == queryCanceled && ctx.Err() == nil {
		err = ErrTimeout
	}
	return Reply{Answer: answer, Took: took}, err
}

func (p *serverPeer) Close() error { return p.conn.Close(context.Background()) }

func execute(ctx context.Context, conn *pgx.Conn, sql string) error {
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}
