package atoll

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/pool"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/parser/postgres"
)

// catalogCache holds the snapshot that queries pin.
type catalogCache struct {
	mu      sync.Mutex       // never held while a shard is asked
	shard   []catalog.Shard  // what each shard told, or why it did not, in the order of the shard map
	snap    *catalog.Catalog // nil until it is needed
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
func (t *topology) loadCatalog(ctx context.Context) (*catalog.Catalog, error) {
	c := &t.catalog
	for {
		c.mu.Lock()
		load := c.loading
		if load == nil {
			load = &catalogLoad{done: make(chan struct{})}
			c.loading = load
			c.mu.Unlock()
			return t.askShards(ctx, load)
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
func (t *topology) askShards(ctx context.Context, load *catalogLoad) (*catalog.Catalog, error) {
	c := &t.catalog
	next := t.known()
	var g errgroup.Group
	g.Go(func() error { // while the shards are thinking
		postgres.Warm()
		return nil
	})
	for i, s := range t.shards {
		if next[i].Err == nil || errors.Is(next[i].Err, errRetired) {
			continue
		}
		g.Go(func() error {
			next[i] = t.describe(ctx, s, s.conn, t.tables[i])
			return nil // a shard's error is part of the catalog
		})
	}
	err := g.Wait()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		load.snap = catalog.Build(next, t.placements())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.shard, c.snap = next, load.snap
		t.unasked.Store(false)
	}
	c.loading = nil
	close(load.done)
	return load.snap, err
}

// known is a copy of what the shards told so far.
func (t *topology) known() []catalog.Shard {
	t.catalog.mu.Lock()
	defer t.catalog.mu.Unlock()
	return slices.Clone(t.catalog.shard)
}

var errNotAsked = errors.New("not asked yet")

// snapshot returns the current catalog without asking anybody; of a version of the map that was not asked for before, it holds what is known
// from the last.
func (t *topology) snapshot() *catalog.Catalog {
	c := &t.catalog
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.snap == nil {
		c.snap = catalog.Build(c.shard, t.placements())
	}
	return c.snap
}

// describe asks a shard's servers, or one of them, for what the planner must know.
func (t *topology) describe(ctx context.Context, s *shard, at connectors.Connector, tables []string) catalog.Shard {
	out := catalog.Shard{Name: s.Name, Region: s.Region, Schema: s.Schema}
	var turn *pool.Reservation // to wait for it is not the shard's fault
	if turn, out.Err = t.budget.Reserve(ctx, pool.Need{Connections: 1, Shards: []string{s.Name}}); out.Err != nil {
		return out
	}
	defer turn.Release()
	ctx, cancel := context.WithTimeout(turn.Context(ctx), describeTimeout)
	defer cancel()
	if out.Caps, out.Err = at.Calibrate(ctx); out.Err == nil {
		out.Tables, out.Err = at.Describe(ctx, tables)
	}
	if errors.Is(out.Err, context.DeadlineExceeded) {
		out.Err = connectors.NewError(s.Name, connectors.ClassTimeout, "08001", "no answer within "+describeTimeout.String(), out.Err)
	}
	return out
}

// placements tells the catalog what the shard map knows of each table.
func (t *topology) placements() []catalog.Placement {
	var out []catalog.Placement
	for _, name := range t.Map.Tables() {
		table, _ := t.Map.Table(name)
		s := table.Scheme()
		p := catalog.Placement{Table: name, Reference: table.Replicated(), Scheme: s.ID, Key: s.Key}
		for _, i := range s.Shards {
			p.Shards = append(p.Shards, t.Map.Shard(i).Name)
		}
		out = append(out, p)
	}
	return out
}
