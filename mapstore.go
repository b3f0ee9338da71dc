package atoll

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/shardmap"
	"github.com/atoll-sql/atoll/shardmap/store"
)

// ReadMap returns the document of the shard map in the store that the configuration names, and its version. It is not checked.
func ReadMap(ctx context.Context, cfg *Config) (text []byte, version uint64, err error) {
	err = withStore(cfg, func(s store.Store) error {
		doc, err := s.Load(ctx)
		text, version = doc.Text, doc.Version
		return err
	})
	return text, version, err
}

// WriteMap puts the next version of the shard map into the store that the configuration names: the document states the version after the
// one that is there, or 1 where there is none. It is checked first; what is wrong with it is told with places, and the last version stays. Moves
// under way are the business of those who move: the document has those that the last version has.
func WriteMap(ctx context.Context, cfg *Config, text []byte, name string) (version uint64, err error) {
	next, err := cfg.ParseMap(text, name)
	if err != nil {
		return 0, usageError(err)
	}
	err = withStore(cfg, func(s store.Store) error {
		old, err := s.Load(ctx)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil && next.Version != old.Version+1 {
			return usageError(fmt.Errorf("%s states map_version: %d, and %s holds version %d: state %d", name, next.Version, s, old.Version, old.Version+1))
		}
		if err != nil && next.Version != 1 {
			return usageError(fmt.Errorf("%s states map_version: %d, and %s holds no map yet: state 1", name, next.Version, s))
		}
		if err := keepsMoves(cfg, old, next); err != nil {
			return err
		}
		return s.Swap(ctx, old.Version, store.Document{Version: next.Version, Text: text})
	})
	return next.Version, err
}

// keepsMoves refuses a document that begins or forgets a move, or takes the moving keys elsewhere.
func keepsMoves(cfg *Config, old store.Document, next *config.MapDocument) error {
	was := []shardmap.MoveSpec{}
	if old.Version > 0 {
		doc, err := cfg.ParseMap(old.Text, "the version that is there")
		if err != nil {
			return nil // any good map is better than that
		}
		was = movesOf(doc.Map)
	}
	if !reflect.DeepEqual(was, movesOf(next.Map)) {
		return usageError(errors.New("the moves in the document are not those in the version that is there: leave moves as they stand, and begin or end them by atoll move"))
	}
	return nil
}

func movesOf(m *shardmap.Map) []shardmap.MoveSpec {
	out := []shardmap.MoveSpec{}
	for _, x := range m.Moves() {
		out = append(out, x.MoveSpec)
	}
	return out
}

func withStore(cfg *Config, do func(store.Store) error) error {
	if cfg.Store == nil {
		return usageError(errors.New("the shard map stands in the configuration itself: a section map would say where it is kept (docs/shardmap.md)"))
	}
	s, err := openStore(cfg.Store, cfg.Coordinator.Region)
	if err != nil {
		return usageError(err)
	}
	err = do(s)
	var done *Error
	if err != nil && !errors.As(err, &done) {
		err = &Error{SQLState: "57P03", Text: err.Error(), Pos: -1, cause: err}
	}
	return errors.Join(err, s.Close())
}
