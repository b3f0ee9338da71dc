package sketch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/world"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

// stride is a prime by which rows jump through the values, so that their order helps nobody.
const stride = 7919

// servers are PostgreSQL servers with the table visits each.
type servers []*pgtest.Cluster

// start starts n servers and fills them, two at a time. The caller stops them, also those that an error leaves.
func start(ctx context.Context, n int, o Options) (servers, error) {
	s := make(servers, n)
	var g errgroup.Group
	g.SetLimit(2)
	for i := range s {
		g.Go(func() (err error) {
			if s[i], err = pgtest.New("", "shared_buffers=256MB", "max_wal_size=2GB", "work_mem=64MB", "max_parallel_workers_per_gather=0"); err != nil {
				return err
			}
			for _, sql := range []string{create(i, o), "VACUUM (FREEZE, ANALYZE) visits"} {
				if err := s[i].Exec(ctx, sql); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return s, g.Wait()
}

// create is the table of the ith server. Of each number of different values it has a bigint and a text; amounts are spread over four orders of magnitude,
// and of products the nth most frequent occurs about a nth as often as the first.
func create(i int, o Options) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE visits AS SELECT g AS id")
	for _, n := range o.Distinct {
		fmt.Fprintf(&b, ", (g * %[3]d %% %[1]d) * 1000003 + %[2]d AS who_%[1]d, 'visitor-' || (g * %[3]d %% %[1]d) * 1000003 + %[2]d || '@example.org' AS mail_%[1]d",
			n, o.Seed%1_000_000, stride)
	}
	const share = "((g + %d) * 7919 %% 1000003 / 1000003.0::float8)"
	u := fmt.Sprintf(share, o.Seed%1_000_000)
	fmt.Fprintf(&b, ", round(exp(9 * %s)::numeric, 2)::numeric(12,2) AS amount, 'product-' || floor(exp(13 * %s))::bigint AS product", u, u)
	fmt.Fprintf(&b, " FROM generate_series(%d::bigint, %d::bigint) AS g", i*o.Rows+1, (i+1)*o.Rows)
	return b.String()
}

// open opens an engine over the first n servers. Its map says that ids are hashed, and no question depends on where one is.
func (s servers) open(ctx context.Context, n int) (*atoll.Engine, error) {
	var dsns []string
	for _, c := range s[:n] {
		dsns = append(dsns, c.DSN)
	}
	cfg, err := atoll.ParseConfig([]byte(world.HashConfig("postgres", dsns, "visits")), os.TempDir(), os.LookupEnv)
	if err != nil {
		return nil, err
	}
	return atoll.Open(ctx, cfg)
}

func (s servers) stop() error {
	var errs []error
	for _, c := range s {
		if c != nil {
			errs = append(errs, c.Stop())
		}
	}
	return errors.Join(errs...)
}
