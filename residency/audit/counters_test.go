package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func wantUsed(t *testing.T, l *Log, queries, rows int64) {
	t.Helper()
	if q, n := l.Used("eu-out"); q != queries || n != rows {
		t.Errorf("%d queries, %d rows; want %d, %d", q, n, queries, rows)
	}
}

func TestUsedIsRestored(t *testing.T) {
	o := options(t.TempDir())
	l := mustOpen(t, o)
	for i := range 3 {
		e := asked(fmt.Sprint("q", i))
		e[2].FromSite = "eu-1"
		if err := l.RecordAsync([]string{us}, e...).Wait(context.Background()); err != nil { // the copy in us counts nothing
			t.Fatal(err)
		}
	}
	denied := asked("q9")[:2]
	denied[1].Decision = DecisionDeny
	mustAppend(t, l, eu, denied...)
	wantUsed(t, l, 3, 9)
	mustClose(t, l)
	l = mustOpen(t, o)
	wantUsed(t, l, 3, 9)
	mustAppend(t, l, eu, asked("q3")...)
	wantUsed(t, l, 4, 12)
	mustClose(t, l)
	o.Now = clock(noon.Add(12 * time.Hour)) // the next day of UTC
	l = mustOpen(t, o)
	wantUsed(t, l, 0, 0)
	mustAppend(t, l, eu, asked("q4")...)
	wantUsed(t, l, 1, 3)
	mustClose(t, l)
	wantUsed(t, mustOpen(t, o), 1, 3)
}

// TestUsedWhenTheClockJumps holds that a clock which is set wrong and right again gives nobody a second share of a day, forwards or backwards.
func TestUsedWhenTheClockJumps(t *testing.T) {
	o := options(t.TempDir())
	now := noon
	o.Now = func() time.Time { return now }
	l := mustOpen(t, o)
	c := l.Counters()
	mustAppend(t, l, eu, asked("q0")...)
	if err := c.Reserve("eu-out", "open", 10); err != nil {
		t.Fatal(err)
	}
	wantUsed(t, l, 2, 3)
	for i, jump := range []time.Duration{30 * time.Hour, -50 * time.Hour, 3000 * time.Hour, -100000 * time.Hour} {
		now = noon.Add(jump)
		mustAppend(t, l, eu, asked(fmt.Sprint("away", i))...)
		wantUsed(t, l, 1, 3)
		now = noon.Add(time.Duration(i) * time.Minute)
		wantUsed(t, l, 2, 3)
	}
	c.Release("open")
	wantUsed(t, l, 1, 3)
	for i := range 100 { // days that are over are not kept
		now = noon.Add(time.Duration(i) * 24 * time.Hour)
		c.Used("eu-out")
	}
	if len(c.left) > keepDays {
		t.Errorf("%d days are kept", len(c.left))
	}
	now = noon
	mustClose(t, l)
}

func TestUsedIsRestoredOverFiles(t *testing.T) {
	o := options(t.TempDir())
	o.MaxFileBytes = 1500
	l := mustOpen(t, o)
	for i := range 12 {
		mustAppend(t, l, eu, asked(fmt.Sprint("q", i))...)
	}
	mustClose(t, l)
	wantUsed(t, mustOpen(t, o), 12, 36)
}

func TestReservationsCountOnce(t *testing.T) {
	l := mustOpen(t, options(t.TempDir()))
	c := l.Counters()
	for range 3 {
		if err := c.Reserve("eu-out", "q", 1); err != nil {
			t.Fatal(err)
		}
	}
	var limit *LimitError
	if err := c.Reserve("eu-out", "p", 1); !errors.As(err, &limit) || limit.What != "queries" || limit.Used != 1 {
		t.Error(err)
	}
	if err := c.Reserve("eu-out", "p", 0); err != nil {
		t.Error(err)
	}
	c.Release("p")
	wantUsed(t, l, 1, 0)
	for _, n := range []int64{2, 3} {
		if err := c.AddRows("eu-out", "q", n, 5); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.AddRows("eu-out", "q", 1, 5); !errors.As(err, &limit) || limit.What != "rows" || limit.Used != 5 {
		t.Error(err)
	}
	if err := c.AddRows("eu-out", "q", 1<<62, 1<<62); err == nil {
		t.Error("a sum beyond the limit was taken")
	}
	if err := c.AddRows("eu-out", "q", -1, 0); err == nil {
		t.Error("rows were given back")
	}
	e := asked("q")
	e[2].Rows = 5
	mustAppend(t, l, eu, e[:3]...)
	wantUsed(t, l, 1, 5)
	c.Release("q") // decided
	wantUsed(t, l, 1, 5)
	mustAppend(t, l, eu, shipped("q", 4)) // more than was added before
	wantUsed(t, l, 1, 9)
}

// TestTheLastQueryIsTakenOnce lets many ask for what few may have.
func TestTheLastQueryIsTakenOnce(t *testing.T) {
	o := options(t.TempDir())
	o.Now = func() time.Time { return noon }
	l := mustOpen(t, o)
	var all sync.WaitGroup
	var queries, rows atomic.Int64
	for i := range 50 {
		all.Go(func() {
			query := fmt.Sprint("q", i)
			if l.Counters().Reserve("r", query, 7) == nil {
				queries.Add(1)
			}
			if l.Counters().AddRows("r2", query, 3, 20) == nil {
				rows.Add(3)
			}
		})
	}
	all.Wait()
	if queries.Load() != 7 || rows.Load() != 18 {
		t.Error(queries.Load(), rows.Load())
	}
}

func TestCountersBeginAnewEachDay(t *testing.T) {
	now := noon
	o := options(t.TempDir())
	o.Now = func() time.Time { return now }
	l := mustOpen(t, o)
	if err := l.Counters().Reserve("eu-out", "q", 1); err != nil {
		t.Fatal(err)
	}
	now = noon.Add(24 * time.Hour)
	wantUsed(t, l, 0, 0)
	l.Counters().Release("q")
	wantUsed(t, l, 0, 0)
	if err := l.Counters().Reserve("eu-out", "p", 1); err != nil {
		t.Error(err)
	}
}

// TestTheOrderOfLogsDoesNotCount: the source's log may get a query's last entries after the home region's.
func TestTheOrderOfLogsDoesNotCount(t *testing.T) {
	l := mustOpen(t, options(t.TempDir()))
	for i := range 3 {
		query := fmt.Sprint("q", i)
		e := asked(query)
		e[2].FromRegion = us
		if err := l.Counters().AddRows("eu-out", query, 3, 100); err != nil {
			t.Fatal(err)
		}
		mustAppend(t, l, eu, e...)
		mustAppend(t, l, us, e...)
	}
	wantUsed(t, l, 3, 9)
}

func TestEndedQueriesAreForgotten(t *testing.T) {
	o := options(t.TempDir())
	o.Now = func() time.Time { return noon }
	c := newCounters(o.Now, eu)
	for i := range 5 * keepEnded {
		query := fmt.Sprint("q", i)
		c.count(&Event{Type: TypeDecision, Region: eu, Query: query, Decision: DecisionAllow, Rules: []string{"r"}})
		c.count(&Event{Type: TypeComplete, Region: eu, Query: query})
		c.count(&Event{Type: TypeComplete, Region: us, Query: query})
	}
	if q, _ := c.Used("r"); q != 5*keepEnded || len(c.open) > 2*keepEnded || len(c.ended) > 2*keepEnded {
		t.Error(q, len(c.open), len(c.ended))
	}
}
