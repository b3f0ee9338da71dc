package progress

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// screen collects writes and tells when the first one came.
type screen struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	once  sync.Once
	wrote chan struct{}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.once.Do(func() { close(s.wrote) })
	return s.buf.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

var halfway = func() Snapshot { return Snapshot{Shards: 3, Answered: 2, Rows: 1234567, Bytes: 4_100_000} }

func TestLineIsShownAndCleared(t *testing.T) {
	s := &screen{wrote: make(chan struct{})}
	l := start(s, halfway, time.Millisecond, time.Millisecond)
	<-s.wrote
	var results bytes.Buffer
	w := l.Before(&results)
	if _, err := w.Write([]byte("row")); err != nil {
		t.Fatal(err)
	}
	shown := s.String()
	if !strings.Contains(shown, "2/3 shards answered, 1,234,567 rows, 4.1 MB, 0.0 s") {
		t.Errorf("shown %q", shown)
	}
	if !strings.HasSuffix(shown, "\r\x1b[K") {
		t.Errorf("not cleared before the results: %q", shown)
	}
	l.Stop()
	l.Stop()
	if s.String() != shown {
		t.Error("written after Stop")
	}
}

func TestShortQueryShowsNothing(t *testing.T) {
	s := &screen{wrote: make(chan struct{})}
	start(s, halfway, time.Hour, time.Hour).Stop()
	if got := s.String(); got != "" {
		t.Errorf("shown %q", got)
	}
}

func TestNothingWithoutATerminal(t *testing.T) {
	t.Setenv("TERM", "xterm")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	l := Start(w, halfway)
	if l != nil {
		t.Error("a pipe was taken for a terminal")
	}
	l.Stop()
	var b bytes.Buffer
	if l.Before(&b) != &b {
		t.Error("results pass through something")
	}
	if Colors(w) {
		t.Error("colours on a pipe")
	}
}

func TestUnits(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 999_949: "999.9 kB", 999_950: "1.0 MB", 2_500_000_000: "2.5 GB", 1 << 62: "4.6 EB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := Count(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
