package bench_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll"
)

const fanoutShards = 8

// BenchmarkFanout answers a global report over 8 PostgreSQL servers, and sends the same fragments with pgx alone, in
// turn. It reports medians of
//
//	overhead/slowest  our time from text to last row / the slowest shard's own statement time, in the same run
//	overhead/bare     our time / the slowest statement of the pgx run beside it, planning included in ours
//	planning-µs       of our time
func BenchmarkFanout(b *testing.B) {
	rows, rounds := 400_000, 11
	if testing.Short() {
		rows, rounds = 40_000, 3
	}
	dsns := paymentShards(b, fanoutShards, rows)
	e := openEngine(b, configText("postgres", dsns, "payments"))
	for _, q := range plans[:2] {
		b.Run(q.name, func(b *testing.B) { benchmarkFanout(b, e, dsns, q.sql, rounds) })
	}
}

func benchmarkFanout(b *testing.B, e *atoll.Engine, dsns []string, sql string, rounds int) {
	bare := newBareFanout(b, e, dsns, sql)
	drain(b, e, sql) // connects and prepares, as bare has
	bare.run(b)
	var slowest, overSlowest, overBare, planning []float64
	for b.Loop() {
		for range rounds {
			start := time.Now()
			st := drain(b, e, sql)
			took := time.Since(start)
			theirs := bare.run(b)
			own := time.Duration(0)
			for _, s := range st.Shards {
				own = max(own, s.Total)
			}
			slowest = append(slowest, own.Seconds()*1e3)
			overSlowest = append(overSlowest, took.Seconds()/own.Seconds())
			overBare = append(overBare, took.Seconds()/theirs.Seconds())
			planning = append(planning, float64(st.Planning.Nanoseconds())/1e3)
		}
	}
	b.ReportMetric(median(slowest), "slowest-ms")
	b.ReportMetric(median(overSlowest), "overhead/slowest")
	b.ReportMetric(median(overBare), "overhead/bare")
	b.ReportMetric(median(planning), "planning-µs")
}

// bareFanout sends prepared statements to all shards at once with pgx, a connection each.
type bareFanout struct {
	conns []*pgx.Conn
	sqls  []string
}

func newBareFanout(b *testing.B, e *atoll.Engine, dsns []string, sql string) *bareFanout {
	b.Helper()
	ctx := context.Background()
	x, err := e.Explain(ctx, sql, atoll.ExplainOptions{})
	if err != nil {
		b.Fatal(err)
	}
	f := &bareFanout{}
	for i, dsn := range dsns {
		c, err := pgx.Connect(ctx, dsn)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			if err := c.Close(ctx); err != nil {
				b.Error(err)
			}
		})
		f.conns, f.sqls = append(f.conns, c), append(f.sqls, x.Fragments[0].Shards[i].SQL)
	}
	return f
}

// run returns how long the slowest statement took.
func (f *bareFanout) run(b *testing.B) time.Duration {
	b.Helper()
	took := make([]time.Duration, len(f.conns))
	var g errgroup.Group
	for i, c := range f.conns {
		g.Go(func() error {
			start := time.Now()
			rows, err := c.Query(context.Background(), f.sqls[i])
			if err != nil {
				return err
			}
			for rows.Next() {
				if _, err := rows.Values(); err != nil {
					return err
				}
			}
			took[i] = time.Since(start)
			return rows.Err()
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	return slices.Max(took)
}
