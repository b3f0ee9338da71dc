package tpch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

// errTimeout is the error of a run that took longer than the timeout.
var errTimeout = errors.New("timeout")

// peer answers queries, one at a time.
type peer interface {
	// ask reads the whole answer. Beyond the limit it fails with errTimeout.
	ask(ctx context.Context, sql string, limit time.Duration) (reply, error)
	close() error
}

// reply is an answer and what is known about how it came about.
type reply struct {
	answer logictest.Answer
	stats  *atoll.QueryStats // of Atoll alone
}

func (s *servers) connect(ctx context.Context, p Peer) (peer, error) {
	switch p {
	case Single:
		return newServerPeer(ctx, s.single, s.opts.Timeout, "")
	case FDW:
		return newServerPeer(ctx, s.fdw, s.opts.Timeout, fdwSettings)
	}
	cfg, err := atoll.ParseConfig([]byte(s.layout.ConfigYAML()), ".", os.LookupEnv)
	if err != nil {
		return nil, err
	}
	e, err := atoll.Open(ctx, cfg, atoll.WithoutRules(s.opts.Off...))
	if err != nil {
		return nil, err
	}
	return enginePeer{e}, nil
}

// enginePeer is Atoll.
type enginePeer struct{ engine *atoll.Engine }

func (p enginePeer) ask(ctx context.Context, sql string, limit time.Duration) (reply, error) {
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := p.read(within, sql)
	if err != nil && ctx.Err() == nil && within.Err() != nil {
		err = errTimeout
	}
	return r, err
}

func (p enginePeer) read(ctx context.Context, sql string) (reply, error) {
	r, err := p.engine.Query(ctx, sql)
	if err != nil {
		return reply{}, err
	}
	defer r.Release()
	var records []arrow.Record
	defer func() {
		for _, rec := range records {
			rec.Release()
		}
	}()
	for r.Next() {
		r.Record().Retain()
		records = append(records, r.Record())
	}
	if err := r.Err(); err != nil {
		return reply{}, err
	}
	answer, err := logictest.FromArrow(r.Schema(), records)
	return reply{answer, r.Stats()}, err
}

func (p enginePeer) close() error { return p.engine.Close() }

// serverPeer is a PostgreSQL server, over one connection.
type serverPeer struct{ conn *pgx.Conn }

func newServerPeer(ctx context.Context, c *pgtest.Cluster, limit time.Duration, settings string) (peer, error) {
	conn, err := pgx.Connect(ctx, c.DSNFor(database))
	if err != nil {
		return nil, err
	}
	p := serverPeer{conn}
	for _, sql := range []string{fmt.Sprintf("set statement_timeout = %d", limit.Milliseconds()), settings} {
		if err := exec(ctx, conn, sql); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	return p, nil
}

// queryCanceled is the SQLSTATE of a statement that timed out.
const queryCanceled = "57014"

// ask leaves the limit to the server, which was told of it.
func (p serverPeer) ask(ctx context.Context, sql string, _ time.Duration) (reply, error) {
	answer, err := logictest.FromPostgres(ctx, p.conn, sql, nil)
	var theirs *pgconn.PgError
	if errors.As(err, &theirs) && theirs.Code == queryCanceled && ctx.Err() == nil {
		err = errTimeout
	}
	return reply{answer: answer}, err
}

func (p serverPeer) close() error { return p.conn.Close(context.Background()) }
