package pgtest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ProcessorTime returns the processor time that the server and all its sessions and workers have used since it started. It is zero on
// systems without Linux's /proc.
func (c *Cluster) ProcessorTime() (time.Duration, error) {
	own, err := ticksOf(c.pid)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	total := own.self + own.ended // sessions that have ended are counted by the server, which waited for them
	lists, err := filepath.Glob("/proc/" + strconv.Itoa(c.pid) + "/task/*/children")
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
			if t, err := ticksOf(pid); err == nil { // else it has ended since
				total += t.self
			}
		}
	}
	const tick = time.Second / 100 // USER_HZ, the same on every Linux platform of Go's
	return time.Duration(total) * tick, nil
}

// ticks are the processor times of a process and of the children it has waited for, in clock ticks.
type ticks struct{ self, ended int64 }

func ticksOf(pid int) (ticks, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ticks{}, err
	}
	// The second field is the program's name in parentheses, in which there may be anything; the third is the first after it.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var v [4]int64 // utime, stime, cutime, cstime: fields 14 to 17
	for i := range v {
		if len(fields) < 15 {
			return ticks{}, errors.New("pgtest: /proc/*/stat is not what Linux documents")
		}
		if v[i], err = strconv.ParseInt(fields[11+i], 10, 64); err != nil {
			return ticks{}, err
		}
	}
	return ticks{self: v[0] + v[1], ended: v[2] + v[3]}, nil
}
