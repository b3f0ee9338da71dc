package executor

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// endless is a shard that sends equal rows, which are in order, and never ends. It counts the batches that were taken from it.
type endless struct {
	fake
	taken *atomic.Int64
}

func (e *endless) Next(context.Context) (arrow.Record, error) {
	e.drop()
	e.taken.Add(1)
	e.cur = batch(e.t, e.alloc, e.schema, "a")
	return e.cur, nil
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestStoppedConsumer holds that what shards send on and on is taken only as far as a few batches ahead of a consumer that has stopped, whichever operator stands
// between, and that they go on when it does.
func TestStoppedConsumer(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "v", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
	const shards = 3
	for name, build := range map[string]func(w *world, sources []Source) (Operator, error){
		"exchange": func(w *world, s []Source) (Operator, error) {
			return NewExchange(ExchangeSpec{Schema: schema, Sources: s}), nil
		},
		"ordered merge": func(w *world, s []Source) (Operator, error) {
			return NewOrderedMerge(MergeSpec{Schema: schema, Sources: s, Alloc: w.alloc, BatchRows: 1})
		},
		"limit": func(w *world, s []Source) (Operator, error) {
			return NewLimit(NewExchange(ExchangeSpec{Schema: schema, Sources: s}), 1, 1_000_000)
		},
		"residual": func(w *world, s []Source) (Operator, error) {
			in := NewExchange(ExchangeSpec{Schema: schema, Sources: s})
			return NewResidual(echoEngine{}, ResidualQuery{Schema: schema, Inputs: []ResidualInput{{"in", in}}}, nil), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, schema)
			taken := make([]atomic.Int64, shards)
			sources := w.sources("", "", "")
			for i := range sources {
				sources[i].Open = func(context.Context) (connectors.Reader, error) {
					w.opened[i]++
					return &endless{fake{t: t, alloc: w.alloc, schema: schema, closed: &w.closed[i]}, &taken[i]}, nil
				}
			}
			op, err := build(w, sources)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := op.Close(); err != nil {
					t.Error(err)
				}
				w.checkClosed()
			}()
			all := func() (n int64) {
				for i := range taken {
					n += taken[i].Load()
				}
				return n
			}
			for round := range 5 {
				if _, err := op.Next(t.Context()); err != nil {
					t.Fatal(err)
				}
				settled(t, all)
				// Of each shard at most: one that is merged, two read ahead, one in the hand of who sends; and what the consumer has taken.
				if n := all(); n > int64(5*shards+round+1) {
					t.Fatalf("after %d batches for the consumer %d were taken from the shards", round+1, n)
				}
			}
		})
	}
}

// settled waits until a number has stood still for a while.
func settled(t *testing.T, number func() int64) {
	t.Helper()
	last, since := number(), time.Now()
	until(t, "it stands still", func() bool {
		if n := number(); n != last {
			last, since = n, time.Now()
		}
		return time.Since(since) > 30*time.Millisecond
	})
}

// TestSilentShard holds that of eight shards seven are read to their ends, and closed, while the eighth has not said a word: by an exchange, and by an aggregate over
// it, which needs them all.
func TestSilentShard(t *testing.T) {
	spec := sumByKey(t)
	for _, concurrent := range []int{0, 2} {
		w := newWorld(t, spec.Input)
		scripts := make([]string, 8)
		for i := range scripts {
			scripts[i] = strings.TrimSuffix(strings.Repeat("a:1 b:2;", 50), ";")
		}
		sources := w.sources(scripts...)
		speak := make(chan struct{})
		open := sources[3].Open
		sources[3].Open = func(ctx context.Context) (connectors.Reader, error) {
			select {
			case <-speak:
				return open(ctx)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		x := NewExchange(ExchangeSpec{Schema: spec.Input, Sources: sources, MaxConcurrent: concurrent})
		a, err := NewHashAggregate(x, GroupsSpec{Hash: spec, Alloc: w.alloc})
		if err != nil {
			t.Fatal(err)
		}
		type answer struct {
			rows []string
			err  error
		}
		done := make(chan answer, 1)
		go func() {
			got, err := rows(t, context.Background(), a)
			done <- answer{got, err}
		}()
		until(t, "seven shards have ended", func() bool {
			ended := 0
			for i, p := range x.Progress() {
				if i != 3 && p.State == Done && p.Batches == 50 {
					ended++
				}
			}
			return ended == 7
		})
		if p := x.Progress()[3]; p.State == Done || p.Batches > 0 {
			t.Errorf("the silent shard: %+v", p)
		}
		select {
		case got := <-done:
			t.Errorf("an answer without the silent shard: %v", got)
		default:
		}
		close(speak)
		got := <-done
		if got.err != nil || len(got.rows) != 2 || !strings.Contains(strings.Join(got.rows, " "), "a:400") {
			t.Errorf("%v", got)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		w.checkClosed()
	}
}

// TestEnoughStopsShards holds that shards are stopped with the last row of a LIMIT, not when somebody asks for more.
func TestEnoughStopsShards(t *testing.T) {
	w := newWorld(t, schemaKV)
	l, err := NewLimit(NewExchange(ExchangeSpec{Schema: schemaKV, Sources: w.sources("1:a 2:b 3:c", "hang")}), 0, 2)
	if err != nil {
		t.Fatal(err)
	}
	op := newChecker(l, w.alloc)
	rec, err := op.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.checkClosed()
	if got := strings.Join(texts(rec), " "); got != "1:a 2:b" {
		t.Error(got)
	}
	if err := op.Close(); err != nil {
		t.Error(err)
	}
}
