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
	mu      sync.Mutex       // never held while a shard is asked
	shard   []catalog.Shard  // what each shard told, in the order of the shard map
	snap    *catalog.Catalog // nil until shards were asked
	loading *catalogLoad     // under way, nil if none is
}

// catalogLoad is one round of questions, which all who want one at that time share.
type catalogLoad struct {
	done chan struct{}
	snap *catalog.Catalog // written before done is closed; nil if the context of who asked ended
}

// describeTimeout bounds how long a shard that hangs may hold up opening an engine.
const describeTimeout = 10 * time.Second

// loadCatalog returns the snapshot, asking first those shards that have not answered so far; if that is already being
// done, it waits for the outcome. It fails only if ctx ends: that a shard does not answer is part of the catalog.
func (e *Engine) loadCatalog(ctx context.Context) (*catalog.Catalog, error) {
	c := &e.catalog
	for {
		c.mu.Lock()
		load := c.loading
		if load == nil {
			load = &catalogLoad{done: make(chan struct{})}
			c.loading = load
			c.mu.Unlock()
			return e.askShards(ctx, load)
		}
		c.mu.Unlock()
		select {
		case <-load.done:
			if load.snap != nil {
				return load.snap, nil
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// askShards does what load stands for.
func (e *Engine) askShards(ctx context.Context, load *catalogLoad) (*catalog.Catalog, error) {
	c := &e.catalog
	next := e.known()
	var g errgroup.Group
	g.Go(func() error { // while the shards are thinking
		postgres.Warm()
		return nil
	})
	for i, s := range e.shards {
		if next[i].Err == nil {
			continue
		}
		g.Go(func() error {
			next[i] = e.describe(ctx, s)
			return nil // a shard's error is part of the catalog
		})
	}
	err := g.Wait()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		load.snap = catalog.Build(next, e.placements())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.shard, c.snap = next, load.snap
	}
	c.loading = nil
	close(load.done)
	return load.snap, err
}

// known is a copy of what the shards told so far.
func (e *Engine) known() []catalog.Shard {
	e.catalog.mu.Lock()
	defer e.catalog.mu.Unlock()
	if e.catalog.shard != nil {
		return append([]catalog.Shard(nil), e.catalog.shard...)
	}
	all := make([]catalog.Shard, len(e.shards))
	for i, s := range e.shards {
		all[i] = catalog.Shard{Name: s.name, Err: errNotAsked}
	}
	return all
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
