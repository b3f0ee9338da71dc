package tpch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
	rows "github.com/atoll-sql/atoll/internal/tpch"
)

// database holds the tables on every server.
const database = "tpch"

// servers are the running PostgreSQL servers of one measurement, filled.
type servers struct {
	opts   Options
	rows   *rows.Generator
	layout *rows.Layout
	single *pgtest.Cluster
	fdw    *pgtest.Cluster // coordinates the partitions
	shards []*pgtest.Cluster

	talk sync.Mutex // around opts.Progress
}

// settings are those of every server alike. Buffers hold all rows of the single server, so that no peer reads from disk.
func (o Options) settings() []string {
	buffers := max(64, int(2048*o.Scale))
	return append([]string{
		fmt.Sprintf("shared_buffers=%dMB", buffers), fmt.Sprintf("effective_cache_size=%dMB", 2*buffers),
		"work_mem=256MB", "maintenance_work_mem=256MB", "random_page_cost=1.1", "max_parallel_workers_per_gather=2", "jit=on",
		"autovacuum=off", "max_wal_size=8GB", "max_connections=100",
	}, o.Settings...)
}

// start starts the servers and fills those that are empty. The caller stops them, also those that an error leaves.
func start(ctx context.Context, o Options) (*servers, error) {
	s := &servers{opts: o, shards: make([]*pgtest.Cluster, o.Shards)}
	var err error
	if s.rows, err = rows.New(o.Scale, o.Seed); err != nil {
		return s, err
	}
	if err := s.launch(); err != nil {
		return s, err
	}
	places := logictest.NewShards(o.Shards)
	for i, c := range s.shards {
		places[i].Driver, places[i].DSN, places[i].Schema = "postgres", c.DSNFor(database), "public"
	}
	s.layout = rows.NewEvenLayout(places)
	return s, s.fill(ctx)
}

// launch starts all servers at once.
func (s *servers) launch() error {
	var g errgroup.Group
	open := func(into **pgtest.Cluster, name string) {
		g.Go(func() (err error) {
			if s.opts.Dir == "" {
				*into, err = pgtest.New("", s.opts.settings()...)
				return err
			}
			*into, err = pgtest.Open(filepath.Join(s.opts.Dir, name), s.opts.settings()...)
			return err
		})
	}
	if s.opts.Dir != "" {
		if err := os.MkdirAll(s.opts.Dir, 0o755); err != nil {
			return err
		}
	}
	open(&s.single, "single")
	open(&s.fdw, "fdw")
	for i := range s.shards {
		open(&s.shards[i], fmt.Sprintf("shard-%d", i))
	}
	return g.Wait()
}

func (s *servers) stop() error {
	var g errgroup.Group
	for _, c := range s.all() {
		if c != nil {
			g.Go(c.Stop)
		}
	}
	return g.Wait()
}

func (s *servers) all() []*pgtest.Cluster {
	return append([]*pgtest.Cluster{s.single, s.fdw}, s.shards...)
}

// contents says what the files in a directory hold. It is written when they are complete.
type contents struct {
	Scale   float64 `json:"scale"`
	Seed    uint64  `json:"seed"`
	Shards  int     `json:"shards"`
	Version int     `json:"version"`
}

// contentsVersion changes with the rows, the tables, the layout and the way the partitions are declared.
const contentsVersion = 1

// fill fills the servers, unless an earlier run has done that in the same directory.
func (s *servers) fill(ctx context.Context) error {
	want := contents{s.opts.Scale, s.opts.Seed, s.opts.Shards, contentsVersion}
	mark := filepath.Join(s.opts.Dir, "contents.json")
	if s.opts.Dir != "" {
		switch text, err := os.ReadFile(mark); {
		case err == nil:
			var found contents
			if err := json.Unmarshal(text, &found); err != nil || found != want {
				return fmt.Errorf("%s holds other rows than %+v: remove it, or give another directory", s.opts.Dir, want)
			}
			return nil
		case !errors.Is(err, os.ErrNotExist):
			return err
		}
	}
	if err := s.load(ctx); err != nil {
		return err
	}
	if err := s.partitions(ctx); err != nil {
		return err
	}
	if s.opts.Dir == "" {
		return nil
	}
	text, err := json.Marshal(want)
	if err != nil {
		return err
	}
	return os.WriteFile(mark, text, 0o644)
}

// with runs f over a connection of its own to the tables of a server.
func with(ctx context.Context, c *pgtest.Cluster, f func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, c.DSNFor(database))
	if err != nil {
		return err
	}
	err = f(conn)
	return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
}

// say tells of a step.
func (s *servers) say(format string, args ...any) {
	s.talk.Lock()
	defer s.talk.Unlock()
	s.opts.Progress(fmt.Sprintf(format, args...))
}
