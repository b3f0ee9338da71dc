package tpch

import (
	"syscall"
	"time"
)

// processorTime returns what this process and all servers have used so far. Only one peer is asked at a time, so that the difference
// between two calls is what that one used, wherever it runs.
func (s *servers) processorTime() (time.Duration, error) {
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return 0, err
	}
	sum := time.Duration(own.Utime.Nano() + own.Stime.Nano())
	for _, c := range s.all() {
		used, err := c.ProcessorTime()
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}
