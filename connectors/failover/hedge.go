package failover

import "time"

// hedgeAfter says when a second server is asked beside one; false where nobody will be.
func (st *statement) hedgeAfter(srv *server) (time.Duration, bool) {
	if st.only != nil || len(st.shard.servers) == 1 {
		return 0, false
	}
	delay, ok := srv.latency.delay()
	if !ok || st.next(srv) == nil {
		return 0, false
	}
	return delay, true
}

// second starts a hedge on the best other server; nil if there is none, or the shard has hedged enough.
func (st *statement) second(r *contest, first *server) *try {
	s := st.shard
	st.now = s.clock.Now()
	srv := st.next(first)
	if srv == nil || !s.hedges.take(s.statements.Load(), st.now) {
		return nil
	}
	st.hedged = true
	srv.hedges.Add(1)
	return r.start(srv)
}

// observe notes how long a try took that succeeded, and how long one had been waited for that it beat.
func (st *statement) observe(won, beaten *try) {
	now := st.shard.clock.Now()
	won.srv.latency.observe(now.Sub(won.began), len(st.shard.servers) > 1)
	if beaten != nil {
		beaten.srv.latency.observe(now.Sub(beaten.began), true)
	}
}
