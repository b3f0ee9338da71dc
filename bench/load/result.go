package load

import (
	"context"
	"time"
)

// Work is one request. Worker counts from 0 and never makes two requests at once, so that it may have a connection of its own. The context ends when
// the loop's does.
type Work func(ctx context.Context, worker int) error

// Result is what a loop saw of the requests that count: those of the warm-up are in none of its figures.
type Result struct {
	// Latency is what users see: from when the request was to begin, by the schedule of an open loop. In a closed loop it is Service.
	Latency *Recorder
	// Service is from when the request really began. Requests that failed are in neither.
	Service *Recorder

	Arrived int64         // requests that were to be made
	Done    int64         // those that were answered
	Failed  int64         // those that ended with an error; Errors says which
	Elapsed time.Duration // from the end of the warm-up until the last request ended
	Errors  []ErrorCount  // the most frequent first

	// Wanted is the rate at which requests were to arrive, per second; 0 in a closed loop, which has none.
	Wanted float64
	// Most is how many requests were let run at once: the workers of a closed loop, [Open.Outstanding] of an open one.
	Most int
	// Waited is how many requests of an open loop found as many under way as may be, and waited in line, and Line the longest that it was. The wait is
	// part of Latency: more than a few say that the system does not keep up with the rate, or that Most is too few for it.
	Waited int64
	Line   int
	// Unanswered is how many requests of an open loop were given up when [Open.Drain] was over, in line or under way. Latency (and Service of those
	// under way) has them with the time that they had had by then, so that they are not lost; but then percentiles are lower bounds.
	Unanswered int64

	rate float64
}

// Achieved is how many requests were answered per second: of a closed loop over all of Elapsed; of an open loop whose requests came until its
// duration was over within that, those from the warm-up among them, else until the last has ended. A warm-up that is longer than a request makes up for what is under way when the duration is over; without one
// that is missing.
func (r *Result) Achieved() float64 { return r.rate }

// Kept reports that an open loop's system kept up: at least this share of the rate was answered, and no request was given up.
func (r *Result) Kept(share float64) bool {
	return r.Unanswered == 0 && r.Achieved() >= share*r.Wanted
}

// ErrorCount is how often requests failed in one way.
type ErrorCount struct {
	Class string
	Count int64
	First error // that one worker saw
}
