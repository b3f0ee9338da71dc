package bench_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

// regions of the shards, in turn; the coordinator is in the first.
var regions = []string{"eu-central-1", "brazilsouth", "us-east-1"}

// configText describes one shard per DSN, and tables that are spread over them by a hash of id.
func configText(driver string, dsns []string, tables ...string) string {
	var b strings.Builder
	b.WriteString("version: 1\ncoordinator: {region: eu-central-1}\nregions:\n")
	for _, r := range regions {
		fmt.Fprintf(&b, "  %s: {}\n", r)
	}
	b.WriteString("shards:\n")
	names := make([]string, len(dsns))
	for i, dsn := range dsns {
		names[i] = fmt.Sprintf("s%d", i)
		fmt.Fprintf(&b, "  %s: {region: %s, driver: %s, dsn: %q}\n", names[i], regions[i%len(regions)], driver, dsn)
	}
	b.WriteString("tables:\n")
	for _, t := range tables {
		fmt.Fprintf(&b, "  %s: {sharding: {strategy: hash, key: [id], shards: [%s]}}\n", t, strings.Join(names, ", "))
	}
	return b.String()
}

// openEngine opens an engine that the benchmark's end closes.
func openEngine(b *testing.B, config string, opts ...atoll.Option) *atoll.Engine {
	b.Helper()
	cfg, err := atoll.ParseConfig([]byte(config), b.TempDir(), os.LookupEnv)
	if err != nil {
		b.Fatal(err)
	}
	e, err := atoll.Open(context.Background(), cfg, opts...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := e.Close(); err != nil {
			b.Error(err)
		}
	})
	return e
}

// payments is the table most benchmarks read: about 60 bytes a row.
const payments = `CREATE TABLE payments AS
	SELECT g::int8 * %[2]d + %[3]d AS id, (g %% 50000)::int4 AS member, ((g::int8 * 7919 %% 1000000) / 100.0)::numeric(15,2) AS amount,
	       (ARRAY['DE','BR','US','FR'])[1 + g %% 4] AS country
	FROM generate_series(1, %[1]d) g;
	VACUUM (FREEZE, ANALYZE) payments`

// paymentShards starts n servers with rows payments each, and returns their DSNs.
func paymentShards(b *testing.B, n, rows int) []string {
	b.Helper()
	clusters := pgtest.Start(b, n, "shared_buffers=64MB", "max_wal_size=1GB", "max_parallel_workers_per_gather=0")
	dsns := make([]string, n)
	var g errgroup.Group
	g.SetLimit(2)
	for i, c := range clusters {
		dsns[i] = c.DSN
		g.Go(func() error {
			for _, sql := range strings.Split(fmt.Sprintf(payments, rows, n, i), ";") {
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

// drain reads a query's answer to its end and returns its statistics and the number of rows.
func drain(b *testing.B, e *atoll.Engine, sql string) *atoll.QueryStats {
	b.Helper()
	r, err := e.Query(context.Background(), sql)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Release()
	for r.Next() {
	}
	if err := r.Err(); err != nil {
		b.Fatal(err)
	}
	return r.Stats()
}
