package atoll

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/shardmap"
)

// TestExecMoving writes in every phase of moves: to keys that are frozen nobody does, and every other write finds each row once.
func TestExecMoving(t *testing.T) {
	l := newCurrent(t)
	cfg := l.config(t)
	l.fill(t, l.document(t, cfg))
	e, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	l.through(t, e)
	frozen := 0
	for i, name := range slices.Sorted(maps.Keys(movings)) {
		t.Run(name, func(t *testing.T) {
			m := movings[name]
			m.spec.ID = fmt.Sprintf("m-%d", i)
			tables := []string{m.spec.Table}
			if m.spec.Table == "t" {
				tables = append(tables, "u")
			}
			l.move(t, e, cfg, m.spec, tables, m.where, func(phase shardmap.Phase, _ uint64) {
				at := e.hold()
				defer at.unpin()
				for _, table := range tables {
					frozen += writesAll(t, e, at.Map, table, phase)
				}
			})
		})
	}
	if frozen < 10 {
		t.Errorf("only %d writes met a frozen key", frozen)
	}
}

// writesAll updates the rows of each key of a table, and returns how many keys were frozen.
func writesAll(t *testing.T, e *Engine, m *shardmap.Map, name string, phase shardmap.Phase) (frozen int) {
	t.Helper()
	table, _ := m.Table(name)
	for i := range 31 {
		values := map[string]string{"country": []string{"DE", "FR", "BR", "US"}[i%4], "n": fmt.Sprint(i)}
		var texts, conds []string
		for _, k := range table.Key() {
			texts = append(texts, values[k])
			conds = append(conds, k+" = '"+values[k]+"'")
		}
		key, err := table.ParseKey(texts)
		if err != nil {
			t.Fatal(err)
		}
		moving := slices.ContainsFunc(m.MovesOf(name), func(x *shardmap.Move) bool { return x.Contains(table, key) })
		where := " WHERE " + strings.Join(conds, " AND ")
		want, err := ask(t.Context(), e, "SELECT count(*) FROM "+name+where)
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Exec(t.Context(), "UPDATE "+name+" SET w = w"+where)
		// Without a value for w the row is refused by its shard, if it gets there.
		_, insertErr := e.Exec(t.Context(), "INSERT INTO "+name+" (country, n) VALUES ('"+values["country"]+"', "+values["n"]+")")
		if state := codeOf(insertErr); state != map[bool]string{true: "55006", false: "23502"}[moving && phase.Frozen()] {
			t.Errorf("%s %v in phase %q: INSERT: %v", name, texts, phase, insertErr)
		}
		switch refused := codeOf(err) == "55006"; {
		case refused != (moving && phase.Frozen()):
			t.Errorf("%s %v in phase %q: %v", name, texts, phase, err)
		case refused:
			frozen++
		case err != nil:
			t.Errorf("%s %v in phase %q: %v", name, texts, phase, err)
		case fmt.Sprint(r.Rows) != want:
			t.Errorf("%s %v in phase %q: %d rows, want %s", name, texts, phase, r.Rows, want)
		}
	}
	return frozen
}
