package atoll

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/failover"
	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/shardmap"
)

// topology is one version of the shard map, the shards that it names and what they told of their tables. Of it only the catalog changes, when
// shards that did not answer do. A query pins one and sees no other.
type topology struct {
	*Engine
	Map     *shardmap.Map
	shards  []*shard // in the order of the shard map
	byName  map[string]*shard
	byTurn  []*shard
	tables  [][]string    // those that each shard should hold
	lookups *lookupTables // nil if no table has a directory or an index
	catalog catalogCache
	texts   templates
	gets    sync.Map      // table → the query that stands for a Get of it
	unasked atomic.Bool   // some shard has never been asked
	pins    atomic.Int64  // queries, and the engine itself while this is its newest version; 0 means that it is gone
	gone    chan struct{} // closed when nobody goes by it any more
	adopted time.Time     // a replica is read only if it holds all that was committed before
}

// shard is one configured shard and its connector. Versions of the map that say the same of it share it.
type shard struct {
	config.Shard
	conn    *failover.Shard           // reads, wherever that serves
	primary connectors.Connector      // the shard's own server: writes, and whatever must see the newest state
	wrote   atomic.Pointer[time.Time] // when this engine last wrote to it; nil for never
	gate    *gate                     // nil where the connector has no bounds
	turn    int                       // places at gates are taken in this order, whatever the order in a version of the map
	refs    int                       // topologies that have it; guarded by Engine.life
}

// errRetired is what a shard says that nobody is to ask.
var errRetired = errors.New("the shard is retired: the map sends nothing to it")

// errClosed is what an engine says that is asked after its Close.
var errClosed = errors.New("the engine is closed")

// evolve makes a version of the map the one that new queries pin, unless there is a later one. What was known of shards that are told of the same
// tables is kept.
func (e *Engine) evolve(m *shardmap.Map, shards []config.Shard) error {
	e.change.Lock()
	defer e.change.Unlock()
	if e.shut.Load() {
		return usageError(errClosed)
	}
	old := e.top.Load()
	if old != nil && old.Map.Version() >= m.Version() {
		return nil
	}
	t := &topology{Engine: e, Map: m, byName: map[string]*shard{}, tables: tablesByShard(m), gone: make(chan struct{}), adopted: time.Now()}
	t.pins.Store(1)
	for _, s := range shards {
		sh, err := e.shardOf(old, s)
		if err != nil {
			t.unpin()
			return err
		}
		e.life.Lock()
		sh.refs++
		e.life.Unlock()
		t.shards = append(t.shards, sh)
		t.byName[s.Name] = sh
	}
	t.byTurn = slices.SortedFunc(slices.Values(t.shards), func(a, b *shard) int { return a.turn - b.turn })
	t.catalog.shard = t.inherited(old)
	t.unasked.Store(slices.ContainsFunc(t.catalog.shard, func(s catalog.Shard) bool { return s.Err == errNotAsked }))
	var err error
	if t.lookups, err = t.newLookups(); err != nil {
		t.unpin()
		return err
	}
	e.top.Store(t)
	e.older = slices.DeleteFunc(e.older, func(t *topology) bool { return t.pins.Load() == 0 })
	if old != nil {
		e.older = append(e.older, old)
		old.unpin()
	}
	e.prober.adopted()
	return nil
}

// tablesByShard lists for each shard the tables that it should hold.
func tablesByShard(m *shardmap.Map) [][]string {
	out := make([][]string, len(m.Shards()))
	for _, name := range m.Tables() {
		t, _ := m.Table(name)
		for _, i := range t.Shards() {
			out[i] = append(out[i], name)
		}
	}
	return out
}

// shardOf is the shard as the last version has it, or a new one if anything of it has changed.
func (e *Engine) shardOf(old *topology, s config.Shard) (*shard, error) {
	if old != nil && old.byName[s.Name] != nil && old.byName[s.Name].Same(s) {
		return old.byName[s.Name], nil
	}
	conn, err := e.connect(s)
	if err != nil {
		return nil, err
	}
	e.turns++
	return &shard{Shard: s, conn: conn, primary: conn.Primary(), gate: newGate(conn), turn: e.turns}, nil
}

// inherited is what the last version knows of shards that are the same here and have the same tables. That one did not answer is known, too: it holds up
// only the queries that need it, which ask it again.
func (t *topology) inherited(old *topology) []catalog.Shard {
	all := make([]catalog.Shard, len(t.shards))
	for i, s := range t.shards {
		all[i] = catalog.Shard{Name: s.Name, Region: s.Region, Err: errNotAsked}
		if t.Map.State(i) == shardmap.StateRetired {
			all[i].Err = errRetired
		}
	}
	if old == nil {
		return all
	}
	for i, known := range old.known() {
		j := slices.Index(t.shards, old.shards[i])
		if j >= 0 && known.Err != errRetired && all[j].Err != errRetired && slices.Equal(old.tables[i], t.tables[j]) {
			all[j] = known
		}
	}
	return all
}

// hold is pin for the newest version that is known.
func (e *Engine) hold() *topology {
	for {
		t := e.top.Load()
		for n := t.pins.Load(); n > 0; n = t.pins.Load() {
			if t.pins.CompareAndSwap(n, n+1) {
				return t
			}
		}
	}
}

// leave ends the making of versions, and lets go of the newest one. What stays in its place holds no shard open, and is there for hold to find.
func (e *Engine) leave() {
	e.change.Lock()
	defer e.change.Unlock()
	e.shut.Store(true)
	old := e.top.Load()
	if old == nil {
		return
	}
	last := &topology{Engine: e, adopted: old.adopted, Map: old.Map, shards: old.shards, byName: old.byName, tables: old.tables, lookups: old.lookups, gone: make(chan struct{})}
	last.catalog.shard = old.known()
	last.pins.Store(1) // for ever, so that unpin never counts its shards
	e.top.Store(last)
	old.unpin()
}

// unpin lets go of a version. The last one to do so closes the shards that no later version has; that one could not be closed
// is told by Close.
func (t *topology) unpin() {
	if t.pins.Add(-1) > 0 {
		return
	}
	defer close(t.gone)
	t.life.Lock()
	defer t.life.Unlock()
	for _, s := range t.shards {
		t.release(s)
	}
}

// keep holds a shard open, whatever becomes of the versions of the map that name it, until drop.
func (e *Engine) keep(s *shard) {
	e.life.Lock()
	defer e.life.Unlock()
	s.refs++
}

// drop lets go of a shard.
func (e *Engine) drop(s *shard) {
	e.life.Lock()
	defer e.life.Unlock()
	e.release(s)
}

// release is drop while life is held. The last one to let go of a shard closes it.
func (e *Engine) release(s *shard) {
	if s.refs--; s.refs == 0 {
		e.closed = errors.Join(e.closed, s.conn.Close())
	}
}
