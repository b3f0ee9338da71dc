package executor

import (
	"context"
	"fmt"
	"sync"

	"github.com/atoll-sql/atoll/connectors"
)

// snapshots has the statements of a query that ask the same shard read one state of it, from the first of them until the
// query ends. A shard that is asked once needs no more than the statement's own snapshot, and is asked without ceremony.
type snapshots struct {
	account *Account
	shards  map[string]*shared
}

// shared is a shard and how many statements of the query will ask it, which is known once all sources are made.
type shared struct {
	conn       connectors.Connector
	statements int
	snapshot   func() connectors.Snapshot

	mu     sync.Mutex
	opened connectors.Snapshot // nil until the first statement, or if there is but one
}

func newSnapshots(account *Account) *snapshots {
	return &snapshots{account: account, shards: map[string]*shared{}}
}

// join adds a statement to those that will ask a shard, and returns how to ask it.
func (s *snapshots) join(shard string, c connectors.Connector) *shared {
	one := s.shards[shard]
	if one == nil {
		one = &shared{conn: c, snapshot: func() connectors.Snapshot { return c.Snapshot(s.over) }}
		s.shards[shard] = one
	}
	one.statements++
	return one
}

// over refuses to keep rows that wait for another statement once the query holds too much.
func (s *snapshots) over() error {
	if err := s.account.Over(); err != nil {
		return fmt.Errorf("keeping rows in memory while another part of the query asks the same shard, whose engine answers one "+
			"statement of a snapshot at a time: %w", err)
	}
	return nil
}

// query runs a statement, together with the others of the query in one snapshot if there are any.
func (s *shared) query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	if s.statements == 1 {
		return s.conn.Query(ctx, stmt)
	}
	s.mu.Lock()
	if s.opened == nil {
		s.opened = s.snapshot()
	}
	snapshot := s.opened
	s.mu.Unlock()
	return snapshot.Query(ctx, stmt)
}

// close lets all snapshots go.
func (s *snapshots) close() {
	for _, one := range s.shards {
		one.mu.Lock()
		if one.opened != nil {
			one.opened.Close()
		}
		one.mu.Unlock()
	}
}

// inSnapshots is a whole query, whose end is that of its snapshots.
type inSnapshots struct {
	Operator
	snapshots *snapshots
}

// Close implements Operator.
func (n *inSnapshots) Close() error {
	err := n.Operator.Close()
	n.snapshots.close()
	return err
}
