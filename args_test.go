package atoll

import (
	"testing"
	"time"
)

// TestTimeArgs: moments of every year have a form that PostgreSQL reads.
func TestTimeArgs(t *testing.T) {
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2024, 2, 29, 13, 0, 0, 500_000_000, time.FixedZone("", 3600)), "2024-02-29 12:00:00.5+00"},
		{time.Date(-43, 3, 15, 0, 0, 0, 0, time.UTC), "0044-03-15 00:00:00+00 BC"},
		{time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), "0001-01-01 00:00:00+00 BC"},
	} {
		if got, _, err := textArg(c.at); err != nil || got != c.want {
			t.Errorf("%s becomes %q, %v; want %q", c.at, got, err, c.want)
		}
	}
}
