package tpch

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll/internal/pgtest"
	rows "github.com/atoll-sql/atoll/internal/tpch"
)

// longWait is after how long a step is told of.
const longWait = 2 * time.Second

// load fills the single server and the shards, as many tables at a time as there are processors, the largest first.
func (s *servers) load(ctx context.Context) error {
	begin := time.Now()
	s.say("filling them")
	for _, c := range s.all() {
		if _, err := c.CreateDatabase(ctx, database); err != nil {
			return err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := len(rows.Tables) - 1; i >= 0; i-- { // lineitem is the last
		t := rows.Tables[i]
		g.Go(func() error { return s.table(ctx, s.single, t, nil, "the single server") })
		for shard, c := range s.shards {
			g.Go(func() error { return s.table(ctx, c, t, s.layout.Keep(t, shard), "shard "+s.layout.Shards[shard].Name) })
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	s.say("filled the single server and %d shards in %s", len(s.shards), time.Since(begin).Round(time.Millisecond))
	return nil
}

// table makes one table of a server, with its indexes and statistics. Its rows are frozen, as those of a table at rest are: nothing is
// left to do for the first query that reads them.
func (s *servers) table(ctx context.Context, c *pgtest.Cluster, t *rows.Table, keep rows.Keep, where string) error {
	begin := time.Now()
	err := with(ctx, c, func(conn *pgx.Conn) error {
		source := s.rows.All(t, keep)
		defer source.Close()
		// In the transaction that makes a table, COPY writes no log.
		for _, step := range []func() error{
			func() error { return exec(ctx, conn, "begin") },
			func() error { return rows.Fill(ctx, conn, t, source) },
			func() error { return exec(ctx, conn, "commit") },
			func() error { return exec(ctx, conn, "vacuum (freeze, analyze) "+t.Name) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	if took := time.Since(begin); took > longWait {
		s.say("filled %s of %s in %s", t.Name, where, took.Round(time.Millisecond))
	}
	return nil
}

func exec(ctx context.Context, conn *pgx.Conn, sql string) error {
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}
