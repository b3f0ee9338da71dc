package admission

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// TestRandomTurns runs random queries of random users, of which some give up at random moments, and checks after every event, under the
// queue's own lock, that no limit is passed, that nobody waits who could run, and that no user is overtaken by more than a turn of each other one.
func TestRandomTurns(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { randomTurns(t, seed) })
	}
}

func randomTurns(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 8))
	clock := newHandClock()
	limits := Limits{Memory: int64(rng.IntN(2) * 100), Queries: 1 + rng.IntN(4), PerUser: rng.IntN(3), Waiting: 10 + rng.IntN(40), Wait: time.Duration(rng.IntN(2)) * time.Second}
	q := New(limits, clock)
	var all []*asked
	var running []*asked
	steps := 300
	for range steps {
		switch rng.IntN(10) {
		case 0, 1, 2, 3:
			all = append(all, ask(t, q, fmt.Sprint("user", rng.IntN(5)), int64(1+rng.IntN(100))))
		case 4, 5, 6, 7:
			if len(running) > 0 {
				i := rng.IntN(len(running))
				running[i].place.Leave()
				running = append(running[:i], running[i+1:]...)
			}
		case 8:
			if len(all) > 0 {
				a := all[rng.IntN(len(all))]
				a.cancel()
				<-a.done
			}
		default:
			clock.move(300 * time.Millisecond)
		}
		settle(t, q, limits)
		still := all[:0]
		for _, a := range all {
			if !a.through() {
				still = append(still, a)
			} else if a.err == nil {
				running = append(running, a)
			} else if e := (*Error)(nil); !errors.As(a.err, &e) && !errors.Is(a.err, context.Canceled) {
				t.Fatal(a.err)
			}
		}
		all = still
	}
	for _, a := range all {
		a.cancel()
	}
	for _, a := range append(all, running...) {
		<-a.done
		a.place.Leave()
	}
	if s := q.Stats(); s != (Stats{}) || clock.set() != 0 {
		t.Errorf("after everybody has left: %+v, %d timers", s, clock.set())
	}
}

// settle checks what must hold whenever the lock is free.
func settle(t *testing.T, q *Queue, l Limits) {
	t.Helper()
	q.mu.Lock()
	defer q.mu.Unlock()
	running, waiting := 0, 0
	for _, u := range q.users {
		running, waiting = running+u.running, waiting+len(u.line)
		if l.PerUser > 0 && u.running > l.PerUser {
			t.Fatalf("%d queries of %s run", u.running, u.name)
		}
	}
	if running != q.running || waiting != q.waiting || l.Queries > 0 && running > l.Queries || l.Memory > 0 && q.memory > l.Memory || l.Waiting > 0 && waiting > l.Waiting {
		t.Fatalf("%d run with %d bytes, %d wait: %+v", running, q.memory, waiting, l)
	}
	for _, u := range q.turns {
		switch q.inTheWay(u, u.line[0].memory) {
		case "":
			t.Fatalf("%s waits, and could run", u.name)
		case LimitPerUser:
			continue
		}
		break // whoever is behind waits for this one
	}
}

// TestNobodyIsOvertaken: while somebody is the first of its user in line and not held up by its own share, each other user gets one turn at most.
func TestNobodyIsOvertaken(t *testing.T) {
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 9))
		q := New(Limits{Queries: 1 + rng.IntN(3), PerUser: rng.IntN(3)}, nil)
		var places []*Place
		for i := range q.limits.Queries {
			p, err := q.Enter(context.Background(), fmt.Sprint("first", i), 0)
			if err != nil {
				t.Fatal(err)
			}
			places = append(places, p)
		}
		line := map[string][]*asked{}
		for range 60 {
			u := fmt.Sprint("user", rng.IntN(4))
			line[u] = append(line[u], ask(t, q, u, 0))
		}
		overtaken := map[string]map[string]int{} // who waits → by whom → turns
		for left := 60; left > 0; {
			if len(places) > 0 { // otherwise those let in have not come back yet
				i := rng.IntN(len(places))
				places[i].Leave()
				places = append(places[:i], places[i+1:]...)
			}
			let := ""
			eventually(t, "a place is free, and nobody is let in", func() bool {
				for u, l := range line {
					if len(l) > 0 && l[0].through() {
						let = u
						return true
					}
				}
				return q.Stats().Running < q.limits.Queries && q.heldUp()
			})
			if let == "" {
				continue // all who wait have what they may have
			}
			places = append(places, line[let][0].got(t))
			line[let] = line[let][1:]
			delete(overtaken, let)
			for u, l := range line {
				if len(l) == 0 || u == let || l[0].through() || q.full(u) {
					continue
				}
				if overtaken[u] == nil {
					overtaken[u] = map[string]int{}
				}
				if overtaken[u][let]++; overtaken[u][let] > 1 {
					t.Fatalf("seed %d: %s had %d turns while %s waited", seed, let, overtaken[u][let], u)
				}
			}
			left--
		}
		for _, p := range places {
			p.Leave()
		}
	}
}

// heldUp reports that all who wait have as many queries running as they may.
func (q *Queue) heldUp() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.noneBefore()
}

func (q *Queue) full(name string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	u := q.users[name]
	return u != nil && q.limits.PerUser > 0 && u.running >= q.limits.PerUser
}

// TestCrowd has many goroutines come, run and give up at any moment, on the system's clock: everybody gets through, and nothing is left.
func TestCrowd(t *testing.T) {
	const crowd, rounds = 64, 60
	limits := Limits{Queries: 5, PerUser: 3, Memory: 1000, Waiting: 50, Wait: time.Hour}
	q := New(limits, nil)
	var mu sync.Mutex
	running, memory, users := 0, int64(0), map[string]int{}
	count := func(user string, n int, bytes int64) {
		mu.Lock()
		defer mu.Unlock()
		running, memory, users[user] = running+n, memory+bytes, users[user]+n
		if running > limits.Queries || memory > limits.Memory || users[user] > limits.PerUser {
			t.Errorf("%d run with %d bytes, %d of %s", running, memory, users[user], user)
		}
	}
	var wg sync.WaitGroup
	for i := range crowd {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 10))
			user := fmt.Sprint("user", i%7)
			for range rounds {
				ctx, cancel := context.WithCancel(context.Background())
				if rng.IntN(3) == 0 {
					time.AfterFunc(time.Duration(rng.IntN(200))*time.Microsecond, cancel)
				}
				bytes := int64(1 + rng.IntN(1000))
				p, err := q.Enter(ctx, user, bytes)
				var e *Error
				switch {
				case err == nil:
					count(user, 1, bytes)
					time.Sleep(time.Duration(rng.IntN(50)) * time.Microsecond)
					count(user, -1, -bytes)
					p.Leave()
				case errors.As(err, &e) && e.Limit == LimitWaiting, errors.Is(err, context.Canceled):
				default:
					t.Error(err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if s := q.Stats(); s != (Stats{}) {
		t.Errorf("%+v", s)
	}
}
