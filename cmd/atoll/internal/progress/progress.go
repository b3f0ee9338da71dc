// Package progress shows how far a running query is, on one line of a terminal.
package progress

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/term"
)

// Snapshot is the state of a query at one moment.
type Snapshot struct {
	Shards   int // shards asked
	Answered int // shards that have sent all they have
	Rows     int64
	Bytes    int64
}

// Source reports the current state. It is called from another goroutine than the query's.
type Source func() Snapshot

// A short query is over before the line would be readable.
const (
	firstAfter = 300 * time.Millisecond
	interval   = 100 * time.Millisecond
)

// Line is one line of a terminal that is rewritten while a query runs. All methods are safe for concurrent use and
// do nothing on a nil *Line.
type Line struct {
	w     io.Writer
	stop  chan struct{}
	done  chan struct{}
	close sync.Once
}

// Start shows the state of source on f until Stop, ten times a second. It returns nil, which shows nothing, when f is
// not a terminal or the terminal cannot rewrite a line (TERM is unset or "dumb").
func Start(f *os.File, source Source) *Line {
	if !IsTerminal(f) {
		return nil
	}
	return start(f, source, firstAfter, interval)
}

// IsTerminal reports whether f is a terminal that understands escape sequences.
func IsTerminal(f *os.File) bool {
	t := os.Getenv("TERM")
	return t != "" && t != "dumb" && term.IsTerminal(int(f.Fd()))
}

// Colors reports whether output to f may be coloured: f is a terminal and the environment does not set NO_COLOR.
func Colors(f *os.File) bool { return os.Getenv("NO_COLOR") == "" && IsTerminal(f) }

func start(w io.Writer, source Source, first, every time.Duration) *Line {
	l := &Line{w: w, stop: make(chan struct{}), done: make(chan struct{})}
	go l.run(source, first, every)
	return l
}

func (l *Line) run(source Source, first, every time.Duration) {
	defer close(l.done)
	begin := time.Now()
	next := time.NewTimer(first)
	defer next.Stop()
	for shown := false; ; shown = true {
		select {
		case <-l.stop:
			if shown {
				_, _ = io.WriteString(l.w, "\r\x1b[K") // a terminal that is gone needs no cleaning
			}
			return
		case <-next.C:
			// One write per line, and a failed one is not worth a message: the query goes on.
			_, _ = io.WriteString(l.w, "\r\x1b[K"+source().text(time.Since(begin)))
			next.Reset(every)
		}
	}
}

// Stop clears the line and returns when nothing more will be written. It may be called more than once.
func (l *Line) Stop() {
	if l == nil {
		return
	}
	l.close.Do(func() { close(l.stop) })
	<-l.done
}

func (s Snapshot) text(elapsed time.Duration) string {
	return fmt.Sprintf("%d/%d shards answered, %s rows, %s, %.1f s",
		s.Answered, s.Shards, Count(s.Rows), Bytes(s.Bytes), elapsed.Seconds())
}

// Before returns a writer that stops the line before the first byte goes to w, for results that share its terminal.
func (l *Line) Before(w io.Writer) io.Writer {
	if l == nil {
		return w
	}
	return &gate{w: w, line: l}
}

type gate struct {
	w    io.Writer
	line *Line
}

func (g *gate) Write(p []byte) (int, error) {
	g.line.Stop()
	return g.w.Write(p)
}

// Count writes n with a comma between groups of three digits.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	first := 1
	if n < 0 {
		first = 2
	}
	for i := len(s) - 3; i >= first; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Bytes writes a size in the largest decimal unit that leaves at least 1.
func Bytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, units := float64(n), []string{"kB", "MB", "GB", "TB", "PB", "EB"}
	unit := ""
	for _, unit = range units {
		v /= 1000
		if v < 999.95 {
			break
		}
	}
	return fmt.Sprintf("%.1f %s", v, unit)
}
