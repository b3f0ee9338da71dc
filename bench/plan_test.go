package bench_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/connectors"
)

// report is the global report of the planning and fan-out benchmarks. Its pseudo-column makes every shard's text its own.
const report = "SELECT atoll_region AS region, count(*), sum(amount) FROM payments GROUP BY atoll_region"

var plans = []struct{ name, sql string }{
	{"report", report},
	{"report_shared_text", "SELECT country, count(*), sum(amount) FROM payments GROUP BY country"},
	{"report_ordered", "SELECT atoll_region, sum(amount) FROM payments GROUP BY 1 ORDER BY sum(amount) DESC LIMIT 10"},
	{"point", "SELECT id, amount FROM payments WHERE id = 4711"},
	{"wide", `SELECT p.country, r.name, count(*), sum(p.amount), avg(p.amount), min(p.id), max(p.id)
		FROM payments p JOIN refunds r ON p.id = r.id
		WHERE p.amount BETWEEN 10 AND 100 AND p.country IN ('DE', 'BR') AND r.name LIKE 'a%'
		GROUP BY p.country, r.name HAVING sum(p.amount) > 1000 ORDER BY 4 DESC, 1 LIMIT 20`},
}

// BenchmarkPlan measures the road from text to operators ready to run, over 8 shards: parse, bind, rules, placement, SQL
// for each shard. Every text is new; one that was planned before costs less, for its tree is kept. Nothing is sent: planning asks nobody. median-µs does not suffer from what else the machine does.
func BenchmarkPlan(b *testing.B) {
	dsns := slices.Repeat([]string{"postgres://shard.invalid/payments"}, 8)
	for _, p := range plans {
		b.Run(p.name, func(b *testing.B) {
			e := openEngine(b, configText("postgres", dsns, "payments", "refunds"), atoll.WithDriver("postgres", openDescribed))
			var took []float64
			plan := func() {
				text := fmt.Sprintf("%s -- %d", p.sql, len(took)) // no text twice
				start := time.Now()
				r, err := e.Query(context.Background(), text)
				if err != nil {
					b.Fatal(err)
				}
				r.Release()
				took = append(took, time.Since(start).Seconds()*1e6)
			}
			for range 100 { // so that a single iteration says something, too
				plan()
			}
			b.ReportAllocs()
			for b.Loop() {
				plan()
			}
			b.ReportMetric(median(took), "median-µs")
		})
	}
}

// described is a shard that describes its tables and answers nothing.
type described struct{}

func openDescribed(connectors.Config) (connectors.Connector, error) { return described{}, nil }

func (described) Calibrate(context.Context) (connectors.Capabilities, error) {
	return connectors.Capabilities{Dialect: "postgres", Version: "PostgreSQL 15", BinaryCollation: true}, nil
}

func (described) Describe(_ context.Context, names []string) ([]connectors.Table, error) {
	var out []connectors.Table
	for _, name := range names {
		out = append(out, connectors.Table{Name: name, Rows: 400_000, Columns: []connectors.Column{
			{Name: "id", Type: "bigint", NotNull: true}, {Name: "member", Type: "integer"}, {Name: "amount", Type: "numeric(15,2)"},
			{Name: "country", Type: "text"}, {Name: "name", Type: "text"}, {Name: "booked_on", Type: "date"},
		}})
	}
	return out, nil
}

func (described) Query(context.Context, connectors.Statement) (connectors.Reader, error) {
	return nil, errors.New("this shard holds no rows")
}

func (described) Close() error { return nil }

func (d described) Snapshot(func() error) connectors.Snapshot { return unread{d} }

// unread is a snapshot of which nothing is read.
type unread struct{ described }

func (unread) Close() {}
