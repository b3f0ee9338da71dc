package tpch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
	rows "github.com/atoll-sql/atoll/internal/tpch"
)

// database holds the tables on every server.
const database = "tpch"

// servers are the running PostgreSQL servers of one measurement, filled.
type servers struct {
	opts   Options
	memory memory
	rows   *rows.Generator
	layout *rows.Layout
	single *pgtest.Cluster
	fdw    *pgtest.Cluster // for postgres_fdw's partitions, which package peers declares
	shards []*pgtest.Cluster

	talk sync.Mutex // around opts.Progress
}

// start starts the servers and fills those that are empty. The caller stops them, also those that an error leaves.
func start(ctx context.Context, o Options) (s *servers, err error) {
	s = &servers{opts: o, shards: make([]*pgtest.Cluster, o.Shards), memory: share(o.Scale, o.Shards, int(report.ThisMachine().MemoryBytes()/mib))}
	if s.rows, err = rows.New(o.Scale, o.Seed); err != nil {
		return s, err
	}
	filled, err := o.filled()
	if err != nil {
		return s, err
	}
	s.say("starting %d PostgreSQL servers", len(s.all()))
	if err := s.launch(); err != nil {
		return s, err
	}
	places := logictest.NewShards(o.Shards)
	for i, c := range s.shards {
		places[i].Driver, places[i].DSN, places[i].Schema = "postgres", c.DSNFor(database), "public"
	}
	s.layout = rows.NewEvenLayout(places)
	if filled {
		return s, nil
	}
	return s, s.fill(ctx)
}

// launch starts all servers at once.
func (s *servers) launch() error {
	var g errgroup.Group
	open := func(into **pgtest.Cluster, name string, buffers int) {
		settings := s.opts.settings(buffers)
		if slices.Contains(s.opts.Peers, peers.Trino) { // which speaks TCP only
			settings = append(settings, pgtest.Loopback)
		}
		g.Go(func() (err error) {
			if s.opts.Dir == "" {
				*into, err = pgtest.New("", settings...)
				return err
			}
			*into, err = pgtest.Open(filepath.Join(s.opts.Dir, name), settings...)
			return err
		})
	}
	if s.opts.Dir != "" {
		if err := os.MkdirAll(s.opts.Dir, 0o755); err != nil {
			return err
		}
	}
	open(&s.single, "single", s.memory.single)
	open(&s.fdw, "fdw", s.memory.fdw)
	for i := range s.shards {
		open(&s.shards[i], fmt.Sprintf("shard-%d", i), s.memory.shard)
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

// contentsVersion changes with the rows, the tables and the layout.
const contentsVersion = 1

// markFile is written when the files of a directory are complete.
const markFile = "contents.json"

// filled reports that an earlier run has filled the directory with the same rows. Other rows are an error.
func (o Options) filled() (bool, error) {
	if o.Dir == "" {
		return false, nil
	}
	text, err := os.ReadFile(filepath.Join(o.Dir, markFile))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var found contents
	if err := json.Unmarshal(text, &found); err != nil || found != o.contents() {
		return false, fmt.Errorf("%s holds other rows than those of scale factor %v, seed %d and %d shards: remove it, or give another directory", o.Dir, o.Scale, o.Seed, o.Shards)
	}
	return true, nil
}

func (o Options) contents() contents { return contents{o.Scale, o.Seed, o.Shards, contentsVersion} }

// fill fills the servers, and marks their directory.
func (s *servers) fill(ctx context.Context) error {
	if err := s.load(ctx); err != nil || s.opts.Dir == "" {
		return err
	}
	text, err := json.Marshal(s.opts.contents())
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.opts.Dir, markFile), text, 0o644)
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
