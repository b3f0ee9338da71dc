package load

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// sleeping is work that takes so long.
func sleeping(d time.Duration) Work {
	return func(ctx context.Context, _ int) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// The tests run in bubbles whose time stands still while anybody is busy: what they see is exact.

func TestClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made atomic.Int64
		work := func(ctx context.Context, worker int) error {
			if made.Add(1); worker > 2 {
				return fmt.Errorf("there is no worker %d", worker)
			}
			return sleeping(10*time.Millisecond)(ctx, worker)
		}
		r, err := Closed{Workers: 3, Warmup: 50 * time.Millisecond, Duration: time.Second}.Run(t.Context(), work)
		if err != nil {
			t.Fatal(err)
		}
		if made.Load() != 315 || r.Done != 300 || r.Arrived != 300 || r.Failed != 0 || r.Elapsed != time.Second || r.Achieved() != 300 || r.Wanted != 0 || r.Most != 3 {
			t.Errorf("%d made, %+v", made.Load(), r)
		}
		if r.Latency.Count() != 300 || r.Latency.Max() != r.Service.Max() || r.Latency.Percentile(50).Round(time.Millisecond) != 10*time.Millisecond {
			t.Error(r.Latency)
		}
	})
}

func TestClosedCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made atomic.Int64
		r, err := Closed{Workers: 4, WarmupCount: 5, Count: 10}.Run(t.Context(), func(ctx context.Context, w int) error {
			made.Add(1)
			return sleeping(time.Second)(ctx, w)
		})
		if err != nil || made.Load() != 15 || r.Done != 10 || r.Elapsed != 3*time.Second {
			t.Errorf("%d made, %+v, %v", made.Load(), r, err)
		}
	})
}

// coded is an error with a SQLSTATE.
type coded string

func (c coded) Error() string    { return "code " + string(c) }
func (c coded) SQLState() string { return string(c) }

func TestClosedErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errs := []error{nil, coded("57014"), context.DeadlineExceeded, errors.New("broken"), coded("57014"), fmt.Errorf("wrapped: %w", coded("57014"))}
		next := 0
		r, err := Closed{Count: 6}.Run(t.Context(), func(context.Context, int) error { next++; return errs[next-1] })
		if err != nil || r.Done != 1 || r.Failed != 5 || r.Arrived != 6 || r.Latency.Count() != 1 {
			t.Errorf("%+v, %v", r, err)
		}
		if got := fmt.Sprint(r.Errors); got != "[{57014 3 code 57014} {other 1 broken} {timeout 1 context deadline exceeded}]" {
			t.Error(got)
		}
		r, err = Closed{Workers: 2, Count: 6, Classify: func(error) string { return "all" }}.Run(t.Context(), func(context.Context, int) error { return errs[3] })
		if err != nil || len(r.Errors) != 1 || r.Errors[0].Class != "all" || r.Errors[0].Count != 6 {
			t.Errorf("%+v, %v", r.Errors, err)
		}
	})
}

// TestClosedStopped ends a loop from outside. Requests that this ended are not told as errors.
func TestClosedStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1050*time.Millisecond)
		defer cancel()
		begin := time.Now()
		r, err := Closed{Workers: 2, Duration: time.Hour}.Run(ctx, sleeping(100*time.Millisecond))
		if !errors.Is(err, context.DeadlineExceeded) || r.Done != 20 || r.Failed != 0 || time.Since(begin) != 1050*time.Millisecond {
			t.Errorf("%+v, %v, after %s", r, err, time.Since(begin))
		}
	})
}

func TestLoopsAreChecked(t *testing.T) {
	work := sleeping(0)
	for _, c := range []struct {
		run  func() (*Result, error)
		want string
	}{
		{func() (*Result, error) { return Closed{}.Run(t.Context(), work) }, "when it is over"},
		{func() (*Result, error) { return Closed{Workers: -1, Count: 1}.Run(t.Context(), work) }, "at least one worker"},
		{func() (*Result, error) { return Closed{Duration: -1}.Run(t.Context(), work) }, "shorter than nothing"},
		{func() (*Result, error) { return Open{Rate: 1}.Run(t.Context(), work) }, "when it is over"},
		{func() (*Result, error) { return Open{Count: 1}.Run(t.Context(), work) }, "not 0"},
		{func() (*Result, error) { return Open{Rate: 1e6, Count: 1}.Run(t.Context(), work) }, "not 1e+06"},
		{func() (*Result, error) { return Open{Rate: 1, Count: 1, Outstanding: -1}.Run(t.Context(), work) }, "at least one request"},
		{func() (*Result, error) { return Open{Rate: 1, Count: 1, Drain: -1}.Run(t.Context(), work) }, "shorter than nothing"},
	} {
		if r, err := c.run(); r != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, not %q", err, c.want)
		}
	}
}
