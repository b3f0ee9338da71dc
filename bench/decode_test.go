package bench_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/postgres"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

const (
	decodeRows   = 2_000_000
	decodeRounds = 5
	decodeSelect = "SELECT id, member, amount, memo, due, paid FROM payments"
)

var decodeSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "member", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "amount", Type: &arrow.Decimal128Type{Precision: 15, Scale: 2}, Nullable: true},
	{Name: "memo", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "due", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
	{Name: "paid", Type: arrow.FixedWidthTypes.Timestamp_us, Nullable: true},
}, nil)

// BenchmarkPostgresDecode reads 2 M rows of six columns into Arrow batches, and the same rows with psql's
// binary COPY into /dev/null, in turn. It reports the median of (psql's time / ours) as speed/psql, which
// must be at least 0.75, and the heap allocations per row, which must be under 0.01.
func BenchmarkPostgresDecode(b *testing.B) {
	psql, err := pgtest.Program("psql")
	if err != nil {
		b.Fatal(err)
	}
	cluster := pgtest.Start(b, 1, "shared_buffers=512MB", "max_wal_size=2GB")[0]
	create := fmt.Sprintf(`CREATE TABLE payments AS
		SELECT g::int8 AS id, (g %% 50000)::int4 AS member, ((g::int8 * 7919 %% 1000000) / 100.0)::numeric(15,2) AS amount,
		       'payment no. ' || g AS memo, date '2020-01-01' + (g %% 2000)::int AS due,
		       timestamptz '2020-01-01 00:00:00+00' + g * interval '37 seconds' AS paid
		FROM generate_series(1, %d) g`, decodeRows)
	for _, sql := range []string{create, "VACUUM (FREEZE, ANALYZE) payments"} {
		if err := cluster.Exec(context.Background(), sql); err != nil {
			b.Fatal(err)
		}
	}
	var ratios, ours, theirs, allocs []float64
	for b.Loop() {
		for range decodeRounds {
			t := readWithPsql(b, psql, cluster.DSN)
			o, perRow := readWithAtoll(b, cluster.DSN)
			ratios = append(ratios, t.Seconds()/o.Seconds())
			theirs, ours, allocs = append(theirs, t.Seconds()), append(ours, o.Seconds()), append(allocs, perRow)
		}
	}
	b.ReportMetric(median(ratios), "speed/psql")
	b.ReportMetric(median(theirs), "psql-s")
	b.ReportMetric(median(ours), "atoll-s")
	b.ReportMetric(median(allocs), "allocs/row")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func readWithPsql(b *testing.B, psql, dsn string) time.Duration {
	start := time.Now()
	// Without a Stdout psql's output goes to /dev/null.
	cmd := exec.Command(psql, dsn, "-c", "COPY ("+decodeSelect+") TO STDOUT (FORMAT binary)")
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func readWithAtoll(b *testing.B, dsn string) (time.Duration, float64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	c, err := postgres.Open(connectors.Config{Shard: "bench", DSN: dsn})
	if err != nil {
		b.Fatal(err)
	}
	rows := readAll(b, c, connectors.Statement{SQL: decodeSelect, Schema: decodeSchema})
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if rows != decodeRows {
		b.Fatalf("%d rows", rows)
	}
	return took, float64(after.Mallocs-before.Mallocs) / decodeRows
}

func readAll(b *testing.B, c connectors.Connector, stmt connectors.Statement) (rows int64) {
	ctx := context.Background()
	r, err := c.Query(ctx, stmt)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			b.Fatal(err)
		}
		rows += rec.NumRows()
	}
}
