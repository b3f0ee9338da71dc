package atoll

import (
	"context"
	"errors"
	"time"

	"github.com/atoll-sql/atoll/internal/config"
	saga "github.com/atoll-sql/atoll/move"
	"github.com/atoll-sql/atoll/shardmap"
	"github.com/atoll-sql/atoll/shardmap/store"
)

// mapKeeper is a [move.Maps] over the store of an engine's map.
type mapKeeper struct{ engine *Engine }

// Load implements [move.Maps].
func (k mapKeeper) Load(ctx context.Context) (*saga.Snapshot, error) {
	_, doc, err := k.load(ctx)
	if err != nil {
		return nil, err
	}
	return &saga.Snapshot{Version: doc.Version, Map: doc.Map, Tables: doc.Tables}, nil
}

func (k mapKeeper) load(ctx context.Context) (store.Document, *config.MapDocument, error) {
	s := k.engine.maps.store
	d, err := s.Load(ctx)
	if err != nil {
		return d, nil, err
	}
	doc, err := k.engine.cfg.ParseMap(d.Text, s.String())
	return d, doc, err
}

// Publish implements [move.Maps]. A text that does not check is not published.
func (k mapKeeper) Publish(ctx context.Context, old uint64, e saga.Edit) error {
	d, _, err := k.load(ctx)
	if err != nil {
		return err
	}
	if d.Version != old {
		return saga.ErrConflict
	}
	next, _, err := k.edited(d, e)
	if err != nil {
		return err
	}
	err = k.engine.maps.store.Swap(ctx, old, next)
	if errors.Is(err, store.ErrConflict) {
		return saga.ErrConflict
	}
	return err
}

// edited is the successor of a document.
func (k mapKeeper) edited(d store.Document, e saga.Edit) (store.Document, *config.MapDocument, error) {
	text, err := config.EditMap(d.Text, config.MapEdit{Version: d.Version + 1, Sharding: e.Sharding, Moves: e.Moves})
	if err != nil {
		return store.Document{}, nil, err
	}
	doc, err := k.engine.cfg.ParseMap(text, k.engine.maps.store.String())
	return store.Document{Version: d.Version + 1, Text: text}, doc, err
}

// Check implements [move.Maps].
func (k mapKeeper) Check(ctx context.Context, e saga.Edit) (*shardmap.Map, error) {
	d, _, err := k.load(ctx)
	if err != nil {
		return nil, err
	}
	_, doc, err := k.edited(d, e)
	if err != nil {
		return nil, err
	}
	return doc.Map, nil
}

// MaxStale implements [move.Maps].
func (k mapKeeper) MaxStale() time.Duration { return k.engine.maps.maxStale }
