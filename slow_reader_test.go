package atoll

import (
	"testing"
	"time"
)

// TestSlowReaderOfOneShard holds that a shard which has sent all of its rows is done with them while who asked still looks at the first: neither its time nor
// its connection is spent on the caller's.
func TestSlowReaderOfOneShard(t *testing.T) {
	e := calmSea(t).open(t)
	for _, sql := range []string{"SELECT id FROM people WHERE coop = 1", "SELECT id FROM people WHERE coop = 4", "SELECT id FROM people WHERE coop = 3 ORDER BY id LIMIT 9"} {
		r, err := e.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Next() {
			t.Fatal(r.Err())
		}
		awaits(t, sql+": the shard is not done", func() bool { return r.Progress().Answered == 1 })
		before := r.Stats().Statements[0]
		time.Sleep(20 * time.Millisecond)
		if r.Next() || r.Err() != nil {
			t.Errorf("%s: %v", sql, r.Err())
		}
		if after := r.Stats().Statements[0]; after != before {
			t.Errorf("%s: %+v, and then %+v", sql, before, after)
		}
		r.Release()
	}
}
