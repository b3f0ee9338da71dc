package failover

import (
	"sync"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// remembered is how many of the primary's positions are kept: a replica further behind than the oldest of them is behind beyond telling.
const remembered = 128

// history is where the primary's log ended, and when that was asked: all that had been committed by then is before it. Times are this process's,
// so no server's clock matters.
type history struct {
	mu      sync.Mutex
	log     string
	entries []entry // in the order of asking
	unknown string  // why there are none
}

type entry struct {
	asked  time.Time
	offset uint64
}

// add remembers where the primary's log ended. Another log than before begins anew.
func (h *history) add(asked time.Time, p connectors.Position, unknown string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.unknown = unknown; p.Replica {
		h.unknown = "the shard's own server is a replica itself"
	}
	if h.unknown != "" {
		return
	}
	if n := len(h.entries); h.log != p.Log || n > 0 && h.entries[n-1].offset > p.Offset {
		h.log, h.entries = p.Log, nil
	}
	if len(h.entries) == remembered {
		h.entries = append(h.entries[:0], h.entries[remembered/2:]...)
	}
	h.entries = append(h.entries, entry{asked, p.Offset})
}

// reached is the last time before which everything committed is in what a replica has replayed; zero, and why, where that is not known.
func (h *history) reached(p connectors.Position) (fresh time.Time, unknown string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !p.Replica:
		return fresh, "the server follows no other"
	case len(h.entries) == 0 && h.unknown != "":
		return fresh, h.unknown
	case len(h.entries) == 0:
		return fresh, "the primary's position is not known"
	case p.Log != h.log:
		return fresh, "it follows another server, or the primary of before a failover"
	}
	for i := len(h.entries) - 1; i >= 0; i-- {
		if h.entries[i].offset <= p.Offset {
			return h.entries[i].asked, ""
		}
	}
	return fresh, "it has not replayed what the primary had when it was first asked"
}

// placed notes a server's position, or why it is not known.
func (s *Shard) placed(srv *server, asked time.Time, p connectors.Position, unknown string) {
	if srv.primary() {
		s.history.add(asked, p, unknown)
		return
	}
	var fresh time.Time
	if unknown == "" {
		fresh, unknown = s.history.reached(p)
	}
	srv.learn(func(k *standing) { k.fresh, k.unknown = fresh, unknown })
}
