package load

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// Open is a loop in which requests arrive at a rate, whether or not those before have ended. Latencies count from when a request was to begin, not from
// when it could: else a system that stands still for a second would have one slow request, where users at 1,000 a second saw a thousand. Gil Tene calls
// that mistake coordinated omission (How NOT to Measure Latency, 2013; wrk2, https://github.com/giltene/wrk2, measures by the schedule as this does).
type Open struct {
	Rate float64 // requests per second
	// Requests arrive at random as those of many independent users do (a Poisson process, by Seed), or at equal distances.
	Constant bool
	Seed     uint64
	// Outstanding is how many requests may be under way at once; 0 means 64. Those that arrive beyond wait in line, and their wait counts.
	Outstanding int
	// Requests that are to begin within Warmup are made and not counted.
	Warmup time.Duration
	// No request arrives after Duration, or when Count have arrived, both since the end of the warm-up. At least one of the two is given.
	Duration time.Duration
	Count    int64
	// Drain is how long after the last arrival requests in line and under way may still end; 0 means as long as it takes.
	Drain time.Duration
	// Classify is as [Closed.Classify].
	Classify func(error) string
}

// MostRate is the highest rate that one goroutine can keep a schedule of, with room to spare.
const MostRate = 1e5

// mostAtOnce is how many requests may run at once: each has a goroutine, and recorders of half a megabyte.
const mostAtOnce = 10_000

func (o Open) check() error {
	switch {
	case !(o.Rate > 0 && o.Rate <= MostRate):
		return fmt.Errorf("an open loop needs a rate of more than 0 and at most %.0f requests per second, not %g", MostRate, o.Rate)
	case o.Outstanding < 0 || o.Outstanding > mostAtOnce:
		return fmt.Errorf("an open loop must let at least one request run, and at most %d at once", mostAtOnce)
	case o.Warmup < 0 || o.Duration < 0 || o.Count < 0 || o.Drain < 0:
		return errors.New("an open loop cannot be shorter than nothing")
	case o.Duration == 0 && o.Count == 0:
		return errors.New("an open loop must know when it is over: give a duration or a number of requests")
	}
	return nil
}

// schedule yields when requests arrive, from the beginning of the warm-up.
func (o Open) schedule() iter.Seq[time.Duration] {
	random := rand.New(rand.NewPCG(o.Seed, 0x61727269766573)) //nolint:gosec // arrivals are drawn by a seed
	return func(yield func(time.Duration) bool) {
		at, counted := 0.0, int64(0) // in mean distances; requests since the warm-up
		for {
			if !o.Constant {
				at += random.ExpFloat64() // between events of a Poisson process times are exponentially distributed
			}
			when := time.Duration(math.Round(at / o.Rate * float64(time.Second)))
			if when >= o.Warmup {
				counted++
			}
			if o.Duration > 0 && when >= o.Warmup+o.Duration || o.Count > 0 && counted > o.Count || !yield(when) {
				return
			}
			if o.Constant {
				at++
			}
		}
	}
}

// Run makes the requests and returns when all have ended or were given up. A context that ends stops it: then the error is the context's, and the result is what
// was seen so far, without the requests that it ended or left in line. A request that fails is counted, and does not stop anything.
func (o Open) Run(ctx context.Context, work Work) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	n := o.Outstanding
	if n == 0 {
		n = 64
	}
	start := time.Now()
	l := &openLoop{Open: o, ctx: ctx, work: work, begin: start.Add(o.Warmup), line: newLine(n)}
	defer context.AfterFunc(ctx, l.line.abandon)()
	var wg sync.WaitGroup
	for worker := range n {
		t := newTally(o.Classify)
		l.tallies = append(l.tallies, t)
		wg.Go(func() { l.serve(working, worker, t) })
	}
	last := l.arrive(start)
	l.line.close()
	if o.Drain > 0 {
		over := time.AfterFunc(time.Until(last.Add(o.Drain)), func() {
			l.line.abandon() // first, so that nobody takes one more
			stop()
		})
		defer over.Stop()
	}
	wg.Wait()
	return l.result(), ctx.Err()
}

// openLoop is an [Open] loop that runs.
type openLoop struct {
	Open
	ctx     context.Context // the caller's
	work    Work
	begin   time.Time // the end of the warm-up
	line    *line
	tallies []*tally
	arrived int64

	mu     sync.Mutex
	within int64 // answers since the warm-up until Duration was over
}

// arrive puts requests in line when their time has come, and returns the last one's.
func (l *openLoop) arrive(start time.Time) (last time.Time) {
	last = start
	timer := time.NewTimer(0)
	defer timer.Stop()
	for offset := range l.schedule() {
		at := start.Add(offset)
		if wait := time.Until(at); wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-l.ctx.Done():
			}
		}
		if l.ctx.Err() != nil {
			return last
		}
		counts := !at.Before(l.begin)
		if counts {
			l.arrived++
		}
		l.line.put(at, counts)
		last = at
	}
	return last
}

// serve makes requests until there are no more.
func (l *openLoop) serve(ctx context.Context, worker int, t *tally) {
	for {
		intended, ok := l.line.take()
		if !ok {
			return
		}
		began := time.Now()
		err := l.work(ctx, worker)
		ended := time.Now()
		l.line.done()
		if err == nil {
			l.answered(ended)
		}
		switch {
		case intended.Before(l.begin) || err != nil && l.ctx.Err() != nil:
		case err != nil && ctx.Err() != nil:
			t.giveUp(intended, began, ended)
		default:
			t.add(intended, began, ended, err)
		}
	}
}

// answered counts answers within the duration.
func (l *openLoop) answered(at time.Time) {
	if !at.Before(l.begin) && at.Before(l.begin.Add(l.Duration)) {
		l.mu.Lock()
		l.within++
		l.mu.Unlock()
	}
}

// result sums up, once all workers have ended.
func (l *openLoop) result() *Result {
	if l.ctx.Err() == nil {
		now := time.Now()
		for _, intended := range l.line.waiting { // given up before they began
			if t := l.tallies[0]; !intended.Before(l.begin) {
				t.unanswered++
				record(&t.latency, now.Sub(intended))
			}
		}
	}
	r := sum(l.tallies, l.begin)
	r.Arrived, r.Wanted, r.Waited, r.Line = l.arrived, l.Rate, l.line.late, l.line.longest
	switch {
	case l.Duration > 0 && (l.Count == 0 || l.arrived < l.Count) && l.ctx.Err() == nil: // requests came all the time
		r.rate = float64(l.within) / l.Duration.Seconds()
	case r.Elapsed > 0:
		r.rate = float64(r.Done) / r.Elapsed.Seconds()
	}
	return r
}
