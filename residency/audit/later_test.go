package audit

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// counting counts what is asked of the log's files.
type counting struct {
	writes, syncs atomic.Int64
	failing       atomic.Bool // syncs fail from now on
}

func (c *counting) create(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return &countedFile{f, c}, err
}

type countedFile struct {
	file
	of *counting
}

func (f *countedFile) Write(b []byte) (int, error) {
	f.of.writes.Add(1)
	return f.file.Write(b)
}

func (f *countedFile) Sync() error {
	f.of.syncs.Add(1)
	if f.of.failing.Load() {
		return syscall.EIO
	}
	return f.file.Sync()
}

// begunLog is a log after its first entry, whose checkpoint is synced by itself.
func begunLog(t *testing.T, sync Sync) (*Log, *counting) {
	t.Helper()
	calls := &counting{}
	o := options(t.TempDir())
	o.Sync, o.create, o.Now = sync, calls.create, time.Now
	l := mustOpen(t, o)
	mustAppend(t, l, eu, asked("q0")...)
	calls.syncs.Store(0)
	return l, calls
}

// TestOneSyncForWhatIsAwaited: a query's INTENT and DECISION, and what crossed of the query before, get to the disk at once.
func TestOneSyncForWhatIsAwaited(t *testing.T) {
	for policy, want := range map[Sync]int64{SyncGroup: 1, SyncEach: 3, SyncNone: 0} {
		l, calls := begunLog(t, policy)
		e := asked("q1")
		before := l.AppendAsync(eu, asked("q0")[2:]...)
		intent := l.AppendAsync(eu, e[0])
		if err := intent.And(l.AppendAsync(eu, e[1])).And(before).Wait(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := calls.syncs.Load(); n != want {
			t.Errorf("policy %d: %d syncs, want %d", policy, n, want)
		}
	}
}

// TestWhatNobodyAwaitsIsSynced holds how long that takes, and that closing does not wait for it.
func TestWhatNobodyAwaitsIsSynced(t *testing.T) {
	l, calls := begunLog(t, SyncGroup)
	start := time.Now()
	ticket := l.AppendAsync(eu, asked("q1")...)
	for !ticket.batches[0].finished() {
		if time.Since(start) > 100*laterSync {
			t.Fatal("not synced")
		}
		time.Sleep(time.Millisecond)
	}
	if took := time.Since(start); took < laterSync || calls.syncs.Load() != 1 {
		t.Errorf("after %v, with %d syncs", took, calls.syncs.Load())
	}
	last := l.AppendAsync(eu, asked("q2")...)
	mustClose(t, l)
	if !last.batches[0].finished() || last.Failed() != nil {
		t.Error("closed without")
	}
}

// TestFailedWaitsForNothing: what nobody awaits and could not be written is told of, at the latest to the next query.
func TestFailedWaitsForNothing(t *testing.T) {
	l, calls := begunLog(t, SyncGroup)
	calls.failing.Store(true)
	ticket := l.AppendAsync(eu, asked("q1")...)
	if err := ticket.Failed(); err != nil {
		t.Error("known before it happened:", err)
	}
	if err := ticket.Wait(context.Background()); !errors.Is(err, syscall.EIO) {
		t.Error(err)
	}
	if err := ticket.Failed(); !errors.Is(err, syscall.EIO) {
		t.Error(err)
	}
	if err := l.AppendAsync(eu, asked("q2")...).Failed(); !errors.Is(err, ErrBroken) {
		t.Error(err)
	}
}

// TestFilesAreSyncedBeforeTheNext: entries that wait for a sync do not stay behind in a file that is full.
func TestFilesAreSyncedBeforeTheNext(t *testing.T) {
	calls := &counting{}
	o := options(t.TempDir())
	o.create, o.Now, o.MaxFileBytes = calls.create, time.Now, 1
	l := mustOpen(t, o)
	var all Ticket
	for range 5 {
		all = all.And(l.AppendAsync(eu, asked("q")[0]))
	}
	if err := all.Wait(context.Background()); err != nil || calls.syncs.Load() < 5 {
		t.Error(err, calls.syncs.Load())
	}
	mustClose(t, l)
}
