package fanout

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/atoll-sql/atoll/bench/load"
	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/bench/world"
	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/connectors/postgres"
)

// Run measures. What it started has ended when it returns, also after an error or where the context ended.
func Run(ctx context.Context, o Options) (_ *report.Report, err error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	o = o.complete()
	m := &measurement{o: o, r: report.New("fanout", o.Seed)}
	if m.profile, err = load.ProfileNamed(o.Profile); err != nil {
		return nil, err
	}
	if o.Engine == world.DuckDB {
		m.profile = load.Local // files are where this process is
	}
	if err := m.overWorld(ctx); err != nil {
		return nil, err
	}
	if err := m.describe(); err != nil {
		return nil, err
	}
	if len(o.Peers) > 0 {
		if err := m.besidePeers(ctx); err != nil {
			return nil, err
		}
	}
	return m.r, nil
}

// overWorld measures all but the peers.
func (m *measurement) overWorld(ctx context.Context) (err error) {
	m.o.Progress(fmt.Sprintf("starting %d shards with %d rows each", slices.Max(m.o.Shards), m.o.Rows))
	m.w, err = world.Start(ctx, world.Options{
		Shards: slices.Max(m.o.Shards), Driver: m.o.Engine, Rows: m.o.Rows, Groups: m.mostGroups(), Seed: m.o.Seed, Profile: m.profile, Concurrency: m.mostAtOnce(),
	})
	if err != nil {
		return err
	}
	m.near = m.w.PastProxies()
	open := map[string]connectors.Opener{world.PostgreSQL: postgres.Open, world.DuckDB: duckdb.Open}
	m.free = newFreeShards(open[m.o.Engine], m.o.Seed)
	defer func() {
		m.free.release()
		err = errors.Join(err, m.w.Close())
	}()
	m.r.Settings = append(m.r.Settings, m.w.Settings()...)
	m.newCells()
	m.newSweeps()
	if err := m.timeService(ctx); err != nil {
		return err
	}
	for round := range m.o.Rounds {
		m.o.Progress(fmt.Sprintf("round %d of %d", round+1, m.o.Rounds))
		for _, c := range m.cells {
			if err := m.visit(ctx, c, round); err != nil {
				return fmt.Errorf("%d shards, %s: %w", c.shards, c.distance, err)
			}
		}
		if err := m.sweep(ctx); err != nil {
			return err
		}
	}
	return m.versions(ctx)
}

// mostGroups is how many groups the rows must have.
func (m *measurement) mostGroups() int { return slices.Max(append(m.o.Groups, reportGroups)) }
