package postgres

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	pools "github.com/atoll-sql/atoll/connectors/pool"
)

// TestServerProcessesWithinABudget watches the server while many shards ask within a small budget: it never has more sessions than that, and none
// once they were idle for some time.
func TestServerProcessesWithinABudget(t *testing.T) {
	const shards, limit, callers = 12, 5, 8
	dsn := database(t)
	named := " application_name=atoll_pool_test"
	if strings.Contains(dsn, "://") {
		named = map[bool]string{true: "&", false: "?"}[strings.Contains(dsn, "?")] + "application_name=atoll_pool_test"
	}
	budget := pools.NewBudget(pools.Limits{Connections: limit, Idle: 20 * time.Millisecond}, nil)
	var all []*shard
	for i := range shards {
		all = append(all, openShard(t, connectors.Config{Shard: fmt.Sprint("s", i), DSN: dsn + named, MaxConns: 3, Budget: budget}, nil))
	}
	watch := openShard(t, connectors.Config{DSN: dsn, MaxConns: 1}, nil)
	sessions := func() string {
		n, _ := mustValues(t, watch, connectors.Statement{SQL: "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'atoll_pool_test'", Schema: oneInt})
		return n
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var g sync.WaitGroup
	for c := range callers {
		g.Go(func() {
			for i := range 25 {
				if err := budgeted(ctx, budget, all, c+i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Wait()
	}()
	most := "0"
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			most = max(most, sessions())
		}
	}
	if len(most) > 1 || most > fmt.Sprint(limit) || most == "0" {
		t.Errorf("%s sessions were open at once, the limit is %d", most, limit)
	}
	eventually(t, 30*time.Second, "the idle sessions are closed", func() bool { return sessions() == "0" })
}

// budgeted asks one shard, or two at the same time, as a query would.
func budgeted(ctx context.Context, b *pools.Budget, all []*shard, n int) error {
	stmt := connectors.Statement{SQL: "SELECT 1::int8", Schema: oneInt}
	if n%3 == 0 {
		return drained(ctx, all[n%len(all)], stmt)
	}
	one, two := all[n%len(all)], all[(n*7+1)%len(all)]
	r, err := b.Reserve(ctx, pools.Need{Connections: 2, Shards: []string{one.name}, More: 1})
	if err != nil {
		return err
	}
	defer r.Release()
	under := r.Context(ctx)
	first, err := one.Query(under, stmt)
	if err != nil {
		return err
	}
	err = drained(under, two, stmt)
	if closing := first.Close(); err == nil { // stopped early
		err = closing
	}
	return err
}

func drained(ctx context.Context, s *shard, stmt connectors.Statement) error {
	r, err := s.Query(ctx, stmt)
	if err != nil {
		return err
	}
	for err == nil {
		_, err = r.Next(ctx)
	}
	if closing := r.Close(); closing != nil {
		return closing
	}
	if err.Error() != "EOF" {
		return err
	}
	return nil
}
