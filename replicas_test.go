package atoll

import (
	"strings"
	"testing"
)

const (
	sumOfPayments = "SELECT count(*), sum(amount) FROM payments"
	allPayments   = "40 550"
)

// withoutA leaves a's replica out: then what b's replica lacks is missing in an answer.
var withoutA = []string{`, max_staleness: STALE, replicas: {a2: {region: near, dsn: "${A2}"}}`, ""}

// TestMovedRowsAreNotLost: keys move from a to b while b's replica has not replayed that. However much staleness is allowed, it is not read under the version
// of the map by which b has the rows, until it has them; and not under the one after the move back, until they are gone there.
func TestMovedRowsAreNotLost(t *testing.T) {
	w := newTwin(t)
	w.write(t, 1, "1h", "1, 2", "3, 4", withoutA...)
	e := w.open(t, twinHead)
	w.untilRead(t, e, sumOfPayments, "a b2", allPayments)
	w.replay(t, false)
	w.untilRead(t, e, sumOfPayments, "a b2", allPayments) // it is behind, but not too much
	w.must(t, w.primary.ExecIn(t.Context(), "b", "INSERT INTO coops VALUES (2, 'coop 2'); INSERT INTO payments SELECT 2, n, 2 * n FROM generate_series(1, 10) n"))
	w.must(t, w.primary.ExecIn(t.Context(), "a", "DELETE FROM payments WHERE coop = 2; DELETE FROM coops WHERE id = 2"))
	w.write(t, 2, "1h", "1", "2, 3, 4", withoutA...)
	if v, err := e.RefreshMap(t.Context()); v != 2 || err != nil {
		t.Fatal(v, err)
	}
	for range 20 {
		w.untilRead(t, e, sumOfPayments, "a b", allPayments)
	}
	w.replay(t, true)
	w.untilRead(t, e, sumOfPayments, "a b2", allPayments)
}

// TestMoveBesideReplicas moves keys there and back while the standby is paused: every answer under way has each row once.
func TestMoveBesideReplicas(t *testing.T) {
	w := newTwin(t)
	w.write(t, 1, "1h", "1, 2", "3, 4", withoutA...)
	e := w.open(t, twinHead)
	w.untilRead(t, e, sumOfPayments, "a b2", allPayments)
	for _, q := range []MoveRequest{{Keys: MoveKeys{Values: []string{"2"}}, To: "b"}, {Keys: MoveKeys{Values: []string{"2"}}, To: "a"}} {
		w.replay(t, false)
		w.untilRead(t, e, sumOfPayments, "a b2", allPayments)
		q.ID, q.Table = "m-1", "coops"
		steps := 0
		_, err := e.Move(t.Context(), q, MoveOptions{Alone: true, step: func(name string) error {
			steps++
			answer, by, err := w.reads(t.Context(), e, sumOfPayments)
			if answer != allPayments || err != nil {
				t.Errorf("to %s, after step %q: %s, read from %s, %v", q.To, name, answer, by, err)
			}
			return nil
		}})
		w.must(t, err)
		if answer, by, err := w.reads(t.Context(), e, sumOfPayments); answer != allPayments || by != "a b" || err != nil || steps < 5 {
			t.Errorf("to %s, after %d steps: %s, read from %s, %v", q.To, steps, answer, by, err)
		}
		w.replay(t, true)
		w.untilRead(t, e, sumOfPayments, "a b2", allPayments)
	}
}

// TestOwnWritesAreSeen: what an engine has written it reads, though the replica has not replayed it.
func TestOwnWritesAreSeen(t *testing.T) {
	w := newTwin(t)
	w.write(t, 1, "1h", "1, 2", "3, 4")
	e := w.open(t, twinHead)
	w.untilRead(t, e, sumOfPayments, "a2 b2", allPayments)
	w.replay(t, false)
	_, err := e.Exec(t.Context(), "INSERT INTO payments VALUES (3, 11, 1000)")
	w.must(t, err)
	const of3 = "SELECT count(*) FROM payments WHERE coop = 3"
	if answer, by, err := w.reads(t.Context(), e, of3); answer != "11" || err != nil || !strings.HasPrefix(by, "b ") && by != "b" {
		t.Errorf("%s, read from %s, %v", answer, by, err)
	}
	w.untilRead(t, e, "SELECT count(*) FROM payments WHERE coop = 1", "a2 b", "10") // b is pruned, and nobody wrote to a
	w.replay(t, true)
	w.untilRead(t, e, of3, "b2 a", "11")
}
