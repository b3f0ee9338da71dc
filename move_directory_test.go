package atoll

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	saga "github.com/atoll-sql/atoll/move"
)

// tideDirectory lists the keys in a table, of which engines remember what they have read for long.
const tideDirectory = `tables:
  coops: {sharding: {strategy: lookup, key: [id], directory: {table: coop_directory, cache: {ttl: 1h}}, shards: [a, b, d, m]}}
  payments: {sharding: {key: [coop]}, colocated_with: coops}
  coop_directory: {sharding: {strategy: single, shard: SHARD}}
`

// newListedTide is a tide with a directory on a shard. All keys are on a.
func newListedTide(t *testing.T, on string) *tide {
	t.Helper()
	w := newTide(t, strings.ReplaceAll(tideDirectory, "SHARD", on))
	w.must(t, w.exec[on]("CREATE TABLE coop_directory (id bigint PRIMARY KEY, shard varchar NOT NULL CHECK (shard <> 'elsewhere'))"))
	var rows []string
	for c := 1; c <= 8; c++ {
		rows = append(rows, fmt.Sprintf("(%d, 'a')", c))
	}
	w.must(t, w.exec[on]("INSERT INTO coop_directory VALUES "+strings.Join(rows, ", ")))
	return w
}

// single asks for each key by itself, so that only the shard which should have it is asked.
func single(t *testing.T, e *Engine) string {
	t.Helper()
	var out []string
	for c := 1; c <= 8; c++ {
		text, err := tideAnswer(t.Context(), e, fmt.Sprintf("SELECT c.id, c.name, count(*), sum(amount) FROM coops AS c JOIN payments AS p ON c.id = p.coop WHERE c.id = %d GROUP BY c.id, c.name", c))
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Get(t.Context(), "coops", c)
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for r.Next() {
			n += r.Record().NumRows()
		}
		if r.Release(); r.Err() != nil {
			t.Fatal(r.Err())
		}
		out = append(out, fmt.Sprintf("%s %d", text, n))
	}
	return strings.Join(out, "\n")
}

// askedFor are the shards that a query by one key asks, and how many values it looks up.
func askedFor(t *testing.T, e *Engine, coop string) (shards []string, lookups int) {
	t.Helper()
	x, err := e.Explain(t.Context(), "SELECT * FROM payments WHERE coop = "+coop, ExplainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range x.Fragments {
		for _, s := range f.Shards {
			shards = append(shards, s.Shard)
		}
	}
	return shards, len(x.Lookups)
}

func directoryOf(t *testing.T, e *Engine) string {
	t.Helper()
	text, err := tideAnswer(t.Context(), e, "SELECT id, shard FROM coop_directory ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(text), " ")
}

// TestMoveDirectory moves keys that a directory lists. At every step each query sees every row once, and those by key ask the one shard that has it.
func TestMoveDirectory(t *testing.T) {
	for _, on := range []string{"a", "d"} {
		t.Run(on, func(t *testing.T) {
			w := newListedTide(t, on)
			e := w.open(t)
			defer w.close(t, e)
			want, alone := tideAnswers(t, e), single(t, e)
			for _, q := range []MoveRequest{
				{Keys: MoveKeys{Values: []string{"1", "3"}}, From: "a", To: "b"}, {Keys: MoveKeys{Values: []string{"3"}}, From: "b", To: "d"},
				{Keys: MoveKeys{Values: []string{"2", "4"}}, From: "a", To: "m"}, {Keys: MoveKeys{Values: []string{"2"}}, From: "m", To: "a"}} {
				q.ID, q.Table = "m-1", "coops"
				from, key := q.From, q.Keys.Values[0]
				q.From = ""
				told := false
				r, err := e.Move(t.Context(), q, MoveOptions{Batch: 7, Alone: true, step: func(name string) error {
					told = told || name == "told the directory"
					if got := tideAnswers(t, e); got != want {
						t.Fatalf("%v after step %q:\n%s\nwant\n%s", q, name, got, want)
					}
					if got := single(t, e); got != alone {
						t.Fatalf("%v after step %q:\n%s\nwant\n%s", q, name, got, alone)
					}
					moves, err := e.Moves(t.Context())
					w.must(t, err)
					if len(moves) == 0 {
						return nil
					}
					owner := from
					if moves[0].Phase.Switched() {
						owner = q.To
					}
					if shards, lookups := askedFor(t, e, key); len(shards) != 1 || shards[0] != owner || lookups > 0 {
						t.Errorf("%v after step %q: %v are asked, %d lookups; want %s", q, name, shards, lookups, owner)
					}
					if p, err := e.Route("coops", key); err != nil || p.Shard != owner {
						t.Error(p, err)
					}
					return nil
				}})
				if err != nil || r.Move.From != from || r.Copied != r.Deleted || r.Copied == 0 || !told {
					t.Fatal(q, r, err)
				}
				w.settled(t, e, want)
				if shards, lookups := askedFor(t, e, key); len(shards) != 1 || shards[0] != q.To || lookups != 1 {
					t.Error(q, shards, lookups)
				}
				misplaced, err := e.Misplaced(t.Context(), MisplacedOptions{})
				w.must(t, err)
				for _, m := range misplaced {
					if m.Err != nil || len(m.Astray) > 0 {
						t.Errorf("%+v", m)
					}
				}
			}
			if got := directoryOf(t, e); got != "1|b| 2|a| 3|d| 4|m| 5|a| 6|a| 7|a| 8|a|" {
				t.Error(got)
			}
		})
	}
}

// TestMoveDirectoryUndone leaves the directory alone where the keys have not switched, and does not switch keys that somebody else has listed anew.
func TestMoveDirectoryUndone(t *testing.T) {
	w := newListedTide(t, "b")
	e := w.open(t)
	defer w.close(t, e)
	want, alone, listed := tideAnswers(t, e), single(t, e), directoryOf(t, e)
	q := MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Values: []string{"1", "2"}}, To: "d"}
	stopAt := func(at string, do func() error) MoveOptions {
		return MoveOptions{Batch: 30, Alone: true, step: func(name string) error {
			if name == at {
				return do()
			}
			return nil
		}}
	}
	torn := func() error { return errTorn }
	for _, at := range []string{"copied", "verified"} {
		if _, err := e.Move(t.Context(), q, stopAt(at, torn)); !errors.Is(err, errTorn) {
			t.Fatal(at, err)
		}
		if r, err := e.UndoMove(t.Context(), "m-1", MoveOptions{Alone: true}); err != nil || !r.Undone {
			t.Fatal(r, err)
		}
		w.settled(t, e, want)
		if got := directoryOf(t, e) + single(t, e); got != listed+alone {
			t.Error(at, got)
		}
	}
	set := func(key int, shard string) func() error {
		return func() error {
			return w.exec["b"](fmt.Sprintf("UPDATE coop_directory SET shard = '%s' WHERE id = %d", shard, key))
		}
	}
	r, err := e.Move(t.Context(), q, stopAt("copied", set(2, "m")))
	var no *saga.Refusal
	if !errors.As(err, &no) || !r.Undone {
		t.Fatal(r, err)
	}
	w.must(t, set(2, "a")())
	w.settled(t, e, want)

	if _, err = e.Move(t.Context(), q, stopAt("published cleaning", set(2, "m"))); !errors.As(err, &no) || !strings.Contains(err.Error(), "can be resumed") {
		t.Fatal(err)
	}
	if got := directoryOf(t, e); !strings.HasPrefix(got, "1|a| 2|m|") {
		t.Error("the directory was changed in part:", got)
	}
	w.must(t, set(2, "d")())
	if _, err = e.ResumeMove(t.Context(), "m-1", MoveOptions{Alone: true}); err != nil {
		t.Fatal(err)
	}
	w.settled(t, e, want)
	if got := directoryOf(t, e); !strings.HasPrefix(got, "1|d| 2|d| 3|a|") || single(t, e) != alone {
		t.Error(got)
	}
}

// TestMoveDirectoryWrittenLate writes where the directory still says that the keys are. Nothing of it is deleted unseen.
func TestMoveDirectoryWrittenLate(t *testing.T) {
	w := newListedTide(t, "b")
	e := w.open(t)
	defer w.close(t, e)
	q := MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Values: []string{"1", "2"}}, To: "d"}
	late := func(name string) error {
		if name == "published cleaning" { // until then the tables are locked
			return w.exec["a"]("UPDATE payments SET amount = amount + 1 WHERE coop = 2 AND no = 7")
		}
		return nil
	}
	_, err := e.Move(t.Context(), q, MoveOptions{Alone: true, step: late})
	for range 2 {
		var no *saga.Refusal
		if !errors.As(err, &no) || !strings.Contains(err.Error(), "rows of the keys to table payments on shard a") {
			t.Fatal(err)
		}
		_, err = e.ResumeMove(t.Context(), "m-1", MoveOptions{Alone: true})
	}
	w.must(t, w.exec["d"]("UPDATE payments SET amount = amount + 1 WHERE coop = 2 AND no = 7"))
	w.must(t, w.exec["a"]("DELETE FROM payments WHERE coop IN (1, 2)"))
	want := tideAnswers(t, e)
	if _, err = e.ResumeMove(t.Context(), "m-1", MoveOptions{Batch: 1, Alone: true}); err != nil {
		t.Fatal(err)
	}
	w.settled(t, e, want)
}

// TestMoveDirectoryWaits holds the time that is waited for, before rows are deleted and the move goes, against what engines may remember.
func TestMoveDirectoryWaits(t *testing.T) {
	w := newListedTide(t, "b")
	e := w.open(t)
	defer w.close(t, e)
	reach := &moveShards{engine: e, open: map[string]*openShard{}}
	defer reach.close()
	var longest time.Duration
	told := false
	o := saga.Options{Region: "r", Drain: time.Minute}
	o.Wait = func(ctx context.Context, d time.Duration) error {
		if longest = max(longest, d); d > time.Hour && !told {
			t.Error("waited before the directory was told")
		}
		return e.everybodyKnows(ctx, 0, true)
	}
	o.Step = func(name string) error {
		told = told || name == "told the directory"
		if least := time.Hour + time.Minute + e.maps.maxStale; told && name != "told the directory" && longest < least {
			t.Errorf("at step %q %v was waited for, want %v", name, longest, least)
		}
		return nil
	}
	if _, err := saga.New(mapKeeper{e}, reach, o).Begin(t.Context(), saga.Request{Table: "coops", Keys: MoveKeys{Values: []string{"5"}}, To: "d"}); err != nil || !told {
		t.Fatal(err, told)
	}
}

// TestMoveDirectoryKilled kills a process that moves keys of a directory after every step; another one goes on, or takes the move back.
func TestMoveDirectoryKilled(t *testing.T) {
	w := newListedTide(t, "d")
	e := w.open(t)
	want, alone := tideAnswers(t, e), single(t, e)
	w.close(t, e)
	at, other := "a", "b"
	for step := 1; ; step++ {
		text, err := json.Marshal(child{w.dir, w.env, MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Values: []string{"2", "6"}}, To: other}, step})
		w.must(t, err)
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMoveChild$")
		cmd.Env = append(os.Environ(), childEnv+"="+string(text))
		out, err := cmd.CombinedOutput()
		if err == nil {
			if step < 15 {
				t.Fatalf("the move has only %d steps", step)
			}
			return
		}
		var died *exec.ExitError
		if !errors.As(err, &died) || died.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("%v\n%s", err, out)
		}
		what := strings.TrimSpace(string(out))
		e := w.open(t)
		if tideAnswers(t, e) != want || single(t, e) != alone {
			t.Errorf("%s: other answers", what)
		}
		moves, err := e.Moves(t.Context())
		w.must(t, err)
		do, begun, undone := e.ResumeMove, len(moves) > 0, false
		if begun && !moves[0].Phase.Switched() && step%2 == 0 {
			do, undone = e.UndoMove, true
		}
		if _, err := do(t.Context(), "m-1", MoveOptions{Batch: 60, Alone: true}); err != nil && (begun || !errors.Is(err, saga.ErrUnknown)) {
			t.Fatal(what, err)
		}
		w.settled(t, e, want)
		if single(t, e) != alone {
			t.Errorf("%s: other answers by key after all was over", what)
		}
		if got := directoryOf(t, e); strings.Contains(got, "2|"+other+"|") && strings.Contains(got, "6|"+other+"|") {
			at, other = other, at
		} else if !strings.Contains(got, "2|"+at+"|") || !strings.Contains(got, "6|"+at+"|") || begun && !undone {
			t.Errorf("%s: %s", what, got)
		}
		t.Log(what, undone)
		w.close(t, e)
		if t.Failed() {
			return
		}
	}
}
