package atoll

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	saga "github.com/atoll-sql/atoll/move"
)

// serve runs statements on m, the SQL Server of the world.
func (w *tide) serve(t *testing.T, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if err := w.server.Exec(t.Context(), sql); err != nil {
			t.Fatal(sql, err)
		}
	}
}

const (
	serverCoops    = "CREATE TABLE coops (id bigint IDENTITY NOT NULL PRIMARY KEY, name nvarchar(100), born date)"
	serverPayments = "CREATE TABLE Payments (coop bigint NOT NULL CONSTRAINT kept REFERENCES coops, no int %s, amount decimal(12,2), made datetime2(6), note nvarchar(100), ok bit, " +
		"f float, PRIMARY KEY (coop, no))"
)

// TestMoveToServerKeys moves keys to a SQL Server whose tables number their rows and refer to each other, and back, while rows that others refer to
// change. Rows that are made there afterwards have numbers of their own.
func TestMoveToServerKeys(t *testing.T) {
	w := newTide(t, tideLookup)
	e := w.open(t)
	defer w.close(t, e)
	w.serve(t, "DROP TABLE payments", "DROP TABLE coops", serverCoops, fmt.Sprintf(serverPayments, "IDENTITY"))
	want, changed := "", false
	step := func(name string) error {
		if name == "copied" && !changed {
			changed = true
			w.must(t, w.exec["a"]("UPDATE coops SET name = 'changed' WHERE id IN (2, 4)"))
			w.must(t, w.exec["a"]("UPDATE payments SET note = 'changed' WHERE no = 3"))
			w.must(t, w.exec["a"]("DELETE FROM payments WHERE coop = 2 AND no = 5; INSERT INTO payments VALUES (2, 55, 1, NULL, NULL, NULL, NULL)"))
			want = tideAnswers(t, e)
		}
		return nil
	}
	if _, err := e.Move(t.Context(), MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Values: []string{"2", "4"}}, To: "m"}, MoveOptions{Batch: 7, Alone: true, step: step}); err != nil {
		t.Fatal(err)
	}
	w.settled(t, e, want)
	w.serve(t, "INSERT coops (name) VALUES (N'new')")
	if n := w.count(t, e, "coops", "id = 5"); n != 1 {
		t.Errorf("%d rows with the number behind the largest", n)
	}
	w.serve(t, "DELETE coops WHERE id = 5")
	if _, err := e.Move(t.Context(), MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Values: []string{"2", "4"}}, To: "a"}, MoveOptions{Batch: 7, Alone: true}); err != nil {
		t.Fatal(err)
	}
	w.settled(t, e, want)
}

// count counts rows of m.
func (w *tide) count(t *testing.T, e *Engine, table, where string) int {
	t.Helper()
	m := &moveShards{engine: e, open: map[string]*openShard{}}
	defer m.close()
	s, err := m.Shard(t.Context(), "m")
	w.must(t, err)
	return countPast(t, s, table, where)
}

// TestMoveRefusedByServerKeys refuses moves to and from a SQL Server on which a table that would stay refers to one that moves.
func TestMoveRefusedByServerKeys(t *testing.T) {
	w := newTide(t, tideLookup)
	e := w.open(t)
	defer w.close(t, e)
	move := func(to, key string) error {
		_, err := e.Move(t.Context(), MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Values: []string{key}}, To: to}, MoveOptions{Alone: true})
		return err
	}
	w.must(t, move("m", "2"))
	w.serve(t, "CREATE TABLE ledger (id int PRIMARY KEY, coop bigint REFERENCES coops)")
	for to, key := range map[string]string{"m": "1", "a": "2"} {
		var refused *saga.Refusal
		err := move(to, key)
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "table ledger on shard m has a foreign key to table coops") {
			t.Error(to, err)
		}
	}
	w.serve(t, "DROP TABLE ledger", "CREATE SCHEMA books", "CREATE TABLE books.payments (coop bigint REFERENCES dbo.coops)")
	if err := move("m", "1"); err == nil || !strings.Contains(err.Error(), "table books.payments on shard m has a foreign key to table coops") {
		t.Error(err)
	}
	w.serve(t, "DROP TABLE books.payments", "CREATE TABLE books.coops (id bigint PRIMARY KEY)", "CREATE TABLE other (coop bigint REFERENCES books.coops)")
	w.must(t, move("m", "1"))
}
