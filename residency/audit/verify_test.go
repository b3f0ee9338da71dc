package audit

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"crypto/ed25519"
	"crypto/sha256"
)

// resealed rewrites lines as somebody does who knows the format but not the key: sequences, hashes and checkpoints follow each other again.
func resealed(t testing.TB, list []string, key ed25519.PrivateKey, change func(e *Event)) string {
	t.Helper()
	var b []byte
	var prev string
	for i, text := range list {
		e, err := decode(bytes.TrimSuffix([]byte(text), []byte{'\n'}))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			prev = e.Prev
		} else {
			e.Sequence = uint64(i) + 1
		}
		change(e)
		if c := e.Checkpoint; c != nil {
			c.Sequence, c.Head = e.Sequence-1, prev
			c.Key, c.Signature = "", ""
			c.sign(key)
		}
		var end tip
		b, end = appendLine(b, e, appendBody(nil, e), prev)
		prev = end.hash
	}
	return string(b)
}

// ownHash gives a line the hash of its bytes.
func ownHash(text string) string {
	before, _, _ := strings.Cut(text, `,"hash":"`)
	sum := sha256.Sum256([]byte(before))
	return before + `,"hash":"` + hex.EncodeToString(sum[:]) + "\"}\n"
}

func TestTamperingIsFound(t *testing.T) {
	keep := func(*Event) {}
	hide := func(e *Event) {
		if e.Type == TypeShipment {
			e.Rows = 1
		}
	}
	other := lines(t, logFile(t, written(t), eu))
	for _, c := range []struct {
		name   string
		kind   string
		change func(l []string) string
	}{
		{"a byte", KindEdited, func(l []string) string {
			l[3] = strings.Replace(l[3], `"rows":3`, `"rows":2`, 1)
			return strings.Join(l, "")
		}},
		{"a byte of a hash", KindEdited, func(l []string) string {
			l[3] = strings.Replace(l[3], `"hash":"`, `"hash":"0`, 1)
			l[3] = l[3][:len(l[3])-4] + l[3][len(l[3])-3:]
			return strings.Join(l, "")
		}},
		{"an entry and its hash", KindChain, func(l []string) string {
			l[3] = ownHash(strings.Replace(l[3], `"rows":3`, `"rows":2`, 1))
			return strings.Join(l, "")
		}},
		{"the last entry and its hash", KindSignature, func(l []string) string {
			l[13] = ownHash(strings.Replace(l[13], `"reason":"close"`, `"reason":"count"`, 1))
			return strings.Join(l, "")
		}},
		{"a line dropped", KindMissing, func(l []string) string { return strings.Join(slices.Delete(l, 3, 4), "") }},
		{"the first lines dropped", KindMissing, func(l []string) string { return strings.Join(l[2:], "") }},
		{"lines swapped", KindOrder, func(l []string) string {
			l[3], l[4] = l[4], l[3]
			return strings.Join(l, "")
		}},
		{"a line twice", KindOrder, func(l []string) string { return strings.Join(slices.Insert(l, 4, l[3]), "") }},
		{"cut after a line", KindCut, func(l []string) string { return strings.Join(l[:12], "") }},
		{"cut within a line", KindCut, func(l []string) string { return strings.Join(l[:13], "") + l[13][:50] }},
		{"cut to nothing", KindCut, func([]string) string { return "" }},
		{"a line of another log", KindChain, func(l []string) string {
			l[3] = other[3]
			return strings.Join(l, "")
		}},
		{"the end of another log", KindChain, func(l []string) string { return strings.Join(append(l[:4], other[4:]...), "") }},
		{"another log whole", KindForeign, func([]string) string { return strings.Join(other, "") }},
		{"rewritten, signed with another key", KindSignature, func(l []string) string { return resealed(t, l, testKey(2), hide) }},
		{"rewritten without signatures", KindSignature, func(l []string) string { return resealed(t, l, nil, hide) }},
		{"rewritten from the middle, without signatures", KindCheckpoint, func(l []string) string {
			return l[0] + resealed(t, l[1:], nil, func(e *Event) {
				e.Sequence++
				hide(e)
			})
		}},
		{"no newline at the end", KindCut, func(l []string) string { return strings.TrimSuffix(strings.Join(l, ""), "\n") }},
		{"a line that is no entry", KindUnreadable, func(l []string) string { return strings.Join(slices.Insert(l, 4, "{}\n"), "") }},
		{"an empty line", KindUnreadable, func(l []string) string { return strings.Join(l, "") + "\n" }},
		{"a field more, hash corrected", KindUnreadable, func(l []string) string {
			l[13] = ownHash(strings.Replace(l[13], `,"prev"`, `,"x":1,"prev"`, 1))
			return strings.Join(l, "")
		}},
		{"a checkpoint of another entry, hash corrected", KindCheckpoint, func(l []string) string {
			l[13] = ownHash(strings.Replace(l[13], `"seq":13,"head"`, `"seq":12,"head"`, 1))
			return strings.Join(l, "")
		}},
		{"another version", KindUnreadable, func(l []string) string {
			l[4] = strings.Replace(l[4], `{"v":1`, `{"v":2`, 1)
			return strings.Join(l, "")
		}},
		{"a number that is too large", KindUnreadable, func(l []string) string {
			l[4] = strings.Replace(l[4], `"seq":5`, `"seq":99999999999999999999`, 1)
			return strings.Join(l, "")
		}},
		{"sealed again with the right key is not found", "", func(l []string) string { return resealed(t, l, testKey(1), keep) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := written(t)
			path := logFile(t, dir, eu)
			writeFile(t, path, c.change(lines(t, path)))
			r := verified(t, dir, signedWith(1))
			if c.kind == "" {
				if !r.OK() && kinds(r.Findings) == "" {
					t.Error("findings without text")
				}
				return
			}
			wantKind(t, r.Findings, c.kind)
		})
	}
}

// TestOneFaultIsFoundOnce keeps a report readable: one changed byte is not a finding for each line after it.
func TestOneFaultIsFoundOnce(t *testing.T) {
	dir := written(t)
	path := logFile(t, dir, eu)
	l := lines(t, path)
	l[5] = strings.Replace(l[5], "ada", "eve", 1)
	writeFile(t, path, strings.Join(l, ""))
	r := verified(t, dir, signedWith(1))
	if len(r.Findings) != 1 || r.Findings[0].String() != eu+"/"+entryFile(1)+":6: edited: entry 6 does not have the hash of its bytes" {
		t.Errorf("%s", kinds(r.Findings))
	}
}

// TestCutTailNeedsAnAnchor: with the file beside the log cut as well, only what was kept elsewhere tells, and a note says what is to be seen without it.
func TestCutTailNeedsAnAnchor(t *testing.T) {
	o := options(t.TempDir())
	l := mustOpen(t, o)
	mustAppend(t, l, eu, asked("q0")...)
	early, err := os.ReadFile(filepath.Join(o.Dir, eu, headFile))
	for err != nil { // it is written after the entries, by the writer
		early, err = os.ReadFile(filepath.Join(o.Dir, eu, headFile))
	}
	mustAppend(t, l, eu, asked("q1")...)
	anchor, err := l.Head(eu)
	if err != nil || anchor.Sequence != 9 || anchor.Check(publicKey(testKey(1))) != nil {
		t.Fatal(anchor, err)
	}
	mustClose(t, l)
	path := logFile(t, o.Dir, eu)
	whole := lines(t, path)
	with := signedWith(1)
	with.Anchors = []Checkpoint{anchor}
	wantClean(t, verified(t, o.Dir, with))

	writeFile(t, path, strings.Join(whole[:7], "")) // after the DECISION of q1
	writeFile(t, filepath.Join(o.Dir, eu, headFile), string(early))
	r := verified(t, o.Dir, signedWith(1))
	wantClean(t, r)
	wantKind(t, r.Notes, KindRun)
	wantKind(t, r.Notes, KindUnfinished)
	wantKind(t, verified(t, o.Dir, with).Findings, KindCut)

	writeFile(t, path, resealed(t, whole, testKey(1), func(e *Event) { e.User = "eve" })) // by somebody who has the key
	wantKind(t, verified(t, o.Dir, with).Findings, KindAnchor)

	foreign := with
	foreign.Anchors = []Checkpoint{{Log: "other", Region: eu}}
	wantKind(t, verified(t, o.Dir, foreign).Findings, KindAnchor)
	forged := with
	forged.Anchors = []Checkpoint{anchor}
	forged.Anchors[0].Head = strings.Repeat("0", hexDigest)
	wantKind(t, verified(t, o.Dir, forged).Findings, KindSignature)
}

func TestFilesThatAreMissing(t *testing.T) {
	for _, name := range []string{headFile, entryFile(1)} {
		dir := written(t)
		if err := os.Remove(filepath.Join(dir, eu, name)); err != nil {
			t.Fatal(err)
		}
		wantKind(t, verified(t, dir, VerifyOptions{}).Findings, KindCut)
		if l, err := Open(options(dir)); err == nil {
			mustClose(t, l)
			t.Error("opened without", name)
		}
	}
	dir := written(t)
	if err := os.RemoveAll(filepath.Join(dir, eu)); err != nil {
		t.Fatal(err)
	}
	wantKind(t, verified(t, dir, VerifyOptions{}).Findings, KindCut)
	dir = written(t)
	if err := os.Remove(filepath.Join(dir, identityFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(dir, VerifyOptions{}); err == nil {
		t.Error("a log without identity was verified")
	}
	if _, err := Open(options(dir)); err == nil || !strings.Contains(err.Error(), identityFile) {
		t.Error(err)
	}
}

// TestShipmentsNeedTheirDecision builds logs whose chains are right and whose contents are not.
func TestShipmentsNeedTheirDecision(t *testing.T) {
	edge := func(e *Event) {
		e.FromSite, e.FromRegion, e.ToSite, e.ToRegion, e.Form = "eu-1", eu, "coordinator", us, "aggregate"
	}
	for _, c := range []struct {
		name   string
		kind   string
		change func(e []Event) []Event
	}{
		{"in order", "", func(e []Event) []Event { return e }},
		{"a decision about the edge", "", func(e []Event) []Event { edge(&e[1]); return e }},
		{"a decision with more rules", "", func(e []Event) []Event { e[1].Rules = []string{"z", "eu-out"}; return e }},
		{"no intent", KindUnmatched, func(e []Event) []Event { return e[1:] }},
		{"no intent before the decision", KindDecision, func(e []Event) []Event { return e[1:2] }},
		{"no decision", KindUnmatched, func(e []Event) []Event { return slices.Delete(e, 1, 2) }},
		{"denied", KindUnmatched, func(e []Event) []Event { e[1].Decision = DecisionDeny; return e }},
		{"the decision after it", KindUnmatched, func(e []Event) []Event { e[1], e[2] = e[2], e[1]; return e }},
		{"of another query", KindUnmatched, func(e []Event) []Event { e[2].Query = "p"; return e }},
		{"after the end", KindUnmatched, func(e []Event) []Event { e[2], e[3] = e[3], e[2]; return e }},
		{"another rule", KindUnmatched, func(e []Event) []Event { e[2].Rules = []string{"eu-out", "other"}; return e }},
		{"no rule", KindUnmatched, func(e []Event) []Event { e[2].Rules = nil; return e }},
		{"another policy", KindUnmatched, func(e []Event) []Event { e[2].PolicyHash = "def"; return e }},
		{"another edge", KindUnmatched, func(e []Event) []Event { edge(&e[1]); e[1].ToRegion = eu; return e }},
		{"another form", KindUnmatched, func(e []Event) []Event { edge(&e[1]); e[1].Form = "rows"; return e }},
		{"more rules in the edge's decision", KindUnmatched, func(e []Event) []Event { edge(&e[1]); e[1].Rules = []string{"z", "eu-out"}; return e }},
		{"begun twice", KindTwice, func(e []Event) []Event { return slices.Insert(e, 1, e[0]) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(t.TempDir())
			l := mustOpen(t, o)
			mustAppend(t, l, eu, c.change(asked("q"))...)
			mustClose(t, l)
			r := verified(t, o.Dir, signedWith(1))
			if c.kind == "" {
				wantClean(t, r)
				return
			}
			wantKind(t, r.Findings, c.kind)
			for _, f := range r.Findings {
				if f.Line == 0 || f.File == "" {
					t.Error("no place:", f)
				}
			}
		})
	}
}

// TestDecisionsNeedTheirPolicy holds DECISIONs to the policies that were put in force before them, in each run of the writer anew.
func TestDecisionsNeedTheirPolicy(t *testing.T) {
	change := func(version int64, hash string) Event {
		return Event{Type: TypePolicyChange, Status: "in force", PolicyVersion: version, PolicyHash: hash}
	}
	failed := Event{Type: TypePolicyChange, Status: "failed to load", Reason: "no YAML"}
	under := func(query string, version int64, hash string) []Event {
		list := asked(query)
		for i := range list {
			list[i].PolicyVersion, list[i].PolicyHash = version, hash
		}
		return list
	}
	for _, c := range []struct {
		name string
		runs [][]Event
		text string // of the finding; "" for none
	}{
		{"none", [][]Event{asked("q")}, ""},
		{"in force", [][]Event{append([]Event{change(1, "a")}, under("q", 1, "a")...)}, ""},
		{"after one that failed to load", [][]Event{append([]Event{change(1, "a"), failed}, under("q", 1, "a")...)}, ""},
		{"the one before, by a query that had begun", [][]Event{append([]Event{change(1, "a"), change(2, "b")}, under("q", 1, "a")...)}, ""},
		{"in force in each run", [][]Event{append([]Event{change(1, "a")}, under("q", 1, "a")...), append([]Event{change(2, "b")}, under("r", 2, "b")...)}, ""},
		{"not announced", [][]Event{under("q", 1, "a")}, "(hash a) that no POLICY_CHANGE of this run put in force"},
		{"another one", [][]Event{append([]Event{change(1, "a")}, under("q", 1, "b")...)}, "(hash b) that no POLICY_CHANGE"},
		{"announced afterwards", [][]Event{append(under("q", 1, "a"), change(1, "a"))}, "that no POLICY_CHANGE"},
		{"of the run before", [][]Event{append([]Event{change(1, "a")}, under("q", 1, "a")...), append([]Event{change(2, "b")}, under("r", 1, "a")...)}, "query r is by version 1"},
		{"no policy where there is one", [][]Event{append([]Event{change(1, "a")}, asked("q")...)}, "by version 0 of a policy"},
		{"of another version", [][]Event{append([]Event{change(1, "a")}, under("q", 2, "a")...)}, "calls version 2 of the policy what is version 1"},
		{"a denial", [][]Event{append([]Event{change(1, "a")}, Event{Type: TypeIntent, Query: "q"},
			Event{Type: TypeDecision, Query: "q", Decision: DecisionDeny, PolicyVersion: 1, PolicyHash: "b"}, Event{Type: TypeAbort, Query: "q"})}, "(hash b)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(t.TempDir())
			for _, events := range c.runs {
				l := mustOpen(t, o)
				mustAppend(t, l, eu, events...)
				mustClose(t, l)
			}
			r := verified(t, o.Dir, signedWith(1))
			if c.text == "" {
				wantClean(t, r)
				return
			}
			wantKind(t, r.Findings, KindPolicy)
			if len(r.Findings) != 1 || !strings.Contains(kinds(r.Findings), c.text) {
				t.Errorf("not %q:\n%s", c.text, kinds(r.Findings))
			}
		})
	}
}

func TestUnsignedLogs(t *testing.T) {
	dir := written(t, func(o *Options) { o.Key = nil })
	wantClean(t, verified(t, dir, VerifyOptions{}))
	wantKind(t, verified(t, dir, signedWith(1)).Findings, KindSignature)
	l := mustOpen(t, options(dir)) // a key from now on
	mustAppend(t, l, eu, asked("q9")...)
	mustClose(t, l)
	wantClean(t, verified(t, dir, signedWith(1)))
	wantKind(t, verified(t, dir, signedWith(3)).Findings, KindSignature)
	head, err := os.ReadFile(filepath.Join(dir, eu, headFile))
	if err != nil {
		t.Fatal(err)
	}
	o := options(dir)
	o.Key = nil
	l = mustOpen(t, o)
	mustAppend(t, l, eu, asked("q10")...)
	mustClose(t, l)
	wantKind(t, verified(t, dir, signedWith(1)).Findings, KindSignature)
	writeFile(t, filepath.Join(dir, eu, headFile), string(head)) // what is found is in the entries as well
	wantKind(t, verified(t, dir, signedWith(1)).Findings, KindSignature)
}

func TestFindingsAreBounded(t *testing.T) {
	dir := written(t)
	path := logFile(t, dir, eu)
	writeFile(t, path, strings.Join(lines(t, path), "")+strings.Repeat("x\n", MaxFindings+5))
	if r := verified(t, dir, VerifyOptions{}); len(r.Findings) != MaxFindings || r.Omitted != 5 {
		t.Error(len(r.Findings), r.Omitted)
	}
	writeFile(t, path, strings.Join(lines(t, path)[:14], "")+strings.Repeat("x", 2*MaxLine)+"\n")
	r := verified(t, dir, VerifyOptions{})
	wantKind(t, r.Findings, KindUnreadable)
	if r.Findings[0].Line != 15 {
		t.Error(r.Findings[0])
	}
}

// FuzzVerify holds two things: nothing in a file makes Verify or Read panic, and no other bytes pass for the log that was written.
func FuzzVerify(f *testing.F) {
	o := options(f.TempDir()) // each worker makes the same log
	writeFile(f, filepath.Join(o.Dir, identityFile), `{"log":"0123456789abcdef","regions":[]}`)
	l := mustOpen(f, o)
	mustAppend(f, l, eu, asked("q0")...)
	mustClose(f, l)
	dir, path := o.Dir, logFile(f, o.Dir, eu)
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, 0, byte(0))
	f.Add(good[:len(good)-10], 0, byte(0))
	f.Add([]byte("{\"v\":1,\"seq\":1,\"time\":\"\n"), 3, byte(7))
	f.Add(bytes.Repeat([]byte{0}, 4096), 0, byte(0))
	f.Add([]byte(strings.Repeat("\n", 10)+strconv.Itoa(1)), 0, byte(0))
	for i := 0; i < len(good); i += 97 {
		f.Add(good, i, byte(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, at int, flip byte) {
		data = bytes.Clone(data)
		if at >= 0 && at < len(data) {
			data[at] ^= flip
		}
		writeFile(t, path, string(data))
		r := verified(t, dir, signedWith(1))
		if !bytes.Equal(data, good) && r.OK() {
			t.Errorf("passes for the log that was written:\n%q", data)
		}
		_ = Read(dir, ReadOptions{}, func(*Entry) error { return nil })
	})
}
