package atoll

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/residency/audit"
	"github.com/atoll-sql/atoll/shardmap"
)

// waiting reports whether somebody waits for a lock in a shard's database.
func (w *tide) waiting(t *testing.T, shard string) bool {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.env[strings.ToUpper(shard)])
	w.must(t, err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	var n int
	w.must(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").Scan(&n))
	return n > 0
}

// TestMoveKeepsOutsidersOut lets a program write past Atoll during the last comparison: it waits until the keys have moved.
func TestMoveKeepsOutsidersOut(t *testing.T) {
	w := newTide(t, tideLookup)
	e := w.open(t)
	defer w.close(t, e)
	want := tideAnswers(t, e)
	var outsider sync.WaitGroup
	var through atomic.Bool
	var outsiderErr error
	r, err := e.Move(t.Context(), MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Values: []string{"1", "2"}}, To: "b"}, MoveOptions{Alone: true, step: func(name string) error {
		switch name {
		case "locked":
			outsider.Go(func() {
				outsiderErr = w.exec["a"]("UPDATE payments SET note = 'outside' WHERE coop = 1")
				through.Store(true)
			})
			for deadline := time.Now().Add(time.Minute); !w.waiting(t, "a") && !through.Load() && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
		case "passed the last time", "verified":
			if through.Load() {
				t.Error("somebody wrote to the old shard during the last comparison")
			}
		}
		return nil
	}})
	outsider.Wait()
	if err != nil || outsiderErr != nil || !through.Load() {
		t.Fatal(r, err, outsiderErr)
	}
	w.settled(t, e, want)
}

// TestMoveOpposite lets two moves in opposite directions lock their tables at the same time, just after somebody has written past Atoll.
func TestMoveOpposite(t *testing.T) {
	w := newTide(t, tideLookup)
	e := w.open(t)
	defer w.close(t, e)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var movers, both sync.WaitGroup
	both.Add(2)
	for shard, coop := range map[string]string{"a": "1", "b": "5"} {
		to := map[string]string{"a": "b", "b": "a"}[shard]
		movers.Go(func() {
			arrived := false
			defer func() {
				if !arrived {
					both.Done()
				}
			}()
			_, err := e.Move(ctx, MoveRequest{ID: "m-" + coop, Table: "coops", Keys: MoveKeys{Values: []string{coop}}, To: to}, MoveOptions{Alone: true, step: func(name string) error {
				switch name {
				case "published frozen":
					return w.exec[shard]("UPDATE payments SET note = 'late' WHERE coop = " + coop)
				case "caught up":
					arrived = true
					both.Done()
					both.Wait()
				}
				return nil
			}})
			if err != nil {
				t.Errorf("from %s: %v", shard, err)
			}
		})
	}
	movers.Wait()
	answers(t, e, "SELECT count(*) FROM payments WHERE note = 'late'", "80")
}

// TestMoveWithFewConnections locks a table while more write to it than its shard has connections. A shard with one takes no move that needs two.
func TestMoveWithFewConnections(t *testing.T) {
	for _, conns := range []int{1, 2} {
		w := newTide(t, tideBuckets)
		path := filepath.Join(w.dir, "map.yaml")
		text, err := os.ReadFile(path)
		w.must(t, err)
		few := strings.ReplaceAll(string(text), "driver: postgres,", fmt.Sprintf("driver: postgres, max_conns: %d,", conns))
		w.must(t, os.WriteFile(path, []byte(few), 0o600))
		e := w.open(t)
		want := tideAnswers(t, e)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		var writers sync.WaitGroup
		stay := stayingCoop(t, e)
		_, err = e.Move(ctx, MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Buckets: []int{3}}, To: "b"}, MoveOptions{Alone: true, step: func(name string) error {
			if name != "locked" {
				return nil
			}
			for range 4 {
				writers.Go(func() {
					if _, err := e.Exec(ctx, "UPDATE payments SET note = note WHERE coop = $1", stay); err != nil {
						t.Error(err)
					}
				})
			}
			for range 100 { // most likely they have begun by then
				if w.waiting(t, "a") {
					break
				}
				time.Sleep(time.Millisecond)
			}
			return nil
		}})
		writers.Wait()
		if state := codeOf(err); (conns == 1 && state != "53300") || (conns > 1 && err != nil) {
			t.Error(conns, err)
		}
		w.settled(t, e, want)
		w.close(t, e)
	}
}

// stayingCoop is one on shard a, in the other bucket than the one that moves.
func stayingCoop(t *testing.T, e *Engine) int {
	t.Helper()
	top := e.hold()
	defer top.unpin()
	table, _ := top.Map.Table("coops")
	for c := 1; c <= 8; c++ {
		key, err := table.ParseKey([]string{fmt.Sprint(c)})
		if err != nil {
			t.Fatal(err)
		}
		if i, ok := table.Route(key); ok && top.Map.Shard(i).Name == "a" && !(&shardmap.Move{MoveSpec: MoveSpec{Keys: MoveKeys{Buckets: []int{3}}}}).Contains(table, key) {
			return c
		}
	}
	t.Fatal("no coop stays")
	return 0
}

// TestMoveNewParents inserts a row and others that refer to it after its table was copied, and takes some away again.
func TestMoveNewParents(t *testing.T) {
	w := newTide(t, tideRange)
	e := w.open(t)
	defer w.close(t, e)
	n := 0
	r, err := e.Move(t.Context(), MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{To: new("3")}, To: "b"}, MoveOptions{Alone: true, Batch: 20, step: func(name string) error {
		if name != "copied a batch" {
			return nil
		}
		n++
		w.must(t, w.exec["a"](fmt.Sprintf("INSERT INTO coops VALUES (%d, 'new')", -n)))
		return w.exec["a"](fmt.Sprintf("INSERT INTO payments (coop, no) VALUES (%d, 1)", -n))
	}})
	if err != nil || r.Undone || n < 2 {
		t.Fatal(r, n, err)
	}
	answers(t, e, "SELECT count(*), count(DISTINCT coop) FROM payments WHERE coop < 0", fmt.Sprintf("%d %d", n, n))
}

// TestMoveGivenUp ends the caller's context while writes are refused: they are permitted again.
func TestMoveGivenUp(t *testing.T) {
	w := newTide(t, tideLookup)
	e := w.open(t)
	defer w.close(t, e)
	want := tideAnswers(t, e)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := e.Move(ctx, MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Values: []string{"1"}}, To: "b"}, MoveOptions{Alone: true, step: func(name string) error {
		if name == "locked" {
			cancel()
		}
		return nil
	}})
	if !errors.Is(err, context.Canceled) && codeOf(err) != "57014" {
		t.Fatal(err)
	}
	if _, err := e.RefreshMap(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Exec(t.Context(), "UPDATE coops SET name = name WHERE id = 1"); err != nil {
		t.Error(err)
	}
	if _, err := e.ResumeMove(t.Context(), "m-1", MoveOptions{Alone: true}); err != nil {
		t.Fatal(err)
	}
	w.settled(t, e, want)
}

// TestMoveRate holds a move to its rate: 164 rows are copied and deleted, of which the first 100 are for nothing.
func TestMoveRate(t *testing.T) {
	w := newTide(t, tideLookup)
	e := w.open(t)
	defer w.close(t, e)
	want := tideAnswers(t, e)
	start := time.Now()
	r, err := e.Move(t.Context(), MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Values: []string{"1", "2"}}, To: "b"}, MoveOptions{Alone: true, Rate: 100})
	if err != nil || r.Copied != 82 || r.Deleted != 82 {
		t.Fatal(r, err)
	}
	if took := time.Since(start); took < 600*time.Millisecond {
		t.Errorf("164 rows moved in %v, at 100 a second", took)
	}
	w.settled(t, e, want)
}

// openRefused opens an engine over DuckDB files of two jurisdictions.
func openRefused(t *testing.T, more string) (dir string, e *Engine) {
	t.Helper()
	dir = t.TempDir()
	for name, ddl := range refusedDDL {
		if err := duckdb.CreateFile(t.Context(), filepath.Join(dir, name+".duckdb"), strings.Split(ddl, ";"), nil); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"map.yaml": refusedMap, "residency.yaml": "version: 1\nrules: []\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := ParseConfig([]byte(tideHead+more), dir, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if e, err = Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return dir, e
}

// TestMoveAudited finds every phase of a move in the logs of both shards' regions.
func TestMoveAudited(t *testing.T) {
	dir, e := openRefused(t, "audit: {dir: audit}\n")
	q := MoveRequest{ID: "m-1", Table: "coops", Keys: MoveKeys{Values: []string{"1"}}, To: "far"}
	if _, err := e.Move(t.Context(), q, MoveOptions{Alone: true, LeaveJurisdiction: true}); err != nil {
		t.Fatal(err)
	}
	for _, region := range []string{"r", "q"} {
		var phases []string
		err := audit.Read(filepath.Join(dir, "audit"), audit.ReadOptions{Region: region}, func(x *audit.Entry) error {
			if x.Type == audit.TypeMove {
				phases = append(phases, x.Status)
				if x.Event.Text != "m-1 of table coops" || x.FromSite != "a" || x.ToSite != "far" || x.FromRegion != "r" || x.ToRegion != "q" {
					t.Errorf("%+v", x.Event)
				}
			}
			return nil
		})
		if got := strings.Join(phases, " "); err != nil || got != "copying frozen switched cleaning over" {
			t.Errorf("the log of %s: %q, %v", region, got, err)
		}
	}
}

// TestMoveUnderPolicy: where a residency policy stands no option takes rows out of a jurisdiction. Within it they move.
func TestMoveUnderPolicy(t *testing.T) {
	_, e := openRefused(t, "residency: residency.yaml\n")
	o := MoveOptions{Alone: true, LeaveJurisdiction: true}
	q := MoveRequest{Table: "coops", Keys: MoveKeys{Values: []string{"1"}}, To: "far"}
	_, err := e.Move(t.Context(), q, o)
	var refused *Error
	if !errors.As(err, &refused) || refused.Kind != KindResidency || refused.SQLState != "42501" || !strings.Contains(refused.Hint, "no residency policy permits") {
		t.Errorf("%v", err)
	}
	if moves, err := e.Moves(t.Context()); err != nil || len(moves) > 0 {
		t.Error(moves, err)
	}
	q.To = "b"
	if r, err := e.Move(t.Context(), q, o); err != nil || r.Copied != 3 {
		t.Error(r, err)
	}
}

// TestExecPhantom inserts a key of a DuckDB file that was deleted while an older transaction can still see it. That it cannot be told from one that is there is said.
func TestExecPhantom(t *testing.T) {
	_, e := openRefused(t, "")
	top := e.hold()
	defer top.unpin()
	old, err := top.byName["a"].primary.(connectors.Writer).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer old.Rollback()
	if n, err := old.Exec(t.Context(), "UPDATE keyless SET id = id", nil); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	write := func(sql string) error {
		_, err := e.Exec(t.Context(), sql)
		return err
	}
	if err := write("DELETE FROM coops WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	const insert = "INSERT INTO coops (id) VALUES (1)"
	var told *Error
	if err := write(insert); !errors.As(err, &told) || told.SQLState != "23505" || !strings.Contains(told.Hint, "older") {
		t.Errorf("%v", err)
	}
	old.Rollback()
	if err := write(insert); err != nil {
		t.Error(err)
	}
	if err := write(insert); codeOf(err) != "23505" {
		t.Error(err)
	}
}
