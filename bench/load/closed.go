package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Closed is a loop of workers, each of which asks the next as soon as its last has ended. When the system is slow it is asked less: so a closed loop does
// not tell what users would see who do not wait for one another; [Open] does.
type Closed struct {
	Workers int // 0 means one
	// What is made in the warm-up is not counted: for so long, or so many requests of all workers together, whichever is over first.
	Warmup      time.Duration
	WarmupCount int64
	// No request begins after Duration, or when Count were made, both since the end of the warm-up. At least one of the two is given.
	Duration time.Duration
	Count    int64
	// Classify names the way in which a request failed; nil means by its SQLSTATE, "timeout" or "other".
	Classify func(error) string
}

func (c Closed) check() error {
	switch {
	case c.Workers < 0 || c.Workers > mostAtOnce:
		return fmt.Errorf("a closed loop needs at least one worker, and has at most %d", mostAtOnce)
	case c.Warmup < 0 || c.WarmupCount < 0 || c.Duration < 0 || c.Count < 0:
		return errors.New("a closed loop cannot be shorter than nothing")
	case c.Duration == 0 && c.Count == 0:
		return errors.New("a closed loop must know when it is over: give a duration or a number of requests")
	}
	return nil
}

// Run makes the requests and returns when all have ended. A context that ends stops it: then the error is the context's, and the result is what was seen
// so far, without the requests that it ended. A request that fails is counted, and does not stop anything.
func (c Closed) Run(ctx context.Context, work Work) (*Result, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Warmup > 0 || c.WarmupCount > 0 {
		c.phase(ctx, work, c.Warmup, c.WarmupCount)
	}
	begin := time.Now()
	r := sum(c.phase(ctx, work, c.Duration, c.Count), begin)
	r.Arrived = r.Done + r.Failed
	if r.Elapsed > 0 {
		r.rate = float64(r.Done) / r.Elapsed.Seconds()
	}
	return r, ctx.Err()
}

// phase lets all workers work for so long, or until so many requests were made; 0 is no bound.
func (c Closed) phase(ctx context.Context, work Work, length time.Duration, count int64) []*tally {
	end := time.Now().Add(length)
	tallies := make([]*tally, max(c.Workers, 1))
	var made atomic.Int64
	var wg sync.WaitGroup
	for worker := range tallies {
		t := newTally(c.Classify)
		tallies[worker] = t
		wg.Go(func() {
			for ctx.Err() == nil && (count == 0 || made.Add(1) <= count) {
				begin := time.Now()
				if length > 0 && !begin.Before(end) {
					return
				}
				err := work(ctx, worker)
				if err != nil && ctx.Err() != nil {
					return
				}
				t.add(begin, begin, time.Now(), err)
			}
		})
	}
	wg.Wait()
	return tallies
}
