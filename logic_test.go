package atoll

import (
	"context"
	"errors"
	"hash/fnv"
	"os"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/rules"
)

// world is one cluster with the oracles, and the shards of the layouts under test.
type world struct {
	t       *testing.T // the test that everything lives as long as
	data    *logictest.Dataset
	cluster *pgtest.Cluster
	oracles map[string]*variant
	files   []logictest.File
	servers map[string]sqlServer // by place in a layout
	classes string               // colocation classes of the configurations
}

// Drivers of layouts. The rows of the first place are the most, those of the last the strangest.
var (
	mixed  = []string{"postgres", "duckdb", "postgres"}
	mixed2 = []string{"postgres", "sqlserver", "postgres"}
	mixed3 = []string{"sqlserver", "duckdb", "postgres"}
)

// TestLogic holds every case of testdata/logic against the oracle, over shards of one engine and of several, and under
// settings that bring out what the usual ones hide. Layouts that have engines in common share the cases out among them.
func TestLogic(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"postgres", "duckdb", "sqlserver"} {
		t.Run(name, func(t *testing.T) { w.run(t, name, []string{name, name, name}) })
	}
	t.Run("mixed", func(t *testing.T) { w.run(t, "mixed", mixed) })
	t.Run("three_engines", func(t *testing.T) { w.run(t, "three_engines", mixed3) })
	t.Run("pgsqlserver", func(t *testing.T) { w.part("engines", 0, 3).run(t, "pgsqlserver", mixed2) })
	t.Run("lesser_sqlserver", func(t *testing.T) {
		w.part("engines", 1, 3).run(t, "lesser_sqlserver", []string{lesser, "sqlserver", lesser})
	})
	t.Run("case_sensitive_sqlserver", func(t *testing.T) {
		w.part("engines", 2, 3).run(t, "pgsqlserver", []string{"postgres", caseSensitive, "sqlserver"})
	})
	t.Run("hostile", func(t *testing.T) {
		t.Run("one_shard", func(t *testing.T) { w.run(t, "hostile", mixed[:1]) })
		t.Run("one_duckdb_shard", func(t *testing.T) { w.run(t, "duckdb_alone", mixed[1:2]) })
		w.hostile(t, "hostile", mixed, 0)
	})
	t.Run("hostile_to_sqlserver", func(t *testing.T) {
		t.Run("one_shard", func(t *testing.T) { w.run(t, "sqlserver", mixed3[:1]) })
		w.hostile(t, "three_engines", mixed3, 1)
		for _, name := range everyRule() {
			t.Run("without_"+name, func(t *testing.T) { w.part(name, 0, 16).run(t, "three_engines", mixed3, WithoutRules(name)) })
		}
	})
}

// hostile runs cases under settings that nobody would choose: next to no memory, batches of one row, every rule and placement
// decision off. Those are off one by one over the layout that has all engines. Of each setting a layout takes one quarter.
func (w *world) hostile(t *testing.T, config string, drivers []string, quarter uint32) {
	t.Run("tiny_memory", func(t *testing.T) { w.part("memory", quarter, 4).runStarved(t, config, drivers) })
	for _, s := range []struct {
		name string
		opt  Option
	}{
		{"without_estimates", WithoutRules("estimates")},
		{"without_estimates_or_shipping", WithoutRules("estimates", "ship_rows")},
		{"one_row_batches", WithBatchRows(1)},
		{"without_all", WithoutRules(everyRule()...)},
	} {
		t.Run(s.name, func(t *testing.T) { w.part(s.name, quarter, 4).run(t, config, drivers, s.opt) })
	}
}

// part is the world with the i-th of n parts of its cases, and with all of them where ATOLL_LOGIC is "all". Which case is in which
// part is another matter for each purpose.
func (w *world) part(purpose string, i, n uint32) *world {
	if os.Getenv("ATOLL_LOGIC") == "all" {
		return w
	}
	out := *w
	out.files = nil
	for _, f := range w.files {
		all := f.Cases
		f.Cases = nil
		for _, c := range all {
			if partOf(purpose, f.Name, c.Name, n) == i {
				f.Cases = append(f.Cases, c)
			}
		}
		out.files = append(out.files, f)
	}
	return &out
}

// partOf tells which of n parts a case is in. FNV's last bits depend on little more than the last bits of each letter: the sum
// is folded.
func partOf(purpose, file, name string, n uint32) uint32 {
	h := fnv.New32a()
	h.Write([]byte(purpose + "/" + file + "/" + name))
	sum := h.Sum32()
	return (sum ^ sum>>15) % n
}

func everyRule() []string {
	var all []string
	for _, r := range rules.All {
		all = append(all, r.Name)
	}
	return append(all, place.Switches...)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	files, err := logictest.Files()
	if err != nil {
		t.Fatal(err)
	}
	data, err := logictest.NewDataset()
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, data: data, cluster: pgtest.Start(t, 1)[0], files: files, oracles: map[string]*variant{}, servers: map[string]sqlServer{}}
}

// connect creates a database of the world's and connects to it.
func (w *world) connect(t *testing.T, db string) *pgx.Conn {
	t.Helper()
	dsn, err := w.cluster.CreateDatabase(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return conn
}

// run fills shards of the given drivers and runs every case over them.
func (w *world) run(t *testing.T, config string, drivers []string, opts ...Option) {
	w.open(t, drivers, opts...).runner(config, drivers).Run(t, w.files)
}

// runStarved runs every case with next to no memory. A query may then be refused by the name of the limit, and
// must be answered by an engine without one; a wrong answer is never an option.
func (w *world) runStarved(t *testing.T, config string, drivers []string) {
	starved, fed := w.open(t, drivers, WithMemoryLimit(tinyMemory)), w.open(t, drivers)
	refused := 0
	r := fed.runner(config, drivers)
	r.Ask = func(ctx context.Context, sql string, args []any) (logictest.Answer, error) {
		a, err := asker(starved.engine)(ctx, sql, args)
		if stateOf(err) == "53200" {
			refused++
			return asker(fed.engine)(ctx, sql, args)
		}
		return a, err
	}
	r.Run(t, w.files)
	if refused == 0 {
		t.Error("no query met the memory limit: it is too large to test anything")
	}
	if starved.engine.spill.Peak() == 0 {
		t.Error("no query put anything on disk")
	}
	t.Logf("%d queries were refused for want of memory, up to %d bytes were on disk", refused, starved.engine.spill.Peak())
}

// tinyMemory is what some cases need more of, and others do not.
const tinyMemory = 4 << 10

// asker runs a statement on the engine and collects the answer.
func asker(e *Engine) logictest.Ask {
	return func(ctx context.Context, sql string, args []any) (logictest.Answer, error) {
		return answerOf(ctx, e.As(Caller{}), sql, args...)
	}
}

// answerOf asks and reads the answer to its end.
func answerOf(ctx context.Context, session *Session, sql string, args ...any) (logictest.Answer, error) {
	r, err := session.Query(ctx, sql, args...)
	if err != nil {
		return logictest.Answer{}, err
	}
	defer r.Release()
	return readAnswer(r)
}

// readAnswer reads a result to its end.
func readAnswer(r *Result) (logictest.Answer, error) {
	var recs []arrow.Record
	defer func() {
		for _, rec := range recs {
			rec.Release()
		}
	}()
	for r.Next() {
		rec := r.Record()
		rec.Retain()
		recs = append(recs, rec)
	}
	if err := r.Err(); err != nil {
		return logictest.Answer{}, err
	}
	return logictest.FromArrow(r.Schema(), recs)
}

func stateOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.SQLState
	}
	return ""
}
