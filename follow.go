package atoll

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/shardmap/resolver"
	"github.com/atoll-sql/atoll/shardmap/store"
	"github.com/atoll-sql/atoll/shardmap/store/etcd"
	"github.com/atoll-sql/atoll/shardmap/store/file"
	"github.com/atoll-sql/atoll/shardmap/store/postgres"
)

// mapFollower is where an engine's shard map is kept, and its newest version.
type mapFollower struct {
	store    store.Store
	resolver *resolver.Resolver[*config.MapDocument]
	maxStale time.Duration
}

// follow opens the store of the map, if the configuration names one.
func (e *Engine) follow() error {
	s := e.cfg.Store
	if s == nil {
		return nil
	}
	kept, err := openStore(s, e.cfg.Coordinator.Region)
	if err != nil {
		return usageError(err)
	}
	check := func(d store.Document) (*config.MapDocument, error) {
		doc, err := e.cfg.ParseMap(d.Text, kept.String())
		if err == nil {
			err = e.reachable(doc.Shards)
		}
		return doc, err
	}
	r, err := resolver.New(kept, check, resolver.Options{TTL: s.TTL, MaxStale: s.MaxStale})
	if err != nil {
		return errors.Join(usageError(err), kept.Close())
	}
	e.maps = &mapFollower{store: kept, resolver: r, maxStale: s.MaxStale}
	if e.maps.maxStale == 0 {
		e.maps.maxStale = resolver.DefaultMaxStale
	}
	return nil
}

// longest is the most that a statement may take, from when its version of the map was pinned; 0 for no limit. Where the map changes there is one, so that
// who changes it knows when nobody goes by an older version any more.
func (e *Engine) longest() time.Duration {
	if t := e.cfg.Limits.Timeout; t > 0 || e.maps == nil {
		return t
	}
	return defaultLongest
}

// defaultLongest is what a statement may take over a map in a store where limits.timeout does not say.
const defaultLongest = 10 * time.Minute

// reachable refuses shards whose DSN no driver can read, before a version that has them comes into force. No shard is asked.
func (e *Engine) reachable(shards []config.Shard) error {
	now := e.top.Load()
	for _, s := range shards {
		if now != nil && now.byName[s.Name] != nil && now.byName[s.Name].Same(s) {
			continue
		}
		conn, err := e.connect(s)
		if err != nil {
			return err
		}
		if err := conn.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (m *mapFollower) close() error { return errors.Join(m.resolver.Close(), m.store.Close()) }

// openStore opens the store of a map without contacting it. The coordinator's region is where its replicas are read from.
func openStore(s *config.MapStore, region string) (store.Store, error) {
	switch s.Store {
	case "postgres":
		o := postgres.Options{DSN: s.DSN(), Region: s.Region, Reader: region, Name: s.Name, Schema: s.Schema}
		for _, r := range s.Replicas {
			o.Replicas = append(o.Replicas, postgres.Replica{DSN: r.DSN(), Region: r.Region})
		}
		return postgres.Open(o)
	case "etcd":
		o := etcd.Options{Endpoints: s.Endpoints, Prefix: s.Name, Username: s.User, Password: s.Password()}
		if s.CA != "" || s.Cert != "" {
			var err error
			if o.TLS, err = etcd.TLS(s.CA, s.Cert, s.Key); err != nil {
				return nil, err
			}
		}
		return etcd.Open(o)
	}
	return file.Open(s.Path)
}

// pin makes sure of the newest version of the map, as far as the store's max_stale asks for it, and keeps it, and its shards, until unpin.
func (e *Engine) pin(ctx context.Context) (*topology, error) {
	if e.shut.Load() {
		return nil, usageError(errClosed)
	}
	e.prober.asked()
	if e.maps == nil {
		return e.hold(), nil
	}
	snap, err := e.maps.resolver.Current(ctx)
	if err != nil {
		return nil, mapError(err)
	}
	if t := e.top.Load(); t == nil || t.Map.Version() < snap.Version {
		if err := e.evolve(snap.Value.Map, snap.Value.Shards); err != nil {
			return nil, err
		}
	}
	t := e.hold()
	if t.unasked.Load() {
		if _, err := t.loadCatalog(ctx); err != nil {
			t.unpin()
			return nil, wrapError(err)
		}
	}
	return t, nil
}

// mapError says that there is no shard map to go by.
func mapError(err error) error {
	var stale *resolver.StaleError
	var faults config.Errors
	switch {
	case errors.As(err, &faults): // what is wrong in it, with places
		return &Error{Kind: KindUsage, SQLState: "F0000", Text: err.Error(), Pos: -1, cause: err}
	case errors.Is(err, store.ErrNotFound):
		return &Error{SQLState: "57P03", Text: err.Error(), Hint: "atoll map put FILE puts a first version there", Pos: -1, cause: err}
	case errors.As(err, &stale):
		return &Error{SQLState: "57P03", Text: err.Error(), Hint: "the store of the shard map must be reachable: see map in the configuration", Pos: -1, cause: err}
	}
	return wrapError(err)
}

// MapStatus tells which version of the shard map an engine goes by.
type MapStatus struct {
	Store   string // "" where the map stands in the configuration
	Version uint64
	AsOf    time.Time // a moment at which it was certainly the newest; zero where it cannot change
	Err     error     // why the store confirmed nothing when it was last asked; nil if it did
	Moves   []MapMove
}

// MapMove is a move of keys that is under way.
type MapMove struct {
	ID, Table, From, To, Phase string
}

// Map tells which version of the shard map is in force, without asking the store.
func (e *Engine) Map() MapStatus {
	t := e.hold()
	defer t.unpin()
	out := MapStatus{Version: t.Map.Version()}
	for _, m := range t.Map.Moves() {
		out.Moves = append(out.Moves, MapMove{m.ID, m.Table, m.From, m.To, string(m.Phase)})
	}
	if e.maps != nil {
		st := e.maps.resolver.Status()
		out.Store, out.AsOf, out.Err = st.Store, st.AsOf, st.Err
	}
	return out
}

// RefreshMap asks the store of the shard map now, and returns the version that is in force then: every query that begins later goes by it, or by a
// later one.
func (e *Engine) RefreshMap(ctx context.Context) (uint64, error) {
	if e.maps != nil {
		if _, err := e.maps.resolver.Refresh(ctx); err != nil {
			return 0, mapError(err)
		}
	}
	t, err := e.pin(ctx)
	if err != nil {
		return 0, err
	}
	defer t.unpin()
	return t.Map.Version(), nil
}

// outlive waits until no query of this engine goes by a version of the map before the one given.
func (e *Engine) outlive(ctx context.Context, version uint64) error {
	for {
		e.change.Lock()
		e.older = slices.DeleteFunc(e.older, func(t *topology) bool { return t.pins.Load() == 0 })
		var wait chan struct{}
		for _, t := range e.older {
			if t.Map.Version() < version {
				wait = t.gone
				break
			}
		}
		e.change.Unlock()
		if wait == nil {
			return nil
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
