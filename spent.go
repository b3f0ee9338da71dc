package atoll

import (
	"time"

	"github.com/atoll-sql/atoll/executor"
)

// spent divides the time of a result between the engine and who reads it. The reader's goroutine drives it.
type spent struct {
	heard *executor.Heard // by the shards
	last  time.Time       // when they were last heard, as merging takes it
	asked time.Time       // when the caller last asked for a batch, while the engine is at it; else zero
	given time.Time       // when the engine last had nothing more to do

	first, merging, output time.Duration
	ended                  bool
}

// ask says that the caller wants the next batch.
func (s *spent) ask() {
	if s.ended {
		return
	}
	s.asked = time.Now()
	s.output += s.asked.Sub(s.given)
}

// give says that the caller has got a batch of a query that began at start.
func (s *spent) give(start time.Time) {
	now := time.Now()
	s.work(now)
	s.given, s.asked = now, time.Time{}
	if s.first == 0 {
		s.first = now.Sub(start)
	}
}

// work counts the engine's time since it was asked as merging, from when the shards were last heard; what was counted before they were is taken back.
func (s *spent) work(now time.Time) {
	from := s.asked
	if last := s.heard.Last(); last.After(s.last) {
		s.last, s.merging = last, 0
		if last.After(from) {
			from = last
		}
	}
	s.merging += max(now.Sub(from), 0)
}

// end says that nothing more is given.
func (s *spent) end(now time.Time) {
	s.ended = true
	if s.asked.IsZero() {
		s.output += now.Sub(s.given)
		return
	}
	s.work(now)
}
