package failover

import (
	"testing"
	"time"
)

// TestBackoff holds that waits double, that half of each is random, and that there is an end.
func TestBackoff(t *testing.T) {
	waking := paceWaking
	waking.total = time.Minute
	for name, p := range map[string]pace{"failure": paceFailure, "waking": waking, "conflict": paceConflict} {
		for range 50 {
			var b backoff
			now := time.Unix(1000, 0)
			began, n := now, 0
			for ; ; n++ {
				d, ok := b.next(p, now)
				most := p.longest
				if n < 16 {
					most = min(p.first<<n, p.longest)
				}
				if d < most/2 || d > most {
					t.Fatalf("%s: wait %d is %v of %v", name, n, d, most)
				}
				if !ok {
					break
				}
				now = now.Add(d)
			}
			if took := now.Sub(began); took > p.total || took < p.total-p.longest || n < 4 {
				t.Fatalf("%s: %d waits of %v, %v in all", name, n, took, p.total)
			}
		}
	}
}

// TestBackoffOfTwoKinds: a server that is refused and then says that it starts is waited for, but it has not more than its minute by going to and fro.
func TestBackoffOfTwoKinds(t *testing.T) {
	waking := paceWaking
	waking.total = time.Minute
	var b backoff
	now := time.Unix(1000, 0)
	for n := range 100 {
		p := []pace{paceFailure, waking}[n%2]
		d, ok := b.next(p, now)
		if !ok {
			if took := now.Sub(time.Unix(1000, 0)); took < 5*time.Second || took > 62*time.Second {
				t.Errorf("it is over after %v", took)
			}
			return
		}
		now = now.Add(d + time.Second)
	}
	t.Error("there is no end")
}
