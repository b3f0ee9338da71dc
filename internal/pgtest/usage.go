package pgtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ProcessorTime returns the processor time that the server and all its sessions and workers have used since it started. It is zero on
// systems without Linux's /proc.
func (c *Cluster) ProcessorTime() (time.Duration, error) { return ProcessorTimeOf(c.pid) }

// ProcessorTimeOf is what a process and all that it has started have used, in steps of 10 ms for each process: descendants that run, and those that
// have ended and were waited for. It is zero if there is no such process, and on systems without Linux's /proc.
func ProcessorTimeOf(pid int) (time.Duration, error) {
	const tick = time.Second / 100 // USER_HZ, the same on every Linux platform of Go's
	ticks, err := ticksOf(pid)
	return time.Duration(ticks) * tick, err
}

func ticksOf(pid int) (int64, error) {
	total, err := ownTicks(pid)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return 0, nil // it has ended, and is counted by the one that waited for it
	}
	if err != nil {
		return 0, err
	}
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return 0, err
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // a thread that has ended since
		}
		for _, child := range strings.Fields(string(text)) {
			pid, err := strconv.Atoi(child)
			if err != nil {
				return 0, err
			}
			below, err := ticksOf(pid)
			if err != nil {
				return 0, err
			}
			total += below
		}
	}
	return total, nil
}

// ownTicks are the processor times of a process and of the children it has waited for, in clock ticks.
func ownTicks(pid int) (sum int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the program's name in parentheses, in which there may be anything; the third is the first after it.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 15 {
		return 0, errors.New("pgtest: /proc/*/stat is not what Linux documents")
	}
	for _, field := range fields[11:15] { // utime, stime, cutime, cstime: fields 14 to 17
		v, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, nil
}
