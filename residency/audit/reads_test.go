package audit

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestReadsAreRecorded(t *testing.T) {
	dir := written(t)
	read := Event{User: "auditor", Purpose: "review", Query: "r1", Literals: []string{"x"}}
	if err := RecordRead(dir, []string{eu}, read); err != nil {
		t.Fatal(err)
	}
	r := verified(t, dir, signedWith(1))
	wantClean(t, r)
	wantKind(t, r.Notes, KindRead)
	writeFile(t, filepath.Join(dir, eu, readsFolder, "bad.json"), "{")
	o := options(dir)
	o.Now = clock(noon.Add(time.Hour))
	mustClose(t, mustOpen(t, o))
	mustClose(t, mustOpen(t, o))
	r = verified(t, dir, signedWith(1))
	wantClean(t, r)
	if len(r.Notes) > 0 {
		t.Errorf("%s", kinds(r.Notes))
	}
	text := strings.Join(lines(t, logFile(t, dir, eu)), "")
	if strings.Count(text, `"type":"LOG_READ"`) != 2 || strings.Count(text, `"user":"auditor"`) != 1 || !strings.Contains(text, "could not be decoded") || strings.Contains(text, `"literals"`) {
		t.Error(text)
	}
}

// TestReadsWhileTheLogIsWritten leaves the entry to whoever holds the lock.
func TestReadsWhileTheLogIsWritten(t *testing.T) {
	o := options(t.TempDir())
	l := mustOpen(t, o)
	mustAppend(t, l, eu, asked("q")...)
	awaitHead(t, o.Dir)
	if err := RecordRead(o.Dir, []string{eu}, Event{User: "auditor"}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	if text := strings.Join(lines(t, logFile(t, o.Dir, eu)), ""); strings.Count(text, `"type":"LOG_READ"`) != 1 {
		t.Error(text)
	}
}

func TestHeads(t *testing.T) {
	dir := written(t)
	heads, err := Heads(dir, testKey(1), noon)
	if err != nil || len(heads) != 1 || heads[0].Sequence != 14 || heads[0].Check(publicKey(testKey(1))) != nil {
		t.Fatal(heads, err)
	}
	o := signedWith(1)
	o.Anchors = heads
	wantClean(t, verified(t, dir, o))
	if _, err := Heads(t.TempDir(), nil, noon); err == nil {
		t.Error("heads of no log")
	}
	path := logFile(t, dir, eu)
	writeFile(t, path, strings.Replace(strings.Join(lines(t, path), ""), "ada", "eve", 1))
	if _, err := Heads(dir, nil, noon); err == nil {
		t.Error("the head of an altered file")
	}
}
