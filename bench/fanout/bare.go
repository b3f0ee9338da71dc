package fanout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll"
)

// Bare sends the statements of a query to PostgreSQL shards by a bare pgx connection each, all at once, and merges nothing: what any program that asks the
// shards itself waits for at least.
type Bare struct {
	conns []*pgx.Conn
	sqls  []string
}

// OpenBare connects to the shards, of which there is one for each statement of the query's only fragment, in their order. The caller closes it.
func OpenBare(ctx context.Context, e *atoll.Engine, dsns []string, sql string) (_ *Bare, err error) {
	x, err := e.Explain(ctx, sql, atoll.ExplainOptions{})
	if err != nil {
		return nil, err
	}
	if len(x.Fragments) != 1 || len(x.Fragments[0].Shards) != len(dsns) {
		return nil, fmt.Errorf("the query has %d fragments; it takes one, over %d shards", len(x.Fragments), len(dsns))
	}
	b := &Bare{}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	for i, dsn := range dsns {
		c, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return nil, err
		}
		b.conns, b.sqls = append(b.conns, c), append(b.sqls, x.Fragments[0].Shards[i].SQL)
	}
	return b, nil
}

// Ask returns how long the slowest statement took. Each is prepared when it is first asked.
func (b *Bare) Ask(ctx context.Context) (time.Duration, error) {
	took := make([]time.Duration, len(b.conns))
	var g errgroup.Group
	for i, c := range b.conns {
		g.Go(func() error {
			begin := time.Now()
			rows, err := c.Query(ctx, b.sqls[i])
			if err != nil {
				return err
			}
			for rows.Next() {
				if _, err := rows.Values(); err != nil {
					return err
				}
			}
			took[i] = time.Since(begin)
			return rows.Err()
		})
	}
	err := g.Wait()
	return slices.Max(took), err
}

// Close closes the connections.
func (b *Bare) Close() error {
	var errs []error
	for _, c := range b.conns {
		errs = append(errs, c.Close(context.Background()))
	}
	return errors.Join(errs...)
}
