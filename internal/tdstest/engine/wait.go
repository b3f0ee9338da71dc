package engine

import (
	"strconv"
	"strings"
	"time"
)

// wait is WAITFOR DELAY, which the statement's context can end.
func (r *run) wait(text string) error {
	delay, ok := parseDelay(text)
	if !ok {
		return newError(148, "Incorrect time syntax in time string '%s' used with WAITFOR.", text)
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

// parseDelay reads hh:mm[:ss[.mmm]], less than 24 hours.
func parseDelay(text string) (time.Duration, bool) {
	parts := strings.Split(strings.TrimSpace(text), ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	hours, err := strconv.Atoi(parts[0])
	minutes, bad := strconv.Atoi(parts[1])
	if err != nil || bad != nil || hours < 0 || hours > 23 || minutes < 0 || minutes > 59 {
		return 0, false
	}
	delay := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if len(parts) == 3 {
		seconds, err := strconv.ParseFloat(parts[2], 64)
		if err != nil || !(seconds >= 0 && seconds < 60) {
			return 0, false
		}
		delay += time.Duration(seconds * float64(time.Second))
	}
	return delay, true
}
