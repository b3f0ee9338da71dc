package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestCrashInMidWrite cuts the log at each byte of its last entry, as a crash leaves it, and goes on.
func TestCrashInMidWrite(t *testing.T) {
	o := options(t.TempDir())
	o.Regions = []string{eu}
	l := mustOpen(t, o)
	mustAppend(t, l, eu, asked("q0")...)
	mustAppend(t, l, eu, asked("q1")[:1]...)
	path := logFile(t, o.Dir, eu)
	awaitHead(t, o.Dir)
	crashed := snapshot(t, o.Dir)
	mustClose(t, l)
	log := crashed[filepath.Join(eu, filepath.Base(path))]
	last := strings.LastIndexByte(strings.TrimSuffix(log, "\n"), '\n') + 1
	for cut := last; cut <= len(log); cut++ {
		dir := restored(t, crashed, filepath.Join(eu, filepath.Base(path)), log[:cut])
		o.Dir, o.Now = dir, clock(noon.Add(time.Hour))
		torn := cut > last && cut < len(log)
		if torn {
			r := verified(t, dir, signedWith(1))
			wantClean(t, r)
			wantKind(t, r.Notes, KindTorn)
		}
		l := mustOpen(t, o)
		if cut%16 == 0 || !torn { // the rest takes longer than the cut
			mustAppend(t, l, eu, asked("q2")...)
		}
		mustClose(t, l)
		if whole := strings.Join(lines(t, filepath.Join(dir, eu, filepath.Base(path))), ""); torn && !strings.HasPrefix(whole, log[:last]) || !strings.HasSuffix(whole, "\n") {
			t.Errorf("cut at %d: the log is %q", cut, whole)
		}
		if cut%16 == 0 || !torn {
			recoveredWell(t, dir, cut, torn)
		}
		if torn {
			aside, err := os.ReadFile(filepath.Join(dir, eu, fmt.Sprintf("torn-%016d-%d.bin", 1, last)))
			if err != nil || string(aside) != log[last:cut] {
				t.Errorf("cut at %d: moved aside %q, %v", cut, aside, err)
			}
		}
	}
}

// recoveredWell looks at the log of a run after a crash.
func recoveredWell(t *testing.T, dir string, cut int, torn bool) {
	t.Helper()
	r := verified(t, dir, signedWith(1))
	wantClean(t, r)
	wantKind(t, r.Notes, KindRun)
	if got := strings.Contains(kinds(r.Notes), KindRecovered); got != torn {
		t.Errorf("cut at %d: recovered %v:\n%s", cut, got, kinds(r.Notes))
	}
}

func awaitHead(t *testing.T, dir string) {
	t.Helper()
	for range 1000 {
		if id, err := readIdentity(dir); err == nil && len(id.Regions) > 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("no checkpoint was kept")
}

// snapshot reads the files of a log as a crash would leave them.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, name := range []string{identityFile, filepath.Join(eu, headFile), filepath.Join(eu, entryFile(1))} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(data)
	}
	return files
}

func restored(t *testing.T, files map[string]string, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, eu), 0o700); err != nil {
		t.Fatal(err)
	}
	for n, data := range files {
		writeFile(t, filepath.Join(dir, n), data)
	}
	writeFile(t, filepath.Join(dir, name), text)
	return dir
}

// TestCrashInTheFirstWrite: nothing was reported as written, so nothing is missed.
func TestCrashInTheFirstWrite(t *testing.T) {
	o := options(t.TempDir())
	l := mustOpen(t, o)
	mustClose(t, l)
	if err := os.Mkdir(filepath.Join(o.Dir, eu), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", `{"v":1,"seq":1`} {
		writeFile(t, filepath.Join(o.Dir, eu, entryFile(1)), text)
		l := mustOpen(t, o)
		if text != "" {
			mustAppend(t, l, eu, asked("q")...)
		}
		mustClose(t, l)
	}
	r := verified(t, o.Dir, signedWith(1))
	wantClean(t, r)
	wantKind(t, r.Notes, KindRecovered)
}

// TestCrashAfterRotation leaves a further file that has no whole line.
func TestCrashAfterRotation(t *testing.T) {
	for _, text := range []string{"", `{"v":1,"seq":15,"ti`} {
		dir := written(t)
		writeFile(t, filepath.Join(dir, eu, entryFile(15)), text)
		l := mustOpen(t, options(dir))
		mustAppend(t, l, eu, asked("q9")...)
		mustClose(t, l)
		r := verified(t, dir, signedWith(1))
		wantClean(t, r)
		if r.Regions[0].Files != 2 {
			t.Errorf("%+v", r.Regions[0])
		}
	}
}

func TestAlteredLogsAreNotContinued(t *testing.T) {
	for name, change := range map[string]func(l []string) string{
		"edited":  func(l []string) string { return strings.Replace(strings.Join(l, ""), "ada", "eve", 1) },
		"dropped": func(l []string) string { return strings.Join(append(l[:3], l[4:]...), "") },
		"cut":     func(l []string) string { return strings.Join(l[:10], "") },
		"foreign": func([]string) string { return strings.Join(lines(t, logFile(t, written(t), eu)), "") },
		"empty":   func([]string) string { return "" },
	} {
		dir := written(t)
		path := logFile(t, dir, eu)
		altered := change(lines(t, path))
		writeFile(t, path, altered)
		if _, err := Open(options(dir)); err == nil || !strings.Contains(err.Error(), "atoll audit verify") {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.Join(lines(t, path), ""); got != altered {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

// failing is a file that fails from the nth write or sync on.
type failing struct {
	file
	writes, syncs int
	short         bool
}

func (f *failing) Write(b []byte) (int, error) {
	if f.writes--; f.writes < 0 {
		if f.short {
			n, _ := f.file.Write(b[:len(b)/2])
			return n, nil
		}
		return 0, syscall.ENOSPC
	}
	return f.file.Write(b)
}

func (f *failing) Sync() error {
	if f.syncs--; f.syncs < 0 {
		return syscall.EIO
	}
	return f.file.Sync()
}

// TestAfterAFailureNothingIsWritten: neither tried again on the same file, nor in other regions.
func TestAfterAFailureNothingIsWritten(t *testing.T) {
	for name, make := range map[string]func(file) file{
		"disk full":   func(f file) file { return &failing{file: f, writes: 1, syncs: 99} },
		"short write": func(f file) file { return &failing{file: f, writes: 1, syncs: 99, short: true} },
		"sync":        func(f file) file { return &failing{file: f, writes: 99, syncs: 1} },
		"closed":      func(f file) file { return &closing{file: f} },
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t.TempDir())
			var made []file
			o.create = func(path string) (file, error) {
				f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
				made = append(made, make(f))
				return made[len(made)-1], err
			}
			l := mustOpen(t, o)
			mustAppend(t, l, eu, asked("q0")...)
			if err := l.Append(context.Background(), eu, asked("q1")...); err == nil || errors.Is(err, ErrBroken) {
				t.Errorf("the failure itself: %v", err)
			}
			for range 3 {
				for _, region := range []string{eu, us} {
					if err := l.Append(context.Background(), region, asked("q2")...); !errors.Is(err, ErrBroken) {
						t.Errorf("after it: %v", err)
					}
				}
			}
			if err := l.Close(); err == nil {
				t.Error("closed as if all were written")
			}
			if len(made) != 1 {
				t.Error("opened again")
			}
			o.create = nil
			l = mustOpen(t, o)
			mustAppend(t, l, eu, asked("q3")...)
			mustClose(t, l)
			wantClean(t, verified(t, o.Dir, signedWith(1)))
		})
	}
}

// TestWhatWaitsBehindAFailureIsNotWritten: entries that were queued before it follow in the chain what may not be there.
func TestWhatWaitsBehindAFailureIsNotWritten(t *testing.T) {
	o := options(t.TempDir())
	o.Sync = SyncEach
	g := &gate{open: make(chan struct{})}
	f := &failingOnce{}
	o.create = func(path string) (file, error) {
		if f.file != nil {
			return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		}
		opened, err := g.create(path)
		f.file = opened
		return f, err
	}
	l := mustOpen(t, o)
	first := l.AppendAsync(eu, asked("q0")...)
	second := l.AppendAsync(eu, asked("q1")...)
	close(g.open)
	if err := first.Wait(context.Background()); !errors.Is(err, syscall.EIO) {
		t.Error(err)
	}
	if err := second.Wait(context.Background()); !errors.Is(err, ErrBroken) || f.writes != 1 {
		t.Error(err, f.writes)
	}
}

// failingOnce is a file whose first sync fails, and whose second reports success.
type failingOnce struct {
	file
	writes, syncs int
}

func (f *failingOnce) Write(b []byte) (int, error) {
	f.writes++
	return f.file.Write(b)
}

func (f *failingOnce) Sync() error {
	if f.syncs++; f.syncs == 1 {
		return syscall.EIO
	}
	return f.file.Sync()
}

// closing is a file that is closed behind the writer's back after its first write.
type closing struct{ file }

func (c *closing) Sync() error { return errors.Join(c.file.Sync(), c.file.Close()) }

func TestFolderThatCannotBeMade(t *testing.T) {
	o := options(filepath.Join(t.TempDir(), "file"))
	writeFile(t, o.Dir, "")
	if _, err := Open(o); err == nil {
		t.Error("a file is no folder")
	}
	o = options(t.TempDir())
	l := mustOpen(t, o)
	writeFile(t, filepath.Join(o.Dir, eu), "") // in place of the region's folder
	if err := l.Append(context.Background(), eu, asked("q")...); err == nil {
		t.Error("written without a folder")
	}
	if err := l.Append(context.Background(), us, asked("q")...); !errors.Is(err, ErrBroken) {
		t.Error(err)
	}
}
