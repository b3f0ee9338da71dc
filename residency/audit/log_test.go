package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestLogIsWhatWasAppended(t *testing.T) {
	dir := written(t)
	r := verified(t, dir, signedWith(1))
	wantClean(t, r)
	if len(r.Notes) > 0 || len(r.Regions) != 1 {
		t.Errorf("notes:\n%s%+v", kinds(r.Notes), r.Regions)
	}
	g := r.Regions[0]
	if g.Entries != 14 || g.Queries != 3 || g.Shipments != 3 || g.Rows != 9 || g.Checkpoints != 2 || g.Signed != 14 || g.Last != 14 {
		t.Errorf("%+v", g)
	}
	var types []string
	err := Read(dir, ReadOptions{Query: "q1"}, func(e *Entry) error {
		types = append(types, fmt.Sprint(e.Type, e.Line))
		if e.ID != fmt.Sprintf("%s/%s/%d", r.Log[:8], eu, e.Sequence) || e.Node != "n1" {
			t.Errorf("%+v", e.Event)
		}
		return nil
	})
	if got := strings.Join(types, " "); err != nil || got != "INTENT6 DECISION7 SHIPMENT8 COMPLETE9" {
		t.Error(got, err)
	}
}

func TestRunsFollowEachOther(t *testing.T) {
	o := options(t.TempDir())
	for i := range 4 {
		l := mustOpen(t, o)
		if i != 2 { // a run without entries leaves no trace
			mustAppend(t, l, eu, asked(fmt.Sprint("q", i))...)
		}
		mustClose(t, l)
	}
	r := verified(t, o.Dir, signedWith(1))
	wantClean(t, r)
	if g := r.Regions[0]; g.Entries != 18 || g.Checkpoints != 6 || len(r.Notes) > 0 {
		t.Errorf("%+v\n%s", g, kinds(r.Notes))
	}
}

func TestFilesAreRotated(t *testing.T) {
	o := options(t.TempDir())
	o.MaxFileBytes, o.CheckpointEvery = 2000, 5
	for run := range 2 {
		l := mustOpen(t, o)
		for i := range 10 {
			mustAppend(t, l, eu, asked(fmt.Sprint("q", run, "-", i))...)
		}
		mustClose(t, l)
	}
	r := verified(t, o.Dir, signedWith(1))
	wantClean(t, r)
	if g := r.Regions[0]; g.Files < 10 || g.Queries != 20 {
		t.Errorf("%+v", g)
	}
	names, first, err := entryFiles(filepath.Join(o.Dir, eu))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names[:3] { // archived
		if err := os.Remove(filepath.Join(o.Dir, eu, n)); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, verified(t, o.Dir, signedWith(1)).Findings, KindMissing)
	kept := signedWith(1)
	kept.Archived = true
	r = verified(t, o.Dir, kept)
	wantClean(t, r)
	wantKind(t, r.Notes, KindArchived)
	if r.Regions[0].First != first[3] {
		t.Errorf("%+v", r.Regions[0])
	}
	wantKind(t, verified(t, o.Dir, VerifyOptions{Archived: true}).Findings, KindMissing)
	if err := os.Remove(filepath.Join(o.Dir, eu, names[6])); err != nil {
		t.Fatal(err)
	}
	wantKind(t, verified(t, o.Dir, kept).Findings, KindMissing)
}

func TestConcurrentAppends(t *testing.T) {
	for _, sync := range []Sync{SyncGroup, SyncEach, SyncNone} {
		o := options(t.TempDir())
		o.Now, o.Sync, o.CheckpointEvery, o.MaxFileBytes = time.Now, sync, 7, 20_000
		l := mustOpen(t, o)
		appendConcurrently(t, l, 16, 6)
		mustClose(t, l)
		r := verified(t, o.Dir, signedWith(1))
		wantClean(t, r)
		if len(r.Notes) > 0 || len(r.Regions) != 2 || r.Regions[0].Queries != 96 || r.Regions[1].Queries != 96 {
			t.Errorf("%s%+v", kinds(r.Notes), r.Regions)
		}
	}
}

func appendConcurrently(t *testing.T, l *Log, workers, each int) {
	t.Helper()
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := range each {
				query := fmt.Sprintf("q%d-%d", w, i)
				events := asked(query)
				intent := l.RecordAsync([]string{eu, us}, events[:2]...)
				if err := errors.Join(intent.Wait(context.Background()), l.Append(context.Background(), eu, events[2]),
					l.RecordAsync([]string{us}, events[3]).Wait(context.Background())); err != nil {
					t.Error(err)
				}
				if _, err := l.Head(eu); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestOneWriter(t *testing.T) {
	o := options(t.TempDir())
	l := mustOpen(t, o)
	if _, err := Open(o); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Error(err)
	}
	o.LockWait = 10 * time.Second
	time.AfterFunc(30*time.Millisecond, func() { _ = l.Close() })
	mustClose(t, mustOpen(t, o))
}

func TestRefusedEntries(t *testing.T) {
	l := mustOpen(t, options(t.TempDir()))
	for name, e := range map[string]Event{
		"no type":                {},
		"the log's own type":     {Type: TypeCheckpoint},
		"no query":               {Type: TypeIntent},
		"neither allow nor deny": {Type: TypeDecision, Query: "q"},
		"literals elsewhere":     {Type: TypeIntent, Query: "q", Literals: []string{"DE123"}},
		"too long":               {Type: TypeIntent, Query: "q", Text: strings.Repeat("x", MaxLine)},
	} {
		if err := l.Append(context.Background(), us, Event{Type: TypePolicyChange}, e); err == nil || strings.Contains(err.Error(), "DE123") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := l.Append(context.Background(), "mars", asked("q")...); err == nil {
		t.Error("an unknown region was taken")
	}
	if err := l.Append(context.Background(), us); err == nil {
		t.Error("nothing was taken")
	}
	mustClose(t, l)
	if err := l.Append(context.Background(), us, asked("q")...); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if regions, err := Regions(l.opts.Dir); err != nil || len(regions) > 0 {
		t.Error("something was written:", regions, err)
	}
}

func TestRecordKeepsLiteralsAtHome(t *testing.T) {
	o := options(t.TempDir())
	l := mustOpen(t, o)
	n := int64(3)
	e := Event{Type: TypeIntent, Query: "q", Literals: []string{"DE123"}, LiteralsHash: "hmac", GroupsSuppressed: &n}
	if err := l.RecordAsync([]string{us, eu, us}, e).Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	home, away := strings.Join(lines(t, logFile(t, o.Dir, eu)), ""), strings.Join(lines(t, logFile(t, o.Dir, us)), "")
	if strings.Count(home, "DE123") != 1 || !strings.Contains(home, "groups_suppressed") {
		t.Error(home)
	}
	if strings.Contains(away, "DE123") || strings.Contains(away, "groups_suppressed") || strings.Count(away, "hmac") != 1 {
		t.Error(away)
	}
}

func TestRegionsOfAnyName(t *testing.T) {
	o := options(t.TempDir())
	o.Regions, o.Home = []string{"..", "a/b", "Ü 1\n", "log.json", "lock", ".x"}, ""
	l := mustOpen(t, o)
	for _, r := range o.Regions {
		mustAppend(t, l, r, asked("q")...)
	}
	mustClose(t, l)
	r := verified(t, o.Dir, signedWith(1))
	for _, f := range r.Findings { // the shipments' region is eu, which no log is of
		t.Error(f)
	}
	if len(r.Regions) != len(o.Regions) {
		t.Errorf("%+v", r.Regions)
	}
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	f := &gate{open: make(chan struct{})}
	o := options(t.TempDir())
	o.create = f.create
	l := mustOpen(t, o)
	ctx, cancel := context.WithCancel(context.Background())
	ticket := l.AppendAsync(eu, asked("q")...)
	cancel()
	if err := ticket.Wait(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "may still be written") {
		t.Error(err)
	}
	close(f.open)
	if err := ticket.Wait(context.Background()); err != nil {
		t.Error(err)
	}
	if err := ticket.Wait(ctx); err != nil {
		t.Error("written, and yet:", err)
	}
}

// gate is a file whose writes wait until it is opened.
type gate struct {
	*os.File
	open chan struct{}
}

func (g *gate) create(path string) (file, error) {
	var err error
	g.File, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return g, err
}

func (g *gate) Write(b []byte) (int, error) {
	<-g.open
	return g.File.Write(b)
}

func TestParseSync(t *testing.T) {
	for name, want := range map[string]Sync{"": SyncGroup, "group": SyncGroup, "each": SyncEach, "none": SyncNone} {
		if got, err := ParseSync(name); err != nil || got != want {
			t.Error(name, got, err)
		}
	}
	if _, err := ParseSync("often"); err == nil {
		t.Error("often was taken")
	}
}
