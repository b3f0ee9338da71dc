package atoll

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/parser/postgres"
)

// catalogCache holds the snapshot that queries pin.
type catalogCache struct {
	mu    sync.Mutex
	shard []catalog.Shard // what each shard told, in the order of the shard map
	snap  *catalog.Catalog
}

// describeTimeout bounds how long a shard that hangs may hold up opening an engine.
const describeTimeout = 10 * time.Second

// loadCatalog returns the snapshot, asking first those shards that have not answered so far. It fails only if
// ctx ends: that a shard does not answer is part of the catalog.
func (e *Engine) loadCatalog(ctx context.Context) (*catalog.Catalog, error) {
	c := &e.catalog
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shard == nil {
		c.shard = make([]catalog.Shard, len(e.shards))
		for i, s := range e.shards {
			c.shard[i] = catalog.Shard{Name: s.name, Err: errNotAsked}
		}
	}
	var g errgroup.Group
	g.Go(func() error { // while the shards are thinking
		postgres.Warm()
		return nil
	})
	next := append([]catalog.Shard(nil), c.shard...)
	for i, s := range e.shards {
		if next[i].Err == nil {
			continue
		}
		g.Go(func() error {
			next[i] = e.describe(ctx, s)
			return nil // a shard's error is part of the catalog
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.shard, c.snap = next, catalog.Build(next, e.placements())
	return c.snap, nil
}

var errNotAsked = errors.New("not asked yet")

// snapshot returns the current catalog without asking anybody.
func (e *Engine) snapshot() *catalog.Catalog {
	e.catalog.mu.Lock()
	defer e.catalog.mu.Unlock()
	return e.catalog.snap
}

func (e *Engine) describe(ctx context.Context, s *shard) catalog.Shard {
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	out := catalog.Shard{Name: s.name, Region: s.region, Schema: s.schema}
	if out.Caps, out.Err = s.conn.Calibrate(ctx); out.Err == nil {
		out.Tables, out.Err = s.conn.Describe(ctx, e.tablesOf(s.name))
	}
	if errors.Is(out.Err, context.DeadlineExceeded) {
		out.Err = connectors.NewError(s.name, connectors.ClassTimeout, "08001", "no answer within "+describeTimeout.String(), out.Err)
	}
	return out
}

// tablesOf lists the configured tables that a shard should hold.
func (e *Engine) tablesOf(shard string) []string {
	var out []string
	for _, name := range e.cfg.Map.Tables() {
		t, _ := e.cfg.Map.Table(name)
		for _, i := range t.Shards() {
			if e.cfg.Map.Shard(i).Name == shard {
				out = append(out, name)
			}
		}
	}
	return out
}

// placements tells the catalog what the shard map knows of each table.
func (e *Engine) placements() []catalog.Placement {
	var out []catalog.Placement
	for _, name := range e.cfg.Map.Tables() {
		t, _ := e.cfg.Map.Table(name)
		s := t.Scheme()
		p := catalog.Placement{Table: name, Reference: t.Replicated(), Scheme: s.ID, Key: s.Key}
		for _, i := range s.Shards {
			p.Shards = append(p.Shards, e.cfg.Map.Shard(i).Name)
		}
		out = append(out, p)
	}
	return out
}
