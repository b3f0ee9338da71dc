package executor

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// State is how far a shard's stream has come.
type State int32

// The states of a shard's stream.
const (
	Waiting State = iota // not opened yet
	Running
	Done
	Failed // by its own error, or stopped because of another's or because no more rows were wanted
)

// String returns the state in lower case.
func (s State) String() string {
	return [...]string{"waiting", "running", "done", "failed"}[s]
}

// Progress is what one shard has sent so far.
type Progress struct {
	Shard   string
	State   State
	Batches int64
	Stats   connectors.Stats
	Began   time.Time // when its statement was begun; zero while Waiting
	Heard   time.Time // when its last batch so far came, or word that there are no more; zero if neither has
}

// meter counts one shard's stream. Its goroutine writes it, anybody reads it.
type meter struct {
	shard   string
	state   atomic.Int32
	batches atomic.Int64
	rows    atomic.Int64
	bytes   atomic.Int64
	trips   atomic.Int64
	first   atomic.Int64 // nanoseconds
	total   atomic.Int64
	tries   atomic.Int64
	hedged  atomic.Bool
	replica atomic.Pointer[string]
	began   atomic.Int64 // moments, 0 for none
	heard   atomic.Int64
}

// begin takes note that the statement begins.
func (m *meter) begin() {
	m.began.Store(moment())
	m.state.Store(int32(Running))
}

// hear takes note that the shard was heard.
func (m *meter) hear(all *Heard) {
	now := moment()
	m.heard.Store(now)
	if all != nil {
		all.note(now)
	}
}

func newMeters(sources []Source) []*meter {
	out := make([]*meter, len(sources))
	for i, s := range sources {
		out[i] = &meter{shard: s.Shard}
	}
	return out
}

// observe takes over the reader's statistics.
func (m *meter) observe(s connectors.Stats) {
	m.rows.Store(s.Rows)
	m.bytes.Store(s.Bytes)
	m.trips.Store(int64(s.RoundTrips))
	m.first.Store(int64(s.FirstBatch))
	m.total.Store(int64(s.Total))
	m.tries.Store(int64(s.Attempts))
	m.hedged.Store(s.Hedged)
	if s.Replica != "" && m.replica.Load() == nil {
		m.replica.Store(&s.Replica)
	}
}

// refused takes over how often a statement was begun that has no reader.
func (m *meter) refused(err error) {
	var e *connectors.Error
	if errors.As(err, &e) {
		m.tries.Store(int64(max(e.Attempts, 1)))
	}
}

// server is the replica that the rows are of; "" for the shard's own server.
func (m *meter) server() string {
	if r := m.replica.Load(); r != nil {
		return *r
	}
	return ""
}

func (m *meter) progress() Progress {
	return Progress{
		Shard:   m.shard,
		State:   State(m.state.Load()),
		Batches: m.batches.Load(),
		Began:   at(m.began.Load()),
		Heard:   at(m.heard.Load()),
		Stats: connectors.Stats{
			Rows:       m.rows.Load(),
			Bytes:      m.bytes.Load(),
			RoundTrips: int(m.trips.Load()),
			FirstBatch: time.Duration(m.first.Load()),
			Total:      time.Duration(m.total.Load()),
			Attempts:   int(m.tries.Load()),
			Hedged:     m.hedged.Load(),
			Replica:    m.server(),
		},
	}
}

// meters is embedded by the operators that read shards.
type meters []*meter

// Progress tells of every shard, in the order of the sources, how far it has come. It may be called from any
// goroutine at any time, also after Close; after io.EOF the figures are final.
func (m meters) Progress() []Progress {
	out := make([]Progress, len(m))
	for i, one := range m {
		out[i] = one.progress()
	}
	return out
}
