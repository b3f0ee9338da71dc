package atoll

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/atoll-sql/atoll/heat"
)

// How long to wait for another process that writes to the file of heat.
const (
	heatLockWait  = 2 * time.Second
	heatCloseWait = 5 * time.Second
)

// upkeep writes to the file and looks for alerts, if that is due: in a goroutine of its own, so that no query waits for it.
func (m *heatMeter) upkeep(t *topology, now time.Time) {
	due := m.due.Load()
	if wait := due - now.UnixNano(); wait > 0 && wait <= int64(upkeepEvery) || // it is longer only where the clock was set back
		!m.due.CompareAndSwap(due, now.Add(upkeepEvery).UnixNano()) {
		return
	}
	t.pins.Add(1) // beside the caller's
	m.work.Go(func() {
		defer t.unpin()
		m.mu.Lock()
		m.flush(heatLockWait)
		sum, problems := m.sum(now)
		r := m.reportOf(t, sum.Report(now), problems)
		fresh := m.alarm(&r)
		m.mu.Unlock()
		for _, a := range fresh {
			if m.alert != nil {
				m.alert(a)
			}
		}
	})
}

// flush adds what was counted to the file. What cannot be written is kept for the next time. m.mu is held.
func (m *heatMeter) flush(wait time.Duration) {
	if m.file == nil || m.counts.Empty() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	now := m.clock()
	taken := m.counts.Take(now)
	m.problem = m.file.Add(ctx, taken, now)
	var corrupt *heat.CorruptError
	if m.problem != nil && !(errors.As(m.problem, &corrupt) && corrupt.Aside != "") {
		m.counts.Merge(taken)
		return
	}
	m.marks.Merge(taken.Marks())
}

// sum is what the file says, and what was counted since. m.mu is held.
func (m *heatMeter) sum(now time.Time) (*heat.Counters, []string) {
	if m.file == nil {
		return m.counts, nil
	}
	var problems []string
	sum, err := m.file.Read(now)
	if err != nil {
		problems = append(problems, err.Error())
	} else if m.problem != nil {
		problems = append(problems, m.problem.Error())
	}
	if _, err := os.Stat(m.file.Aside()); err == nil && m.problem == nil {
		problems = append(problems, fmt.Sprintf("a heat file that could not be read was moved to %s: look at it, then delete it", m.file.Aside()))
	}
	sum.Merge(m.counts.Clone())
	sum.Merge(m.marks)
	return sum, problems
}

// close writes what is left, and waits for what runs.
func (m *heatMeter) close() {
	m.work.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.flush(heatCloseWait)
}
