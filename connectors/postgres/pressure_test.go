package postgres

import (
	"context"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// TestStoppedConsumer holds that a consumer who stops reading holds little, however much there is to come: the server waits at its socket, and goes on
// when the consumer does.
func TestStoppedConsumer(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: database(t)}, nil)
	watcher := watch(t)
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	const most = 1 << 20 // a batch of 10,000 numbers, and what its builders hold beside it
	for name, q := range map[string]func(context.Context, connectors.Statement) (connectors.Reader, error){
		"alone": s.Query, "in a snapshot": func(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
			n := s.Snapshot(func() error { return nil })
			defer n.Close()
			return n.Query(ctx, stmt)
		},
	} {
		r, err := q(t.Context(), connectors.Statement{SQL: "SELECT a * b FROM generate_series(1, 100000) b(b), generate_series(1::int8, 30000) a(a)", Schema: oneInt,
			BatchRows: 10_000, Alloc: alloc})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := r.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
			eventually(t, 10*slack, "the server waits for the consumer", func() bool {
				n, _ := mustValues(t, watcher, connectors.Statement{Schema: oneInt,
					SQL: "SELECT count(*) FROM pg_stat_activity WHERE datname = 'teststoppedconsumer' AND wait_event = 'ClientWrite'"})
				return n == "1"
			})
			if held := alloc.CurrentAlloc(); held > most || r.Stats().Bytes > 4*most {
				t.Errorf("%s: %d bytes are held, %d were received", name, held, r.Stats().Bytes)
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	eventually(t, 5*slack, "the server is idle", func() bool { return busy(t, watcher, "teststoppedconsumer") == "0" })
}
