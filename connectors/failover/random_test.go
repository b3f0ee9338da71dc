package failover

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
)

var seeds = flag.Uint64("failover.seeds", 40, "random worlds to go through")

// TestRandom: whatever servers do, the rows of a statement are those of one try, each batch once and in order, up to where it failed; no budget is exceeded;
// nothing is left open, nor any memory.
func TestRandom(t *testing.T) {
	for seed := range *seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { randomWorld(t, seed) })
		})
	}
}

// dice is a random source for several goroutines.
type dice struct {
	mu sync.Mutex
	*rand.Rand
}

func (d *dice) n(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.IntN(n)
}

func randomWorld(t *testing.T, seed uint64) {
	d := &dice{Rand: rand.New(rand.NewPCG(seed, 88))}
	servers := make([]*fake, 1+d.n(3))
	for i := range servers {
		servers[i] = newFake(string(rune('a' + i)))
		bad := []int{0, 5, 30, 100}[d.n(4)]
		servers[i].act = func(int) step { return randomStep(d, bad) }
	}
	w := open(t, Options{MaxStaleness: []time.Duration{-1, time.Minute}[d.n(2)], Timeout: []time.Duration{0, 4 * time.Second}[d.n(2)]}, servers[0], servers[1:]...)
	stop := make(chan struct{})
	var g sync.WaitGroup
	g.Go(func() { // whoever watches
		for i := uint64(1); ; i++ {
			w.follow(i)
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Second):
			}
		}
	})
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for range 60 {
				randomQuery(w, d)
				time.Sleep(time.Duration(d.n(300)) * time.Millisecond)
			}
		})
	}
	asking.Wait()
	close(stop)
	g.Wait()
	synctest.Wait()
	checkBudgets(w)
}

func randomStep(d *dice, bad int) step {
	s := step{wait: time.Duration(5+d.n(10)) * time.Millisecond, batches: d.n(4)}
	if d.n(20) == 0 {
		s.wait += time.Duration(d.n(2000)) * time.Millisecond
	}
	if d.n(50) == 0 {
		s.deaf = time.Duration(d.n(50)) * time.Millisecond
	}
	if d.n(100) >= bad {
		return s
	}
	err := []error{refused(), refused(), waking(), conflict(), failing(connectors.ClassLimit, "53300"), failing(connectors.ClassData, "22012"), errForeign}[d.n(7)]
	switch d.n(4) {
	case 0:
		s.err = err
	case 1:
		s.late = err
	case 2:
		s.then = err
	default:
		s.panics = d.n(10) == 0
	}
	return s
}

// randomQuery asks one or a few statements and checks what comes.
func randomQuery(w *world, d *dice) {
	q := &Query{Retries: d.n(6) - 1}
	ctx, cancel := context.WithCancel(q.Context(w.Context()))
	defer cancel()
	if d.n(10) == 0 {
		time.AfterFunc(time.Duration(d.n(500))*time.Millisecond, cancel)
	}
	var from interface {
		Query(context.Context, connectors.Statement) (connectors.Reader, error)
	} = w
	statements := 1
	if d.n(3) == 0 {
		n := w.Snapshot(nil)
		defer n.Close()
		from, statements = n, 1+d.n(3)
	}
	var g sync.WaitGroup
	var mu sync.Mutex
	by := map[string]bool{}
	for range statements {
		g.Go(func() {
			server, err := randomRead(w, d, ctx, from)
			if err != nil {
				w.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if server != "" {
				by[server] = true
			}
		})
	}
	g.Wait()
	if len(by) > 1 {
		w.Errorf("one snapshot was read on %v", by)
	}
	if most := int64(max(q.Retries, 0)); q.Retries != 0 && q.spent.Load() > most {
		w.Errorf("%d retries of %d allowed", q.spent.Load(), most)
	}
}

// randomRead reads a statement, not always to its end, and says which server it was read on, and what is wrong with what it saw.
func randomRead(w *world, d *dice, ctx context.Context, from interface {
	Query(context.Context, connectors.Statement) (connectors.Reader, error)
}) (server string, err error) {
	r, err := from.Query(ctx, w.statement())
	if err != nil {
		return "", tellable(ctx, err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for n := int64(1); d.n(20) > 0; n++ {
		rec, err := r.Next(ctx)
		if err == io.EOF {
			return server, nil
		}
		if err != nil {
			return server, tellable(ctx, err)
		}
		by := rec.Column(0).(*array.String).Value(0)
		if got := rec.Column(1).(*array.Int64).Value(0); got != n || server != "" && server != by {
			return server, fmt.Errorf("batch %d of %s where batch %d of %s is due", got, by, n, server)
		}
		server = by
		if s := r.Stats(); s.Replica != by && (s.Replica != "" || by != "a") {
			return server, fmt.Errorf("read on %s, told %q", by, s.Replica)
		}
	}
	return server, nil
}

// tellable is nil for an error that callers may see.
func tellable(ctx context.Context, err error) error {
	var e *connectors.Error
	switch {
	case strings.Contains(err.Error(), "secret"):
		return fmt.Errorf("the error tells what a shard said: %w", err)
	case errors.Is(err, context.Canceled) && ctx.Err() == nil:
		return fmt.Errorf("cancelled by nobody: %w", err)
	case errors.As(err, &e), errors.Is(err, errForeign), ctx.Err() != nil:
		return nil
	}
	return fmt.Errorf("of no class: %w", err)
}

// checkBudgets compares what was retried and hedged with what is allowed, and that all tries have ended.
func checkBudgets(w *world) {
	var retries, hedges int64
	for _, srv := range w.servers {
		retries += srv.retries.Load()
		hedges += srv.hedges.Load()
		if n := srv.running.Load(); n != 0 {
			w.Errorf("%d tries run on %q", n, srv.Name)
		}
	}
	all := w.statements.Load()
	if hedges > all/20 {
		w.Errorf("%d hedges of %d statements", hedges, all)
	}
	if most := retryBurst + all/5 + int64(time.Since(began(w)).Seconds()) + 1; retries > most {
		w.Errorf("%d retries of %d statements", retries, all)
	}
	for _, f := range append([]*fake{w.primary}, w.replicas...) {
		if f.open+f.states != 0 {
			w.Errorf("%s: %d readers and %d snapshots are open", f.name, f.open, f.states)
		}
	}
}
