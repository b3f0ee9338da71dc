package load

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

func near(a, b time.Duration) bool { return (a - b).Abs() <= b/500 }

// TestOpen lets requests arrive every 10 ms at a system that has room for them.
func TestOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := Open{Rate: 100, Constant: true, Warmup: time.Second, Duration: 2 * time.Second}.Run(t.Context(), sleeping(300*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		if r.Arrived != 200 || r.Done != 200 || r.Waited != 0 || r.Line != 0 || r.Wanted != 100 || r.Most != 64 || r.Unanswered != 0 || !r.Kept(0.99) {
			t.Errorf("%+v", r)
		}
		if r.Achieved() < 99 || r.Achieved() > 101 { // what is under way at the end was so at the beginning, too
			t.Errorf("%g answers a second", r.Achieved())
		}
		if !near(r.Latency.Percentile(50), 300*time.Millisecond) || !near(r.Service.Max(), 300*time.Millisecond) {
			t.Error(r.Latency, r.Service)
		}
	})
}

// TestCountBeforeDuration: a loop that is over before its duration is not held to all of it.
func TestCountBeforeDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := Open{Rate: 100, Constant: true, Duration: time.Minute, Count: 200}.Run(t.Context(), sleeping(10*time.Millisecond))
		if err != nil || r.Done != 200 || r.Achieved() < 99 || r.Achieved() > 101 || !r.Kept(0.99) {
			t.Errorf("%g a second, %+v, %v", r.Achieved(), r, err)
		}
	})
}

// TestCoordinatedOmission stands still for a second, once. Ten requests are to begin each second: those that the standstill kept from beginning had to wait, though
// none of them was slow itself.
func TestCoordinatedOmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		work := func(ctx context.Context, w int) error {
			if n++; n == 21 {
				return sleeping(time.Second)(ctx, w)
			}
			return nil
		}
		r, err := Open{Rate: 10, Constant: true, Outstanding: 1, Duration: 4 * time.Second}.Run(t.Context(), work)
		if err != nil || r.Done != 40 || r.Waited < 9 || r.Waited > 10 || r.Line < 9 || r.Line > 10 { // the tenth arrives in the moment in which the standstill ends
			t.Fatalf("%+v, %v", r, err)
		}
		// 0.9, 0.8, … 0.1 s for those that waited, a second for the one that was slow, nothing for the other thirty.
		if got := Above(r.Latency, 50*time.Millisecond); got != 10./40 {
			t.Errorf("%g of the requests were slow to users", got)
		}
		if got := Above(r.Service, 50*time.Millisecond); got != 1./40 {
			t.Errorf("%g of the requests were slow themselves", got)
		}
		if !near(r.Latency.Percentile(95), 800*time.Millisecond) || r.Service.Percentile(95) != 0 {
			t.Error(r.Latency, r.Service)
		}
	})
}

// TestOverload asks for twice as much as the system can do: the line grows until the end, nothing is dropped, and the rate that was achieved is the system's.
func TestOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := Open{Rate: 200, Constant: true, Outstanding: 10, Duration: 10 * time.Second}.Run(t.Context(), sleeping(100*time.Millisecond))
		if err != nil || r.Arrived != 2000 || r.Done != 2000 || r.Unanswered != 0 || r.Kept(0.9) {
			t.Fatalf("%+v, %v", r, err)
		}
		if r.Achieved() < 98 || r.Achieved() > 101 || r.Line < 990 || r.Line > 1001 || r.Waited < 1900 || r.Elapsed < 19900*time.Millisecond {
			t.Errorf("%g a second, %+v", r.Achieved(), r)
		}
		if p := r.Latency.Percentile(50); p < 4900*time.Millisecond || p > 5200*time.Millisecond || !near(r.Service.Max(), 100*time.Millisecond) {
			t.Error(r.Latency, r.Service)
		}
	})
}

// TestDrain gives up what has not ended so long after the last arrival, and counts how long it has taken until then.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		o := Open{Rate: 10, Constant: true, Outstanding: 2, Count: 5, Drain: time.Second}
		r, err := o.Run(t.Context(), sleeping(time.Minute))
		if err != nil || r.Arrived != 5 || r.Done != 0 || r.Failed != 0 || r.Unanswered != 5 || r.Waited != 3 || r.Line != 3 || r.Kept(0) {
			t.Fatalf("%+v, %v", r, err)
		}
		if took := time.Since(begin); took != 1400*time.Millisecond {
			t.Errorf("it took %s", took)
		}
		if r.Latency.Count() != 5 || !near(r.Latency.Max(), 1400*time.Millisecond) || !near(r.Latency.Percentile(1), time.Second) || r.Service.Count() != 2 {
			t.Error(r.Latency, r.Service)
		}
	})
}

func TestOpenStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(1050*time.Millisecond, cancel)
		begin := time.Now()
		r, err := Open{Rate: 10, Constant: true, Outstanding: 1, Duration: time.Hour}.Run(ctx, sleeping(200*time.Millisecond))
		if !errors.Is(err, context.Canceled) || r.Done != 5 || r.Failed != 0 || r.Unanswered != 0 || time.Since(begin) != 1050*time.Millisecond {
			t.Errorf("%+v, %v, after %s", r, err, time.Since(begin))
		}
	})
}

func TestOpenErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := Open{Rate: 10, Count: 7}.Run(t.Context(), func(context.Context, int) error { return coded("53300") })
		if err != nil || r.Failed != 7 || r.Done != 0 || len(r.Errors) != 1 || r.Errors[0].Class != "53300" || r.Latency.Count() != 0 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestSchedule says that arrivals follow from the seed, that their distances are those of a Poisson process (mean and standard deviation are both 1/rate,
// and a share 1/e is longer than the mean), and where they end.
func TestSchedule(t *testing.T) {
	times := func(o Open) (at []time.Duration) {
		for d := range o.schedule() {
			at = append(at, d)
		}
		return at
	}
	o := Open{Rate: 50, Seed: 3, Count: 100_000}
	at := times(o)
	if len(at) != 100_000 {
		t.Fatalf("%d arrivals", len(at))
	}
	sum, squares, long := 0.0, 0.0, 0.0
	for i := 1; i < len(at); i++ {
		gap := (at[i] - at[i-1]).Seconds() * o.Rate
		sum, squares = sum+gap, squares+gap*gap
		if gap > 1 {
			long++
		}
	}
	n := float64(len(at) - 1)
	mean := sum / n
	if dev := math.Sqrt(squares/n - mean*mean); math.Abs(mean-1) > 0.02 || math.Abs(dev-1) > 0.02 || math.Abs(long/n-1/math.E) > 0.01 {
		t.Errorf("mean %g, standard deviation %g, share above the mean %g", mean, dev, long/n)
	}
	if again := times(o); again[99_999] != at[99_999] {
		t.Error("the same seed makes other arrivals")
	}
	o.Seed++
	if other := times(o); other[99_999] == at[99_999] {
		t.Error("another seed makes the same arrivals")
	}
	o = Open{Rate: 4, Constant: true, Warmup: time.Second, Duration: time.Second}
	if at := times(o); len(at) != 8 || at[0] != 0 || at[7] != 1750*time.Millisecond {
		t.Error(at)
	}
	o.Duration, o.Count = 0, 3
	if at := times(o); len(at) != 7 || at[6] != 1500*time.Millisecond {
		t.Error(at)
	}
}
