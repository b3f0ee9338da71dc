package atoll

import (
	"testing"

	"github.com/atoll-sql/atoll/connectors"
)

// TestAttemptsOfFailure holds that the report says how often a statement was begun at a shard that failed before its first row, and never that
// it was not begun.
func TestAttemptsOfFailure(t *testing.T) {
	s, f := lessSea(t, "")
	e := s.open(t, f.options()...)
	for _, c := range []struct {
		name  string
		what  lapse
		again bool // the statement is tried again
	}{
		{"for good", lapse{kind: "refuse"}, false},
		{"passing", lapse{kind: "refuse", class: connectors.ClassUnavailable}, true},
		{"in mid-stream", lapse{kind: "break"}, false},
		{"late", lapse{kind: "hang"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.set("br-1", c.what)
			_, complete, err := askLess(t.Context(), e, Partial{}, "SELECT id FROM people", nil)
			if err != nil {
				t.Fatal(err)
			}
			f.mu.Lock()
			want := f.asked["br-1"]
			f.mu.Unlock()
			for _, one := range complete.Shards {
				switch {
				case one.Shard != "br-1":
					if one.State != ShardAnswered || one.Attempts != 1 {
						t.Errorf("%+v", one)
					}
				case one.State != ShardFailed && one.State != ShardTimedOut, one.Attempts != want, (want > 1) != c.again:
					t.Errorf("%+v, asked %d times", one, want)
				}
			}
		})
	}
}
