package atoll

import (
	"sync/atomic"
	"testing"
	"time"
)

// TestClockJumps holds that a clock which is set back or forth by hours leaves nothing waiting for it to come round again: counts of statements go on being looked
// after, lookups that failed are tried again, and queries are answered.
func TestClockJumps(t *testing.T) {
	s := calmSea(t)
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Round(0).Add(time.Duration(ahead.Load())) }
	e := s.open(t, WithClock(now), func(o *options) { o.heatClock = now })
	for _, jump := range []time.Duration{0, -7 * time.Hour, 7 * time.Hour, -1000 * time.Hour, 0} {
		ahead.Store(int64(jump))
		answers(t, e, "SELECT count(*), sum(id) FROM people", "5 136")
		answers(t, e, "SELECT id FROM people ORDER BY id LIMIT 1", "11")
		e.heat.work.Wait()
		if due := time.Unix(0, e.heat.due.Load()); due.Sub(now()) > upkeepEvery {
			t.Errorf("after a jump of %s the counts are looked after in %s", jump, due.Sub(now()))
		}
	}
	start := time.Now()
	f := failure{why: "down", until: start.Add(afterFailure)}
	for at, want := range map[time.Duration]bool{0: true, afterFailure: false, -time.Hour: false, time.Hour: false} {
		if f.holds(start.Add(at)) != want {
			t.Errorf("%s later a failure holds: %v", at, !want)
		}
	}
}
