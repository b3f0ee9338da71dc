package executor

import (
	"context"
	"errors"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// countingShard counts how it is asked.
type countingShard struct {
	connectors.Connector
	plain, shared, opened, closed int
	over                          func() error
}

func (c *countingShard) Query(context.Context, connectors.Statement) (connectors.Reader, error) {
	c.plain++
	return nil, errShard
}

func (c *countingShard) Snapshot(over func() error) connectors.Snapshot {
	c.opened++
	c.over = over
	return countingSnapshot{c}
}

type countingSnapshot struct{ *countingShard }

func (s countingSnapshot) Query(context.Context, connectors.Statement) (connectors.Reader, error) {
	s.shared++
	return nil, errShard
}

func (s countingSnapshot) Close() { s.closed++ }

// TestSnapshotsWhereNeeded holds that only a shard with several statements is asked within a snapshot, one for all of them,
// and that this ends with the query.
func TestSnapshotsWhereNeeded(t *testing.T) {
	account := NewAccount(1000)
	s := newSnapshots(account)
	once, twice, unasked := &countingShard{}, &countingShard{}, &countingShard{}
	first := s.join("once", once)
	var both []*shared
	for range 2 {
		both = append(both, s.join("twice", twice))
		s.join("unasked", unasked)
	}
	for _, one := range append(both, first) {
		if _, err := one.query(context.Background(), connectors.Statement{}); !errors.Is(err, errShard) {
			t.Error(err)
		}
	}
	if once.plain != 1 || once.opened != 0 || twice.plain != 0 || twice.shared != 2 || twice.opened != 1 || unasked.opened != 0 {
		t.Errorf("once %+v, twice %+v, unasked %+v", once, twice, unasked)
	}
	var limit *LimitError
	if err := twice.over(); err != nil {
		t.Error(err)
	}
	kept := account.Allocator(memory.DefaultAllocator).Allocate(2000)
	if err := twice.over(); !errors.As(err, &limit) || limit.Max != 1000 || len(kept) != 2000 {
		t.Errorf("over the limit: %v", err)
	}
	w := newWorld(t, schemaKV)
	op := &inSnapshots{w.serial("1:a"), s}
	if got, err := rows(t, context.Background(), op); len(got) != 1 || err != nil {
		t.Error(got, err)
	}
	if twice.closed != 0 {
		t.Error("closed before the query")
	}
	if err := op.Close(); err != nil {
		t.Error(err)
	}
	if twice.closed != 1 || once.closed != 0 {
		t.Errorf("closed %d and %d times", twice.closed, once.closed)
	}
}
