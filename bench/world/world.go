package world

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/load"
	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/internal/faultproxy"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

// Shard is one of the databases that hold the rows.
type Shard struct {
	Name   string // s0, s1, …
	Region string
	Driver string
	// DSN is how the coordinator reaches it: through its proxy, if there is one. A path, where the driver is [DuckDB].
	DSN string
	// Server is where it is without a proxy; zero where the driver is [DuckDB].
	Server peers.Server
	// First and Last are the least and the largest id that it holds; it holds all between them.
	First, Last int64
}

// World is what was started. Close and SetProfile are not called beside other methods.
type World struct {
	Shards []Shard
	Single peers.Server // zero unless Options.Single
	FDW    peers.Server // zero unless Options.FDW

	options  Options
	dir      string
	clusters []*pgtest.Cluster   // of the shards, the single server, the one for foreign tables; nil where there is none
	proxies  []*faultproxy.Proxy // of the shards
}

// Close ends what was started and removes all files. It may be called more than once.
func (w *World) Close() error {
	var wg sync.WaitGroup
	errs := make([]error, len(w.clusters))
	for i, c := range w.clusters {
		wg.Go(func() {
			if i < len(w.proxies) && w.proxies[i] != nil {
				errs[i] = w.proxies[i].Close()
			}
			if c != nil {
				errs[i] = errors.Join(errs[i], c.Stop())
			}
		})
	}
	wg.Wait()
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}

// SetProfile moves the shards to other regions, and their proxies to other distances, which hold at once, for connections that there are as well. Engines that are open go on
// to call the regions by their old names. It needs Options.Proxies, unless the profile has no distances.
func (w *World) SetProfile(p load.Profile) error {
	if err := p.Check(); err != nil {
		return err
	}
	if p.Far() && !w.proxied() {
		return fmt.Errorf("profile %q: the shards of this world have no proxies to keep them at a distance: start it with Options.Proxies", p.Name)
	}
	for i := range w.Shards {
		w.Shards[i].Region = p.Place(i).Name
	}
	proxied := w.proxied()
	w.options.Profile, w.options.Proxies = p, proxied
	if !proxied {
		return nil
	}
	return w.distance(p)
}

// Heal takes the shards back to where the coordinator is: no distance is added any more.
func (w *World) Heal() error { return w.SetProfile(load.Local) }

// distance sets the proxies. Half of a round trip is added in each direction.
func (w *World) distance(p load.Profile) error {
	var errs []error
	for i, proxy := range w.proxies {
		way := p.Place(i).RoundTrip / 2
		errs = append(errs, proxy.Set(faultproxy.Faults{Latency: way, Jitter: time.Duration(float64(way) * p.Jitter)}))
	}
	return errors.Join(errs...)
}

// Dir is the folder of what the configuration names. Close removes it.
func (w *World) Dir() string { return w.dir }

// Open opens an engine over the first so many shards; 0 means all. The caller closes it before the world.
func (w *World) Open(ctx context.Context, shards int, opts ...atoll.Option) (*atoll.Engine, error) {
	cfg, err := atoll.ParseConfig([]byte(w.Config(shards)), w.dir, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	return atoll.Open(ctx, cfg, opts...)
}

// PastProxies is the same world, whose shards are reached without their proxies. It is closed with the other, and has no SetProfile of its own.
func (w *World) PastProxies() *World {
	near := *w
	near.Shards = slices.Clone(w.Shards)
	for i, s := range near.Shards {
		if s.Driver == PostgreSQL {
			near.Shards[i].DSN = s.Server.DSN
		}
	}
	return &near
}

// Rows is how many the first so many shards hold together; 0 means all.
func (w *World) Rows(shards int) int64 { return w.Shards[w.count(shards)-1].Last }

// Peers is the world as other systems read it. They need Options.Single, Options.FDW and Options.TCP.
func (w *World) Peers() peers.World {
	out := peers.World{Single: w.Single, FDW: w.FDW, Database: database, Tables: []peers.Table{w.table()}}
	for _, s := range w.Shards {
		out.Shards = append(out.Shards, s.Server)
	}
	return out
}

// ProcessorTime is what the PostgreSQL servers of the first so many shards have used since they started; 0 means all. Its precision is a hundredth of a second for each of their
// processes; it is zero on systems without Linux's /proc.
func (w *World) ProcessorTime(shards int) (sum time.Duration, err error) {
	for _, c := range w.clusters[:w.count(shards)] {
		if c == nil {
			continue
		}
		used, err := c.ProcessorTime()
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}

// Settings are for a report: shards, rows, distances, and parameters of the servers.
func (w *World) Settings() []report.Setting {
	o := w.options
	rows := fmt.Sprintf("%d a shard", o.Rows)
	if o.Total {
		rows = fmt.Sprintf("%d in all", o.Rows)
	}
	out := []report.Setting{{Name: "shards", Value: fmt.Sprintf("%d (%s)", o.Shards, o.Driver)}, {Name: "rows", Value: rows},
		{Name: "groups", Value: fmt.Sprint(o.Groups)}, {Name: "distances", Value: o.Profile.String()}}
	if o.Profile.Source != "" {
		out = append(out, report.Setting{Name: "source of the distances", Value: o.Profile.Source})
	}
	if o.Profile.Jitter > 0 {
		out = append(out, report.Setting{Name: "jitter", Value: fmt.Sprintf("±%g %% of a delay", 100*o.Profile.Jitter)})
	}
	if o.Driver == PostgreSQL {
		out = append(out, report.Setting{Name: "PostgreSQL", Value: strings.Join(o.parameters(w.Shards[0].Last-w.Shards[0].First+1, false), " ")})
	}
	if o.Single {
		out = append(out, report.Setting{Name: "PostgreSQL with all rows", Value: strings.Join(o.parameters(w.Rows(0), true), " ")})
	}
	return out
}
