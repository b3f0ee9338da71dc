package world

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/faultproxy"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

// database is where the rows are on every PostgreSQL server: the one that every server begins with.
const database = "postgres"

// Start starts everything and fills it, some servers at a time. The caller closes the world; where there is an error, nothing is left.
func Start(ctx context.Context, o Options) (*World, error) {
	o = o.whole()
	if err := o.Check(); err != nil {
		return nil, err
	}
	dir, err := pgtest.TempDir("atoll-world-")
	if err != nil {
		return nil, err
	}
	w := &World{options: o, dir: dir, clusters: make([]*pgtest.Cluster, o.Shards+2), proxies: make([]*faultproxy.Proxy, o.Shards)}
	if err := w.start(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (w *World) start(ctx context.Context) error {
	if text := w.options.Policy; text != "" {
		if err := os.WriteFile(filepath.Join(w.dir, policyFile), []byte(text), 0o600); err != nil {
			return err
		}
	}
	bounds := w.options.intervals()
	for i, b := range bounds {
		region := w.options.Profile.Place(i).Name
		w.Shards = append(w.Shards, Shard{Name: fmt.Sprintf("s%d", i), Region: region, Driver: w.options.Driver, First: b[0], Last: b[1]})
	}
	begin := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(2 * runtime.GOMAXPROCS(0)) // each waits for the disk half of its time
	all := [2]int64{1, bounds[len(bounds)-1][1]}
	if w.options.Single { // first, for it takes longest
		g.Go(func() error { return w.server(ctx, w.options.Shards, "the single server", &w.Single, all) })
	}
	for i := range w.Shards {
		s := &w.Shards[i]
		if s.Driver == DuckDB {
			g.Go(func() error { return w.file(ctx, s) })
		} else {
			g.Go(func() error { return w.shard(ctx, i) })
		}
	}
	if w.options.FDW {
		g.Go(func() error {
			return w.server(ctx, w.options.Shards+1, "the server for foreign tables", &w.FDW, [2]int64{1, 0})
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	w.say("%d shards with %d rows are ready after %s", len(w.Shards), all[1], time.Since(begin).Round(10*time.Millisecond))
	if !w.proxied() {
		return nil
	}
	return w.distance(w.options.Profile)
}

// proxied reports whether shards are reached through proxies.
func (w *World) proxied() bool { return w.options.Proxies || w.options.Profile.Far() }

// shard starts and fills one shard's server, and its proxy.
func (w *World) shard(ctx context.Context, i int) error {
	s := &w.Shards[i]
	if err := w.server(ctx, i, "shard "+s.Name, &s.Server, [2]int64{s.First, s.Last}); err != nil {
		return err
	}
	s.DSN = s.Server.DSN
	if !w.proxied() {
		return nil
	}
	p, err := faultproxy.Listen(faultproxy.Options{Network: "unix", Address: w.clusters[i].Socket(), Seed: w.options.Seed + uint64(i)})
	if err != nil {
		return fmt.Errorf("shard %s: %w", s.Name, err)
	}
	w.proxies[i] = p
	s.DSN = fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", pgtest.User, p.Addr(), database)
	return nil
}

// server starts a PostgreSQL server and fills it with the rows of an interval, unless that is empty.
func (w *World) server(ctx context.Context, i int, what string, to *peers.Server, rows [2]int64) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c, err := pgtest.New("", w.options.parameters(rows[1]-rows[0]+1, to == &w.Single)...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	w.clusters[i] = c
	*to = peers.Server{DSN: c.DSNFor(database), Host: c.Host(), Port: c.Port(), User: pgtest.User}
	if rows[1] < rows[0] {
		return nil
	}
	begin := time.Now()
	if err := w.fill(ctx, to.DSN, rows); err != nil {
		return fmt.Errorf("filling %s: %w", what, err)
	}
	w.say("filled %s with %d rows in %s", what, rows[1]-rows[0]+1, time.Since(begin).Round(time.Millisecond))
	return nil
}

// fill makes the table, as one at rest is: nothing is left to do for the first query that reads it.
func (w *World) fill(ctx context.Context, dsn string, rows [2]int64) (err error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	steps := []string{createPayments(rows[0], rows[1], w.options)}
	if w.options.Keys {
		steps = append(steps, "ALTER TABLE "+Payments+" ADD PRIMARY KEY (id)")
	}
	for _, sql := range append(steps, "VACUUM (FREEZE, ANALYZE) "+Payments) {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// file makes the DuckDB file of a shard.
func (w *World) file(ctx context.Context, s *Shard) error {
	s.DSN = filepath.Join(w.dir, s.Name+".duckdb")
	if err := duckdb.CreateFile(ctx, s.DSN, []string{createPayments(s.First, s.Last, w.options)}, nil); err != nil {
		return fmt.Errorf("filling shard %s: %w", s.Name, err)
	}
	return nil
}

// parameters of a PostgreSQL server with so many rows. PostgreSQL keeps small what scans read of a table that is larger than a quarter of its buffers, so that
// they have four times the room (of up to 4 GiB), and all rows are read from memory. Memory that is not used is not taken: 64 servers with a few rows fit into a few gigabytes.
//
// The single server may have two workers for a query, as PostgreSQL's default is: shards use all processors together, and so must the one that they are compared with.
func (o Options) parameters(rows int64, single bool) []string {
	const rowBytes = 80
	parallel := "max_parallel_workers_per_gather=0"
	if single {
		parallel = "max_parallel_workers_per_gather=2"
	}
	out := []string{
		fmt.Sprintf("shared_buffers=%dkB", min(max(16<<10, 5*rows*rowBytes>>10), 4<<20)), fmt.Sprintf("max_connections=%d", max(60, 2*o.conns()+10)),
		"work_mem=64MB", "max_wal_size=1GB", parallel, "max_worker_processes=2", "max_logical_replication_workers=0", "autovacuum=off",
	}
	if o.TCP {
		out = append(out, pgtest.Loopback)
	}
	return append(out, o.Settings...)
}

// talk keeps the lines of several worlds and servers whole.
var talk sync.Mutex

func (w *World) say(format string, args ...any) {
	talk.Lock()
	defer talk.Unlock()
	w.options.Progress(fmt.Sprintf(format, args...))
}
