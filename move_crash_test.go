package atoll

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	saga "github.com/atoll-sql/atoll/move"
	"github.com/atoll-sql/atoll/shardmap"
)

// child is what the process that is to be killed gets to know.
type child struct {
	Dir     string
	Env     map[string]string
	Request MoveRequest
	Step    int // the number of the step after which it ends
}

const childEnv = "ATOLL_TEST_MOVE"

// TestMoveChild is the process that is killed; on its own it does nothing.
func TestMoveChild(t *testing.T) {
	text := os.Getenv(childEnv)
	if text == "" {
		t.Skip("only for TestMoveKilled")
	}
	var c child
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	e := openTide(t, c.Dir, c.Env)
	defer e.Close()
	steps := 0
	_, err := e.Move(t.Context(), c.Request, MoveOptions{Batch: 60, Alone: true, step: func(name string) error {
		if steps++; steps == c.Step {
			fmt.Fprintln(os.Stderr, "killed after", name)
			return syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// TestMoveKilled kills a process that moves keys after every step that it makes. Another one resumes the move, or takes it back: every row is there once.
func TestMoveKilled(t *testing.T) {
	w := newTide(t, tideBuckets)
	e := w.open(t)
	want := tideAnswers(t, e)
	w.close(t, e)
	at, other := "a", "d"
	for step := 1; ; step++ {
		c := child{w.dir, w.env, MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Buckets: []int{0, 3}}, To: other}, step}
		text, err := json.Marshal(c)
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
		if got := tideAnswers(t, e); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
		}
		do := e.ResumeMove
		moves, err := e.Moves(t.Context())
		w.must(t, err)
		begun, undone := len(moves) > 0, false
		if begun && !moves[0].Phase.Switched() && step%2 == 0 {
			do, undone = e.UndoMove, true
		}
		if _, err := do(t.Context(), "m-1", MoveOptions{Batch: 60, Alone: true}); err != nil && (begun || !errors.Is(err, saga.ErrUnknown)) {
			t.Fatal(what, err)
		}
		w.settled(t, e, want)
		if s, err := e.Route("coops", bucketKey(t, e, at, other)); err != nil {
			t.Error(err)
		} else if s.Shard == other {
			at, other = other, at
		} else if begun && !undone {
			t.Errorf("%s: the keys are on %s", what, s.Shard)
		}
		t.Log(what, undone)
		w.close(t, e)
		if t.Failed() {
			return
		}
	}
}

// bucketKey is a coop of the buckets that move.
func bucketKey(t *testing.T, e *Engine, on ...string) string {
	t.Helper()
	for c := 1; c <= 8; c++ {
		r, err := e.Route("coops", fmt.Sprint(c))
		if err != nil {
			t.Fatal(err)
		}
		if r.Shard == on[0] || r.Shard == on[1] {
			if movedBucket(t, e, c) {
				return fmt.Sprint(c)
			}
		}
	}
	t.Fatal("no coop moves")
	return ""
}

func movedBucket(t *testing.T, e *Engine, c int) bool {
	top := e.hold()
	defer top.unpin()
	table, _ := top.Map.Table("coops")
	key, err := table.ParseKey([]string{fmt.Sprint(c)})
	if err != nil {
		t.Fatal(err)
	}
	m := shardmap.Move{MoveSpec: MoveSpec{Keys: MoveKeys{Buckets: []int{0, 3}}}}
	return m.Contains(table, key)
}
