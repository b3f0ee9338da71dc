package atoll

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"

	saga "github.com/atoll-sql/atoll/move"
)

func countPast(t *testing.T, s saga.Shard, table, where string) int {
	t.Helper()
	if _, err := s.Learn(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	stmt, err := s.Select(saga.Select{Table: table, Where: saga.Clause{SQL: where}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Query(t.Context(), stmt)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rec, err := r.Next(t.Context())
	if err == io.EOF {
		return 0
	} else if err != nil {
		t.Fatal(err)
	}
	return int(rec.Column(0).(*array.Int64).Value(0))
}

// tideMoves are moves, one after the other, in each of the ways to name keys and between all kinds of engines.
var tideMoves = map[string]struct {
	tables string
	moves  []MoveRequest
}{
	"keys": {tideLookup, []MoveRequest{
		{Keys: MoveKeys{Values: []string{"1", "3"}}, From: "a", To: "b"}, {Keys: MoveKeys{Values: []string{"3", "5"}}, From: "b", To: "d"},
		{Keys: MoveKeys{Values: []string{"2", "4"}}, From: "a", To: "m"}, {Keys: MoveKeys{Values: []string{"7"}}, From: "d", To: "m"},
		{Keys: MoveKeys{Values: []string{"2", "7"}}, From: "m", To: "a"}, {Keys: MoveKeys{Values: []string{"4"}}, From: "m", To: "d"}}},
	"range": {tideRange, []MoveRequest{
		{Keys: MoveKeys{To: new("3")}, From: "a", To: "b"}, {Keys: MoveKeys{From: new("8")}, From: "d", To: "m"}, {Keys: MoveKeys{From: new("4"), To: new("5")}, From: "a", To: "d"},
		{Keys: MoveKeys{From: new("8")}, From: "m", To: "a"}}},
	"buckets": {tideBuckets, []MoveRequest{
		{Keys: MoveKeys{Buckets: []int{3}}, From: "a", To: "b"}, {Keys: MoveKeys{Buckets: []int{1, 3}}, From: "b", To: "d"}, {Keys: MoveKeys{Buckets: []int{0}}, From: "a", To: "m"},
		{Keys: MoveKeys{Buckets: []int{0}}, From: "m", To: "d"}}},
}

// TestMove moves keys between the engines and back, and asks before, at every step and after.
func TestMove(t *testing.T) {
	for name, x := range tideMoves {
		t.Run(name, func(t *testing.T) {
			w := newTide(t, x.tables)
			e := w.open(t)
			defer w.close(t, e)
			want := tideAnswers(t, e)
			for _, q := range x.moves {
				q.ID, q.Table = "m-1", "coops"
				from := q.From
				q.From = ""
				r, err := e.Move(t.Context(), q, MoveOptions{Batch: 7, Alone: true, step: func(name string) error {
					if got := tideAnswers(t, e); got != want {
						t.Fatalf("%v after step %q:\n%s\nwant\n%s", q, name, got, want)
					}
					return nil
				}})
				if err != nil {
					t.Fatal(q, err)
				}
				if r.Move.From != from || r.Copied != r.Deleted || r.Copied%41 != 0 || len(r.Verified) != 2 || r.Verified[1].Rows*41 != r.Copied*40 {
					t.Errorf("%+v", r)
				}
				w.settled(t, e, want)
			}
		})
	}
}

var errTorn = errors.New("torn")

// TestMoveUndo takes moves back: when asked, and where both sides differ when nobody writes.
func TestMoveUndo(t *testing.T) {
	w := newTide(t, tideBuckets)
	e := w.open(t)
	defer w.close(t, e)
	want := tideAnswers(t, e)
	q := MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Buckets: []int{3}}, To: "b"}
	stopAt := func(at string) MoveOptions {
		return MoveOptions{Batch: 30, Alone: true, step: func(name string) error {
			if name == at {
				return errTorn
			}
			return nil
		}}
	}
	for _, at := range []string{"copied a batch", "verified"} {
		if _, err := e.Move(t.Context(), q, stopAt(at)); !errors.Is(err, errTorn) {
			t.Fatal(at, err)
		}
		r, err := e.UndoMove(t.Context(), "m-1", MoveOptions{Alone: true})
		if err != nil || !r.Undone || r.Deleted == 0 {
			t.Fatal(r, err)
		}
		w.settled(t, e, want)
	}
	if _, err := e.Move(t.Context(), q, stopAt("copied")); !errors.Is(err, errTorn) {
		t.Fatal(err)
	}
	r, err := e.ResumeMove(t.Context(), "m-1", stopAt("published switched"))
	if !errors.Is(err, errTorn) {
		t.Fatal(r, err)
	}
	var no *saga.Refusal
	if _, err = e.UndoMove(t.Context(), "m-1", MoveOptions{Alone: true}); !errors.As(err, &no) {
		t.Error(err)
	}
	if _, err = e.ResumeMove(t.Context(), "m-1", MoveOptions{Alone: true}); err != nil {
		t.Fatal(err)
	}
	w.settled(t, e, want)

	q = MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Buckets: []int{0}}, To: "b"}
	r, err = e.Move(t.Context(), q, MoveOptions{Alone: true, step: func(name string) error {
		if name == "passed the last time" {
			w.must(t, w.exec["b"]("UPDATE payments SET f = f + 1 WHERE no = 3"))
		}
		return nil
	}})
	var differ *saga.Mismatch
	if !errors.As(err, &differ) || !r.Undone {
		t.Fatal(r, err)
	}
	w.must(t, w.exec["b"]("UPDATE payments SET f = f - 1 WHERE no = 3"))
	w.settled(t, e, want)
}

// TestMoveCatchesUp writes at the source while rows are copied and compared. What the source holds when writes are refused is what arrives.
func TestMoveCatchesUp(t *testing.T) {
	for name, keys := range map[string]MoveKeys{"keys": {Values: []string{"1", "2", "3"}}, "buckets": {Buckets: []int{0, 3}}} {
		for _, to := range []string{"b", "d", "m"} {
			t.Run(name+to, func(t *testing.T) {
				w := newTide(t, map[string]string{"keys": tideLookup, "buckets": tideBuckets}[name])
				e := w.open(t)
				defer w.close(t, e)
				random := rand.New(rand.NewPCG(7, 7))
				n, want := 100, ""
				r, err := e.Move(t.Context(), MoveRequest{ID: "m-1", Table: "coops", Keys: keys, To: to}, MoveOptions{Batch: 9, Alone: true, step: func(name string) error {
					if name == "published frozen" {
						want = tideAnswers(t, e)
					}
					if want != "" {
						return nil
					}
					n++
					for _, sql := range []string{
						fmt.Sprintf("INSERT INTO payments SELECT id, %d, 5.25, now(), 'late', true, 'nan' FROM coops WHERE id %% 3 <> 2", n),
						fmt.Sprintf("DELETE FROM payments WHERE no = %d", random.IntN(60)),
						fmt.Sprintf("UPDATE payments SET amount = -1, note = NULL, made = NULL WHERE no = %d", random.IntN(60)),
						fmt.Sprintf("UPDATE coops SET name = 'new %d' WHERE id = %d", n, 1+random.IntN(4)),
					} {
						if to == "m" {
							sql = strings.ReplaceAll(sql, "'nan'", "1e300")
						}
						w.must(t, w.exec["a"](sql))
					}
					return nil
				}})
				if err != nil || r.Caught == 0 {
					t.Fatal(r, err)
				}
				if got := tideAnswers(t, e); got != want || want == "" {
					t.Errorf("%s\nwant\n%s", got, want)
				}
			})
		}
	}
}
