package admission

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// waits checks that the queries stand in line.
func waits(t *testing.T, all ...*asked) {
	t.Helper()
	for i, a := range all {
		if a.through() {
			t.Fatalf("query %d was let in, or refused: %v", i, a.err)
		}
	}
}

func TestNoLimits(t *testing.T) {
	q := New(Limits{}, nil)
	for range 100 {
		p, err := q.Enter(context.Background(), "a", 1<<40)
		if err != nil || p.Waited() != 0 {
			t.Fatal(err)
		}
		defer p.Leave()
	}
	if s := q.Stats(); s.Running != 100 || s.Waiting != 0 || s.Users != 1 {
		t.Errorf("%+v", s)
	}
}

func TestOneAfterTheOther(t *testing.T) {
	clock := newHandClock()
	q := New(Limits{Queries: 1}, clock)
	first := ask(t, q, "a", 0).got(t)
	second, third := ask(t, q, "a", 0), ask(t, q, "a", 0)
	waits(t, second, third)
	clock.move(3 * time.Second)
	first.Leave()
	first.Leave() // does nothing
	if p := second.got(t); p.Waited() != 3*time.Second {
		t.Errorf("waited %s", p.Waited())
	}
	waits(t, third)
	second.place.Leave()
	third.got(t).Leave()
	if s := q.Stats(); s != (Stats{}) {
		t.Errorf("%+v", s)
	}
}

// TestTurns: the turn goes round the users, whatever the order in which they came.
func TestTurns(t *testing.T) {
	q := New(Limits{Queries: 1}, nil)
	running := ask(t, q, "greedy", 0).got(t)
	type waiting struct {
		user string
		*asked
	}
	var line []waiting
	for range 5 {
		line = append(line, waiting{"greedy", ask(t, q, "greedy", 0)})
	}
	for _, u := range []string{"b", "b", "c"} {
		line = append(line, waiting{u, ask(t, q, u, 0)})
	}
	var order []string
	for len(line) > 0 {
		running.Leave()
		next := -1
		eventually(t, "nobody was let in", func() bool {
			for i, w := range line {
				if w.through() {
					next = i
				}
			}
			return next >= 0
		})
		order = append(order, line[next].user)
		running = line[next].got(t)
		line = append(line[:next], line[next+1:]...)
	}
	if got := strings.Join(order, " "); got != "greedy b c greedy b greedy greedy greedy" {
		t.Error(got)
	}
}

func TestPerUser(t *testing.T) {
	q := New(Limits{Queries: 3, PerUser: 2}, nil)
	a1, _ := ask(t, q, "a", 0).got(t), ask(t, q, "a", 0).got(t)
	a3 := ask(t, q, "a", 0)
	waits(t, a3)
	b := ask(t, q, "b", 0).got(t) // goes by the one who waits for its own share
	c := ask(t, q, "c", 0)
	waits(t, a3, c)
	b.Leave()
	c.got(t)
	if s := q.Stats(); s.Running != 3 || s.Waiting != 1 {
		t.Fatalf("%+v", s)
	}
	waits(t, a3)
	a1.Leave()
	a3.got(t)
}

// TestBigRequest: what needs much memory is not overtaken for ever by what needs little.
func TestBigRequest(t *testing.T) {
	q := New(Limits{Memory: 100}, nil)
	s1, s2 := ask(t, q, "a", 40).got(t), ask(t, q, "b", 40).got(t)
	big := ask(t, q, "c", 90)
	small := ask(t, q, "d", 10) // it would fit
	waits(t, big, small)
	s1.Leave()
	if s := q.Stats(); s.Running != 1 || s.Waiting != 2 {
		t.Fatalf("somebody was let in before the big one: %+v", s)
	}
	waits(t, big, small)
	s2.Leave()
	big.got(t)
	small.got(t)
	if s := q.Stats(); s.Memory != 100 || s.Running != 2 {
		t.Errorf("%+v", s)
	}
	var e *Error
	if _, err := q.Enter(context.Background(), "a", 101); !errors.As(err, &e) || e.Limit != LimitMemory || e.Needed != 101 || e.Max != 100 {
		t.Errorf("%+v", err)
	}
}

// TestCancelledHead: what stood behind a big request that gives up is let in at once.
func TestCancelledHead(t *testing.T) {
	q := New(Limits{Memory: 100}, nil)
	ask(t, q, "a", 50).got(t)
	big, small := ask(t, q, "b", 90), ask(t, q, "c", 50)
	waits(t, big, small)
	big.cancel()
	small.got(t)
	<-big.done
	if !errors.Is(big.err, context.Canceled) || big.place != nil {
		t.Errorf("%v", big.err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := New(Limits{}, nil).Enter(ended, "a", 0); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestQueueDeadline(t *testing.T) {
	clock := newHandClock()
	q := New(Limits{PerUser: 1, Wait: time.Second}, clock)
	first := ask(t, q, "a", 0).got(t)
	late, kept := ask(t, q, "a", 0), ask(t, q, "a", 0)
	eventually(t, "no timers", func() bool { return clock.set() == 2 })
	clock.move(999 * time.Millisecond)
	waits(t, late, kept)
	first.Leave()
	second := late.got(t) // in the last moment
	eventually(t, "the timer stays", func() bool { return clock.set() == 1 })
	clock.move(time.Millisecond)
	<-kept.done
	var e *Error
	if !errors.As(kept.err, &e) || e.Limit != LimitQueue || e.For != LimitPerUser || e.Max != int64(time.Second) || e.Waited != time.Second {
		t.Errorf("%+v", kept.err)
	}
	if second.Waited() != 999*time.Millisecond || q.Stats().Waiting != 0 {
		t.Errorf("%s, %+v", second.Waited(), q.Stats())
	}
}

func TestLengthOfTheLine(t *testing.T) {
	q := New(Limits{Queries: 1, Waiting: 2}, nil)
	first := ask(t, q, "a", 0).got(t)
	ask(t, q, "a", 0)
	gives := ask(t, q, "b", 0)
	var e *Error
	if _, err := q.Enter(context.Background(), "c", 0); !errors.As(err, &e) || e.Limit != LimitWaiting || e.For != LimitQueries || e.Max != 2 {
		t.Errorf("%+v", err)
	}
	if s := q.Stats(); s.Users != 2 || s.Waiting != 2 {
		t.Errorf("who was refused is still counted: %+v", s)
	}
	gives.cancel()
	<-gives.done
	waits(t, ask(t, q, "c", 0))
	first.Leave()
}

func TestNobodyWaits(t *testing.T) {
	for _, c := range []struct {
		l    Limits
		want string
		max  int64
	}{
		{Limits{Queries: 1, Waiting: -1}, LimitQueries, 1},
		{Limits{PerUser: 1, Waiting: -1}, LimitPerUser, 1},
		{Limits{Memory: 10, Waiting: -1}, LimitMemory, 10},
	} {
		q := New(c.l, nil)
		ask(t, q, "a", 6).got(t)
		var e *Error
		if _, err := q.Enter(context.Background(), "a", 6); !errors.As(err, &e) || e.Limit != c.want || e.Max != c.max {
			t.Errorf("%+v: %+v", c.l, err)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	for _, c := range []struct {
		e    Error
		want string
	}{
		{Error{Limit: LimitMemory, Max: 10, Needed: 11}, "the query reserves 11 bytes of memory, and limits.total_memory leaves 10 to all queries"},
		{Error{Limit: LimitQueue, For: LimitQueries, Waited: 1500 * time.Millisecond}, "limits.queue: the query waited 1.5s for its turn, held up by limits.queries"},
		{Error{Limit: LimitWaiting, For: LimitMemory, Max: 3}, "limits.waiting: 3 queries wait already, held up by limits.total_memory"},
		{Error{Limit: LimitPerUser, Max: 3}, "limits.per_user: the query would have to wait for its turn, and limits.waiting lets none wait"},
	} {
		if got := c.e.Error(); got != c.want {
			t.Errorf("%s", got)
		}
	}
}

func BenchmarkEnterLeave(b *testing.B) {
	q := New(Limits{Queries: 64, PerUser: 8, Memory: 1 << 30, Waiting: 100, Wait: time.Second}, nil)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		p, err := q.Enter(ctx, "somebody", 1<<20)
		if err != nil {
			b.Fatal(err)
		}
		p.Leave()
	}
}

// BenchmarkTurns is the hand-over from one query to the next with a thousand in line.
func BenchmarkTurns(b *testing.B) {
	q := New(Limits{Queries: 4}, nil)
	names := make([]string, 50)
	for i := range names {
		names[i] = fmt.Sprint("user", i)
	}
	b.SetParallelism(500)
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			p, err := q.Enter(context.Background(), names[i%len(names)], 0)
			if err != nil {
				b.Error(err)
				return
			}
			p.Leave()
		}
	})
}
