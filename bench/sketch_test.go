package bench_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

// visits has as many different visitors as a fifth of its rows: a bigint and a text for each. Their order is no help to anybody.
const visits = `CREATE TABLE visits AS
	SELECT g::int8 AS id, (g::int8 * 7919 %% %[2]d) * 1000003 AS who, 'visitor-' || (g::int8 * 7919 %% %[2]d) * 1000003 || '@example.org' AS mail
	FROM generate_series(%[3]d + 1, %[3]d + %[1]d) g;
	VACUUM (FREEZE, ANALYZE) visits`

// visitShards starts n servers with rows visits each, of distinct visitors, the same on all.
func visitShards(b *testing.B, n, rows, distinct int) []string {
	b.Helper()
	clusters := pgtest.Start(b, n, "shared_buffers=256MB", "max_wal_size=2GB", "work_mem=64MB", "max_parallel_workers_per_gather=0")
	dsns := make([]string, n)
	var g errgroup.Group
	g.SetLimit(2)
	for i, c := range clusters {
		dsns[i] = c.DSN
		g.Go(func() error {
			for _, sql := range strings.Split(fmt.Sprintf(visits, rows, distinct, i*rows), ";") {
				if err := c.Exec(context.Background(), sql); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	return dsns
}

// BenchmarkSketch estimates the distinct values of a column of 5 M rows with 1 M of them on one PostgreSQL server, and has that server count them,
// in turn. It reports medians of
//
//	time/server   our time / the server's own count(DISTINCT): at most 1.2 for bigint, under 1 for text
//	bytes/values  bytes that the distinct values take when they are sent / those of the sketch: at least 20
func BenchmarkSketch(b *testing.B) {
	rows, rounds := 5_000_000, 5
	if testing.Short() {
		rows, rounds = 50_000, 1
	}
	dsns := visitShards(b, 1, rows, rows/5)
	e := openEngine(b, configText("postgres", dsns, "visits"))
	byValue := openEngine(b, configText("postgres", dsns, "visits"), atoll.WithoutRules("sketches"))
	conn, err := pgx.Connect(context.Background(), dsns[0])
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	for _, col := range []string{"who", "mail"} {
		b.Run(map[string]string{"who": "bigint", "mail": "text"}[col], func(b *testing.B) {
			approx, exact := "SELECT approx_count_distinct("+col+") FROM visits", "SELECT count(DISTINCT "+col+") FROM visits"
			var ratios, ours, theirs []float64
			for b.Loop() {
				for range rounds {
					start := time.Now()
					drain(b, e, approx)
					o := time.Since(start)
					start = time.Now()
					var n int64
					if err := conn.QueryRow(context.Background(), exact).Scan(&n); err != nil || n != int64(rows/5) {
						b.Fatal(n, err)
					}
					t := time.Since(start)
					ratios, ours, theirs = append(ratios, o.Seconds()/t.Seconds()), append(ours, o.Seconds()), append(theirs, t.Seconds())
				}
			}
			b.ReportMetric(median(ratios), "time/server")
			b.ReportMetric(median(ours), "atoll-s")
			b.ReportMetric(median(theirs), "server-s")
			b.ReportMetric(sentBytes(drain(b, byValue, approx))/sentBytes(drain(b, e, approx)), "bytes/values")
		})
	}
}

// BenchmarkSketchFanout estimates distinct values over 8 servers, each of which has all of them, and counts them exactly, in turn. It reports
//
//	exact/approx  the exact form's time / the estimate's: at least 5
func BenchmarkSketchFanout(b *testing.B) {
	rows, rounds := 1_000_000, 3
	if testing.Short() {
		rows, rounds = 20_000, 1
	}
	e := openEngine(b, configText("postgres", visitShards(b, fanoutShards, rows, rows/2), "visits"))
	for _, col := range []string{"who", "mail"} {
		b.Run(map[string]string{"who": "bigint", "mail": "text"}[col], func(b *testing.B) {
			var ratios, ours, theirs []float64
			for b.Loop() {
				for range rounds {
					start := time.Now()
					drain(b, e, "SELECT approx_count_distinct("+col+") FROM visits")
					o := time.Since(start)
					start = time.Now()
					drain(b, e, "SELECT count(DISTINCT "+col+") FROM visits")
					t := time.Since(start)
					ratios, ours, theirs = append(ratios, t.Seconds()/o.Seconds()), append(ours, o.Seconds()), append(theirs, t.Seconds())
				}
			}
			b.ReportMetric(median(ratios), "exact/approx")
			b.ReportMetric(median(ours), "approx-s")
			b.ReportMetric(median(theirs), "exact-s")
		})
	}
}

// sentBytes is what all shards sent.
func sentBytes(s *atoll.QueryStats) (sum float64) {
	for _, shard := range s.Shards {
		sum += float64(shard.Bytes)
	}
	return sum
}
